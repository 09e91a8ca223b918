"""Two companies living through the same acts twice: in the applications, and in the brute-force model.

`World.draw_step` chooses an act and what it says; `World.run` performs it on both sides, repeats it with its key, tries the key
for something else, and compares verdict, entries, profiles and model on every day that could matter.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from console.errors import DomainError, KeyUsedForSomethingElse
from credits.acts.load_price_list import load_price_list
from credits.acts.set_allocation import set_allocation
from credits.acts.switch_billing_model import switch_billing_model
from credits.acts.withdraw_plan import withdraw_plan
from credits.catalogue.files import Catalogue, FeatureRow, OfferingRow, ProductKind, ProductRow, RequirementRow
from credits.models import AllocationEntry, CreditRequirement, Feature
from credits.reading.annual_credits import annual_credits, credit_summary
from credits.reading.line_facts import line_facts, rates_of_lines, statements_of_lines, switches_of_features
from licensing.acts.activate import activate_order
from licensing.acts.change_plan import change_plan
from licensing.acts.change_units import reduce_order, set_order_units, top_up_order
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.acts.correct import correct_license
from licensing.acts.issue_order import issue_order
from licensing.acts.renew import renew_order, switch_renewal
from licensing.acts.suspend import cancel_order, reinstate_order, suspend_order
from licensing.acts.transfer import transfer_order
from licensing.credit_questions import free_balance
from licensing.models import Company, License, LicenseEntry, LicenseStatement, Order, Product
from tests import brute_force as model
from tests.factories import SYSTEM, make_company, new_key

FIRST_DAY = date(2028, 1, 20)
"""The histories run over a 29 February."""
DAYS_BEFORE, DAYS_AFTER = 70, 400

PRODUCTS: dict[str, tuple[ProductKind, str | None]] = {
    "CREDITS": ("credits", "1"),
    "SEATS": ("seats", "2.5"),
    "PRO": ("seats", "45.333333"),
    "METERED": ("pay-as-you-go", None),
}
FEATURES: dict[str, tuple[bool, str, dict[str, str]]] = {
    "sensor": (False, "", {"base": "0.2", "server": "7.5"}),
    "feed": (False, "", {"base": "0"}),
    "workloads": (True, "", {"base": "12.25"}),
    "logs": (True, "cloud", {"base": "0.05"}),
    "lake": (True, "cloud", {"base": "3"}),
}
LISTED_FROM = date(2020, 1, 1)


@dataclass
class Book:
    """The model's whole state: one graph, so that it can be copied before an act and put back after a refusal."""

    companies: list[model.CompanyBook]
    products: dict[str, model.ProductBook]
    features: dict[str, model.FeatureBook]
    orders: list[model.OrderBook] = field(default_factory=list)

    def lines(self) -> list[model.LineBook]:
        return [line for feature in self.features.values() for line in feature.lines]


@dataclass
class Step:
    """One act, on both sides. `other` are changed arguments that the same key must not be used for."""

    name: str
    says: dict[str, Any]
    in_model: Callable[[Book], Any]
    act: Callable[..., Any]
    arguments: dict[str, Any]
    other: dict[str, Any]


@dataclass
class Remembered:
    company: int
    day: date
    known_at: datetime
    figures: Any


class World:
    def __init__(self, companies: list[Company]) -> None:
        self.today = FIRST_DAY
        self.theme = "everything"
        self.companies = companies
        self.rows = base_rows()
        self.conversions = {(sku, LISTED_FROM): Decimal(rate) for sku, (_, rate) in PRODUCTS.items() if rate is not None}
        self.products = {product.sku: product for product in Product.objects.all()}
        self.features = {feature.slug: feature for feature in Feature.objects.all()}
        self.lines = {
            (line.feature.slug, line.slug): line for line in CreditRequirement.objects.select_related("feature").order_by("id")
        }
        self.orders: list[Order] = []
        self.done: list[Step] = []
        self.remembered: list[Remembered] = []
        self.book = Book(
            [model.CompanyBook(company.name) for company in companies],
            {
                sku: model.ProductBook(sku, kind, [model.DatedRate(LISTED_FROM, Fraction(rate))] if rate else [])
                for sku, (kind, rate) in PRODUCTS.items()
            },
            {slug: model.FeatureBook(slug, switchable, group) for slug, (switchable, group, _) in FEATURES.items()},
        )
        for slug, name in self.lines:
            feature = self.book.features[slug]
            rate = Fraction(FEATURES[slug][2][name])
            feature.lines.append(model.LineBook(feature, name, [model.DatedRate(LISTED_FROM, rate)]))

    # --- Choosing

    def first_steps(self, dice: Random) -> Iterator[Step]:
        """What the history is about, and an order to begin with."""
        self.theme = dice.choice(list(THEMES))
        step = self._activate(dice, sku="METERED" if self.theme == "billing" else None)
        yield step
        if self.theme in ("credits", "billing"):
            yield self._allocate(dice)

    def draw_step(self, dice: Random) -> Step | None:
        """The next act, or None when only time passes."""
        orders = [index for index, order in enumerate(self.book.orders) if order.company is not None]
        choices = list(THEMES[self.theme])
        if not orders:
            choices = ["activate", *(each for each in choices if each not in ACTS_ON_ORDERS)]
        if not any(each.day > self.today for company in self.book.companies for each in company.stated):
            choices = [each for each in choices if each != "withdraw"]
        choice = dice.choice(choices)
        if choice == "wait":
            self.today += timedelta(days=dice.randint(1, 25))
            return None
        chooser = getattr(self, "_" + choice.replace(" ", "_"))
        return chooser(dice, dice.choice(orders)) if choice in ACTS_ON_ORDERS else chooser(dice)

    def _day_or_none(self, dice: Random, earliest: int = -20, latest: int = 0) -> date | None:
        offset = dice.choice([None, dice.randint(earliest, latest)])
        return None if offset is None else self.today + timedelta(days=offset)

    def _activate(self, dice: Random, sku: str | None = None) -> Step:
        sku = sku or dice.choice(["CREDITS", "CREDITS", "SEATS", "PRO", "METERED"])
        company = dice.randint(0, 1)
        marketplace = dice.random() < 0.5
        start = self._day_or_none(dice, -15, 15)
        length = dice.choice([None, dice.randint(0, 75), dice.randint(50, 75)])
        if sku == "METERED" and dice.random() < 0.7:
            start, length = None, dice.randint(40, 75)
        says: dict[str, Any] = {
            "units": dice.choice([1_000_000_000] + [dice.randint(1, 1200)] * 5),
            "term_months": dice.randint(1, 3),
            "term_starts_on": start,
            "term_ends_on": None if length is None else (start or self.today) + timedelta(days=length),
            "trial": dice.randint(0, 5) == 0,
            "goodwill": dice.randint(0, 5) == 0,
        }
        order = issue_order(
            # Azure Marketplace sells from 3 to 1,000,000 units.
            channel="direct" if not marketplace else "azure" if 3 <= says["units"] <= 1_000_000 else "aws",
            external_id=f"O-{new_key()}",
            product=self.products[sku],
            by=SYSTEM,
            key=new_key(),
            **says,
        )
        number = len(self.orders)
        self.orders.append(order)
        self.book.orders.append(
            model.OrderBook(
                self.book.products[sku],
                says["units"],
                says["term_months"],
                start,
                says["term_ends_on"],
                marketplace=marketplace,
                trial=says["trial"],
                goodwill=says["goodwill"],
            )
        )
        today = self.today
        return Step(
            "activate",
            {"sku": sku, "company": company, "marketplace": marketplace, "today": today, **says},
            lambda book: book.orders[number].activate(book.companies[company], today),
            activate_order,
            {"order": order, "company": self.companies[company], "today": today},
            {"order": self.orders[0]} if number else {},
        )

    def _on_order(self, name: str, number: int, act: Callable, in_model: Callable, other: dict[str, Any], **says: Any) -> Step:
        return Step(
            name,
            {"order": number, "today": self.today, **says},
            lambda book: in_model(book.orders[number]),
            act,
            {"order": self.orders[number], "today": self.today, "reason": "as told", **says},
            other,
        )

    def _top_up(self, dice: Random, number: int) -> Step:
        says = {"units": dice.randint(1, 500), "on": self._day_or_none(dice)}
        return self._quantity("top up", "top_up", top_up_order, number, says)

    def _reduce(self, dice: Random, number: int) -> Step:
        says = {"units": dice.randint(1, self._units(number)), "on": self._day_or_none(dice)}
        return self._quantity("reduce", "reduce", reduce_order, number, says)

    def _set_units(self, dice: Random, number: int) -> Step:
        says = {"units": dice.randint(1, self._units(number) + 300), "on": self._day_or_none(dice)}
        return self._quantity("set units", "set_units", set_order_units, number, says)

    def _units(self, number: int) -> int:
        """About what the order has."""
        order = self.book.orders[number]
        return max(2, model.units_of(order.terms()[-1], max(self.today, model.start_of(order.terms()[-1]))))

    def _quantity(self, name: str, in_model: str, act: Callable, number: int, says: dict[str, Any]) -> Step:
        today = self.today
        return self._on_order(
            name,
            number,
            act,
            lambda order: getattr(order, in_model)(says["units"], today, says["on"]),
            {"units": says["units"] + 1},
            **says,
        )

    def _renew(self, dice: Random, number: int) -> Step:
        ends_on = model.end_of(self.book.orders[number].term_to_renew())
        gap = dice.choice([None, None, dice.randint(-2, 10)])
        starts_on = None if gap is None else ends_on + timedelta(days=gap)
        months, trial = dice.choice([None, 1, 2]), dice.choice([None, None, False])
        return self._on_order(
            "renew",
            number,
            renew_order,
            lambda order, today=self.today: order.renew(today, starts_on=starts_on, months=months, trial=trial),
            {"term_months": 7},
            starts_on=starts_on,
            term_months=months,
            trial=trial,
        )

    def _state(self, name: str, what: str, act: Callable, dice: Random, number: int, **more: Any) -> Step:
        on, today = self._day_or_none(dice), self.today
        return self._on_order(
            name, number, act, lambda order: order.say(what, today, on), {"on": FIRST_DAY - timedelta(days=60)}, on=on, **more
        )

    def _suspend(self, dice: Random, number: int) -> Step:
        return self._state("suspend", "suspended", suspend_order, dice, number)

    def _reinstate(self, dice: Random, number: int) -> Step:
        return self._state("reinstate", "reinstated", reinstate_order, dice, number)

    def _cancel(self, dice: Random, number: int) -> Step:
        return self._state("cancel", "cancelled", cancel_order, dice, number)

    def _undo(self, dice: Random, number: int) -> Step:
        return self._state("undo", "undone", reinstate_order, dice, number, undo_cancellation=True)

    def _correct(self, dice: Random, number: int) -> Step:
        order, today = self.book.orders[number], self.today
        index = dice.randint(0, len(order.licenses) - 1)
        held = order.licenses[index]
        says: dict[str, Any] = {}
        for name, day in (("starts_on", held.starts_on), ("expires_on", held.expires_on)):
            if dice.random() < 0.4:
                says[name] = day + timedelta(days=dice.randint(-10, 10))
        edges = [edge for each in order.licenses if each is not held for edge in (each.starts_on, each.expires_on)]
        if edges and dice.random() < 0.2:  # right at the edge of another license
            says[dice.choice(["starts_on", "expires_on"])] = dice.choice(edges)
        if not says or dice.random() < 0.3:
            says["units"] = dice.randint(0, 1500)
            says["on"] = self._day_or_none(dice, -20, 20)
        license = License.objects.filter(order=self.orders[number]).order_by("id")[index]
        return Step(
            "correct",
            {"order": number, "license": index, "today": today, **says},
            lambda book: model.correct(book.orders[number].licenses[index], today=today, **says),
            correct_license,
            {"license": license, "today": today, "reason": "a slip", **says},
            {"units": 1501},
        )

    def _plan_change(self, dice: Random, number: int) -> Step:
        sku = dice.choice(["CREDITS", "SEATS", "PRO"])
        on, today = self._day_or_none(dice), self.today
        return self._on_order(
            "plan change",
            number,
            change_plan,
            lambda order, book=self: order.change_plan(self.book.products[sku], today, on),
            {"product": self.products["METERED"]},
            product=self.products[sku],
            on=on,
        )

    def _transfer(self, dice: Random, number: int) -> Step | None:
        order = self.book.orders[number]
        if order.transferred:
            return None
        assert order.company is not None
        to = 1 - self.book.companies.index(order.company)
        today = self.today
        return Step(
            "transfer",
            {"order": number, "to": to, "today": today},
            lambda book: book.orders.append(book.orders[number].transfer(book.companies[to], today)),
            transfer_order,
            {"order": self.orders[number], "to": self.companies[to], "today": today, "reason": "the business was sold"},
            {},
        )

    def _renewal_switch(self, dice: Random, number: int) -> Step:
        on, today = dice.random() < 0.5, self.today
        return self._on_order(
            "renewal switch", number, switch_renewal, lambda order: order.switch_renewal(on, today), {"on": not on}, on=on
        )

    def _allocate(self, dice: Random) -> Step:
        slug = dice.choice([each for each in FEATURES if self.theme != "billing" or FEATURES[each][0]])
        names = list(FEATURES[slug][2])
        chosen = dice.sample(names, dice.randint(1, len(names)))
        units = {name: dice.choice([1_000_000_000] + [dice.randint(0, 60)] * 9) for name in chosen}
        company, today = self._company(dice), self.today
        on = self._day_or_none(dice, -15, 60)
        confirmed = dice.randint(0, 3) > 0
        ids = {self.lines[slug, name].pk: count for name, count in units.items()}
        return Step(
            "allocate",
            {"company": company, "feature": slug, "units": units, "on": on, "today": today, "confirmed": confirmed},
            lambda book: book.companies[company].allocate(
                {line: units[line.name] for line in book.features[slug].lines if line.name in units},
                all_lines=book.lines(),
                today=today,
                on=on,
                support=True,
                confirmed=confirmed,
            ),
            set_allocation,
            {
                "company": self.companies[company],
                "feature": self.features[slug],
                "units": ids,
                "today": today,
                "on": on,
                "reason": "as told",
                "below_zero_confirmed": confirmed,
            },
            {"units": {**ids, min(ids): 61}},
        )

    def _company(self, dice: Random) -> int:
        """Mostly the one that has the first order."""
        first = self.book.orders[0].company if self.book.orders else None
        return self.book.companies.index(first) if first and dice.randint(0, 3) else dice.randint(0, 1)

    def _withdraw(self, dice: Random) -> Step:
        plans = [
            (index, each.line.feature.name, each.line.name, each.day)
            for index, company in enumerate(self.book.companies)
            for each in company.stated
            if each.day > self.today
        ]
        company, slug, name, day = dice.choice(plans)
        today = self.today
        return Step(
            "withdraw",
            {"company": company, "feature": slug, "line": name, "on": day, "today": today},
            lambda book: book.companies[company].withdraw(
                next(line for line in book.features[slug].lines if line.name == name), day, today
            ),
            withdraw_plan,
            {
                "company": self.companies[company],
                "feature": self.features[slug],
                "line": self.lines[slug, name],
                "on": day,
                "today": today,
            },
            {"on": day + timedelta(days=1)},
        )

    def _switch(self, dice: Random) -> Step:
        slug = dice.choice(["workloads", "workloads", "workloads", "logs", "lake"] * 2 + ["feed"])
        company, today = self._company(dice), self.today
        held, asked = self.book.companies[company], self.book.features[slug]
        on = self._day_or_none(dice, 0, 50)
        near = [each.day + timedelta(days=apart) for each in held.switches if each.feature is asked for apart in (29, 30)]
        near = [each for each in near if each >= today]
        if near and dice.random() < 0.5:
            on = dice.choice(near)
        to = "annual" if held.pays_as_it_goes_on(asked, on or today) else "pay-as-you-go"
        if dice.random() < 0.1:
            to = "annual"

        def in_model(book: Book) -> None:
            asked, held = book.features[slug], book.companies[company]
            together = [each for each in book.features.values() if each.group and each.group == asked.group] or [asked]
            contracts = [order for order in held.orders if any(each.product.kind == "pay-as-you-go" for each in order.licenses)]
            held.switch(together, pay_as_you_go=to == "pay-as-you-go", contracts=contracts, today=today, on=on)

        return Step(
            "switch",
            {"company": company, "feature": slug, "model": to, "on": on, "today": today},
            in_model,
            switch_billing_model,
            {
                "company": self.companies[company],
                "feature": self.features[slug],
                "model": to,
                "today": today,
                "on": on,
            },
            {"on": today + timedelta(days=333)},
        )

    def _price_list(self, dice: Random) -> Step:
        rows, conversions = dict(self.rows), dict(self.conversions)
        slug, name = dice.choice(sorted(self.lines))
        if dice.randint(0, 3) == 0:
            if len({key[:2] for key in rows}) > 2:
                rows = {key: value for key, value in rows.items() if key[:2] != (slug, name)}
            rows = rows or dict(self.rows)
        else:
            day = self.today + timedelta(days=dice.randint(-25, 45))
            if dice.random() < 0.4:  # a correction of a rate loaded before
                slug, name, day = dice.choice(list(rows))
            rate = Decimal(dice.choice(["0", "0.05", "0.333333", "1", "4.5", "999999999.999999"]))
            until = dice.choice([None, None, dice.randint(1, 40)])
            rows[slug, name, day] = (rate, None if until is None else day + timedelta(days=until))
        if dice.random() < 0.5:
            sku = dice.choice(["CREDITS", "SEATS", "PRO"])
            conversions[sku, self.today + timedelta(days=dice.randint(-10, 30))] = Decimal(dice.choice(["0.5", "2", "33.3"]))
        correction = dice.random() < 0.8
        last = {key: rates[-1] for key, rates in self._listed().items() if rates}
        if correction or all(last.get(key, Fraction(rate)) == Fraction(rate) for key, (rate, _until) in rows.items()):
            self.rows, self.conversions = rows, conversions
        said_rows = [(key, value) for key, value in rows.items()]

        def in_model(book: Book) -> None:
            lines = {(line.feature.name, line.name): line for line in book.lines()}
            model.load_price_list(
                book.lines(),
                [(lines[slug, name], day, Fraction(rate), until) for (slug, name, day), (rate, until) in said_rows],
                correction=correction,
            )
            for (sku, day), rate in conversions.items():
                of_that_day = [each for each in book.products[sku].rates if each.day == day]
                if not of_that_day or of_that_day[-1].rate != Fraction(rate):
                    book.products[sku].rates.append(model.DatedRate(day, Fraction(rate)))

        return Step(
            "price list",
            {"rows": said_rows, "conversions": conversions, "today": self.today},
            in_model,
            load_price_list,
            {"catalogue": catalogue_of(rows, conversions), "correction": correction, "reason": "as told"},
            {"catalogue": catalogue_of({**rows, ("feed", "base", date(2040, 1, 1)): (Decimal(1), None)}, conversions)},
        )

    def _listed(self) -> dict[tuple[str, str, date], list[Fraction]]:
        """line and day -> the rates it was listed with, the last one last."""
        found: dict[tuple[str, str, date], list[Fraction]] = defaultdict(list)
        for line in self.book.lines():
            for each in line.rates:
                if each.rate is not None:
                    found[line.feature.name, line.name, each.day].append(each.rate)
        return found

    def _zone(self, dice: Random) -> Step:
        company = dice.randint(0, 1)
        zone = dice.choice(["Asia/Tokyo", "America/New_York", "Pacific/Kiritimati"])
        return Step(
            "zone",
            {"company": company, "zone": zone},
            lambda book: None,
            state_time_zone,
            {"company": self.companies[company], "time_zone": zone},
            {"time_zone": "Europe/Paris"},
        )

    # --- Doing

    def run(self, step: Step, *, and_again: bool = True) -> None:
        before_book, before_rows = copy.deepcopy(self.book), row_counts()
        try:
            step.in_model(self.book)
            refused_for = None
        except model.MustRefuse as rule:
            self.book, refused_for = before_book, str(rule)
        key = new_key()
        result: Any = None
        refusal = None
        try:
            with transaction.atomic():
                result = self._call(step, key)
        except DomainError as error:
            refusal = error
        if refusal is not None:
            assert refused_for is not None, f"{step.name} was refused, and no rule says so: {refusal}"
            assert row_counts() == before_rows, f"{step.name} was refused and left rows"
            return
        assert refused_for is None, f"{step.name} was accepted, but {refused_for}"
        if step.name == "transfer":
            self.orders.append(result.order)
            assert result.order.renews == self.book.orders[-1].renews, "the successor renews otherwise than the order did"
        self.done.append(step)
        if and_again:
            self.check_repetition(step, key, result)
        connection.check_constraints()

    def _call(self, step: Step, key: str, **other: Any) -> Any:
        arguments = {**step.arguments, **other}
        first = next(iter(arguments))
        if first == "catalogue" or first in ("order", "license", "company"):
            return step.act(arguments.pop(first), **arguments, by=SYSTEM, key=key)
        return step.act(**arguments, by=SYSTEM, key=key)

    def check_repetition(self, step: Step, key: str, result: Any) -> None:
        """The same key changes nothing and answers the same; with something else it is refused."""
        rows = row_counts()
        later = {} if "today" not in step.arguments else {"today": step.arguments["today"] + timedelta(days=3)}
        again = self._call(step, key, **later)
        assert row_counts() == rows, f"{step.name} repeated with its key wrote rows"
        if step.name != "price list":  # whose report says what this call did
            assert again == result, f"{step.name} repeated with its key answered otherwise"
        if step.other and not all(step.arguments.get(name) == value for name, value in step.other.items()):
            with pytest.raises(KeyUsedForSomethingElse), transaction.atomic():
                self._call(step, key, **step.other)
            assert row_counts() == rows, f"{step.name} with a used key wrote rows"

    # --- Comparing

    def remember(self, company: int, day: date) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (known_at,) = cursor.fetchone()
        self.remembered.append(Remembered(company, day, known_at, self.figures(company, day, known_at)))

    def figures(self, company: int, day: date, known_at: datetime) -> Any:
        """Everything Annual credits shows as known at an instant, names left out."""
        read = annual_credits(self.companies[company], on=day, known_at=known_at)
        return (
            read.summary,
            read.ledger.points,
            read.ledger.line_totals(),
            [(each.slug, each.status, each.units, each.credits, set(each.lines)) for each in read.features],
            [(each.slug, each.credits, each.share) for each in read.legend],
        )

    def check_memory(self) -> None:
        for each in self.remembered:
            for then, now in zip(each.figures, self.figures(each.company, each.day, each.known_at), strict=True):
                assert now == then, f"what was known of {each.day} has changed: {then} became {now}"

    def check(self, *, every_day: bool) -> None:
        for index in range(len(self.companies)):
            self._check_supply(index, every_day)
            self._check_demand(index, every_day)

    def _days(self, dates: set[date], every_day: bool) -> list[date]:
        if every_day:
            return [FIRST_DAY + timedelta(days=number) for number in range(-DAYS_BEFORE, DAYS_AFTER)] + [date(2040, 1, 1)]
        days = {day + timedelta(days=shift) for day in dates for shift in (-1, 0)}
        return sorted({*days, FIRST_DAY - timedelta(days=DAYS_BEFORE), self.today, date(2040, 1, 1)})

    def _check_supply(self, index: int, every_day: bool) -> None:
        company, held = self.companies[index], self.book.companies[index]
        posted: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
        for pk, day, change in LicenseEntry.objects.for_company(company).values_list("license", "effective_on", "change"):
            posted[pk][day] += change
        licenses = list(License.objects.for_company(company).order_by("id"))
        facts = LicenseStatement.objects.for_company(company).facts_by_license(licenses)
        dates = {day for changes in posted.values() for day in changes}
        dates |= {said.day for each in facts.values() for said in each.said}
        days = self._days(dates, every_day)
        valid = dict.fromkeys(days, 0)
        of_order: dict[int, list[License]] = defaultdict(list)
        for license in licenses:
            of_order[license.order_id].append(license)
        for number, order in enumerate(self.book.orders):
            if order.company is not held:
                continue
            real = of_order.pop(self.orders[number].pk)
            assert len(real) == len(order.licenses)
            for license, book in zip(real, order.licenses, strict=True):
                running, changes = 0, dict(posted[license.pk])
                for day in days:
                    running += sum(changes.pop(each) for each in [each for each in changes if each <= day])
                    valid[day] += running
                    profile = facts[license.pk].credits_on(day)
                    assert running == profile, f"license {license} of order {number}: {running} posted, {profile} said, {day}"
                    expected = book.credits_on(day)
                    assert running == expected, f"{license} of order {number}: {running}, model {expected}, on {day}"
        assert not of_order
        shown = credit_summary(company, on=self.today)
        assert shown.total_valid_credits == held.valid_on(self.today)

    def _check_demand(self, index: int, every_day: bool) -> None:
        company, held = self.companies[index], self.book.companies[index]
        posted: dict[int, dict[date, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        entries = AllocationEntry.objects.for_company(company).values_list("line", "effective_on", "units_change", "change")
        for pk, day, units, credits in entries:
            posted[pk][day][0] += units
            posted[pk][day][1] += credits
        ids = [line.pk for line in self.lines.values()]
        said = statements_of_lines([company.pk], ids)
        rates = rates_of_lines(ids)
        switches = switches_of_features([company.pk])
        dates = {day for changes in posted.values() for day in changes}
        dates |= {each.day for found in said.values() for each in found}
        dates |= {each.day for found in rates.values() for each in found}
        dates |= {edge for order in held.orders for each in order.licenses for edge in each.dates[-1]}
        days = self._days(dates, every_day)
        books = {(line.feature.name, line.name): line for line in self.book.lines()}
        for name, line in self.lines.items():
            facts = line_facts(said[company.pk, line.pk], rates[line.pk], switches[company.pk, line.feature_id])
            changes, units, credits = dict(posted[line.pk]), 0, 0
            for day in days:
                for each in [each for each in changes if each <= day]:
                    change = changes.pop(each)
                    units, credits = units + change[0], credits + change[1]
                assert (units, credits) == (facts.units_on(day), facts.credits_on(day)), f"{name} on {day}: entries and profile"
                expected = held.units_on(books[name], day), held.credits_on(books[name], day)
                assert (units, credits) == expected, f"{name} on {day}: {(units, credits)}, model {expected}"
        assert free_balance(company, self.today) == held.balance_on(self.book.lines(), self.today)


ACTS_ON_ORDERS = ["top up", "reduce", "set units", "renew", "suspend", "reinstate", "cancel", "undo", "correct"]
ACTS_ON_ORDERS += ["plan change", "transfer", "renewal switch"]
ACTS_ON_CREDITS = ["allocate", "withdraw", "price list", "switch"]
THEMES: dict[str, list[str]] = {
    "orders": ["wait", "activate", *ACTS_ON_ORDERS, "top up", "reduce"],
    "states": [
        "wait",
        "suspend",
        "suspend",
        "reinstate",
        "reinstate",
        "cancel",
        "undo",
        "top up",
        "renew",
        "correct",
        "transfer",
    ],
    "terms": [
        "wait",
        "top up",
        "renew",
        "renew",
        "correct",
        "correct",
        "correct",
        "transfer",
        "suspend",
        "reduce",
        "plan change",
    ],
    "credits": ["wait", "allocate", "allocate", "allocate", "withdraw", "price list", "price list", "zone", "activate"],
    "billing": ["wait", "switch", "switch", "switch", "allocate", "allocate", "withdraw", "renew", "cancel", "undo", "correct"],
    "everything": ["wait", "activate", "zone", *ACTS_ON_CREDITS, *ACTS_ON_ORDERS],
}
"""What a history may be about: the acts to choose from."""


def row_counts() -> tuple[int, ...]:
    """How many rows each table of ours holds. One statement."""
    tables = [
        each._meta.db_table for label in ("console", "licensing", "credits") for each in apps.get_app_config(label).get_models()
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables))
        return cursor.fetchone()


def base_rows() -> dict[tuple[str, str, date], tuple[Decimal, date | None]]:
    return {
        (slug, name, LISTED_FROM): (Decimal(rate), None)
        for slug, (_, _, lines) in FEATURES.items()
        for name, rate in lines.items()
    }


def catalogue_of(
    rows: dict[tuple[str, str, date], tuple[Decimal, date | None]], conversions: dict[tuple[str, date], Decimal]
) -> Catalogue:
    """A price list as it is read from a folder."""
    rates_of: dict[str, list[tuple[date, Decimal | None]]] = {
        sku: [(day, rate) for (name, day), rate in conversions.items() if name == sku] or [(LISTED_FROM, None)]
        for sku in PRODUCTS
    }
    return Catalogue(
        offerings=(OfferingRow("endpoint", "Endpoint Security", 1), OfferingRow("cloud", "XDR for Cloud", 2)),
        features=tuple(
            FeatureRow(
                slug,
                "endpoint" if slug in ("sensor", "feed", "workloads") else "cloud",
                slug.title(),
                "",
                "switchable" if switchable else "annual",
                group,
                "",
                "",
            )
            for slug, (switchable, group, _) in FEATURES.items()
        ),
        requirements=tuple(
            RequirementRow(slug, name, name, "unit", rate, day, until, "test")
            for (slug, name, day), (rate, until) in rows.items()
        ),
        prices=(),
        products=tuple(
            ProductRow(sku, sku.title(), kind, "unit", conversion, day, "test")
            for sku, (kind, _) in PRODUCTS.items()
            for day, conversion in rates_of[sku]
        ),
        seat_uses=(),
    )


def make_the_beginning() -> list[Company]:
    """A loaded catalogue and two companies: what every `World` of a test begins with."""
    conversions = {(sku, LISTED_FROM): Decimal(rate) for sku, (_, rate) in PRODUCTS.items() if rate is not None}
    load_price_list(catalogue_of(base_rows(), conversions), by=SYSTEM, key=new_key())
    return [make_company(name="North"), make_company(name="South")]
