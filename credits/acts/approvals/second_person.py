"""Where a company wants a second person, what one person adds beyond its rule is refused, so that it is asked for instead."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import BigIntegerField, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from console.models import Act, ActInProgress
from credits.errors import NeedsApproval
from credits.models import ApprovalRule
from credits.rules.second_person import NEVER, WhenAsked
from licensing.models import Company, Membership, Permission

STATED_ALONE = ("allocation.set", "allocation.set-many", "scenario.apply")
"""The acts by which one person allocates; an approval is another one, and what it adds was not added alone."""


def rule_of(company: Company) -> WhenAsked:
    """When the company wants a second person, as it stands. One statement."""
    latest = ApprovalRule.objects.for_company(company).order_by("-id").first()
    return latest.said if latest else NEVER


def require_second_person(
    act: ActInProgress, *, today: date, raised: int, balance_after: int, rule: WhenAsked | None = None
) -> None:
    """Raise NeedsApproval where what the act adds has to be confirmed by another person. At most two statements.

    `raised` is what it adds to lines on its day, whatever others release. What the person has added alone on the company's
    `today` counts with it, also what was undone since: it can be brought back alone. Support and machines are asked nothing.
    `rule` is the one in force, where it was read under the lock already.
    """
    if raised <= 0 or act.by.is_support or act.by.is_machine:
        return
    rule = rule_of(act.company) if rule is None else rule
    if rule.by_balance(raised, balance_after=balance_after):
        raise NeedsApproval(below_zero=True)
    if rule.from_credits is not None and rule.by_credits(raised, so_far=_added_alone(act, today)):
        raise NeedsApproval(from_credits=rule.from_credits)


def _added_alone(act: ActInProgress, today: date) -> int:
    """Credits that the person has added today without anybody else. Two days of the journal hold one of the company's."""
    acts: Any = Act.objects.for_company(act.company).filter(
        actor=act.by.user,
        name__in=STATED_ALONE,
        recorded_at__gt=act.recorded_at - timedelta(days=2),
        result__made_on=today.isoformat(),
    )
    found = acts.aggregate(added=Sum(Cast(KT("result__raised"), BigIntegerField())))
    return int(found["added"] or 0)


def who_may_allocate(company: Company, *, beside: int | None = None) -> int:
    """How many people of the company may allocate, and so confirm what another one does. One statement.

    `beside`: the id of a person who is not counted, whose request they could decide.
    """
    members = Membership.objects.filter(company=company, user__is_active=True).exclude(user=beside)
    return sum(Permission.ALLOCATE.allowed_to(roles) for roles in members.values_list("roles", flat=True))
