"""A company of which much is stated, mostly of days that are over, and all that its pages say of it as known at an instant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from console.errors import DomainError
from console.roof.names_a_page_knows import EXPORT
from console.roof.names_a_page_knows import PAGES as PARAMETERS
from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.acts.planning.keep_scenario import keep_scenario
from credits.acts.set_allocation import AllocationSet
from credits.acts.undo.undo_allocation import undo_allocation
from credits.acts.usage.observe import Observation, observe
from credits.models import CreditRequirement, Feature, PayAsYouGoPrice, SeatUse
from licensing.acts.corrections.correct import correct_license
from licensing.acts.corrections.extend import extend_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License
from tests.factories import (
    SYSTEM,
    TODAY,
    act,
    allocate,
    catalogue_act,
    make_company,
    make_conversion_rate,
    make_credit_rate,
    make_feature,
    make_license,
    make_product,
    make_user,
    new_key,
)
from tests.markup import Element, read
from tests.pages import browser_of
from tests.spreadsheets import body_of, read_sheet

LEAD_BACK = {
    "credits:add-allocation": "credits:annual-credits",
    "credits:plan": "credits:annual-credits",
    "credits:scenarios": "credits:annual-credits",
    "credits:scenario": "credits:annual-credits",
    "credits:requests": "credits:annual-credits",
    "credits:request": "credits:annual-credits",
    "credits:manage-billing": "credits:pay-as-you-go",
}
"""Page of what may be done, or may come -> where it leads on another day, and as known at an instant."""

PAGES = [name for name, names in PARAMETERS.items() if "known" in names and name not in LEAD_BACK]
"""Every page that shows something as known."""

ALSO_WITH: dict[str, dict[str, Any]] = {
    "credits:annual-credits": {"ahead": "12", "table": "history", "state": "all"},
    "credits:allocation": {"history": "all"},
    "credits:estimate": {"start": "today", "price": "0.95"},
}
"""What some pages are asked for besides, to show all that they have."""


class Subject:
    """Four licenses of credits, one of which has ended, converted seats, a contract and features of which one can be switched."""

    def __init__(self) -> None:
        self.company: Company = make_company()
        days = [TODAY - timedelta(days=90 * each) for each in range(3)]
        self.licenses: list[License] = [
            make_license(company=self.company, units=1_000 * (each + 1), today=day) for each, day in enumerate(days)
        ]
        self.ended = make_license(company=self.company, units=500, today=TODAY - timedelta(days=400))
        self.lines: list[CreditRequirement] = [make_feature(rates=[each + 1]).lines.get() for each in range(3)]
        self.seats_of = make_product(kind="seats", rate=45)
        SeatUse.objects.create(product=self.seats_of, line=self.lines[0])
        self.seats = make_license(company=self.company, product=self.seats_of, units=40, today=TODAY - timedelta(days=60))
        contract = make_product(kind="pay-as-you-go", rate=None)
        self.contract = make_license(company=self.company, product=contract, units=1, today=TODAY - timedelta(days=60))
        self.switchable: Feature = make_feature(rates=[7], switchable=True)
        self.list_price(3)
        self.client: Client = browser_of(make_user(company=self.company, roles=["provider-viewer", "owner"]))
        self.allocated: list[AllocationSet] = [allocate(self.company, self.lines[0], 30, on=TODAY - timedelta(days=150))]
        kept = keep_scenario(self.company, name="Winter", units={self.lines[0].pk: 22}, **act())
        assert kept is not None
        asked = ask_for_units(self.company, units={self.lines[1].pk: 5}, words="New laptops", **act())
        observe(self.company, observations=[Observation(self.lines[0].pk, TODAY - timedelta(days=220), 4)], **act())
        self.customer = make_company(parent=self.company)
        feature = self.lines[0].feature.slug
        self.arguments: dict[str, list[Any]] = {
            "credits:allocation": [feature],
            "credits:keep-using": [self.seats.pk],
            "credits:scenario": [kept.pk],
            "credits:request": [asked.pk],
            "credits:feature-history": [feature],
            "licensing:license": [self.licenses[0].pk],
            "licensing:receipt": [self.seats.pk],
            "explain": ["allocated-credits"],
        }

    def change(self, dice: Random) -> None:
        """Something is stated, mostly of a day that is over; what another has made impossible meanwhile is not."""
        changes = [self._units, self._order, self._billing, self._listed, self._allocated, self._allocated]
        with suppress(DomainError):
            dice.choice(changes)(dice)

    def change_all(self, dice: Random) -> None:
        """Something of every kind is stated, of yesterday at the latest, so that each page says something else."""
        for license in (self.licenses[0], self.seats):
            correct_license(license, units=dice.randrange(5_000, 9_000), **act(reason="test"))
        extend_license(self.ended, expires_on=TODAY + timedelta(days=200), **act(reason="test"))
        known, since = self.licenses[0].product, TODAY - timedelta(days=30)
        make_license(company=self.customer, product=known, units=dice.randrange(5_000, 9_000), today=since)
        for days in (140, 1):
            make_credit_rate(self.lines[0], dice.randrange(100, 900), valid_from=TODAY - timedelta(days=days))
            make_conversion_rate(self.seats_of, dice.randrange(100, 900), valid_from=TODAY - timedelta(days=days))
            self.list_price(dice.randrange(100, 900), valid_from=TODAY - timedelta(days=days))
        for change in (self._units, self._order, self._billing, self._listed, self._allocated):
            for _each in range(4):
                with suppress(DomainError):
                    change(dice)
        for days in (1, 0):
            allocate(self.company, self.lines[0], dice.randrange(1_000, 9_000), on=TODAY - timedelta(days=days))
        cancel_order(self.contract.order, on=TODAY - timedelta(days=3), **act(reason="test"))
        with suppress(DomainError):
            keep_scenario(self.company, name=f"Plan {dice.random()}", units={self.lines[1].pk: dice.randrange(90)}, **act())

    def _units(self, dice: Random) -> None:
        license = dice.choice([*self.licenses, self.seats])
        about: dict[str, Any] = {"today": TODAY, "by": SYSTEM, "key": new_key(), "reason": "test"}
        if dice.random() < 0.5:
            correct_license(license, units=dice.randrange(1, 5_000), **about)
        else:
            top_up_order(license.order, units=dice.randrange(1, 90), on=back(dice), **about)

    def _order(self, dice: Random) -> None:
        order = dice.choice([*self.licenses[1:], self.seats, self.contract]).order
        about: dict[str, Any] = {"today": TODAY, "by": SYSTEM, "reason": "test"}
        match dice.randrange(3):
            case 0:
                suspend_order(order, on=TODAY - timedelta(days=20), key=new_key(), **about)
                reinstate_order(order, on=TODAY - timedelta(days=10), key=new_key(), **about)
            case 1:
                renew_order(order, key=new_key(), **about)
            case _:
                license = dice.choice([*self.licenses, self.seats])
                extend_license(license, expires_on=TODAY + timedelta(days=400 + dice.randrange(300)), key=new_key(), **about)

    def _billing(self, dice: Random) -> None:
        model = dice.choice(["pay-as-you-go", "annual"])
        on = dice.choice([None, TODAY + timedelta(days=40 * dice.randrange(1, 6))])
        switch_billing_model(self.company, feature=self.switchable, model=model, on=on, **act())

    @transaction.atomic
    def _listed(self, dice: Random) -> None:
        """A row of a price list, as it is loaded: what is allocated follows with the list's own acts."""
        match dice.randrange(3):
            case 0:
                make_credit_rate(dice.choice(self.lines), dice.randrange(1, 50), valid_from=back(dice))
            case 1:
                make_conversion_rate(self.seats_of, dice.randrange(1, 90), valid_from=back(dice))
            case _:
                self.list_price(dice.randrange(1, 90), valid_from=back(dice))

    def list_price(self, price: int, *, valid_from: date = TODAY - timedelta(days=500)) -> None:
        listed = catalogue_act()
        values = {"unit": "GB", "price": price, "currency": "USD", "valid_from": valid_from, "note": "", "source": "the list"}
        PayAsYouGoPrice.objects.create(feature=self.switchable, act=listed, recorded_at=listed.recorded_at, **values)

    def _allocated(self, dice: Random) -> None:
        if dice.random() < 0.3:
            last = self.allocated[-1]
            undo_allocation(self.company, undoes=last.act, **act(note=f"taken back {dice.random()}"))
            return
        on = dice.choice([back(dice), TODAY, TODAY + timedelta(days=dice.randrange(1, 90))])
        line = dice.choice([*self.lines, self.switchable.lines.get()])
        self.allocated.append(allocate(self.company, line, dice.randrange(900), on=on, note=f"about {dice.random()}"))

    def address(self, name: str, **query: Any) -> str:
        return reverse(name, args=[self.company.slug, *self.arguments.get(name, [])], query=query or None)

    def told(self, known_at: datetime, on: date, *, pages: list[str] = PAGES) -> dict[str, Any]:
        """Address -> what the page there says: words and values in their order; and what its files say, CSV and JSON."""
        found: dict[str, Any] = {}
        for name in pages:
            address = self.address(name, **ALSO_WITH.get(name, {}), on=on, known=known_at.isoformat())
            response = self.client.get(address)
            found[address] = response.status_code
            if response.status_code == 200:
                main = read(response).one("main")
                found[address] = (main.text, list(values_of(main)))
                files = {each["href"] for each in main.all("a", href="*") if "format=" in each["href"]}
                for file in sorted(each for each in files if "format=xlsx" not in each):
                    assert "known=" in file
                    found[file] = said(self.client.get(file), "csv" if "format=csv" in file else "json")
        return found

    def exported(self, told: dict[str, Any]) -> set[str]:
        """The pages of which a file is among what was told."""
        return {name for name in PAGES if any(each.startswith(f"{self.address(name)}?") and "format=" in each for each in told)}


EXPORTED = {name for name in PAGES if set(EXPORT) <= PARAMETERS[name]}


def back(dice: Random) -> date:
    return TODAY - timedelta(days=dice.randrange(120))


def values_of(main: Element) -> Iterator[str]:
    """What stands in fields and figures; not the keys of forms, which are new each time."""
    for each in main.elements:
        if "value" in each and each.get("type") != "hidden":
            yield each["value"]


def said(response: HttpResponse, written: str) -> Any:
    """Of JSON the rows, since its head says when it was computed; of CSV all of it."""
    return read_sheet(response, written).rows if written == "json" else body_of(response)
