"""What an act changed, in two short texts: what was before, and what is after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.models import User
from console.templatetags import formats
from credits.desk.sentences.act_to_tell import ActToTell, threshold, units_in_words
from credits.models import RequestEvent
from licensing.errors import in_words
from licensing.models import CompanyStatement, Invitation, RoleRequest, roles_label

NOTHING = ("", "")
STATES_OF_TENANTS = {
    "stated": gettext_lazy("Stated"),
    "verified": gettext_lazy("Verified"),
    "removed": gettext_lazy("Removed"),
}

ENDS_OF_REQUESTS = {
    "request.refuse": RequestEvent.Kind.REFUSED,
    "request.withdraw": RequestEvent.Kind.WITHDRAWN,
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


def _of_an_answer(told: ActToTell) -> tuple[str, str]:
    """Roles where they were given, on a request for one or to join; a refusal leaves them, and ends the request."""
    if told.result.get("granted", "roles" in told.result):
        return _of_roles(told)
    return str(RoleRequest.State.OPEN.label), str(RoleRequest.State.DECLINED.label)


def _of_the_zone(told: ActToTell) -> tuple[str, str]:
    before, stated = (row["zone"].replace("_", " ") if row else "" for row in told.zones)
    return (before, stated) if before else NOTHING


def _of_the_factor(told: ActToTell) -> tuple[str, str]:
    return _factor(told.result.get("before")), _factor(told.result.get("after"))


def _factor(said: dict[str, str] | None) -> str:
    if said is None or said["value"] != CompanyStatement.REQUIRED:
        return _("Not required")
    return _("Required from %(day)s") % {"day": in_words(date.fromisoformat(said["from"]))}


def _of_notices(told: ActToTell) -> tuple[str, str]:
    """Whoever states nothing has the usual way."""
    said = ((told.result.get(each) or {}).get("value", User.Told.AT_ONCE.value) for each in ("before", "after"))
    before, after = (str(dict(User.Told.choices).get(value, value)) for value in said)
    return before, after


def _of_a_tenant(told: ActToTell) -> tuple[str, str]:
    before, after = (str(STATES_OF_TENANTS.get(told.result.get(each) or "", _("None"))) for each in ("before", "after"))
    return before, after


def _of_new_people(told: ActToTell) -> tuple[str, str]:
    before, after = (_("Become viewers") if told.result.get(each) else _("Ask to join") for each in ("before", "after"))
    return before, after


def _of_a_threshold(told: ActToTell) -> tuple[str, str]:
    said = told.wrote.threshold
    return NOTHING if said is None else (threshold(said["before"]), threshold(said))


def _of_use(told: ActToTell) -> tuple[str, str]:
    """Of one line; of several the sentence has the numbers."""
    if told.wrote.number.get("observed") != 1:
        return NOTHING
    [said] = told.wrote.observed
    before = _("Not known") if said["before"] is None else units_in_words(said["before"], said["unit"])
    return before, units_in_words(said["units"], said["unit"])


def _of_a_lowered_request(told: ActToTell) -> tuple[str, str]:
    """The lines that were lowered; the others stay as they were."""
    lines = [each for each in (told.wrote.request or {}).get("lines") or [] if each["before"] != each["units"]]
    before, after = (", ".join(units_in_words(each[when], each["unit"]) for each in lines) for when in ("before", "units"))
    return before, after


def _of_a_decision(told: ActToTell) -> tuple[str, str]:
    return _("Open"), str(ENDS_OF_REQUESTS[told.act.name].label)


def _of_approvals(told: ActToTell) -> tuple[str, str]:
    return _rule(told.wrote.approvals or {}), _rule(told.result)


def _rule(said: dict[str, Any]) -> str:
    """ "From 500 credits a day on, below zero", or "Nobody confirms", as where nothing was stated."""
    credits = said.get("from_credits")
    parts = [] if credits is None else [_("from %(credits)s credits a day on") % {"credits": formats.credits(credits)}]
    parts += [_("below zero")] if said.get("below_zero") else []
    text = ", ".join(parts)
    return f"{text[0].upper()}{text[1:]}" if text else _("Nobody confirms")


def _of_access(told: ActToTell) -> tuple[str, str]:
    return (_("Open"), _("Closed")) if told.result.get("closed") else (_("Closed"), _("Open"))


OF_ACTS: dict[str, Callable[[ActToTell], tuple[str, str]]] = {
    "company.rename": _of_a_name,
    "company.time-zone": _of_the_zone,
    "company.require-factor": _of_the_factor,
    "company.require-no-factor": _of_the_factor,
    "company.notices-of-new-members": _of_notices,
    "company.provider-access": _of_access,
    "customer.threshold": _of_a_threshold,
    "usage.observe": _of_use,
    "request.lower": _of_a_lowered_request,
    "request.refuse": _of_a_decision,
    "request.withdraw": _of_a_decision,
    "approvals.state": _of_approvals,
    "tenant.state": _of_a_tenant,
    "tenant.verify": _of_a_tenant,
    "tenant.remove": _of_a_tenant,
    "tenant.new-people": _of_new_people,
    "people.withdraw-invitation": _of_a_withdrawn_invitation,
    "roles.decide": _of_an_answer,
    "company.answer-to-join": _of_an_answer,
}
