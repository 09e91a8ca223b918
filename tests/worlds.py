"""Two companies living through the same deeds twice: in the applications, and in the brute-force model.

A `Deed` is an act as plain data. `in_the_model` performs it on a `Book` and says thereby whether it has to be refused;
`World.live` performs it on both sides and compares the verdicts, `World.compare` entries, profiles, statuses and figures on every
day. `tests/histories.py` draws deeds, from the model alone.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from console.errors import DomainError, KeyUsedForSomethingElse
from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.acts.price_list.load_price_list import load_price_list
from credits.acts.set_allocation import set_allocation
from credits.acts.withdraw_plan import withdraw_plan
from credits.catalogue.files_and_rows import Catalogue, FeatureRow, OfferingRow, ProductKind, ProductRow, RequirementRow
from credits.models import AllocationEntry, CreditRequirement, Feature
from credits.reading.annual_credits import annual_credits
from credits.reading.line_facts import line_facts, rates_of_lines, statements_of_lines, switches_of_features
from credits.rules.billing_model import billed_pay_as_you_go_on
from licensing.acts.activate import activate_order
from licensing.acts.change_plan import change_plan
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.acts.corrections.correct import correct_license
from licensing.acts.issue_order import issue_order
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.credit_questions import free_balance
from licensing.models import Company, License, LicenseEntry, LicenseStatement, Order, Product
from licensing.rules.license_status import status_on
from licensing.rules.zones.company_day import company_day
from tests import brute_force as model
from tests.factories import SYSTEM, make_company, new_key
from tests.ledger import database_clock

FIRST_DAY = date(2028, 1, 10)
"""The histories run over a 29 February."""
DAYS_BEFORE, DAYS_AFTER = 60, 240

PRODUCTS: dict[str, tuple[ProductKind, str | None]] = {
    "CREDITS": ("credits", "1"),
    "SEATS": ("seats", "2.5"),
    "PRO": ("seats", "45.333333"),
    "LATER": ("seats", None),
    "METERED": ("pay-as-you-go", None),
}
RATED_LATER = date(2028, 2, 10)
"""LATER has a rate from this day on only."""
FEATURES: dict[str, tuple[bool, str, dict[str, str]]] = {
    "sensor": (False, "", {"base": "0.2", "server": "7.5"}),
    "feed": (False, "", {"base": "0"}),
    "workloads": (True, "", {"base": "12.25"}),
    "logs": (True, "cloud", {"base": "0.05"}),
    "lake": (True, "cloud", {"base": "3"}),
}
LISTED_FROM = date(2020, 1, 1)
FIRST_ZONE = "Europe/Berlin"


class Difference(Exception):
    """The applications and the model disagree."""


@dataclass(frozen=True)
class Deed:
    """An act, the day it is recorded on, and what it says: orders by their letter, licenses by their number in the order."""

    name: str
    today: date
    says: dict[str, Any]

    def __str__(self) -> str:
        said = ", ".join(f"{name}={_in_words(value)}" for name, value in self.says.items() if value is not None)
        return f"{self.today:%-d %b}: {self.name} {said}"


def _in_words(value: Any) -> str:
    if isinstance(value, dict) and len(value) > 3:
        return f"{len(value)} of them"
    return f"{value:%-d %b %Y}" if isinstance(value, date) else str(value)


# --- The model's side


@dataclass
class Book:
    """The model's whole state: one graph, so that it can be copied before a deed and put back after a refusal."""

    companies: list[model.CompanyBook]
    products: dict[str, model.ProductBook]
    features: dict[str, model.FeatureBook]
    orders: dict[str, model.OrderBook] = field(default_factory=dict)

    @classmethod
    def at_the_beginning(cls) -> Book:
        products = {sku: model.ProductBook(sku, kind) for sku, (kind, _) in PRODUCTS.items()}
        for (sku, day), rate in base_conversions().items():
            products[sku].rates.append(model.DatedRate(day, Fraction(rate)))
        features = {slug: model.FeatureBook(slug, switchable, group) for slug, (switchable, group, _) in FEATURES.items()}
        for slug, (_, _, rates) in FEATURES.items():
            for name, rate in rates.items():
                line = model.LineBook(features[slug], name, [model.DatedRate(LISTED_FROM, Fraction(rate))])
                features[slug].lines.append(line)
        return cls([model.CompanyBook("North"), model.CompanyBook("South")], products, features)

    def lines(self) -> list[model.LineBook]:
        return [line for feature in self.features.values() for line in feature.lines]

    def line(self, slug: str, name: str) -> model.LineBook:
        return next(line for line in self.features[slug].lines if line.name == name)

    def held_orders(self) -> dict[str, model.OrderBook]:
        return {letter: order for letter, order in self.orders.items() if order.company is not None}


def in_the_model(book: Book, deed: Deed) -> Book:
    """The book after the deed; raises MustRefuse, and leaves `book` as it was, where the rules do not allow it."""
    after = copy.deepcopy(book)
    _ON_BOOKS[deed.name](after, deed.today, **deed.says)
    return after


def _issue(book: Book, today: date, *, order: str, company: int, product: str, channel: str, **says: Any) -> None:
    bought = model.OrderBook(
        book.products[product],
        says["units"],
        says["months"],
        says["term_starts_on"],
        says["term_ends_on"],
        marketplace=channel == "azure",
        trial=says["trial"],
        goodwill=says["goodwill"],
    )
    bought.activate(book.companies[company], today)
    book.orders[order] = bought


def _change_plan(book: Book, today: date, *, order: str, product: str, on: date | None) -> None:
    book.orders[order].change_plan(book.products[product], today, on)


def _transfer(book: Book, today: date, *, order: str, to: int, successor: str) -> None:
    book.orders[successor] = book.orders[order].transfer(book.companies[to], today)


def _correct(book: Book, today: date, *, order: str, license: int, **says: Any) -> None:
    model.correct(book.orders[order].licenses[license], today=today, **says)


def _allocate(
    book: Book, today: date, *, company: int, feature: str, units: dict[str, int], on: date | None, confirmed: bool
) -> None:
    book.companies[company].allocate(
        {book.line(feature, name): count for name, count in units.items()},
        all_lines=book.lines(),
        today=today,
        on=on,
        support=True,
        confirmed=confirmed,
    )


def _withdraw(book: Book, today: date, *, company: int, feature: str, line: str, on: date) -> None:
    book.companies[company].withdraw(book.line(feature, line), on, today)


def _switch(book: Book, today: date, *, company: int, feature: str, to: str, on: date | None) -> None:
    asked, held = book.features[feature], book.companies[company]
    together = [each for each in book.features.values() if each.group and each.group == asked.group] or [asked]
    contracts = [order for order in held.orders if model.contract_licenses(order)]
    held.switch(together, pay_as_you_go=to == "pay-as-you-go", contracts=contracts, today=today, on=on)


def _load(book: Book, today: date, *, rows: dict[Any, Any], conversions: dict[Any, Decimal], correction: bool) -> None:
    model.load_price_list(
        book.lines(),
        [(book.line(slug, name), day, Fraction(rate), until) for (slug, name, day), (rate, until) in rows.items()],
        correction=correction,
    )
    for (sku, day), rate in conversions.items():
        of_that_day = [each for each in book.products[sku].rates if each.day == day]
        if not of_that_day or of_that_day[-1].rate != Fraction(rate):
            book.products[sku].rates.append(model.DatedRate(day, Fraction(rate)))


def _on_order(method: str, *before: Any) -> Callable[..., None]:
    def perform(book: Book, today: date, *, order: str, **says: Any) -> None:
        getattr(book.orders[order], method)(*before, today=today, **says)

    return perform


_ON_BOOKS: dict[str, Callable[..., None]] = {
    "activate": _issue,
    "top up": _on_order("top_up"),
    "reduce": _on_order("reduce"),
    "set units": _on_order("set_units"),
    "renew": _on_order("renew"),
    "suspend": _on_order("say", "suspended"),
    "reinstate": _on_order("say", "reinstated"),
    "cancel": _on_order("say", "cancelled"),
    "undo": _on_order("say", "undone"),
    "correct": _correct,
    "plan change": _change_plan,
    "transfer": _transfer,
    "renewal switch": _on_order("switch_renewal"),
    "allocate": _allocate,
    "withdraw": _withdraw,
    "switch": _switch,
    "price list": _load,
}

# --- The applications' side


@dataclass
class Snapshot:
    """What the model knew right after a deed: credits per license and day, the days compared."""

    known_at: datetime
    day: date
    credits: dict[tuple[int, date], int]
    totals: list[tuple[int, int]]
    """Per company: valid and allocated credits on `day`."""


class World:
    """The two companies of `make_the_beginning`, before anything happened."""

    def __init__(self, companies: list[Company]) -> None:
        self.companies = companies
        self.book = Book.at_the_beginning()
        self.products = {product.sku: product for product in Product.objects.all()}
        self.features = {feature.slug: feature for feature in Feature.objects.all()}
        self.lines = {
            (line.feature.slug, line.slug): line for line in CreditRequirement.objects.select_related("feature").order_by("id")
        }
        self.orders: dict[str, Order] = {}
        self.snapshots: list[Snapshot] = []
        self.zones = [model.ZonesBook([(datetime(2000, 1, 1, tzinfo=UTC), FIRST_ZONE)]) for _ in companies]

    # --- Doing

    def live(self, deed: Deed, *, and_again: bool = False) -> bool:
        """Whether it was done; raises Difference where one side allows what the other refuses."""
        if deed.name == "zone":
            return self._state_zone(**deed.says)
        try:
            after, rule = in_the_model(self.book, deed), ""
        except model.MustRefuse as refused:
            after, rule = self.book, str(refused)
        key = new_key()
        result, refusal = self._perform(deed, key)
        if refusal is not None and not rule:
            raise Difference(f"refused, and no rule says so: {refusal}")
        if refusal is None and rule:
            raise Difference(f"accepted, but {rule}")
        if refusal is not None:
            return False
        self.book = after
        if deed.name == "transfer":
            successor = Order.objects.get(transferred_from=self.orders[deed.says["order"]])
            self.orders[deed.says["successor"]] = successor
            if successor.renews != after.orders[deed.says["successor"]].renews:
                raise Difference("the successor renews otherwise than the order did")
        if and_again:
            self._check_repetition(deed, key, result)
        return True

    def _perform(self, deed: Deed, key: str) -> tuple[Any, DomainError | None]:
        try:
            with transaction.atomic():
                return self._call(deed, key), None
        except DomainError as refusal:
            if not str(refusal).strip():
                raise Difference(f"refused without a sentence: {refusal!r}") from refusal
            return None, refusal

    def _call(self, deed: Deed, key: str) -> Any:
        says = dict(deed.says)
        about = {"today": deed.today, "by": SYSTEM, "key": key}
        if "company" in says:
            company = self.companies[says.pop("company")]
        if "product" in says:
            says["product"] = self.products[says["product"]]
        if deed.name == "activate":
            letter = says.pop("order")
            if letter not in self.orders:
                says["term_months"] = says.pop("months")
                self.orders[letter] = issue_order(external_id=f"O-{new_key()}", by=SYSTEM, key=new_key(), **says)
            return activate_order(self.orders[letter], company=company, **about)
        if deed.name == "correct":
            order = self.orders[says.pop("order")]
            license = License.objects.filter(order=order).order_by("id")[says.pop("license")]
            return correct_license(license, reason="a slip", **says, **about)
        if deed.name == "transfer":
            to = self.companies[says["to"]]
            return transfer_order(self.orders[says["order"]], to=to, reason="the business was sold", **about)
        if deed.name == "price list":
            correction = {"correction": True, "reason": "a slip"} if says["correction"] else {}
            return load_price_list(catalogue_of(says["rows"], says["conversions"]), by=SYSTEM, key=key, **correction)
        if "order" in says:
            order = self.orders[says.pop("order")]
            if deed.name == "renew":
                says["term_months"] = says.pop("months")
            if deed.name == "undo":
                says["undo_cancellation"] = True
            return _ACTS[deed.name](order, reason="as told", **says, **about)
        feature = self.features[says.pop("feature")]
        if deed.name == "allocate":
            units = {self.lines[feature.slug, name].pk: count for name, count in says["units"].items()}
            return set_allocation(
                company,
                feature=feature,
                units=units,
                on=says["on"],
                reason="as told",
                below_zero_confirmed=says["confirmed"],
                **about,
            )
        if deed.name == "withdraw":
            line = self.lines[feature.slug, says["line"]]
            return withdraw_plan(company, feature=feature, line=line, on=says["on"], below_zero_confirmed=True, **about)
        return switch_billing_model(company, feature=feature, model=says["to"], on=says["on"], **about)

    def _check_repetition(self, deed: Deed, key: str, result: Any) -> None:
        """The same key changes nothing and answers the same, some days later too; with something else it is refused."""
        rows = row_counts()
        again = self._call(Deed(deed.name, deed.today + timedelta(days=3), deed.says), key)
        if row_counts() != rows:
            raise Difference("repeated with its key it wrote rows")
        if deed.name != "price list" and again != result:  # whose report says what this call did
            raise Difference("repeated with its key it answered otherwise")
        other = {name: value + 1 for name, value in deed.says.items() if name == "units" and isinstance(value, int)}
        if other and deed.name != "activate":
            with pytest.raises(KeyUsedForSomethingElse), transaction.atomic():
                self._call(Deed(deed.name, deed.today, {**deed.says, **other}), key)

    def _state_zone(self, *, company: int, zone: str) -> bool:
        """A zone counts from an instant of the real clock; today is stated by the deeds, so it moves no figure."""
        try:
            self.zones[company].switch(zone, database_clock())
            rule = ""
        except model.MustRefuse as refused:
            rule = str(refused)
        try:
            with transaction.atomic():
                state_time_zone(self.companies[company], time_zone=zone, by=SYSTEM, key=new_key())
        except DomainError as refusal:
            if not rule:
                raise Difference(f"refused, and no rule says so: {refusal}") from refusal
            return False
        if rule:
            raise Difference(f"accepted, but {rule}")
        return True

    # --- Comparing

    def compare(self, today: date, *, every_day: bool = False) -> None:
        """Everything the two sides say now. Between the days on which either steps nothing can differ."""
        licenses = list(License.objects.filter(company__in=self.companies).order_by("id"))
        facts = LicenseStatement.objects.facts_by_license(licenses)
        rows = LicenseEntry.objects.filter(company__in=self.companies).values_list("license", "effective_on", "change")
        posted: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
        for pk, day, change in rows:
            posted[pk][day] += change
        of_order: dict[int, list[License]] = defaultdict(list)
        for license in licenses:
            of_order[license.order_id].append(license)
        credits: dict[tuple[int, date], int] = {}
        for letter, order in self.book.held_orders().items():
            real = of_order.pop(self.orders[letter].pk, [])
            kinds = [each.kind for each in order.licenses]
            if [each.kind for each in real] != kinds:
                raise Difference(f"order {letter} has {[each.kind for each in real]}, model {kinds}")
            days = self._days({day for each in real for day in posted[each.pk]} | edges_of(order), today, every_day)
            for number, (license, book) in enumerate(zip(real, order.licenses, strict=True)):
                name = f"license {number} of order {letter} ({book.kind})"
                said, running, changes = facts[license.pk], 0, sorted(posted[license.pk].items())
                for day in days:
                    while changes and changes[0][0] <= day:
                        running += changes.pop(0)[1]
                    expected = book.credits_on(day)
                    credits[license.pk, day] = expected
                    if running != expected:
                        raise Difference(f"{name}: {running} credits on {day}, model {expected}")
                    if said.credits_on(day) != running:
                        raise Difference(f"{name}: {running} posted on {day}, {said.credits_on(day)} said")
                    if day >= book.starts_on and status_on(said, day) != book.status_on(day):
                        raise Difference(f"{name} is {status_on(said, day)} on {day}, model {book.status_on(day)}")
        if of_order:
            raise Difference("an order has licenses that the model does not know")
        self._compare_demand(today, every_day)
        totals = []
        for company, held in zip(self.companies, self.book.companies, strict=True):
            valid, allocated = held.valid_on(today), held.allocated_on(self.book.lines(), today)
            if free_balance(company, today) != valid - allocated:
                raise Difference(f"{held.name} has {free_balance(company, today)} left on {today}, model {valid - allocated}")
            totals.append((valid, allocated))
        self.snapshots.append(Snapshot(database_clock(), today, credits, totals))

    def _days(self, days: set[date], today: date, every_day: bool) -> list[date]:
        if every_day:
            return [FIRST_DAY + timedelta(days=number) for number in range(-DAYS_BEFORE, DAYS_AFTER)] + [date(2040, 1, 1)]
        return sorted({each + timedelta(days=shift) for each in days for shift in (-1, 0)} | {today, date(2040, 1, 1)})

    def _compare_demand(self, today: date, every_day: bool) -> None:
        ids = [line.pk for line in self.lines.values()]
        entries = AllocationEntry.objects.filter(company__in=self.companies)
        posted: dict[tuple[int, int], dict[date, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        for company_id, line, day, units, credits in entries.values_list(
            "company", "line", "effective_on", "units_change", "change"
        ):
            posted[company_id, line][day][0] += units
            posted[company_id, line][day][1] += credits
        if not posted and not any(company.stated for company in self.book.companies):
            return
        company_ids = [company.pk for company in self.companies]
        said, rates, switches = statements_of_lines(company_ids, ids), rates_of_lines(ids), switches_of_features(company_ids)
        for company, held in zip(self.companies, self.book.companies, strict=True):
            for (slug, name), line in self.lines.items():
                book = self.book.line(slug, name)
                if not posted[company.pk, line.pk] and not any(each.line is book for each in held.stated):
                    continue
                facts = line_facts(said[company.pk, line.pk], rates[line.pk], switches[company.pk, line.feature_id])
                dates = {*posted[company.pk, line.pk], *(each.day for each in held.stated if each.line is book)}
                dates |= {each.day for each in book.rates} | {each.day for each in held.switches}
                if held.switches:
                    dates |= {day for order in held.orders for day in edges_of(order) if model.contract_licenses(order)}
                changes, units, credits = sorted(posted[company.pk, line.pk].items()), 0, 0
                for day in self._days(dates, today, every_day):
                    while changes and changes[0][0] <= day:
                        change = changes.pop(0)[1]
                        units, credits = units + change[0], credits + change[1]
                    expected = held.units_on(book, day), held.credits_on(book, day)
                    if (units, credits) != expected:
                        raise Difference(f"{held.name}, {slug} {name}: {(units, credits)} on {day}, model {expected}")
                    if billed_pay_as_you_go_on(facts.switches, day) != held.pays_as_it_goes_on(book.feature, day):
                        raise Difference(f"{held.name}, {slug} on {day}: billed otherwise than in the model")
                    if (facts.units_on(day), facts.credits_on(day)) != expected:
                        raise Difference(f"{held.name}, {slug} {name}: said otherwise than posted on {day}")

    def compare_as_known(self) -> None:
        """What was recorded until an instant still sums to what the model knew then; the page as known then says so too."""
        rows = list(
            LicenseEntry.objects.filter(company__in=self.companies).values_list(
                "license", "effective_on", "recorded_at", "change"
            )
        )
        for snapshot in self.snapshots:
            known: dict[int, list[tuple[date, int]]] = defaultdict(list)
            for pk, day, recorded_at, change in rows:
                if recorded_at <= snapshot.known_at:
                    known[pk].append((day, change))
            for (pk, day), expected in snapshot.credits.items():
                found = sum(change for of_day, change in known[pk] if of_day <= day)
                if found != expected:
                    raise Difference(f"as known at {snapshot.known_at} a license has {found} credits on {day}, model {expected}")
        for snapshot in self.snapshots[-2:]:
            for company, (valid, allocated) in zip(self.companies, snapshot.totals, strict=True):
                read = annual_credits(company, on=snapshot.day, known_at=snapshot.known_at).summary
                if (read.total_valid_credits, read.allocated_credits) != (valid, allocated):
                    raise Difference(f"Annual credits as known at {snapshot.known_at}: {read}, model {valid}, {allocated}")

    def compare_zones(self) -> None:
        """A company's day is the model's at every quarter of a day, and never goes back."""
        now = database_clock()
        for company, zones in zip(self.companies, self.zones, strict=True):
            spans, before = company.zone_spans, date.min
            for quarter in range(-4, 12 * len(spans)):
                instant = now + timedelta(hours=6 * quarter)
                day = company_day(spans, instant)
                if day != zones.day_at(instant):
                    raise Difference(f"at {instant} the company's day is {day}, model {zones.day_at(instant)}")
                if day < before:
                    raise Difference(f"the company's day goes back at {instant}")
                before = day


_ACTS: dict[str, Callable[..., Any]] = {
    "top up": top_up_order,
    "reduce": reduce_order,
    "set units": set_order_units,
    "renew": renew_order,
    "suspend": suspend_order,
    "reinstate": reinstate_order,
    "cancel": cancel_order,
    "undo": reinstate_order,
    "plan change": change_plan,
    "renewal switch": switch_renewal,
}


def edges_of(order: model.OrderBook) -> set[date]:
    return {day for each in order.licenses for day in each.edges()}


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


def base_conversions() -> dict[tuple[str, date], Decimal]:
    rates = {(sku, LISTED_FROM): Decimal(rate) for sku, (_, rate) in PRODUCTS.items() if rate is not None}
    return {**rates, ("LATER", RATED_LATER): Decimal("1.5")}


def make_the_beginning() -> list[Company]:
    """A loaded catalogue and two companies: what every `World` of a test begins with."""
    load_price_list(catalogue_of(base_rows(), base_conversions()), by=SYSTEM, key=new_key())
    return [make_company(name="North", time_zone=FIRST_ZONE), make_company(name="South", time_zone=FIRST_ZONE)]
