"""A crawler follows every figure of every page of each demo company to its explanation: page and JSON have the figure's foot.

`EXPLANATION_DAYS=20` follows them on so many days, a test each, and every one of them as a page too; the suite looks at two days.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from console.models import User
from credits.models import AllocationEntry
from licensing.models import Company, License, LicenseEntry
from tests.markup import Element, read
from tests.pages import DEMO_COMPANIES, DEMO_DAY, address_of, browser_of, clock_at, demo_told, page

pytestmark = pytest.mark.django_db
DAYS = int(os.environ.get("EXPLANATION_DAYS", "2"))
WHOLE = DAYS > 2
INSTANTS = 10 if WHOLE else 1
PAGES = ("credits:annual-credits", "credits:purchases", "credits:allocations", "licensing:license-information")
KINDS = {
    "total-valid-credits",
    "purchased-credits",
    "converted-credits",
    "allocated-credits",
    "current-balance",
    "allocated-share-of-valid",
    "runway",
    "offering-credits",
    "offering-share",
    "feature-credits",
    "feature-share",
    "license-units",
    "license-credits",
    "days-left",
    "credit-requirement",
}


@pytest.fixture(scope="module")
def companies(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Company]]:
    with django_db_blocker.unblock(), demo_told() as told, clock_at(DEMO_DAY):
        yield told


@dataclass(frozen=True)
class Shown:
    """A figure as a page shows it, and where it leads; without a value where the page shows words."""

    address: str
    value: str

    @property
    def figure(self) -> str:
        return urlsplit(self.address).path.split("/")[-2]

    @property
    def kind(self) -> str:
        return self.figure.partition(".")[0]


def figures_on(client: Client, company: Company, **asked: Any) -> set[Shown]:
    """Every figure with an explanation on the pages of a day."""
    query = {"state": "all", **asked}
    pages = [page(client, name, company, **(query if name == "credits:annual-credits" else asked)) for name in PAGES]
    licenses = [row.key for row in pages[-1].rows("license")]
    pages += [page(client, "licensing:license", company, pk, **asked) for pk in licenses]
    if "known" not in asked and company.slug == "aster":  # the price list is the same for all
        pages.append(page(client, "credits:requirements", company, **asked))
    return {Shown(link["href"], _value_in(link)) for shown in pages for link in shown.all("a", class_="explains")}


def _value_in(link: Element) -> str:
    data = link.all("data")
    return data[0]["value"] if data else ""


def assert_explained(client: Client, company: Company, shown: Shown, on: date, known_at: datetime | None, as_page: bool) -> None:
    response = client.get(shown.address, headers={"Accept": "application/json"})
    assert response.status_code == 200, shown
    told = response.json()
    assert told["on"] == on.isoformat()
    foot = Decimal(str(told["foot"]["value"]))
    assert not shown.value or foot == Decimal(shown.value), shown
    if told["check"] == "sum":
        assert sum(Decimal(str(group["total"])) for group in told["groups"]) == foot, shown
    for group in told["groups"]:
        assert sum(Decimal(str(each["change"])) for each in group["entries"]) == Decimal(str(group["total"])), shown
    expected = entries_of(shown, company, on, known_at)
    if expected is not None:
        assert {each["id"] for group in told["groups"] for each in group["entries"]} == expected, shown
    if as_page:
        sheet = read(client.get(shown.address))
        assert Decimal(sheet.one("data", data_part="foot")["value"]) == foot
        entries = [Decimal(each["value"]) for each in sheet.all("data", data_part="entry")]
        assert len(entries) == told["foot"]["entries"]
        assert sum(entries) == sum(Decimal(each["value"]) for each in sheet.all("data", data_part="sum"))


def entries_of(shown: Shown, company: Company, on: date, known_at: datetime | None) -> set[int] | None:
    """The ids of the entries that a sum is made of, asked for plainly; None for what is no sum of entries of one table."""
    supply = LicenseEntry.objects.for_company(company).known_at(known_at).up_to(on)
    demand = AllocationEntry.objects.for_company(company).known_at(known_at).up_to(on)
    _kind, _dot, key = shown.figure.partition(".")
    seats = License.objects.for_company(company).filter(product__kind="seats")
    rows: Any = {
        "total-valid-credits": supply,
        "purchased-credits": supply.exclude(license__in=seats),
        "converted-credits": supply.filter(license__in=seats),
        "allocated-credits": demand,
        "offering-credits": demand.filter(feature__offering__slug=key),
        "feature-credits": demand.filter(feature__slug=key),
    }.get(shown.kind)
    return None if rows is None else set(rows.values_list("id", flat=True))


def each_of(slugs: Iterable[str], numbers: int) -> list[Any]:
    """A test for each, so that many say how far they are. The demo is told once; twice where many are followed on two cores."""
    return [
        pytest.param(slug, number, marks=pytest.mark.xdist_group(f"explanations {number % 2 if WHOLE else 0}"))
        for number in range(numbers)
        for slug in slugs
    ]


@pytest.mark.parametrize(("slug", "number"), each_of(DEMO_COMPANIES, DAYS))
def test_every_figure_of_every_page_is_explained_with_its_own_foot(companies: dict[str, Company], slug: str, number: int) -> None:
    on = DEMO_DAY - timedelta(days=37 * number)
    kinds = follow(companies[slug], on=on)
    assert kinds <= KINDS
    assert (slug, number) != ("aster", 0) or kinds == KINDS


@pytest.mark.parametrize(("slug", "number"), each_of(["aster", "cobalt"], INSTANTS))
def test_so_is_every_figure_as_known_at_an_instant(companies: dict[str, Company], slug: str, number: int) -> None:
    recorded = sorted(LicenseEntry.objects.for_company(companies[slug]).values_list("recorded_at", flat=True))
    known_at = recorded[(number + 1) * (len(recorded) - 1) // (INSTANTS + 1)]
    assert follow(companies[slug], on=DEMO_DAY, known_at=known_at)


def follow(company: Company, *, on: date, known_at: datetime | None = None) -> set[str]:
    """Look at every figure of a day; gives their kinds. In the suite one of each kind is looked at as a page too."""
    client = browser_of(User.objects.get(email=f"owner@{company.slug}.example"))
    asked = {"on": on, **({"known": known_at.isoformat()} if known_at else {})}
    kinds: set[str] = set()
    for shown in sorted(figures_on(client, company, **asked), key=lambda each: each.address):
        assert known_at is None or "known=" in shown.address
        assert_explained(client, company, shown, on, known_at, WHOLE or shown.kind not in kinds)
        kinds.add(shown.kind)
    return kinds


@pytest.mark.xdist_group("explanations 0")
def test_an_address_without_its_company_is_not_there(companies: dict[str, Company]) -> None:
    client = browser_of(User.objects.get(email="owner@aster.example"))
    assert client.get(address_of("explain", "borealis", "current-balance")).status_code == 404
