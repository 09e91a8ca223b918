"""Where a company wants a second person, what one person adds beyond its rule is refused, so that it is asked for instead."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.db.models import BigIntegerField, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from console.models import Act, ActInProgress
from credits.errors import NeedsApproval
from credits.models import AllocationEntry, ApprovalRule
from credits.reading.changes_of_balance import changes_of_balance
from credits.rules.balance_over_days import total_on
from credits.rules.second_person import NEVER, WhenAsked, raised_by
from licensing.models import Company, Membership, Permission

STATED_ALONE = ("allocation.set", "allocation.set-many", "scenario.apply", "order.choose-use")
"""The acts by which one person allocates; an approval is another one, and what it adds was not added alone."""


def rule_of(company: Company) -> WhenAsked:
    """When the company wants a second person, as it stands. One statement."""
    latest = ApprovalRule.objects.for_company(company).order_by("-id").first()
    return latest.said if latest else NEVER


def require_second_person(
    act: ActInProgress, *, today: date, raised: int, balance_after: int, rule: WhenAsked | None = None, by_hand: bool = False
) -> None:
    """Raise NeedsApproval where what the act adds has to be confirmed by another person. At most two statements.

    `raised` is what it adds to lines on its day, whatever others release. What the person has added alone on the company's
    `today` counts with it, also what was undone since: it can be brought back alone. Support and machines are asked nothing.
    `rule` is the one in force, where it was read under the lock already; `by_hand` where no request can be made of the act.
    """
    if raised <= 0 or act.by.is_support or act.by.is_machine:
        return
    rule = rule_of(act.company) if rule is None else rule
    if rule.by_balance(raised, balance_after=balance_after):
        raise NeedsApproval(below_zero=True, by_hand=by_hand)
    if rule.from_credits is not None and rule.by_credits(raised, so_far=_added_alone(act, today)):
        raise NeedsApproval(from_credits=rule.from_credits, by_hand=by_hand)


def require_second_person_below_zero(
    act: ActInProgress, *, today: date, brings_back: Act | None = None, rule: WhenAsked | None = None
) -> None:
    """Raise NeedsApproval where what the act has posted takes the balance of a day below zero, by credits that it adds.

    Asked of the days on which allocations change, those planned included; not of a license that ends, where any is too much.
    `brings_back` is the act before which all was as this one leaves it. Where that was made on the company's `today`, a balance
    as low as it was right before is nothing new. Five statements at most, one or none where the rule does not ask for it.
    """
    if act.by.is_support or act.by.is_machine:
        return
    rule = rule_of(act.company) if rule is None else rule
    if not rule.below_zero:
        return
    added = _posted_by(act)
    after, before = changes_of_balance(act.company), {}
    if brings_back is not None and brings_back.result.get("made_on") == today.isoformat():
        before = changes_of_balance(act.company, known_at=brings_back.recorded_at - timedelta(microseconds=1))
    allocations = AllocationEntry.objects.for_company(act.company).order_by()
    for day in allocations.values_list("effective_on", flat=True).distinct():
        if rule.by_balance(_raised_on(day, added), balance_after=total_on(after, day) - min(0, total_on(before, day))):
            raise NeedsApproval(below_zero=True, by_hand=True)


def most_raised(act: ActInProgress) -> int:
    """Credits that the entries of the act add to lines, on the day on which they add most. One statement."""
    added = _posted_by(act)
    return max((_raised_on(day, added) for of_line in added.values() for day in of_line), default=0)


def _posted_by(act: ActInProgress) -> dict[int, dict[date, int]]:
    """Line id -> day -> change, of the act's own entries."""
    added: dict[int, dict[date, int]] = defaultdict(dict)
    entries = AllocationEntry.objects.for_company(act.company).filter(act=act.id)
    for line, day, change in entries.values_list("line", "effective_on", "change"):
        added[line][day] = added[line].get(day, 0) + change
    return added


def _raised_on(day: date, added: dict[int, dict[date, int]]) -> int:
    return raised_by((0, total_on(of_line, day)) for of_line in added.values())


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
