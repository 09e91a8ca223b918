"""Act: a person leaves a company by themselves."""

from __future__ import annotations

from console.company_in_hand import as_act
from console.errors import NotAllowed
from console.models import Act, Actor
from licensing.access import needs_role, require
from licensing.acts.people.roles_held import hold_roles, require_another_owner, roles_of
from licensing.models import Company, Permission


@as_act
def leave(company: Company, *, by: Actor, key: str) -> None:
    """The person is no member from here on. Raises Refused for the last owner."""
    act = Act.begin("people.leave", scope=company, key=key, by=by, stated={})
    if act.done:
        return
    require(by, company, Permission.SEE)
    if by.user is None or not roles_of(company, by.user):
        raise NotAllowed(needs_role(Permission.SEE))
    require_another_owner(company, by.user)
    before = hold_roles(act, by.user, [])
    act.finish(user=by.user.pk, before=before, roles=[])
