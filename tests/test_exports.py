"""Every table of every page as a file: the rows, figures, day and filters of the screen, in three formats that agree.

EXPORTS says what each sheet has to show. A page with a table, or a menu to export one, that is not named here fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from console.admin import ReadOnlyAdmin
from console.company_in_hand import for_company, in_hand_now
from console.exports.export_of import export_of
from console.exports.sheet import Sheet, number
from console.models import Actor, Export, User
from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.planning.keep_scenario import keep_scenario
from credits.acts.set_allocation import set_allocation
from credits.acts.usage.observe import Observation, observe
from credits.models import PayAsYouGoPrice, SeatUse
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, Permission, ProviderLook, Role
from tests.factories import (
    TODAY,
    act,
    allocate,
    catalogue_act,
    make_company,
    make_feature,
    make_license,
    make_offering,
    make_product,
    make_user,
    new_key,
)
from tests.markup import Element, read
from tests.pages import address_of, browser_of, clock_at
from tests.spreadsheets import FORMATS, ReadSheet, body_of, read_csv, read_sheet
from tests.test_architecture import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("exports")]

DDE = "=cmd|' /C calc'!A0"
LATER = TODAY + timedelta(days=400)
"""When the licenses have expired: the balance is below zero."""


@dataclass
class World:
    company: Company
    person: User
    client: Client
    arguments: dict[str, list[Any]] = field(default_factory=dict)

    def address(self, name: str, *further: Any, **query: Any) -> str:
        if name == "licensing:companies":
            return reverse(name, query=query or None)
        return address_of(name, self.company, *(further or self.arguments.get(name, [])), **query)

    def page(self, name: str, *further: Any, **query: Any) -> Element:
        response = self.client.get(self.address(name, *further, **query))
        assert response.status_code == 200, response.status_code
        return read(response)

    def sheet(self, name: str, written: str, *further: Any, **query: Any) -> ReadSheet:
        return read_sheet(self.client.get(self.address(name, *further, **query, format=written)), written)


@pytest.fixture(scope="module")
def world_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(world_of_the_module: World, db: None) -> Iterator[World]:
    with clock_at(TODAY):
        yield world_of_the_module


def make_world() -> World:
    """Every name that somebody can type looks like a formula."""
    provider = make_company(name="@Provider")
    company = make_company(name='=HYPERLINK("http://example.com")', slug="harbor", parent=provider)
    make_company(name="=Quay", parent=company)
    person = make_user(name="+Vera", company=company, roles=list(Role))
    offering, other = make_offering(name="-Offering", slug="first"), make_offering(name="@Other")
    core = make_feature(name="=Core", slug="core", description="=1+1", offering=offering, rates=[5, 20])
    mail = make_feature(name="+Mail", offering=other, rates=[3], switchable=True, app_url="https://mail.example.com/")
    make_feature(name="@Idle", offering=other)
    listed = catalogue_act()
    for unit in ("=GB", "user"):
        PayAsYouGoPrice.objects.create(
            feature=mail,
            unit=unit,
            price=Decimal("0.011"),
            currency="USD",
            valid_from=date(2020, 1, 1),
            note="=note",
            source="=source",
            act=listed,
            recorded_at=listed.recorded_at,
        )
    seats = make_product(kind="seats", rate=45, name="=Seats", unit="seat")
    first, second = core.lines.order_by("position")
    SeatUse.objects.create(product=seats, line=first)
    past = {"today": TODAY - timedelta(days=30)}
    make_license(company=company, units=9_000, name="@Order", **past)
    converted = make_license(company=company, product=seats, units=40, name="=Converted", **past)
    top_up_order(converted.order, units=10, on=TODAY - timedelta(days=20), **act())
    for units, on in ((60, TODAY), (90, TODAY + timedelta(days=50))):
        set_allocation(
            company,
            feature=core,
            units={first.pk: units, second.pk: 30},
            today=TODAY,
            on=on,
            by=Actor.person(person),
            key=new_key(),
            note=DDE,
            below_zero_confirmed=True,
        )
    allocate(company, mail.lines.get(), 200, today=TODAY - timedelta(days=10))
    observe(company, observations=[Observation(first.pk, TODAY - timedelta(days=3), 44)], **act())
    scenario = keep_scenario(company, name="=1+1", units={first.pk: 70, second.pk: 0}, **act())
    other_scenario = keep_scenario(company, name="@SUM", units={first.pk: 10}, **act())
    assert scenario is not None
    assert other_scenario is not None
    ProviderLook.objects.create(
        company=company, provider=provider, person=make_user(name="=Nils"), name="=Page", address="/=1+1", seen_at=timezone.now()
    )
    arguments: dict[str, list[Any]] = {name: [converted.pk] for name in ("licensing:license", "licensing:receipt")}
    arguments |= {"credits:scenario": [scenario.pk], "credits:allocation": [core.slug], "credits:statement": [f"{TODAY:%Y-%m}"]}
    ask_for_units(company, units={first.pk: 80}, words=DDE, **act())
    arguments |= {"credits:scenario": [scenario.pk], "credits:allocation": [core.slug]}
    arguments |= {
        "credits:scenario": [scenario.pk],
        "credits:allocation": [core.slug],
        "credits:feature-history": [core.slug],
        "credits:statement": [f"{TODAY:%Y-%m}"],
    }
    return World(company, person, browser_of(person), arguments)


# --- What each sheet has to show


@dataclass(frozen=True)
class Shows:
    """`column` of the sheet has the texts that `screen` finds on the page; each of `sums` is a figure of the page."""

    page: str
    sheet: str = ""
    query: dict[str, Any] = field(default_factory=dict)
    column: str = ""
    screen: Callable[[Element], list[str]] | None = None
    sums: dict[str, Callable[[Element], Decimal]] = field(default_factory=dict)
    of: tuple[Any, ...] = ()
    """Further parts of the page's address, where they are not those of `World.arguments`."""

    @property
    def asked(self) -> dict[str, Any]:
        return {**self.query, **({"sheet": self.sheet} if self.sheet else {})}


def figure(name: str) -> Callable[[Element], Decimal]:
    return lambda shown: shown.figures[name]


def cells(label: str, table: str) -> Callable[[Element], list[str]]:
    """The texts of a column of a table by its class, row by row."""
    return lambda shown: [each.text for each in one(shown, table).all("td", data_label=label)]


def heads(table: str, inside: str = "row-title") -> Callable[[Element], list[str]]:
    """The names that the rows of a table begin with."""

    def found(shown: Element) -> list[str]:
        rows = one(shown, table).all("th", scope="row")
        titles = [next((name for name in row.elements if inside in name.get("class").split()), row) for row in rows]
        return [each.text for each in titles]

    return found


def one(shown: Element, table: str) -> Element:
    found = [each for each in shown.elements if table in each.get("class").split() or each.get("id") == table]
    assert len(found) == 1, f"{len(found)} elements {table}"
    return found[0]


def features(shown: Element) -> list[str]:
    return [
        row.element.one("th").all("summary")[0].text if row.element.one("th").all("summary") else title(row.element)
        for row in shown.by_id("features").rows("feature")
    ]


def title(row: Element) -> str:
    return next(each for each in row.elements if "row-title" in each.get("class").split()).text


def total_of_features(shown: Element) -> Decimal:
    foot = shown.by_id("features").one("tfoot")
    return Decimal(next(each for each in foot.all("td") if "group-sum" in each.get("class")).text.replace(",", ""))


def part(name: str) -> Callable[[Element], Decimal]:
    """The sum of all values of a part of an explanation, or of what changed."""
    return lambda shown: sum((Decimal(each["value"]) for each in shown.all("data", data_part=name)), Decimal(0))


def difference_of(figure: str) -> Callable[[Element], Decimal]:
    return lambda shown: Decimal(shown.one("tr", data_figure_of=figure).one("data", data_part="difference")["value"])


def explained(figure: str, *, sums: dict[str, str], **query: Any) -> Shows:
    """An explanation: its last row is the figure, and the changes of a sum add up to it."""
    return Shows("explain", query=query, sums={label: part(name) for label, name in sums.items()}, of=(figure,))


def days(shown: Element) -> list[str]:
    return [each.text for each in shown.by_id("history-rows").all("td", data_label="From")]


EXPORTS = [
    Shows("credits:annual-credits", column="Feature", screen=features, sums={"Allocated": figure("allocated-credits")}),
    Shows("credits:annual-credits", "features", {"state": "all"}, "Feature", features, {"Allocated": total_of_features}),
    Shows("credits:annual-credits", "features", {"q": "mail"}, "Feature", features, {"Allocated": total_of_features}),
    Shows("credits:annual-credits", "features", {"state": "planned"}, "Feature", features, {"Allocated": total_of_features}),
    Shows("credits:annual-credits", "features", {"on": LATER}, "Feature", features, {"Allocated": figure("allocated-credits")}),
    Shows("credits:annual-credits", "history", {"table": "history"}, "From", days),
    Shows("credits:annual-credits", "history", {"table": "history", "range": "30d"}, "From", days),
    Shows("credits:annual-credits", "history", {"table": "history", "on": LATER, "range": "all"}, "From", days),
    Shows(
        "credits:annual-credits",
        "offerings",
        column="Offering",
        screen=lambda shown: [row.all("a")[0].text for row in shown.by_id("legend").one("tbody").all("tr")],
        sums={"Credits": figure("allocated-credits"), "Share in percent": lambda _shown: Decimal(100)},
    ),
    Shows("credits:allocations", sums={"Credits": figure("allocated-credits")}),
    Shows("credits:allocations", query={"on": TODAY - timedelta(days=5)}, sums={"Credits": figure("allocated-credits")}),
    Shows("credits:purchases", sums={"Credits that count": figure("total-valid-credits")}),
    Shows("credits:purchases", query={"on": LATER}, sums={"Credits that count": figure("total-valid-credits")}),
    Shows("credits:purchases", query={"kind": "converted", "sort": "-credits"}, column="Order"),
    Shows("credits:audit", query={"days": "all", "kind": "allocations"}),
    Shows("credits:requirements"),
    Shows("credits:requirements", query={"q": "mail"}),
    Shows("credits:requirements", "list-prices"),
    Shows("credits:conversions", column="Product", screen=heads("conversions-table")),
    Shows("credits:solutions", column="Feature", screen=heads("solutions-table")),
    Shows("credits:solutions", query={"q": "mail"}, column="Feature", screen=heads("solutions-table")),
    Shows("credits:estimate", query={"start": "today"}),
    Shows("credits:pay-as-you-go"),
    Shows("credits:pay-as-you-go", "contracts"),
    Shows("credits:pay-as-you-go", "annual"),
    Shows(
        "credits:scenarios", column="Scenario", screen=lambda shown: [each.text for each in one(shown, "scenario-list").all("a")]
    ),
    Shows("credits:scenario"),
    Shows("credits:requests", column="What for", screen=lambda shown: [DDE]),
    Shows("credits:allocation"),
    Shows("licensing:license-information", sums={"Credits that count": figure("total-valid-credits")}),
    Shows("licensing:license-information", query={"on": LATER}, sums={"Credits that count": figure("total-valid-credits")}),
    Shows("licensing:license-information", query={"q": "converted", "sort": "-units"}),
    Shows("licensing:license"),
    Shows("licensing:license", "entries"),
    Shows("licensing:license", "siblings"),
    Shows("licensing:receipt"),
    Shows("licensing:notices"),
    Shows("credits:customers", column="Company", screen=lambda shown: [each.text for each in shown.all("a", class_="row-title")]),
    Shows("licensing:provider-access"),
    Shows("licensing:companies"),
    *(
        explained(figure, sums={"Change": "foot", "Figure": "foot"})
        for figure in ("total-valid-credits", "allocated-credits", "current-balance", "credit-requirement.core.line-1")
    ),
    explained("current-balance", sums={"Change": "entry", "Figure": "foot"}, by="day"),
    explained("allocated-credits", sums={"Change": "entry", "Figure": "foot"}, on=LATER),
    explained("allocated-share-of-valid", sums={"Figure": "foot", "Value of the step": "step"}),
    explained("offering-share.first", sums={"Figure": "foot", "Share in percent": "share"}),
    explained("runway", sums={"Change": "entry", "Figure": "foot"}),
    explained("runway-short", sums={"Value of the step": "foot", "Figure": "foot"}),
    Shows(
        "credits:changes",
        query={"from": TODAY - timedelta(days=25), "to": TODAY},
        sums={"Change of the balance": difference_of("current-balance"), "Change": part("entry")},
    ),
    Shows(
        "credits:changes",
        "figures",
        {"from": TODAY - timedelta(days=25), "to": TODAY},
        sums={"Then": part("was"), "After": part("now"), "Difference": part("difference")},
    ),
    Shows("credits:statements", sums={"Opening balance": part("opening-of-month"), "Closing balance": part("closing-of-month")}),
    Shows(
        "credits:statement",
        sums={"Change of the balance": lambda shown: part("valid-change")(shown) - part("allocated-change")(shown)},
    ),
    Shows("credits:statement", "months", sums={"Closing balance": part("closing-of-month")}),
    Shows("credits:usage", column="Feature", screen=heads("use-table")),
    Shows("credits:feature-history", column="From", screen=lambda shown: [each.text for each in shown.all("th", scope="row")]),
    Shows("credits:runway", column="License or feature", screen=heads("runway-causes")),
    Shows("credits:runway", "advice"),
    Shows("credits:runway", "terms", column="License", screen=heads("runway-suppose")),
]


# --- The rows and figures of the screen


def plain(cell: Any) -> Any:
    """A cell as all three formats have it: an instant without its zone, a text without the apostrophe that keeps it one."""
    if isinstance(cell, str):
        text = cell.removeprefix("'")
        return text[:19] if re.fullmatch(r"[0-9-]{10}T[0-9:]{8}([+-][0-9:]+)?", text) else text
    return float(cell) if isinstance(cell, int | float | Decimal) else cell


def named(each: Shows) -> str:
    return " ".join([each.page, *each.of, *(f"{name}={value}" for name, value in each.asked.items())])


@pytest.mark.parametrize("each", EXPORTS, ids=named)
def test_a_sheet_has_the_rows_and_figures_of_the_screen_in_every_format(world: World, each: Shows) -> None:
    sheets = [world.sheet(each.page, written, *each.of, **each.asked) for written in FORMATS]
    rows = [[{label: plain(cell) for label, cell in row.items()} for row in found.rows] for found in sheets]
    assert rows[0] == rows[1] == rows[2]

    shown = world.page(each.page, *each.of, **each.query)
    found = sheets[2]
    for label, on_the_page in each.sums.items():
        assert found.sum(label) == on_the_page(shown), label
    if each.screen is not None:
        assert [said(cell) for cell in found.column(each.column)] == each.screen(shown)


def said(cell: str) -> str:
    """A day as pages tell it; anything else as it is."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
        on = date.fromisoformat(cell)
        return f"{on:%b} {on.day}, {on.year}"
    return cell


def test_the_history_ends_with_the_figures_of_the_day_and_tells_what_is_below_zero(world: World) -> None:
    for query in ({}, {"on": LATER, "range": "all"}):
        figures = world.page("credits:annual-credits", **query).figures
        rows = world.sheet("credits:annual-credits", "xlsx", sheet="history", **query).rows
        latest = next(row for row in rows if row["From"] <= str(query.get("on", TODAY)))  # what is ahead stands above it
        names = {"Total valid": "total-valid-credits", "Allocated": "allocated-credits", "Balance": "current-balance"}
        assert {label: latest[label] for label in names} == {label: figures[name] for label, name in names.items()}
    assert latest["Balance"] == -1_650


def test_an_estimate_and_a_receipt_come_out_with_their_figures(world: World) -> None:
    estimate = world.sheet("credits:estimate", "json", start="today")
    shown = world.page("credits:estimate", start="today").figures
    assert {row["Solution"]: row["Credits"] for row in estimate.rows}["Required"] == shown["required-credits"]
    receipt = world.sheet("licensing:receipt", "json")
    assert receipt.rows[0]["Credits"] == receipt.rows[0]["Units"] * receipt.rows[0]["Credits per unit"] == 1_800


def test_a_scenario_comes_out_beside_the_other_that_it_is_compared_with(world: World) -> None:
    other = world.page("credits:scenario").by_id("scenario-with").all("option")[1]["value"]
    found = world.sheet("credits:scenario", "json", **{"with": other})
    assert found.labels[3:] == [
        "Units today",
        "Credits today",
        "Units, =1+1",
        "Credits, =1+1",
        "Units, @SUM",
        "Credits, @SUM",
    ]
    assert found.rows[-1]["Credits today"] == world.page("credits:annual-credits").figures["current-balance"]


def test_what_people_typed_is_no_formula_in_any_sheet(world: World) -> None:
    """`read_xlsx` fails for a formula; every text of every sheet as CSV is looked at, as it stands between quotation marks."""
    met: set[str] = set()
    for each in EXPORTS:
        address = world.address(each.page, *each.of, **each.asked, format="csv")
        for cell in re.findall(r'"((?:[^"]|"")*)"', body_of(world.client.get(address)).decode()):
            assert not re.match(r"\s*[=+@-]", cell), (each, cell)
            met.add(cell.removeprefix("'").replace('""', '"'))
        world.sheet(each.page, "xlsx", *each.of, **each.asked)
    assert {"=Core", "+Mail", "@Idle", "-Offering", "@Order", "=Converted", "=Seats", "=1+1", "=GB", "+Vera"} <= met
    assert any(DDE in each for each in met)
    assert world.company.name in met  # among the companies to choose from


def test_a_file_says_what_it_shows_and_its_name_does(world: World) -> None:
    query = {"q": "=core", "state": "all", "on": LATER}
    response = world.client.get(world.address("credits:annual-credits", **query, format="xlsx"))
    assert response["Content-Disposition"] == f'attachment; filename="harbor-features-{LATER}-filtered.xlsx"'
    about = read_sheet(response, "xlsx").about
    assert (about["Company"], str(about["Day"])[:10]) == (world.company.name, str(LATER))
    assert (about["q"], about["state"], about["Time zone"]) == ("=core", "all", "Europe/Berlin")


# --- Asking


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"format": "pdf"}, "“pdf” is no format of an export. Write format=csv, format=xlsx or format=json."),
        ({"format": ""}, "“” is no format of an export."),
        ({"format": "csv", "sheet": "nope"}, "This page has no table “nope”. It has: features, history, offerings."),
    ],
)
def test_a_format_or_table_that_there_is_none_of_is_refused_with_a_sentence(
    world: World, query: dict[str, str], says: str
) -> None:
    before = Export.objects.count()
    response = world.client.get(world.address("credits:annual-credits", **query))
    assert (response.status_code, says in read(response).text) == (400, True)
    assert Export.objects.count() == before


def test_an_export_is_recorded_before_its_first_byte_with_who_what_and_how_much(world: World) -> None:
    address = world.address("licensing:license-information", q="converted", format="csv")
    response = world.client.get(address)
    recorded = Export.objects.latest("id")
    assert (recorded.company_id, recorded.person, recorded.page) == (world.company.pk, world.person, address)
    assert (recorded.sheet, recorded.format, recorded.rows) == ("licenses", "csv", 2)
    assert len(read_sheet(response, "csv").rows) == 2


def test_looking_at_the_head_of_an_export_records_nothing(world: World) -> None:
    before = Export.objects.count()
    assert world.client.head(world.address("credits:annual-credits", format="csv")).status_code == 200
    assert Export.objects.count() == before


def test_the_balances_of_a_persons_companies_are_recorded_without_a_company(world: World) -> None:
    found = world.sheet("licensing:companies", "json")
    shown = world.page("licensing:companies").one("a", data_company=world.company.slug)
    assert [(row["Company"], f"{row['Current balance']:,}" in shown.text) for row in found.rows] == [(world.company.name, True)]
    assert Export.objects.latest("id").company_id is None


@pytest.mark.parametrize("role", Role)
def test_whoever_sees_a_page_may_export_it(world: World, role: Role) -> None:
    client = browser_of(make_user(company=world.company, roles=[role]))
    for name in ("credits:annual-credits", "licensing:license-information"):
        found = read_sheet(client.get(world.address(name, format="json")), "json")
        assert ("Code" in found.labels) == (name.startswith("licensing") and role in Permission.LICENSING.value)


def test_all_rows_that_match_come_out_whatever_page_is_shown(world: World) -> None:
    company = make_company()
    client = browser_of(make_user(company=company, roles=["viewer"]))
    product = make_product()
    for number_of_units in range(1, 54):
        make_license(company=company, product=product, units=number_of_units)
    for name in ("licensing:license-information", "credits:purchases"):
        found = read_sheet(client.get(address_of(name, company, page=2, format="csv")), "csv")
        assert sorted(found.column("Units")) == list(range(1, 54))


def test_rows_are_read_with_the_company_in_hand_though_the_view_has_returned(world: World) -> None:
    seen: list[Any] = []

    def rows() -> Iterator[tuple[int]]:
        for each in range(3):
            seen.append(in_hand_now())
            yield (each,)

    request: Any = RequestFactory().get("/", {"format": "csv"})
    request.user, request.company = world.person, world.company
    with for_company(world.company):
        response = export_of(request, Sheet("things", "Things", (number("thing", "Thing"),), rows(), 3))
    assert (seen, in_hand_now()) == ([], None)
    assert len(read_csv(body_of(response)).rows) == 3
    assert [str(each) for each in seen] == [f"company {world.company.pk}"] * 3


# --- Lists of the support desk


def test_every_list_of_the_support_desk_comes_out_as_it_is_narrowed(world: World) -> None:
    desk = browser_of(make_user(is_staff=True, is_superuser=True))
    for model, pages in admin.site._registry.items():
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        if isinstance(pages, ReadOnlyAdmin):
            sheets = [read_sheet(desk.get(address, {"format": written}), written) for written in FORMATS]
            if not issubclass(model, Export):  # which grows by each
                assert {len(each.rows) for each in sheets} == {model._default_manager.count()}, model
            links = [each["href"] for each in read(desk.get(address)).all("a", download="*")]
            assert links == [f"{address}?format={written}" for written in FORMATS]


def test_a_narrowed_list_of_the_support_desk_has_its_values_as_values(world: World) -> None:
    desk = browser_of(make_user(is_staff=True, is_superuser=True))
    address = reverse("admin:licensing_order_changelist")
    link = read(desk.get(address, {"q": "=Converted"})).link("JSON")
    found = read_sheet(desk.get(link), "json")
    (row,) = found.rows
    assert (row["Units"], found.about["company"]) == (40, None)
    assert found.about["filters"] == [{"name": "q", "value": "=Converted"}]
    recorded = Export.objects.latest("id")
    assert (recorded.sheet, recorded.company_id, recorded.rows) == ("order", world.company.pk, 1)
    assert "Order" in str(recorded.page) or "order" in recorded.page
    assert world.client.get(link).status_code in (302, 403, 404)


# --- Nothing is left out


NOT_EXPORTED = {
    "desk/act_tables.html": "what holds now, beside a form",
    "desk/effect.html": "what an act would do: nothing of it is there yet",
    "desk/staff/list.html": "the handful of people of the staff",
    "account/notices.html": "a form: how notices reach the person",
    "allauth/elements/table.html": "an element of other pages",
    "licensing/activation/start.html": "what waits for the person to go on, gone once it is done",
    "credits/planning/page.html": "a form: what is typed is kept as a scenario, which is exported",
    "credits/usage/looked_at.html": "the person's own file, looked at before it is recorded",
    "credits/solutions/ask_sales.html": "the overview of the estimate, exported there",
    "credits/requests/request.html": "one request, beside the form that decides it; all of them are exported",
    "credits/allocation_form.html": "a form; the history below it is exported",
    "licensing/people/people.html": "people with their addresses: what may leave is a person's own to export",
    "credits/played_app.html": "plays the app of another vendor",
    "licensing/provider_viewers.html": "a form beside each person with their address: as people, they are not exported",
    "practice/misbehave.html": "plays the marketplace",
    "practice/subscription.html": "plays the marketplace",
    "practice/offer.html": "plays the marketplace",
    "practice/subscriptions.html": "plays the marketplace",
    "desk/imports.html": "files to begin with, and what became of those given: each has its page",
    "desk/import.html": "what is wrong with a file that its owner has, and what it does to each company, kept for a week",
    "admin/support/tables.html": "rows of one thing at the support desk; their lists are exported",
    "desk/act.html": "what one act wrote; the lists of such rows are exported",
    "desk/company/allocations.html": "as the customer's own table, which is exported",
    "desk/company/orders.html": "as License Information, which is exported",
    "desk/company/people.html": "the memberships are exported by their list",
    "desk/order.html": "licenses and entries of one order; their lists are exported",
    "admin/support/price_lists.html": "exported by buttons of its form, tests/credits/admin/test_price_lists.py",
}
"""Template with a table that is not exported by a menu -> why."""

ONE_SHEET = {"credits/explanation.html": "steps, shares and entries are rows of one sheet, which the foot offers"}
"""Template whose tables are exported together -> how."""

ONE_MENU = {"credits/requests/requests.html": "open and decided requests are rows of one sheet, by their state"}
"""Template whose tables are exported by one menu -> how."""

MENU_STANDS_IN = {
    "credits/annual_credits/history_rows.html": "credits/annual_credits/history.html",
    "credits/solutions/estimate.html": "credits/solutions/what_it_takes.html",
    "credits/statement/months_table.html": "credits/statement/month.html",
}


def test_every_table_has_its_export() -> None:
    folder = ROOT / "templates"
    tables = {str(path.relative_to(folder)): path.read_text().count("<table") for path in folder.rglob("*.html")}
    without = {}
    for name, number_of_tables in tables.items():
        menus = (folder / MENU_STANDS_IN.get(name, name)).read_text().count("{% export_menu")
        if number_of_tables and name not in {*NOT_EXPORTED, *ONE_SHEET} and menus < (1 if name in ONE_MENU else number_of_tables):
            without[name] = (number_of_tables, menus)
    assert without == {}, "Give each table an export_menu and its sheet, or say here why not"
    assert all(tables[name] for name in {*NOT_EXPORTED, *ONE_SHEET})
    assert all('{{ url }}" download' in (folder / name).read_text() for name in ONE_SHEET)


def test_every_menu_leads_to_sheets_that_are_tested(world: World) -> None:
    led: set[tuple[str, str]] = set()
    for page, of in dict.fromkeys((each.page, each.of) for each in EXPORTS):
        for link in world.page(page, *of, **({"start": "today"} if page == "credits:estimate" else {})).all("a", download="*"):
            query = parse_qs(urlsplit(link["href"]).query)
            assert query["format"][0] in FORMATS
            led.add((page, query.get("sheet", [""])[0]))
    assert led <= {(each.page, each.sheet) for each in EXPORTS}
    assert {page for page, _sheet in led} >= {each.page for each in EXPORTS} - {"licensing:notices"}
