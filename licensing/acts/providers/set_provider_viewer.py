"""Act: let a person of a service provider look at its customers, or no longer."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor, Reason, User
from licensing.access import require
from licensing.acts.people.roles_held import hold_roles, roles_of
from licensing.models import Company, Membership, Permission, Role


@as_act
def set_provider_viewer(
    company: Company, *, user: User, looks: bool, by: Actor, key: str, reason: Reason = "", note: str = ""
) -> Membership:
    """Add the role of a provider viewer to a member of `company`, or take it away; other roles stay. Returns the membership.

    Raises Refused for somebody who is no member, for a company without customers, and where it would leave them no role.
    """
    require(by, company, Permission.PEOPLE)
    act = Act.begin(
        "company.provider-viewer",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"user": user, "looks": looks},
    )
    membership = Membership.objects.filter(user=user, company=company, user__is_active=True).first()
    if membership is None:
        raise Refused(_("Choose somebody who has a role in %(company)s.") % {"company": company}, field="user")
    if act.done:
        return membership
    if looks and not Company.objects.filter(parent=company).exists():
        raise Refused(_("%(company)s looks after no other company.") % {"company": company}, field="user")
    held = set(membership.roles) - {Role.PROVIDER_VIEWER} | ({Role.PROVIDER_VIEWER} if looks else set())
    if not held:
        raise Refused(_("They have no other role. Remove them from the people of the company instead."), field="user")
    before = hold_roles(act, user, held)
    act.finish(user=user.pk, looks=looks, before=before, roles=roles_of(company, user))
    return Membership.objects.get(pk=membership.pk)
