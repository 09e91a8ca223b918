"""What stories are told with: a company as it is registered, an order, a term, an event, and the stage on which events act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Self

from console.models import Actor, User, recording_at
from licensing.models import Company
from licensing.rules.calendar_arithmetic import add_months

By = str | Actor
"""Who acts: a marketplace, an address, or the first part of one (`manager`) for the company's own person."""


@dataclass(frozen=True)
class Business:
    """A company as it is registered."""

    name: str
    slug: str
    business_id: str
    time_zone: str
    parent: str = ""


@dataclass(frozen=True)
class Bought:
    """An order of a story, by what is unique about it."""

    channel: str
    external_id: str


@dataclass(frozen=True)
class Term:
    """A term as a seller names it: both days count."""

    first_day: date
    last_day: date

    @classmethod
    def year_from(cls, day: date) -> Self:
        return cls(day, add_months(day, 12) - timedelta(days=1))

    @classmethod
    def year_before(cls, day: date) -> Self:
        return cls(add_months(day, -12), day - timedelta(days=1))


@dataclass(frozen=True)
class Event:
    """One act of a story; `act` does it on the stage, with the key."""

    instant: datetime
    key: str
    act: Callable[[Stage, str], object]

    def tell(self, stage: Stage) -> None:
        with recording_at(self.instant):
            self.act(stage, self.key)


@dataclass
class Stage:
    """What the events act on: people and companies by what the stories call them."""

    people: dict[str, User]
    companies: dict[str, Company] = field(default_factory=dict)

    def actor(self, by: By, slug: str) -> Actor:
        if isinstance(by, Actor):
            return by
        return Actor.person(self.people[by if "@" in by else f"{by}@{slug}.example"])
