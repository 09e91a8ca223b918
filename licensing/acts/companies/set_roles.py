"""Act: give a person roles in a company, or take them away."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor, Reason, User
from licensing.access import require
from licensing.acts.people.roles_held import hold_roles, require_another_owner
from licensing.models import Company, Membership, Permission, Role


@as_act
def set_roles(
    company: Company, *, user: User, roles: Collection[str], by: Actor, key: str, reason: Reason = "", note: str = ""
) -> Membership | None:
    """Give a person exactly these roles in the company; none of them ends the membership."""
    act = Act.begin(
        "company.roles",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"user": user, "roles": frozenset(roles)},
    )
    require(by, company, Permission.PEOPLE)  # under the lock: an owner who was demoted meanwhile may no more
    if not act.done:
        if unknown := set(roles) - set(Role.values):
            raise Refused(_("There is no role called %(roles)s.") % {"roles": ", ".join(sorted(unknown))}, field="roles")
        if Role.OWNER not in roles and not (by.is_machine or by.is_support):
            require_another_owner(company, user)
        before = hold_roles(act, user, roles)
        act.finish(user=user.pk, before=before, roles=[role for role in Role.values if role in roles])
    return Membership.objects.filter(user=user, company=company).first()
