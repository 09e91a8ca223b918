"""What an act changed, in two short texts: what was before, and what is after it."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.templatetags import formats
from credits.desk.sentences.act_to_tell import ActToTell
from licensing.models import Invitation, RoleRequest, roles_label

NOTHING = ("", "")
STATES_OF_TENANTS = {
    "stated": gettext_lazy("Stated"),
    "verified": gettext_lazy("Verified"),
    "removed": gettext_lazy("Removed"),
}


def before_and_after(told: ActToTell) -> tuple[str, str]:
    """Both empty where an act changes no state, or where that is not known."""
    if is_of_the_balance(told):
        left, change = told.result["balance_after"], told.result["change"]
        return formats.credits(left + change), formats.credits(left)
    if (found := OF_ACTS.get(told.act.name)) is not None:
        return found(told)
    return _of_roles(told) if "roles" in told.result and "before" in told.result else NOTHING


def is_of_the_balance(told: ActToTell) -> bool:
    return told.result.get("balance_after") is not None and bool(told.result.get("change"))


def _of_roles(told: ActToTell) -> tuple[str, str]:
    before, after = (roles_label(told.result[each]) or _("None") for each in ("before", "roles"))
    return before, after


def _of_a_name(told: ActToTell) -> tuple[str, str]:
    return str(told.result["before"]), str(told.result["after"])


def _of_a_withdrawn_invitation(_told: ActToTell) -> tuple[str, str]:
    return str(Invitation.State.OPEN.label), str(Invitation.State.WITHDRAWN.label)


def _of_a_role_request(told: ActToTell) -> tuple[str, str]:
    if told.result.get("granted"):
        return _of_roles(told)
    return str(RoleRequest.State.OPEN.label), str(RoleRequest.State.DECLINED.label)


OF_ACTS: dict[str, Callable[[ActToTell], tuple[str, str]]] = {
    "company.rename": _of_a_name,
    "people.withdraw-invitation": _of_a_withdrawn_invitation,
    "roles.decide": _of_a_role_request,
}
