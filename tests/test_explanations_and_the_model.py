"""Figures of random companies, explained, against the model written from the rules alone (tests/brute_force.py).

After each deed of a random history the model and the instant are kept. Random figures of random days, as known at random ones of
these instants, have the model's value; what their entries sum to day by day, license by license and line by line, is the model's
too; and both pages' readings say the same. `make proof-of-explanations` asks for 1,000 figures of 50 histories and more.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count, islice
from random import Random

import pytest
from django.db import transaction

from credits.reading.annual_credits import annual_credits
from credits.reading.explanations.explain import explain
from credits.reading.explanations.explanation import Explanation
from licensing.models import Company, License
from tests import brute_force as model
from tests.histories import draw
from tests.ledger import database_clock
from tests.worlds import FIRST_DAY, Book, World, edges_of, make_the_beginning

pytestmark = pytest.mark.django_db
FIGURES = int(os.environ.get("EXPLAINED_FIGURES", "80"))
EACH = 20
"""So many figures of a history."""
READINGS = 4
"""So many pairs of a day and an instant of a history are read as the page reads them: 50 histories make 200."""
AHEAD = 150
"""Days that the model walks through for the runway."""


class _NotKept(Exception):
    pass


@dataclass(frozen=True)
class Kept:
    """What the model knew at an instant; `orders` are the ids of the orders there were, by their letters."""

    known_at: datetime
    book: Book
    orders: dict[str, int]


def kept_of(number: int, companies: list[Company]) -> tuple[World, list[Kept]]:
    world = World(companies)
    kept = []
    for deed in draw(number):
        world.live(deed)
        kept.append(Kept(database_clock(), world.book, {letter: order.pk for letter, order in world.orders.items()}))
    return world, kept


@dataclass(frozen=True)
class Asked:
    """A company on a day, as it was known."""

    world: World
    kept: Kept
    number: int
    on: date

    @property
    def company(self) -> Company:
        return self.world.companies[self.number]

    @property
    def held(self) -> model.CompanyBook:
        return self.kept.book.companies[self.number]

    def licenses(self) -> dict[int, model.HeldLicense]:
        """Those of the company's orders, by the id they have."""
        found: dict[int, model.HeldLicense] = {}
        for letter, order in self.kept.book.held_orders().items():
            if order.company is self.held:
                ids = License.objects.filter(company=self.company, order=self.kept.orders[letter]).order_by("id")
                found |= dict(zip(ids.values_list("pk", flat=True), order.licenses, strict=False))
        return found

    def explain(self, figure: str) -> Explanation | None:
        return explain(figure, self.company, on=self.on, known_at=self.kept.known_at)


def drawn(dice: Random, world: World, kept: list[Kept]) -> Asked:
    on = FIRST_DAY + timedelta(days=dice.randrange(-20, 120))
    return Asked(world, dice.choice(kept), dice.choice([0, 0, 0, 1]), on)


def percent(part: int, whole: int) -> Decimal | None:
    return None if whole == 0 else (Decimal(part * 100) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)


def expected(asked: Asked, figure: str) -> int | Decimal | None:
    """What the model says."""
    held, on, lines = asked.held, asked.on, asked.kept.book.lines()
    name, _dot, key = figure.partition(".")
    if name == "license-credits":
        license = asked.licenses()[int(key)]
        return model.rounded_up(license.units_on(on), license.rate) if license.rate is not None else None
    if name == "license-units":
        return asked.licenses()[int(key)].units_on(on)
    if name == "days-left":
        return (asked.licenses()[int(key)].expires_on - on).days
    if name == "feature-credits":
        return sum(held.credits_on(line, on) for line in asked.kept.book.features[key].lines)
    if name == "offering-credits":
        of = {slug for slug, feature in asked.world.features.items() if feature.offering.slug == key}
        return sum(held.credits_on(line, on) for line in lines if line.feature.name in of)
    if name == "runway":
        return next((days for days in range(AHEAD) if held.balance_on(lines, on + timedelta(days=days)) < 0), None)
    seats = [each.credits_on(on) for each in held.licenses() if each.plan.product.kind == "seats"]
    return {
        "total-valid-credits": held.valid_on(on),
        "allocated-credits": held.allocated_on(lines, on),
        "current-balance": held.balance_on(lines, on),
        "converted-credits": sum(seats),
        "purchased-credits": held.valid_on(on) - sum(seats),
        "allocated-share-of-valid": percent(held.allocated_on(lines, on), held.valid_on(on)),
    }[name]


def figures_of(asked: Asked) -> list[str]:
    whole = ["total-valid-credits", "allocated-credits", "current-balance", "converted-credits", "purchased-credits"]
    of_licenses = [f"{name}.{pk}" for name in ("license-units", "license-credits", "days-left") for pk in asked.licenses()]
    of_features = [f"feature-credits.{slug}" for slug in asked.world.features]
    offerings = {feature.offering.slug for feature in asked.world.features.values()}
    of_offerings = [f"offering-credits.{each}" for each in offerings]
    return [*whole, "allocated-share-of-valid", "runway", *of_features, *of_offerings, *of_licenses]


def assert_it_is_the_models(asked: Asked, figure: str) -> None:
    told, value = asked.explain(figure), expected(asked, figure)
    if told is None:
        assert figure.startswith("license-credits.")  # of a trial, or of what has no rate: the page says "Not converted"
        return
    if figure == "runway" and told.value is not None and told.value >= AHEAD:
        assert value is None
        return
    assert told.value == value, (figure, asked.on, asked.kept.known_at)
    if told.check == "sum":
        assert sum(group.total for group in told.groups) == (told.value or 0)


def assert_entries_are_the_models(asked: Asked) -> None:
    """Day by day up to the day shown, what was posted for each license and each line is what the model steps by."""
    told = asked.explain("total-valid-credits")
    assert told is not None
    licenses = asked.licenses()
    posted: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for entry in (each for group in told.groups for each in group.entries):
        assert entry.license_id is not None
        posted[entry.license_id][entry.day] += int(entry.change)
    assert set(posted) <= set(licenses)
    for pk, license in licenses.items():
        edges = {day for order in asked.held.orders for day in edges_of(order)}
        for day in sorted(each for each in {*posted[pk], *edges} if each <= asked.on):
            assert sum(change for on, change in posted[pk].items() if on <= day) == license.credits_on(day), (pk, day)
    told = asked.explain("allocated-credits")
    assert told is not None
    of_lines: dict[tuple[str, str], list[tuple[date, int, int]]] = defaultdict(list)
    for entry in (each for group in told.groups for each in group.entries):
        of_lines[entry.feature, entry.line_slug].append((entry.day, int(entry.change), entry.units or 0))
    for line in asked.kept.book.lines():
        entries = of_lines.pop((line.feature.name, line.name), [])
        days = {on for on, _change, _units in entries} | {each.day for each in asked.held.stated if each.day <= asked.on}
        for day in sorted(days):
            so_far = [each for each in entries if each[0] <= day]
            assert sum(change for _on, change, _units in so_far) == asked.held.credits_on(line, day)
            assert (so_far[-1][2] if so_far else 0) == asked.held.units_on(line, day)
    assert not of_lines


HISTORIES_AT_ONCE = 4
"""So many histories a test: one says how far it is where there are many."""


def numbers() -> Iterator[int]:
    """Every other history is one in which something is allocated: few of those that are drawn are."""
    allocating = (number for number in count(1) if any(deed.name == "allocate" for deed in draw(number)))
    others = count(1)
    for number in allocating:
        yield number
        yield next(others)


@pytest.fixture
def companies() -> list[Company]:
    return make_the_beginning()


@pytest.mark.parametrize("first", range(0, FIGURES // EACH, HISTORIES_AT_ONCE))
def test_figures_of_random_companies_as_known_at_random_instants_are_the_models(companies: list[Company], first: int) -> None:
    kinds: set[str] = set()
    for number in islice(numbers(), first, min(first + HISTORIES_AT_ONCE, FIGURES // EACH)):
        with suppress(_NotKept), transaction.atomic():
            dice = Random(number)
            world, kept = kept_of(number, companies)
            for _each in range(EACH):
                asked = drawn(dice, world, kept)
                figure = dice.choice(figures_of(asked))
                kinds.add(figure.partition(".")[0])
                assert_it_is_the_models(asked, figure)
            for _each in range(READINGS):
                asked = drawn(dice, world, kept)
                read = annual_credits(asked.company, on=asked.on, known_at=asked.kept.known_at).summary
                for figure in ("total-valid-credits", "allocated-credits", "current-balance"):
                    assert getattr(read, figure.replace("-", "_")) == expected(asked, figure), (number, figure)
                assert_entries_are_the_models(asked)
            raise _NotKept
    assert len(kinds) > 8
