"""Act: give a person roles in a company, or take them away."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor, Reason, User
from licensing.access import require
from licensing.models import Company, Membership, Permission, Role


@as_act
def set_roles(
    company: Company, *, user: User, roles: Collection[str], by: Actor, key: str, reason: Reason = "", note: str = ""
) -> Membership | None:
    """Give a person exactly these roles in the company; none of them ends the membership."""
    require(by, company, Permission.PEOPLE)
    act = Act.begin(
        "company.roles",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"user": user, "roles": frozenset(roles)},
    )
    if not act.done:
        if unknown := set(roles) - set(Role.values):
            raise Refused(_("There is no role called %(roles)s.") % {"roles": ", ".join(sorted(unknown))}, field="roles")
        held = Membership.objects.filter(user=user, company=company)
        if Role.OWNER not in roles and not (by.is_machine or by.is_support) and _is_last_owner(user, company):
            raise Refused(_("A company keeps at least one owner. Make somebody else an owner first."), field="roles")
        if roles:
            Membership.objects.update_or_create(
                user=user, company=company, defaults={"roles": [role for role in Role.values if role in roles]}
            )
        else:
            held.delete()
        act.finish(user=user.pk)
    return Membership.objects.filter(user=user, company=company).first()


def _is_last_owner(user: User, company: Company) -> bool:
    owners = Membership.objects.filter(company=company, roles__contains=[Role.OWNER], user__is_active=True)
    return set(owners.values_list("user", flat=True)) == {user.pk}
