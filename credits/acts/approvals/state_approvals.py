"""Act: say when a second person confirms what somebody allocates, or that nobody has to."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor
from credits.acts.approvals.second_person import who_may_allocate
from credits.models import ApprovalRule
from credits.rules.second_person import WhenAsked
from licensing.access import require
from licensing.models import Company, Permission

MOST_CREDITS = 10**15


@as_act
def state_approvals(company: Company, *, when: WhenAsked, by: Actor, key: str) -> WhenAsked:
    """From now on a second person confirms when `when` says so; `WhenAsked()` is never. For owners, who are all told of it.

    Refused beside `from_credits`, or where fewer than two people could allocate: then nobody could confirm. It can always be
    switched off, so nothing waits forever; what was asked for stays open until somebody decides or withdraws it.
    """
    require(by, company, Permission.PEOPLE)
    act = Act.begin(
        "approvals.state",
        scope=company,
        key=key,
        by=by,
        stated={"from_credits": when.from_credits, "below_zero": when.below_zero},
    )
    if act.done:
        return when
    if when.from_credits is not None and not 0 < when.from_credits <= MOST_CREDITS:
        raise Refused(_("Enter a whole number of credits, from 1 on."), field="from_credits")
    if when.ever and who_may_allocate(company) < 2:
        raise Refused(
            _("Fewer than two people here may allocate, so nobody could confirm. Make somebody else a credit manager first.")
        )
    ApprovalRule.objects.create(from_credits=when.from_credits, below_zero=when.below_zero, **act.stamp())
    act.finish(from_credits=when.from_credits, below_zero=when.below_zero)
    return when
