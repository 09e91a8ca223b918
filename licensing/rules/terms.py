"""A term of an order: a stretch of time that one license opened, whatever took its place since. Pure: no Django, no database.

A term is sold under one plan after the other. Each is led by a license, the first by the one that opened the term, the next
by those that a change of plan put in its place; each has top-ups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from licensing.rules.license_profile import LicenseFacts

if TYPE_CHECKING:
    from licensing.models import License

Period = tuple[date, date]
"""Half-open."""


@dataclass(frozen=True)
class Plan:
    """The license that leads it first, then its top-ups; `ends_on` is the day from which another plan has its place."""

    licenses: tuple[License, ...]
    ends_on: date | None

    @property
    def leader(self) -> License:
        return self.licenses[0]


@dataclass(frozen=True)
class Term:
    """One term of an order: its plans, the last one last. `facts` may hold those of other licenses too."""

    plans: tuple[Plan, ...]
    facts: Mapping[int, LicenseFacts]

    # --- Which term it is

    @property
    def opener(self) -> License:
        """The license that opened it: what a renewal names, whatever the plan became."""
        return self.plans[0].leader

    @property
    def leader(self) -> License:
        """The license that leads the plan it is sold under last."""
        return self.plans[-1].leader

    @property
    def leader_facts(self) -> LicenseFacts:
        return self.facts[self.leader.pk]

    @property
    def licenses(self) -> list[License]:
        """All of them, in the order they were issued."""
        return sorted((each for plan in self.plans for each in plan.licenses), key=lambda each: each.pk)

    @property
    def starts_on(self) -> date:
        """The first day of the first of its licenses, of those that had any day."""
        days = (self.facts[each.pk].starts_on for each in self.licenses if self.has(each, self.facts[each.pk].starts_on))
        return min(days, default=self.facts[self.opener.pk].starts_on)

    @property
    def expires_on(self) -> date:
        return self.leader_facts.expires_on

    @property
    def last_day(self) -> date:
        return self.leader_facts.last_day

    # --- Its days

    def ends_of(self, license: License) -> date | None:
        """The day from which a license is none of the term any more: reduced to nothing, or of a plan that was changed."""
        plan = next(each for each in self.plans if license in each.licenses)
        ends = [each for each in (plan.ends_on, self.facts[license.pk].given_up_on) if each is not None]
        return min(ends, default=None)

    def has(self, license: License, day: date) -> bool:
        """Whether a license is one of the term's on a day, be the order suspended or cancelled then or not."""
        facts, ends_on = self.facts[license.pk], self.ends_of(license)
        return facts.starts_on <= day < facts.expires_on and (ends_on is None or day < ends_on)

    def units_at(self, day: date) -> int:
        """Units of the licenses that are the term's on a day; 0 outside of it."""
        return sum(self.facts[each.pk].units_on(day) for each in self.licenses if self.has(each, day))

    def judged_on(self, day: date) -> date:
        """The day on which an act of `day` finds the term: before it begins, its first; after it, its last."""
        return min(max(day, self.starts_on), max(self.last_day, self.starts_on))

    def units_on(self, day: date) -> int:
        """The term's units as an act of `day` finds them: of a term not begun, those stated for its first day."""
        return self.units_at(self.judged_on(day))

    def plan_on(self, day: date) -> Plan | None:
        """The plan whose leader is the term's on a day."""
        return next((each for each in reversed(self.plans) if self.has(each.leader, day)), None)

    def changed_from(self) -> date | None:
        """The last day from which its plan was changed; None while it never was."""
        return max((each.ends_on for each in self.plans if each.ends_on is not None), default=None)

    def periods(self) -> list[Period]:
        """When it counts: the days on which one of its licenses has begun and is neither expired nor cancelled."""
        return [period for plan in self.plans for period in plan_periods(plan, self.facts)]

    def counts_on(self, day: date) -> bool:
        return any(first <= day < end for first, end in self.periods())

    def counts_from(self, day: date) -> bool:
        """Whether it counts on any day from `day` on."""
        return any(end > day for _first, end in self.periods())

    def change_days(self, first: date, end: date) -> list[date]:
        """`first`, and every later day before `end` on which its units can change."""
        days = {first}
        for each in self.licenses:
            facts = self.facts[each.pk]
            days |= {facts.starts_on, facts.expires_on, *(said.day for said in facts.quantities)}
            if (ends_on := self.ends_of(each)) is not None:
                days.add(ends_on)
        return sorted(day for day in days if first <= day < end)

    # --- What was said

    def day_for(self, license: License, day: date) -> date:
        """The day on which a license is looked at: never before it was issued."""
        return max(day, self.facts[license.pk].issued.day)

    def standing(self, day: date) -> list[License]:
        """Its licenses that are not cancelled on `day`, begun or not."""
        return [each for each in self.licenses if self.facts[each.pk].state_on(self.day_for(each, day)) != "cancelled"]

    def renews_on(self, day: date) -> bool | None:
        """Whether its renewal was last switched on or off, under whatever plan; None while nobody did."""
        # A switch tells what stands: whatever lasted longest has heard of the last one.
        latest = sorted(self.licenses, key=lambda each: (self.ends_of(each) or date.max, each.pk), reverse=True)
        said = (self.facts[each.pk].renews_on(self.day_for(each, day)) for each in latest)
        return next((each for each in said if each is not None), None)


def opened_by(licenses: Iterable[License]) -> dict[int, int]:
    """license id -> id of the license that opened its term: what it tops up, whose plan it took over, and so on."""
    by_id = {each.pk: each for each in licenses}
    found = {}
    for pk in by_id:
        opener = by_id[pk]
        while before := opener.top_up_of_id or opener.replaces_id:
            opener = by_id[before]
        found[pk] = opener.pk
    return found


def terms_of(licenses: Sequence[License], facts: Mapping[int, LicenseFacts]) -> list[Term]:
    """The terms that an order's licenses make up, by their start."""
    opened = opened_by(licenses)
    top_ups: dict[int, list[License]] = {}
    leaders: dict[int, list[License]] = {}
    for each in sorted(licenses, key=lambda each: each.pk):
        if each.top_up_of_id is not None:
            top_ups.setdefault(each.top_up_of_id, []).append(each)
        else:
            leaders.setdefault(opened[each.pk], []).append(each)
    terms = []
    for group in leaders.values():
        following = [*group[1:], None]
        plans = [
            Plan((leader, *top_ups.get(leader.pk, [])), None if after is None else _replaced_on(facts, leader, after))
            for leader, after in zip(group, following, strict=True)
        ]
        terms.append(Term(tuple(plans), facts))
    return sorted(terms, key=lambda term: (term.starts_on, term.opener.pk))


def _replaced_on(facts: Mapping[int, LicenseFacts], leader: License, after: License) -> date:
    """From when `after` has the place of `leader`: the day that the change of plan cancelled it on."""
    issued = facts[after.pk].issued
    cancelled = [each.day for each in facts[leader.pk].said if each.state == "cancelled" and each.act == issued.act]
    return min(cancelled) if cancelled and issued.act is not None else issued.starts_on or issued.day


def plan_periods(plan: Plan, facts: Mapping[int, LicenseFacts]) -> list[Period]:
    """The periods in which licenses of a plan count, joined and in order."""
    found: list[Period] = []
    for first, end in sorted(period for each in plan.licenses for period in facts[each.pk].running_periods()):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((first, end))
    return found
