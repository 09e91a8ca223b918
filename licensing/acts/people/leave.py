"""Act: a person leaves a company by themselves."""

from __future__ import annotations

from console.company_in_hand import as_act
from console.models import Act, Actor
from licensing.access import require
from licensing.acts.people.roles_held import hold_roles, require_another_owner
from licensing.models import Company, Permission


@as_act
def leave(company: Company, *, by: Actor, key: str) -> None:
    """The person is no member from here on. Raises Refused for the last owner."""
    act = Act.begin("people.leave", scope=company, key=key, by=by, stated={})
    if act.done:
        return
    require(by, company, Permission.SEE)
    assert by.user is not None
    require_another_owner(company, by.user)
    before = hold_roles(act, by.user, [])
    act.finish(user=by.user.pk, before=before, roles=[])
