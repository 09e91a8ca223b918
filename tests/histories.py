"""Random histories of two companies: drawn from the model alone, lived through by both sides, made small when the sides disagree.

A history is a list of deeds, made from its number: what `draw(17)` gives never depends on the applications, so that a history in
which something was noticed can be lived through again. Time is short and days are few, so that deeds meet: terms of a month,
edges of licenses as days of events, deeds recorded late.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from random import Random
from string import ascii_uppercase
from typing import Any

from django.core.management import CommandError, call_command
from django.db import connection, transaction

from licensing.models import Company
from tests import brute_force as model
from tests.worlds import (
    FEATURES,
    FIRST_DAY,
    Book,
    Deed,
    Difference,
    World,
    base_conversions,
    base_rows,
    edges_of,
    in_the_model,
)

# --- Drawing

ON_ORDERS = {
    "top up": 4,
    "reduce": 4,
    "set units": 4,
    "renew": 6,
    "suspend": 3,
    "reinstate": 2,
    "cancel": 3,
    "undo": 3,
    "correct units": 4,
    "correct dates": 4,
    "plan change": 3,
    "transfer": 2,
    "renewal switch": 1,
}
ON_CREDITS = {"allocate": 4, "withdraw": 1, "price list": 1, "switch": 3}
THEMES: dict[str, dict[str, int]] = {
    "orders": ON_ORDERS,
    "units": {"top up": 6, "reduce": 6, "set units": 6, "renew": 4, "correct units": 6, "plan change": 3, "cancel": 2, "undo": 2},
    "billing": {
        **ON_CREDITS,
        "switch": 8,
        "activate": 3,
        "suspend": 4,
        "reinstate": 2,
        "cancel": 1,
        "renew": 2,
        "correct dates": 2,
    },
    "everything": {**ON_ORDERS, **ON_CREDITS, "activate": 2, "zone": 2},
}
"""What a history may be about: deed -> how often it is chosen."""
STORIES: list[list[str]] = [
    ["renew", "plan change", "later term", "cancel now", "renew", "undo"],
    ["renew", "plan change", "top up", "transfer", "renew"],
    ["renew", "later term", "soon", "cancel", "overlap", "undo"],
    ["renew", "later term", "soon", "cancel now", "overlap"],
    ["renew", "cancel", "overlap", "undo"],
    ["renew", "soon", "cancel now", "overlap", "undo"],
    ["renew", "correct units", "set units", "reduce"],
    ["renew", "correct units", "reduce", "correct units"],
    ["renew", "correct units", "reduce now", "transfer"],
    ["top up", "top up", "reduce before", "set units", "top up"],
    ["renew", "soon", "cancel now", "soon", "top up before", "undo", "plan change"],
    ["soon", "renew", "cancel now", "soon", "undo now", "top up before"],
    ["soon", "renew", "cancel now", "soon", "undo now", "set units before"],
    ["soon", "renew", "cancel now", "soon", "undo now", "soon", "top up before", "top up before"],
    ["contract", "contract", "suspend now", "soon", "switch", "later term", "switch"],
    ["renew", "suspend", "soon", "transfer", "reinstate before", "top up"],
    ["top up", "soon", "plan change", "soon", "earlier plan change"],
    ["soon", "cancel now", "soon", "undo", "cancel before", "undo"],
    ["top up", "soon", "reduce", "soon", "cancel", "undo"],
    ["soon", "transfer", "earlier start", "renew", "earlier start"],
    ["allocate", "price list", "allocate", "price list", "zone", "zone"],
    ["contract", "contract", "suspend", "switch", "reinstate", "allocate", "switch"],
    ["contract", "contract", "switch", "later term", "allocate", "switch"],
    ["contract", "contract", "contract", "switch", "suspend", "soon", "switch"],
]
"""What tends to follow what where rules meet: a deed, whether it is of the day on which it is recorded or of one before, and time
that passes. A history lives through one of these or takes its deeds as they come."""
ZONES = ["Pacific/Midway", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo", "Pacific/Kiritimati"]
"""From 11 hours behind to 14 hours ahead."""


def draw(number: int, *, length: int = 12) -> list[Deed]:
    """The history of that number."""
    return list(Drawing(Random(number)).deeds(length))


class Drawing:
    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.today = FIRST_DAY
        self.book = Book.at_the_beginning()
        self.rows, self.conversions = base_rows(), base_conversions()
        self.theme = dice.choice(list(THEMES))
        self.promptness = dice.choice([0.2, 0.5, 0.8])
        """How often deeds are recorded on their day."""
        self.when = ""
        self.letters = iter(ascii_uppercase)

    def deeds(self, length: int) -> Iterator[Deed]:
        yield self._done(
            self._activate(None if self.dice.random() < 0.2 else "METERED" if self.theme == "billing" else "CREDITS")
        )
        story = self.dice.choice(STORIES) if self.dice.random() < 0.8 else []
        for name in [*self._with_others(story), *self._others(length - len(story) if not story else 3)]:
            if name in ("soon", "later term"):
                self._let_time_pass(to_a_term=name == "later term")
                continue
            if self.dice.random() < (0.45 if not story else 0.3):
                self._let_time_pass()
            name, self.when = next(
                ((name[: -len(when) - 1], when) for when in ("now", "before") if name.endswith(f" {when}")), (name, "")
            )
            if (name in ON_ORDERS or name in ("overlap", "earlier start", "earlier plan change")) and not self.book.held_orders():
                name = "activate"
            drawn = getattr(self, "_" + name.replace(" ", "_"))()
            if drawn is not None:
                yield self._done(drawn)

    def _others(self, most: int) -> list[str]:
        weights = THEMES[self.theme]
        return self.dice.choices(list(weights), list(weights.values()), k=self.dice.randint(most // 2, most))

    def _with_others(self, story: list[str]) -> Iterator[str]:
        """The story with something else in between now and then, and something left out."""
        for name in story:
            if self.dice.random() < 0.15:
                yield from self._others(1)
            if self.dice.random() < 0.93:
                yield name

    def _done(self, deed: Deed) -> Deed:
        if deed.name != "zone":
            with suppress(model.MustRefuse):
                self.book = in_the_model(self.book, deed)
                if deed.name == "price list":
                    self.rows, self.conversions = deed.says["rows"], deed.says["conversions"]
        return deed

    def _let_time_pass(self, *, to_a_term: bool = False) -> None:
        """A few days, or to an edge of some license."""
        edges = sorted(
            day
            for order in self.book.held_orders().values()
            for day in (edges_of(order) if not to_a_term else {term.expires_on for term in order.terms})
            if self.today < day < self.today + timedelta(days=70 if to_a_term else 40)
        )
        if edges and (to_a_term or self.dice.random() < 0.3):
            self.today = edges[0] if to_a_term else self.dice.choice(edges[:4]) + timedelta(days=self.dice.choice([-1, 0, 1]))
            self.today += timedelta(days=self.dice.choice([0, 0, 1, 4]))
        else:
            self.today += timedelta(days=self.dice.choice([1, 2, 2, 5, 9, 16]))

    # --- What a deed says

    def _letter(self) -> str:
        """Mostly of the order that came last, a successor perhaps."""
        held = list(self.book.held_orders())
        return self.dice.choice([held[-1], held[-1], *held])

    def _event_day(self, letter: str) -> date | None:
        """Mostly today or a day before it that matters to the order."""
        chance = self.dice.random()
        if self.when == "now" or (not self.when and chance < self.promptness):
            return None
        if chance < self.promptness + 0.02:
            return self.today + timedelta(days=1)
        chance = self.dice.random()
        edges = sorted({each for each in edges_of(self.book.orders[letter]) if each <= self.today})
        if edges and self.when == "before":
            return self.dice.choice(edges[-3:]) - timedelta(days=self.dice.choice([0, 1, 1, 2]))
        if edges and chance < 0.65:
            return min(self.today, self.dice.choice(edges[-5:]) + timedelta(days=self.dice.choice([-1, 0, 0, 0, 1])))
        return self.today - timedelta(days=self.dice.choice([1, 1, 2, 4, 8, 25]))

    def _activate(self, sku: str | None = None) -> Deed:
        dice = self.dice
        sku = sku or dice.choice(["CREDITS", "CREDITS", "SEATS", "PRO", "METERED", "METERED"])
        channel = dice.choice(["direct", "direct", "azure"])
        start = self.today + timedelta(days=dice.choice([-4, 1, 1, 9])) if dice.random() < 0.3 else None
        ends = (start or self.today) + timedelta(days=dice.choice([0, 20, 45])) if dice.random() < 0.15 else None
        odd = dice.random() < 0.12
        return Deed(
            "activate",
            self.today,
            {
                "order": next(self.letters),
                "company": dice.choice([0, 0, 0, 0, 0, 1]),
                "product": sku,
                "channel": channel,
                "units": dice.choice([100, 100, 40, 7] if dice.random() < 0.92 else [2, 1_000_001, model.MOST_UNITS]),
                "months": dice.choice([1, 1, 1, 2, 3] if sku != "METERED" else [1, 2, 3, 12]),
                "term_starts_on": start,
                "term_ends_on": ends,
                "trial": odd and dice.random() < 0.5,
                "goodwill": odd and dice.random() < 0.5,
            },
        )

    def _contract(self) -> Deed:
        return self._activate("METERED")

    def _units(self, letter: str) -> int:
        """About what the order has."""
        order = self.book.orders[letter]
        return max(2, max(term.units_on(max(self.today, term.starts_on)) for term in order.terms))

    def _top_up(self) -> Deed:
        letter = self._letter()
        return self._deed("top up", order=letter, units=self.dice.choice([1, 5, 30, 50]), on=self._event_day(letter))

    def _reduce(self) -> Deed:
        letter = self._letter()
        held = self._units(letter)
        return self._deed(
            "reduce",
            order=letter,
            units=self.dice.choice([held - 1, held // 2, held - 30, held]) % held or 1,
            on=self._event_day(letter),
        )

    def _set_units(self) -> Deed:
        letter = self._letter()
        held = self._units(letter)
        units = max(1, held + self.dice.choice([-50, -30, -1, 0, 20, 55, 200]))
        return self._deed("set units", order=letter, units=units, on=self._event_day(letter))

    def _renew(self) -> Deed:
        letter = self._letter()
        last = self.book.orders[letter].terms[-1]
        gap = self.dice.choice([None, None, None, 0, 3, 10, -2])
        starts_on = None if gap is None else last.expires_on + timedelta(days=gap)
        return self._deed(
            "renew",
            order=letter,
            starts_on=starts_on,
            months=self.dice.choice([None, None, 1, 2]),
            trial=self.dice.choice([None, None, None, False]),
        )

    def _on_its_day(self, name: str) -> Deed:
        letter = self._letter()
        return self._deed(name, order=letter, on=self._event_day(letter))

    def _suspend(self) -> Deed:
        return self._on_its_day("suspend")

    def _reinstate(self) -> Deed:
        return self._on_its_day("reinstate")

    def _cancel(self) -> Deed:
        return self._on_its_day("cancel")

    def _undo(self) -> Deed:
        """Mostly where something is cancelled, from the day of the cancellation."""
        cancelled = [
            (letter, day)
            for letter, order in self.book.held_orders().items()
            for each in order.licenses
            for what, day in each.story
            if what == "cancelled" and order.moved_on is None
        ]
        if cancelled and self.dice.random() < 0.8:
            letter, day = self.dice.choice(cancelled)
            on = self.dice.choice([day, day, day + timedelta(days=3), day - timedelta(days=2), self.today])
            return self._deed("undo", order=letter, on=None if self.when == "now" else min(self.today, on))
        return self._on_its_day("undo")

    def _correct_units(self) -> Deed:
        """Mostly of a license not begun, if there is one."""
        dice, letter = self.dice, self._letter()
        held = self.book.orders[letter].licenses
        later = [number for number, each in enumerate(held) if each.starts_on > self.today]
        number = dice.choice(later) if later and dice.random() < 0.7 else dice.randrange(len(held))
        starts_on = held[number].starts_on
        later_on = starts_on + timedelta(days=7)
        on = dice.choice([None, None, starts_on, starts_on, starts_on, later_on, self.today, self.today - timedelta(days=6)])
        return self._corrected(letter, number, units=dice.choice([0, 60, 77, 500, 500]), on=on)

    def _correct_dates(self) -> Deed:
        """Near what they are, at an edge of another license, or into another term."""
        dice, letter = self.dice, self._letter()
        order = self.book.orders[letter]
        number = dice.randrange(len(order.licenses))
        says: dict[str, Any] = {}
        for name in dice.choice([["starts_on"], ["expires_on"], ["expires_on"], ["starts_on", "expires_on"]]):
            day: date = getattr(order.licenses[number], name)
            near = [day + timedelta(days=shift) for shift in (-9, -3, 4, 15)]
            edges = [each for each in edges_of(order) if abs((each - day).days) < 40]
            says[name] = dice.choice(near + [each + timedelta(days=shift) for each in edges for shift in (-5, 0, 5)])
        if dice.random() < 0.15:
            says["units"] = 60
        return self._corrected(letter, number, **says)

    def _overlap(self) -> Deed | None:
        """An end after the start of the next term, or its start before that end."""
        letter = self._letter()
        order = self.book.orders[letter]
        if len(order.terms) == 1:
            return None
        number = self.dice.randrange(len(order.terms) - 1)
        first, then = order.terms[number].plans[-1].leader, order.terms[number + 1].plans[-1].leader
        shift = timedelta(days=self.dice.choice([1, 5, 15, 25]))
        if self.dice.random() < 0.6:
            return self._corrected(letter, order.licenses.index(first), expires_on=then.starts_on + shift)
        return self._corrected(letter, order.licenses.index(then), starts_on=first.expires_on - shift)

    def _earlier_start(self) -> Deed:
        letter = self._letter()
        number = self.dice.randrange(len(self.book.orders[letter].licenses))
        starts_on = self.book.orders[letter].licenses[number].starts_on
        return self._corrected(letter, number, starts_on=starts_on - timedelta(days=self.dice.choice([1, 4, 9])))

    def _corrected(self, letter: str, number: int, **says: Any) -> Deed:
        nothing = {"units": None, "starts_on": None, "expires_on": None, "on": None}
        return self._deed("correct", order=letter, license=number, **{**nothing, **says})

    def _plan_change(self) -> Deed:
        letter = self._letter()
        sku = self.dice.choice(["CREDITS", "SEATS", "SEATS", "PRO", "LATER"])
        return self._deed("plan change", order=letter, product=sku, on=self._event_day(letter))

    def _earlier_plan_change(self) -> Deed:
        changed = [(letter, order.plan_changes[-1]) for letter, order in self.book.held_orders().items() if order.plan_changes]
        if not changed:
            return self._plan_change()
        letter, day = self.dice.choice(changed)
        return self._deed("plan change", order=letter, product="SEATS", on=day - timedelta(days=self.dice.choice([0, 1, 3])))

    def _transfer(self) -> Deed | None:
        letter = self._letter()
        order = self.book.orders[letter]
        if order.moved_on is not None or order.company is None:
            return None
        to = 1 - self.book.companies.index(order.company)
        return self._deed("transfer", order=letter, to=to, successor=letter + "'")

    def _renewal_switch(self) -> Deed:
        return self._deed("renewal switch", order=self._letter(), on=self.dice.random() < 0.5)

    def _allocate(self) -> Deed:
        dice = self.dice
        slug = dice.choice([each for each in FEATURES if self.theme != "billing" or FEATURES[each][0]])
        names = list(FEATURES[slug][2])
        chosen = dice.sample(names, dice.randint(1, len(names)))
        offset = dice.choice([None, None, -15, -3, 1, 8, 35])
        return self._deed(
            "allocate",
            company=dice.choice([0, 0, 0, 1]),
            feature=slug,
            units={name: dice.choice([0, 3, 20, 60, model.MOST_UNITS]) for name in chosen},
            on=None if offset is None else self.today + timedelta(days=offset),
            confirmed=dice.random() < 0.75,
        )

    def _withdraw(self) -> Deed | None:
        plans = [
            (index, each.line.feature.name, each.line.name, each.day)
            for index, company in enumerate(self.book.companies)
            for each in company.stated
            if each.day > self.today
        ]
        if not plans:
            return None
        company, slug, name, day = self.dice.choice(plans)
        return self._deed("withdraw", company=company, feature=slug, line=name, on=day)

    def _switch(self) -> Deed:
        dice = self.dice
        slug, company = dice.choice(["workloads", "workloads", "workloads", "lake", "feed"]), dice.choice([0, 0, 0, 1])
        held, asked = self.book.companies[company], self.book.features[slug]
        offset = dice.choice([None, None, 3, 20, -1])
        on = None if offset is None else self.today + timedelta(days=offset)
        near = [each.day + timedelta(days=apart) for each in held.switches if each.feature is asked for apart in (29, 30)]
        near = [each for each in near if each >= self.today]
        if near and dice.random() < 0.5:
            on = dice.choice(near)
        to = "annual" if held.pays_as_it_goes_on(asked, on or self.today) or dice.random() < 0.1 else "pay-as-you-go"
        return self._deed("switch", company=company, feature=slug, to=to, on=on)

    def _price_list(self) -> Deed:
        """Adds a rate, corrects one, or leaves a line out."""
        dice, rows, conversions = self.dice, dict(self.rows), dict(self.conversions)
        slug, name, listed = dice.choice(sorted(rows))
        chance = dice.random()
        if chance < 0.25 and len({key[:2] for key in rows}) > 2:
            rows = {key: value for key, value in rows.items() if key[:2] != (slug, name)}
        else:
            day = listed if chance < 0.5 else self.today + timedelta(days=dice.choice([-20, -3, 0, 12, 40]))
            rate = Decimal(dice.choice(["0", "0.05", "0.333333", "1", "4.5", "999999999.999999"]))
            until = dice.choice([None, None, day + timedelta(days=dice.choice([1, 20]))])
            rows[slug, name, day] = (rate, until)
        if dice.random() < 0.5:
            day = self.today + timedelta(days=dice.choice([-5, 0, 9]))
            conversions.setdefault((dice.choice(["CREDITS", "SEATS", "LATER"]), day), Decimal(dice.choice(["0.5", "2", "33.3"])))
        return self._deed("price list", rows=rows, conversions=conversions, correction=dice.random() < 0.5)

    def _zone(self) -> Deed:
        return self._deed("zone", company=self.dice.choice([0, 0, 1]), zone=self.dice.choice(ZONES))

    def _deed(self, name: str, **says: Any) -> Deed:
        return Deed(name, self.today, says)


# --- Living through them


@dataclass(frozen=True)
class Noticed:
    """Where the two sides disagreed: the deeds up to there, and what differed after the last of them."""

    number: int
    deeds: Sequence[Deed]
    what: str

    def __str__(self) -> str:
        return "\n".join([f"history {self.number}:", *(f"  {deed}" for deed in self.deeds), f"  -> {self.what}"])


class _NotKept(Exception):
    """Rolls a history back."""


def live_through(companies: list[Company], number: int, deeds: Sequence[Deed]) -> Noticed | None:
    """The first disagreement, or None. Nothing is kept."""
    noticed: Noticed | None = None
    with suppress(_NotKept), transaction.atomic():
        world, so_far = World(companies), 0
        try:
            for so_far, deed in enumerate(deeds):
                world.live(deed, and_again=(number + so_far) % 5 == 0)
                world.compare(deed.today)
            world.compare(deeds[-1].today, every_day=True)
            world.compare_as_known()
            world.compare_zones()
            connection.check_constraints()
            if number % 4 == 0:
                audit()
        except Difference as difference:
            noticed = Noticed(number, deeds[: so_far + 1], str(difference))
        except Exception:
            noticed = Noticed(number, deeds[: so_far + 1], traceback.format_exc())
        raise _NotKept
    return noticed


def audit() -> None:
    said = StringIO()
    try:
        call_command("verify_ledger", verbosity=0, stdout=said, stderr=said)
    except (CommandError, SystemExit) as error:
        raise Difference(f"verify_ledger: {error} {said.getvalue()}") from error


def first_noticed(companies: list[Company], numbers: Sequence[int], tell: Callable[[str], None] | None = None) -> Noticed | None:
    """The first history of these in which something is noticed, without the deeds that do not matter."""
    began = time.monotonic()
    for so_far, number in enumerate(numbers, start=1):
        noticed = live_through(companies, number, draw(number))
        if noticed is not None:
            return smallest(companies, noticed)
        if tell and so_far % 50 == 0:
            tell(f"{so_far} of {len(numbers)} histories agree, {so_far / (time.monotonic() - began):.1f} a second")
    return None


def smallest(companies: list[Company], noticed: Noticed) -> Noticed:
    """Leave out deeds, one after the other, while anything differs still."""
    kept = noticed
    for deed in reversed(noticed.deeds[:-1]):
        fewer = [each for each in kept.deeds if each is not deed]
        with suppress(KeyError, IndexError):  # a deed about an order that is not there any more
            found = _still(companies, noticed, fewer)
            kept = found or kept
    return kept


def _still(companies: list[Company], noticed: Noticed, fewer: Sequence[Deed]) -> Noticed | None:
    book = Book.at_the_beginning()
    for deed in fewer:  # raises where a deed is about what is not there any more
        if deed.name != "zone":
            with suppress(model.MustRefuse):
                book = in_the_model(book, deed)
    return live_through(companies, noticed.number, fewer)
