"""A crawler follows every figure of every page of each demo company to its explanation.

Page, JSON and export have the figure's foot, and the entries are those that a plain model of the tables counts. A figure that
leads to no explanation fails, unless EXCEPTIONS says why. `EXPLANATION_DAYS=20` follows them on so many days, and every one of
them in each form; the suite looks at two days, and at each kind of figure once in each form.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from console.models import User
from console.roof.names_a_page_knows import PAGES
from credits.models import AllocationEntry, Feature, Scenario, UnitsRequest
from licensing.models import Company, License, LicenseEntry
from tests.as_known import LEAD_BACK
from tests.markup import Element, read
from tests.pages import DEMO_COMPANIES, DEMO_DAY, address_of, browser_of, clock_at, demo_told, query_of
from tests.spreadsheets import read_sheet

DAYS = int(os.environ.get("EXPLANATION_DAYS", "2"))
WHOLE = DAYS > 2
INSTANTS = 10 if WHOLE else 1
OF_INSTANTS = ("cobalt",) if WHOLE else ("aster", "cobalt")
pytestmark = [pytest.mark.django_db]
KINDS = {
    "total-valid-credits",
    "purchased-credits",
    "converted-credits",
    "allocated-credits",
    "current-balance",
    "allocated-share-of-valid",
    "runway",
    "runway-short",
    "cause-change",
    "renewal-credits",
    "offering-credits",
    "offering-share",
    "feature-credits",
    "feature-share",
    "license-units",
    "license-credits",
    "days-left",
    "credit-requirement",
}
PREVIEW = "what is typed would change: nothing of it is recorded, and the form shows both sides"
ESTIMATED = "worked out from what is typed, and the page shows each line of it"
EXCEPTIONS = {
    **dict.fromkeys(("credits-before", "credits-after", "allocated-after", "balance-before", "balance-after"), PREVIEW),
    **dict.fromkeys(("balance-today", "balance-planned"), PREVIEW),
    **dict.fromkeys(("required-credits", "recommended-purchase"), ESTIMATED),
}
"""Name of a figure that has no explanation -> why."""

OF_EACH = {
    "credits:allocation": "features",
    "credits:feature-history": "features",
    "credits:request": "requests",
    "credits:keep-using": "converted",
    "credits:scenario": "scenarios",
    "licensing:license": "licenses",
    "licensing:receipt": "converted",
}
"""Page of one thing -> what there is one for."""
FOLLOWED = 6
"""So many figures of a kind on a page of the suite."""
FEATURES = 2
"""So many forms of features are looked at; where the whole is, all of today's."""
OF_ALL_COMPANIES = ("credits:requirements", "credits:conversions")
"""Pages that show everybody the same: read for one company."""


@pytest.fixture(scope="module")
def companies(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Company]]:
    with django_db_blocker.unblock(), demo_told() as told, clock_at(DEMO_DAY):
        yield told


@pytest.fixture(scope="module")
def crawls(companies: dict[str, Company]) -> dict[str, Crawl]:
    return {slug: Crawl(company) for slug, company in companies.items()}


@dataclass(frozen=True)
class Shown:
    """A figure as a page shows it, and where it leads; without a value where the page shows words."""

    address: str
    value: str

    @property
    def figure(self) -> str:
        return urlsplit(self.address).path.split("/")[-2]

    @property
    def on(self) -> str:
        """The day of the explanation; empty for today."""
        return dict(query_of(self.address)).get("on", "")

    @property
    def kind(self) -> str:
        return self.figure.partition(".")[0]


@dataclass(frozen=True)
class State:
    """A day, by all that is recorded or as known at an instant."""

    on: date
    known_at: datetime | None = None

    @property
    def query(self) -> dict[str, Any]:
        return {"on": self.on, **({"known": self.known_at.isoformat()} if self.known_at else {})}


class Crawl:
    """A company in its owner's browser. What was followed once in each form is followed as JSON alone after that."""

    client: Client

    def __init__(self, company: Company) -> None:
        self.company = company
        self.kinds: set[str] = set()

    def follow(self, state: State) -> set[str]:
        """Every figure of every page in a state; the kinds that were met."""
        met = set()
        self.client = browser_of(User.objects.get(email=f"owner@{self.company.slug}.example"))  # a test's own: it is rolled back
        for shown in self.some_of_each_kind(self.figures(state)):
            assert ("known=" in shown.address) == (state.known_at is not None), shown
            assert_explained(self, shown, state, in_each_form=WHOLE or shown.kind not in self.kinds)
            self.kinds.add(shown.kind)
            met.add(shown.kind)
        return met

    def some_of_each_kind(self, found: set[Shown]) -> list[Shown]:
        """All of them where the whole is looked at, else up to FOLLOWED of a kind, spread over all that there are."""
        kinds: dict[str, list[Shown]] = defaultdict(list)
        for shown in sorted(found, key=lambda each: (each.address, each.value)):
            kinds[shown.kind].append(shown)
        return [shown for each in kinds.values() for shown in each[:: 1 if WHOLE else -(-len(each) // FOLLOWED)]]

    def figures(self, state: State) -> set[Shown]:
        needed = "known" if state.known_at else "on"
        found: set[Shown] = set()
        for name, parameters in PAGES.items():
            if needed not in parameters or name == "explain":
                continue
            if name == "credits:customers":
                continue  # of a provider alone: each figure leads to the customer's own page, which explains it
            if name in OF_ALL_COMPANIES and (self.company.slug != "aster" or state.known_at):
                continue
            for arguments in self.arguments(name, state):
                found |= self.figures_of(name, arguments, state)
        return found

    def figures_of(self, name: str, arguments: tuple[Any, ...], state: State) -> set[Shown]:
        query = {**state.query, **({"state": "all", "table": "history"} if name == "credits:annual-credits" else {})}
        response = self.client.get(address_of(name, self.company, *arguments, **query))
        if response.status_code in (302, 404):  # a form offers only of today; a license may not have been known
            assert name in LEAD_BACK or arguments, (name, state)
            return set()
        assert response.status_code == 200, (name, arguments, response.status_code)
        shown = read(response)
        for each in shown.all(data_figure="*"):
            leads = "explains" in (link.get("class") for link in each.all("a")) or not each.all("data")
            assert leads or each["data-figure"] in EXCEPTIONS, f"{name}: {each['data-figure']} leads to no explanation"
        return {Shown(link["href"], value_in(link)) for link in shown.all("a", class_="explains")}

    def arguments(self, name: str, state: State) -> list[tuple[Any, ...]]:
        wanted = OF_EACH.get(name)
        if wanted is None:
            return [()]
        licenses = License.objects.for_company(self.company).known_at(state.known_at)
        rows: Any = {
            "features": Feature.objects.order_by("pk").values_list("slug", flat=True)[
                : None if WHOLE and state.on == DEMO_DAY else FEATURES
            ],
            "requests": UnitsRequest.objects.for_company(self.company).values_list("pk", flat=True),
            "scenarios": Scenario.objects.for_company(self.company).values_list("pk", flat=True),
            "licenses": licenses.values_list("pk", flat=True),
            "converted": licenses.filter(product__kind="seats", trial=False).values_list("pk", flat=True),
        }[wanted]
        return [(each,) for each in rows]


def value_in(link: Element) -> str:
    """The number that the link shows; a percentage stands as text where tools read it from the row."""
    data = link.all("data")
    if data:
        return data[0]["value"]
    percent = re.fullmatch(r"([0-9.]+)\s*%", link.text)
    return percent.group(1) if percent else ""


def assert_explained(crawl: Crawl, shown: Shown, state: State, *, in_each_form: bool) -> None:
    response = crawl.client.get(shown.address, headers={"Accept": "application/json"})
    assert response.status_code == 200, shown
    told = response.json()
    on = date.fromisoformat(shown.on) if shown.on else DEMO_DAY
    assert told["on"] == on.isoformat()
    state = State(on, state.known_at)
    foot = told["foot"]["value"]
    assert (foot is None) == (told["check"] == "none"), shown
    if foot is None:
        assert not shown.value, shown
    else:
        foot = Decimal(str(foot))
        assert not shown.value or foot == Decimal(shown.value), shown
    if told["check"] == "sum":
        assert sum(Decimal(str(group["total"])) for group in told["groups"]) == foot, shown
    for group in told["groups"]:
        assert sum(Decimal(str(each["change"])) for each in group["entries"]) == Decimal(str(group["total"])), shown
    expected = entries_of(shown, crawl.company, state, told)
    if expected is not None:
        assert {
            ("license" if each["license"] else "feature", each["id"]) for group in told["groups"] for each in group["entries"]
        } == expected, shown
    if not in_each_form:
        return
    sheet = read(crawl.client.get(shown.address))
    assert [Decimal(each["value"]) for each in sheet.all("data", data_part="foot")] == ([] if foot is None else [foot]), shown
    entries = [Decimal(each["value"]) for each in sheet.all("data", data_part="entry")]
    assert len(entries) == told["foot"]["entries"]
    assert sum(entries) == sum(Decimal(each["value"]) for each in sheet.all("data", data_part="sum"))
    csv = next(link["href"] for link in sheet.all("a", download="*") if "format=csv" in link["href"])
    exported = read_sheet(crawl.client.get(csv), "csv")
    last = exported.rows[-1]["Figure"]
    assert (Decimal(str(last)) if last != "" else None) == foot, shown
    assert exported.sum("Figure") == (foot or 0)
    assert exported.sum("Change") == sum(entries)
    assert len([row for row in exported.rows if row["Row"] == "Entry"]) == len(entries)


def entries_of(shown: Shown, company: Company, state: State, told: Any) -> set[tuple[str, int]] | None:
    """The entries that a figure is made of, asked for plainly; None for what is no sum of entries."""
    on = state.on
    supply = LicenseEntry.objects.for_company(company).known_at(state.known_at)
    demand = AllocationEntry.objects.for_company(company).known_at(state.known_at)
    _kind, _dot, key = shown.figure.partition(".")
    seats = License.objects.for_company(company).filter(product__kind="seats")
    if shown.kind == "runway":
        return entries_of_runway(on, int(told["foot"]["value"]), supply, demand) if told["foot"]["value"] is not None else set()
    if shown.kind == "cause-change":
        kind, _dash, pk = key.partition("-")
        (day,) = {each["day"] for group in told["groups"] for each in group["entries"]}
        if kind == "line":
            return ids("feature", demand.filter(line_id=pk, effective_on=day))
        order = License.objects.for_company(company).get(pk=pk).order_id
        same = License.objects.for_company(company).filter(order_id=order)
        return ids("license", supply.filter(license__in=same, effective_on=day))
    supply, demand = supply.up_to(on), demand.up_to(on)
    if shown.kind == "current-balance":
        return ids("license", supply) | ids("feature", demand)
    of_supply: Any = {
        "total-valid-credits": supply,
        "purchased-credits": supply.exclude(license__in=seats),
        "converted-credits": supply.filter(license__in=seats),
    }.get(shown.kind)
    of_demand: Any = {
        "allocated-credits": demand,
        "offering-credits": demand.filter(feature__offering__slug=key),
        "feature-credits": demand.filter(feature__slug=key),
    }.get(shown.kind)
    if of_supply is not None:
        return ids("license", of_supply)
    return None if of_demand is None else ids("feature", of_demand)


def entries_of_runway(on: date, days: int, supply: Any, demand: Any) -> set[tuple[str, int]]:
    """Walked a day at a time: not below zero before the day that the figure says, below zero on it."""
    changes: dict[date, int] = defaultdict(int)
    for day, change in supply.values_list("effective_on", "change"):
        changes[day] += change
    for day, change in demand.values_list("effective_on", "change"):
        changes[day] -= change
    balance = sum(change for day, change in changes.items() if day <= on)
    for number in range(days):
        assert balance >= 0
        balance += changes.get(on + timedelta(days=number + 1), 0)
    assert balance < 0
    walked = {"effective_on__gt": on, "effective_on__lte": on + timedelta(days=days)}
    return ids("license", supply.filter(**walked)) | ids("feature", demand.filter(**walked))


def ids(side: str, rows: Any) -> set[tuple[str, int]]:
    return {(side, pk) for pk in rows.values_list("id", flat=True)}


def of_company(slug: str, number: int) -> Any:
    """Each company on a worker of its own where the whole is looked at: the demo is told once on each."""
    return pytest.param(slug, number, marks=pytest.mark.xdist_group(f"explanations-{slug}" if WHOLE else "explanations"))


@pytest.mark.parametrize(("slug", "number"), [of_company(slug, number) for slug in DEMO_COMPANIES for number in range(DAYS)])
def test_every_figure_of_every_page_is_explained_with_its_own_foot(crawls: dict[str, Crawl], slug: str, number: int) -> None:
    kinds = crawls[slug].follow(State(DEMO_DAY - timedelta(days=37 * number)))
    assert kinds <= KINDS
    assert slug != "aster" or number or kinds == KINDS


@pytest.mark.parametrize(("slug", "number"), [of_company(slug, number) for slug in OF_INSTANTS for number in range(INSTANTS)])
def test_so_is_every_figure_as_known_at_an_instant(crawls: dict[str, Crawl], slug: str, number: int) -> None:
    recorded = sorted(LicenseEntry.objects.for_company(crawls[slug].company).values_list("recorded_at", flat=True))
    crawls[slug].follow(State(DEMO_DAY, recorded[(number + 1) * (len(recorded) - 1) // (INSTANTS + 1)]))


@pytest.mark.xdist_group("explanations")
def test_an_address_without_its_company_is_not_there(companies: dict[str, Company]) -> None:
    client = browser_of(User.objects.get(email="owner@aster.example"))
    assert client.get(address_of("explain", "borealis", "current-balance")).status_code == 404
