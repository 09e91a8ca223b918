"""What an act changed of an order, from what was known before it and after it. Pure: no Django, no database.

    changed_by({act}, recorded_later, licenses, facts) -> Change(steps=(Step(day, before, after), …)) or None

What an act says that held already is no change. What acts recorded since have said is left out, on both sides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from licensing.rules.license_profile import LicenseFacts

if TYPE_CHECKING:
    from licensing.models import License


@dataclass(frozen=True)
class Standing:
    """What an order is on a day, by its licenses that have units and run then: begun, not expired, not cancelled."""

    units: int = 0
    worth: int = 0
    """Credits that the units are converted to, be they suspended or not."""
    credits: int = 0
    """Credits that count."""
    products: frozenset[int] = frozenset()
    states: frozenset[str] = frozenset()
    trial: bool = False
    licenses: tuple[License, ...] = field(default=(), compare=False)

    @property
    def runs(self) -> bool:
        return bool(self.licenses)

    @property
    def leader(self) -> License:
        """The license that the others top up."""
        return next((each for each in self.licenses if each.top_up_of_id is None), self.licenses[0])


@dataclass(frozen=True)
class Step:
    """From `day` on, up to the next step or as long as anything runs, the order is `after` where it was `before`."""

    day: date
    before: Standing
    after: Standing


@dataclass(frozen=True)
class Change:
    """`steps` by their days, the first one is what is spoken of. A span is (first day, last day) of all that runs."""

    steps: tuple[Step, ...]
    span_before: tuple[date, date] | None
    span: tuple[date, date] | None

    @property
    def first(self) -> Step:
        return self.steps[0]

    @property
    def changes_credits(self) -> bool:
        return any(each.before.credits != each.after.credits for each in self.steps)


Facts = Mapping[int, LicenseFacts]


def without(facts: Facts, acts: Collection[UUID]) -> dict[int, LicenseFacts]:
    """What was known of the licenses while these acts had said nothing."""
    known = {pk: LicenseFacts(tuple(said for said in each.recorded if said.act not in acts)) for pk, each in facts.items()}
    return {pk: each for pk, each in known.items() if not each.withdrawn and any(said.kind == "issued" for said in each.said)}


def changed_by(acts: Collection[UUID], later: Collection[UUID], licenses: Sequence[License], facts: Facts) -> Change | None:
    """What these acts, which are one to whoever called them, changed; `later` are all that were recorded since."""
    after = without(facts, later)
    before = without(after, acts)
    days = sorted({day for known in (before, after) for each in known.values() for day in _days(each)})
    steps: list[Step] = []
    spans: list[list[date]] = [[], []]
    last: tuple[Standing, Standing] | None = None
    for day in days:
        pair = standing_on(day, licenses, before), standing_on(day, licenses, after)
        if pair != last and pair[0] != pair[1]:
            steps.append(Step(day, *pair))
        for standing, were, span in zip(pair, last or (Standing(), Standing()), spans, strict=True):
            if standing.runs or were.runs:
                span.append(day)
        last = pair
    if not steps:
        return None
    was, runs = ((span[0], span[-1] - timedelta(days=1)) if span else None for span in spans)
    return Change(tuple(steps), was, runs)


def standing_on(day: date, licenses: Sequence[License], facts: Facts) -> Standing:
    running = [
        (each, said)
        for each in licenses
        if (known := facts.get(each.pk)) is not None
        and known.starts_on <= day < known.expires_on
        and known.state_on(day) != "cancelled"
        and (said := known.quantity_on(day)).units
    ]
    if not running:
        return Standing()
    return Standing(
        units=sum(said.units or 0 for _each, said in running),
        worth=sum(said.credits or 0 for _each, said in running),
        credits=sum(facts[each.pk].credits_on(day) for each, _said in running),
        products=frozenset(each.product_id for each, _said in running),
        states=frozenset(facts[each.pk].state_on(day) for each, _said in running),
        trial=all(each.trial for each, _said in running),
        licenses=tuple(each for each, _said in running),
    )


def _days(facts: LicenseFacts) -> set[date]:
    return {facts.starts_on, facts.expires_on, *(each.day for each in facts.said)}
