"""How long the credits last, walked day by day: when the balance falls below zero, by how much, and what takes it there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext as _

from console.templatetags.formats import credits as written
from credits.models import CreditRequirement
from credits.reading.explanations.demand_entries import demand_entries
from credits.reading.explanations.explanation import Explanation, Group, Posted, Step, in_groups
from credits.reading.explanations.supply_entries import supply_entries
from licensing.errors import in_words
from licensing.models import Company, License


@dataclass(frozen=True)
class Walk:
    """The balance from the end of `on` on, day by day, to the first at whose end it is below zero (`end`, None for never)."""

    on: date
    opening: int
    days: tuple[tuple[date, tuple[Posted, ...]], ...]
    """The days after `on` that have entries, up to the end. What is allocated takes from the balance."""
    end: date | None
    balance: int
    """At the end; without one after the last entry."""
    lowest: tuple[date, int]
    cause: tuple[Posted, ...]
    """The entries of the day on which it fell below zero, which may lie before the day shown."""
    valid: int
    allocated: int
    """At the end: what is valid and allocated then."""


def walk(company: Company, on: date, known_at: datetime | None) -> Walk:
    """Two statements, those of both sides."""
    supply = supply_entries(company, known_at=known_at)
    demand = [
        replace(each, entry=replace(each.entry, change=-each.entry.change)) for each in demand_entries(company, known_at=known_at)
    ]
    by_day: dict[date, list[Posted]] = defaultdict(list)
    for each in sorted([*supply, *demand], key=lambda each: (each.entry.day, each.entry.recorded_at)):
        by_day[each.entry.day].append(each)
    balance, fell = 0, False
    cause: tuple[Posted, ...] = ()
    past = [day for day in sorted(by_day) if day <= on]
    for day in past:
        balance += total(by_day[day])
        cause = (tuple(by_day[day]) if not fell else cause) if balance < 0 else ()
        fell = balance < 0
    opening, end, days, lowest = balance, on if fell else None, [], (on, balance)
    for day in sorted(by_day.keys() - set(past)) if end is None else []:
        balance += total(by_day[day])
        days.append((day, tuple(by_day[day])))
        lowest = min(lowest, (day, balance), key=lambda each: each[1])
        if balance < 0:
            end, cause = day, tuple(by_day[day])
            break
    last = end or (days[-1][0] if days else on)
    valid = total(each for each in supply if each.entry.day <= last)
    return Walk(on, opening, tuple(days), end, balance, lowest, cause, valid, valid - balance)


def runway(company: Company, on: date, known_at: datetime | None) -> Explanation:
    """Days from `on` to the first at whose end more is allocated than valid; each day between with entries is a group."""
    found = walk(company, on, known_at)
    opening = Step(_("Balance on %(day)s") % {"day": in_words(on)}, found.opening, figure="current-balance")
    if found.end is None:
        steps = [opening]
        if found.lowest[0] != on:
            lowest_on, lowest = found.lowest
            steps.append(
                Step(
                    _("Lowest to come, on %(day)s") % {"day": in_words(lowest_on)}, lowest, figure="current-balance", on=lowest_on
                )
            )
        return Explanation(
            "runway",
            _("Runway"),
            None,
            _("No end in sight: on no day to come is more allocated than valid, as contracted and planned."),
            check="none",
            steps=tuple(steps),
        )
    end = found.end
    sentence = (
        _("because the balance is below zero on the day shown.")
        if end == on
        else _(
            "days are left until %(day)s, the first day at whose end more is allocated than valid: %(short)s credits are missing."
        )
        % {"day": in_words(end), "short": written(-found.balance)}
    )
    at_end = Step(_("Balance on %(day)s") % {"day": in_words(end)}, found.balance, figure="current-balance", on=end)
    return Explanation(
        "runway",
        _("Runway"),
        (end - on).days,
        sentence,
        check="days",
        groups=day_by_day(found),
        steps=(opening, *([at_end] if end != on else []), Step(_("Day shown"), on), Step(_("First day below zero"), end)),
    )


def day_by_day(found: Walk) -> tuple[Group, ...]:
    """A group a day, in their order, each entry with the balance before and after it."""
    groups, balance = [], found.opening
    for day, posted in found.days:
        entries = []
        for each in posted:
            after = balance + int(each.entry.change)
            entries.append(
                replace(
                    each.entry,
                    why=f"{each.group.name}: {each.entry.why}",
                    group_before=balance,
                    group_after=after,
                    before=balance,
                    after=after,
                )
            )
            balance = after
        groups.append(Group("day", str(day), in_words(day), tuple(entries)))
    return tuple(groups)


def runway_short(company: Company, on: date, known_at: datetime | None) -> Explanation:
    """By how much the balance is below zero on the day of the runway; without a number where there is no end in sight."""
    found = walk(company, on, known_at)
    if found.end is None:
        nothing = _("Nothing is short: on no day to come is more allocated than valid, as contracted and planned.")
        return Explanation("runway-short", _("Credits short"), None, nothing, check="none")
    return Explanation(
        "runway-short",
        _("Credits short"),
        -found.balance,
        _("credits are missing on %(day)s: %(allocated)s are allocated and %(valid)s valid at its end.")
        % {"day": in_words(found.end), "allocated": written(found.allocated), "valid": written(found.valid)},
        check="difference",
        steps=(
            Step(
                _("Allocated credits on %(day)s") % {"day": in_words(found.end)},
                found.allocated,
                figure="allocated-credits",
                on=found.end,
            ),
            Step(_("less total valid credits"), -found.valid, figure="total-valid-credits", on=found.end),
        ),
    )


def cause_change(key: str, company: Company, on: date, known_at: datetime | None) -> Explanation | None:
    """What an order (`license-7`: that of a license) or a line (`line-7`) takes from the balance on the day it falls below zero.

    Without a number where it is no cause on the day, which costs a statement more; None for what there is not.
    """
    kind, _dash, pk = key.partition("-")
    if kind not in ("license", "line") or not (pk.isascii() and pk.isdecimal() and len(pk) <= 18):
        return None
    posted = walk(company, on, known_at).cause
    if kind == "line":
        own = [each for each in posted if each.entry.line_id == int(pk)]
    else:
        orders = {each.entry.order_id for each in posted if each.entry.license_id == int(pk)}
        own = [each for each in posted if each.entry.order_id is not None and each.entry.order_id in orders]
    if not own or total(own) >= 0:
        return _no_cause(key, kind, int(pk), company)
    return Explanation(
        f"cause-change.{key}",
        _("What %(name)s takes from the balance") % {"name": own[0].group.name},
        total(own),
        _("is what its entries of %(day)s, the day on which the balance falls below zero, change.")
        % {"day": in_words(own[0].entry.day)},
        groups=in_groups(own),
    )


def _no_cause(key: str, kind: str, pk: int, company: Company) -> Explanation | None:
    if kind == "line":
        line = CreditRequirement.objects.filter(pk=pk).select_related("feature").first()
        name = line.feature.name if line else None
    else:
        license = License.objects.for_company(company).with_order().filter(pk=pk).first()
        name = (license.order.name or license.product.name) if license else None
    if name is None:
        return None
    return Explanation(
        f"cause-change.{key}",
        _("What %(name)s takes from the balance") % {"name": name},
        None,
        _("By the day shown it is no cause: %(name)s does not take the balance below zero.") % {"name": name},
        check="none",
    )


def total(posted: Iterable[Posted]) -> int:
    return sum(int(each.entry.change) for each in posted)
