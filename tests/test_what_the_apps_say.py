"""What the apps have to say where it is needed: each sentence and link has its page, as a browser without scripts reads it.

Whoever signed in for it follows each link to a page that answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.test import Client

from console.models import User
from credits.models import Feature
from licensing.marketplaces import marketplace
from licensing.models import Company, License
from licensing.purchases.activation.carry_through_activation import carry_on
from tests.activations import begin
from tests.factories import make_user
from tests.in_process import in_process
from tests.markup import Element, read
from tests.pages import DEMO_DAY, browser_of, clock_at, demo_told
from tests.purchases import buy, found

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("figures")]

ANNUAL = "/companies/{slug}/credits/annual/"
PURCHASES = "/companies/{slug}/credits/annual/purchases/"
SUPPORT, SALES = "mailto:support@vendor.example", "mailto:sales@vendor.example"
MARKET = "/practice-marketplace/"


@dataclass(frozen=True)
class Says:
    """On the page `at`, of the demo's company `slug`, stands the sentence, or the link named so that leads to `to`."""

    at: str
    what: str
    to: str = ""
    slug: str = "aster"
    beyond: bool = False
    """Whether the link leads out of the console, to somebody's mailbox."""


LOOK_UP = "Credit requirements of each service"
SAYS = [
    # The tab, though it stands alone
    Says(ANNUAL, "Annual credits", ANNUAL),
    # View details: of the total, and of the year that the history shows
    Says(ANNUAL, "View details of total valid credits", PURCHASES),
    Says(ANNUAL, "View details of the year: purchases and entitlements", PURCHASES + "?of=year"),
    Says(PURCHASES + "?of=year", "what had begun, and had not expired, from Nov 20, 2024 to Nov 20, 2025."),
    Says(PURCHASES + "?of=year", "Show all purchases", PURCHASES),
    # Below zero
    Says(ANNUAL, "Nothing is blocked and every feature keeps working", slug="borealis"),
    Says(ANNUAL, "If a feature cannot be used, the balance is not the reason: try again, or contact support.", slug="borealis"),
    Says(ANNUAL, "Contact support", SUPPORT, slug="borealis", beyond=True),
    Says(ANNUAL, "Contact sales", SALES, slug="borealis", beyond=True),
    Says(ANNUAL, "Buy credits", MARKET, slug="borealis"),
    # Where a number is chosen, and where the purchase is reviewed
    *(
        Says(at, what, to)
        for at in (
            MARKET + "offers/vision-credits/",
            MARKET + "offers/vision-credits/buy/",
            MARKET + "offers/vision-credits/buy/#review",
        )
        for what, to in (
            ("Important: each “user” is one credit, and one credit is not enough for one user.", ""),
            ("How many credits a user needs varies greatly with the services they use.", ""),
            (LOOK_UP, "/help/requirements/"),
        )
    ),
    Says(
        "{subscription}",
        "One user is one credit, and one credit is not enough for one user: how many a user needs varies greatly.",
    ),
    Says("{subscription}", LOOK_UP, "/help/requirements/"),
    Says("{review}", "on this product one user equals one credit"),
    Says("{review}", "one credit is not enough for one user: how many a user needs varies greatly with the services used."),
    Says("{review}", LOOK_UP, "/companies/aster/credits/requirements/"),
    # Another business
    Says("{review}", "Should it belong to another business later, only support can move it:"),
    Says("{review}", "contact support", SUPPORT, beyond=True),
    # Done
    Says("{done}", "Allocate these credits", ANNUAL + "add/"),
    # Where a converted license stands
    *(
        Says(at, what, to)
        for at in (PURCHASES, "{license}")
        for what, to in (
            ("Seats are shown as credits so that all you own is seen in one pool.", ""),
            ("The license, what is deployed under it and the way it is renewed stay as they are", ""),
            ("its unused credits are free for any feature", ""),
            ("and nobody has to do anything", ""),
            ("Questions about conversions", "/help/conversions/?company=aster"),
        )
    ),
    # The price list
    Says(ANNUAL, "Credit requirements", "/companies/{slug}/credits/requirements/"),
    Says("/companies/{slug}/credits/requirements/", "Cloud Email and Collaboration Protection"),
    Says("/companies/{slug}/credits/requirements/", "Standard: count each user in an enabled policy once"),
    Says("/companies/{slug}/credits/requirements/", "Pay-as-you-go list prices"),
    Says("/companies/{slug}/credits/requirements/", "Conversions", "/companies/{slug}/credits/conversions/"),
    Says("/companies/{slug}/credits/conversions/", "Endpoint Security Core EP-CORE"),
    Says("/companies/{slug}/credits/conversions/", "License entitlements calculated into credits (docs.trendmicro.com)"),
    Says("/companies/{slug}/credits/conversions/", "Conversions and their questions", "/help/conversions/?company=aster"),
    # Related information
    *(
        Says(at, what, to)
        for at in (ANNUAL, "/help/?company=aster", "/help/trials/?company=aster")
        for what, to in (
            ("Introduction to credits", "/help/credits/?company=aster"),
            ("Credit requirements", "/companies/aster/credits/requirements/"),
            ("Conversions", "/companies/aster/credits/conversions/"),
            ("Questions about conversions", "/help/conversions/?company=aster"),
            ("Buy credits from the practice marketplace", "/help/buying/practice/?company=aster"),
            ("Trials", "/help/trials/?company=aster"),
            ("Run your company", "/help/company/?company=aster"),
            ("Ask and approve", "/help/approvals/?company=aster"),
        )
    ),
    *(
        Says(f"/companies/{{slug}}/{at}", what, f"/help/{to}/?company=aster")
        for what, to, pages in (
            ("Run your company", "company", ("people/", "settings/")),
            ("Ask and approve", "approvals", ("credits/requests/", "credits/usage/")),
        )
        for at in pages
    ),
    Says("/companies/{slug}/credits/customers/", "Run your company", "/help/company/?company=delta", slug="delta"),
    *(
        Says("/help/company/?company=aster", what, f"/companies/aster/{to}/")
        for what, to in (
            ("People", "people"),
            ("Company settings", "settings"),
            ("Audit log", "audit-log"),
            ("Views by support", "support-views"),
            ("Statements of account", "credits/statement"),
        )
    ),
    Says("/help/company/", "It gets a mail with a link that works once, for seven days"),
    Says("/help/company/", "Sees the companies that this one looks after, as a viewer there; changes nothing."),
    Says("/help/approvals/?company=aster", "Requests", "/companies/aster/credits/requests/"),
    Says("/help/approvals/", "Nobody decides about their own request."),
    Says("/help/credits/", "Credits are the one unit in which every feature is priced."),
    Says("/help/credits/", "One credit is not enough for one user"),
    Says("/help/conversions/", "Do I have to do something?"),
    Says("/help/conversions/", "rounded up, so that no value is lost"),
    Says("/help/buying/practice/", "From 3 to 1,000,000".lower()),
    Says("/help/buying/practice/", "with the same expiration date"),
    Says("/help/buying/practice/", "To move it to another business later, contact support."),
    Says("/help/trials/", "a trial is not converted"),
    # Features billed by use
    Says(f"{ANNUAL}?state=pay-as-you-go", "Go to app", "/demo/apps/cloud-detections-aws-cloudtrail/", slug="cobalt"),
    Says(f"{ANNUAL}?state=pay-as-you-go", "Use and cost: in its app", slug="cobalt"),
    Says(ANNUAL, "Add an allocation", f"{ANNUAL}add/"),
    Says("/demo/apps/cloud-detections-aws-cloudtrail/", "Here the app would show what was used this month so far", slug="cobalt"),
]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, str]]:
    """The demo, and a purchase waiting for review and one activated; the addresses of what has an id."""
    with django_db_blocker.unblock(), demo_told():
        call_command("sell_practice_offers", verbosity=0)
        owner = User.objects.get(email="owner@aster.example")
        marketplace.cache_clear()
        with in_process():
            waiting, done = found(buy(), owner), found(buy(), owner)
            begin(done, Company.objects.get(slug="aster"))
            carry_on(done.pk)
        marketplace.cache_clear()
        seats = License.objects.filter(company__slug="aster", product__kind="seats", trial=False).order_by("id")[0]
        assert done.subscription is not None
        yield {
            "review": f"/activate/{waiting.pk}/review/?company=aster",
            "done": f"/activate/{done.pk}/status/",
            "license": f"/companies/aster/licenses/{seats.pk}/",
            "subscription": f"{MARKET}subscriptions/{done.subscription.external_id}/",
        }


@pytest.fixture(autouse=True)
def contacts(settings: Any) -> Iterator[None]:
    settings.SUPPORT_CONTACT, settings.SALES_CONTACT = "support@vendor.example", "sales@vendor.example"
    settings.MARKETPLACE_URL = MARKET
    with clock_at(DEMO_DAY):
        yield


def shown_at(client: Client, address: str) -> Element:
    if address.endswith("#review"):
        order = read(client.get(address.removesuffix("#review"))).one("form").values()
        response = client.post(address.removesuffix("#review"), {**order, "name": "Head office", "users": "250"})
    else:
        response = client.get(address)
    assert response.status_code == 200, address
    return read(response).one("main")


@pytest.mark.parametrize("says", SAYS, ids=lambda says: f"{says.at} {says.what[:40]}")
def test_it_stands_there(world: dict[str, str], db: None, says: Says) -> None:
    client = browser_of(User.objects.get(email=f"owner@{says.slug}.example"))
    page = shown_at(client, says.at.format(slug=says.slug, **world))
    if not says.to:
        assert says.what in page.text
        return
    to = says.to.format(slug=says.slug)
    assert to in {each["href"] for each in page.all("a", href="*") if each.text == says.what}
    if not says.beyond:
        assert client.get(to, follow=True).status_code == 200


def test_nobody_but_who_may_allocate_is_offered_to(world: dict[str, str], db: None) -> None:
    """A license administrator who activates reads who can allocate."""
    person = make_user(company=Company.objects.get(slug="aster"), roles=["license-administrator"])
    with in_process():
        activation = found(buy(), person)
        begin(activation, Company.objects.get(slug="aster"))
        carry_on(activation.pk)
    page = shown_at(browser_of(person), f"/activate/{activation.pk}/status/")
    assert "A credit manager or an owner of Aster Foods can now allocate them to features." in page.text
    assert not [each for each in page.all("a") if each.text == "Allocate these credits"]


# --- Help


PAGES = ["", "credits/", "conversions/", "trials/", "buying/practice/", "company/", "approvals/"]
HELP = [f"/help/{each}" for each in PAGES]


@pytest.mark.parametrize("address", HELP)
def test_help_is_open_to_everybody_and_every_link_leads_somewhere(world: dict[str, str], db: None, address: str) -> None:
    client = Client()
    page = shown_at(client, address)
    for each in page.all("a", href="*"):
        parts = urlsplit(each["href"])
        if parts.scheme != "mailto" and parts.path:
            assert client.get(each["href"], follow=True).status_code == 200, each["href"]


@pytest.mark.parametrize(("address", "leads_to"), [("requirements", "requirements"), ("rates", "conversions")])
def test_an_address_without_a_company_leads_to_ones_own(world: dict[str, str], db: None, address: str, leads_to: str) -> None:
    for person, company in [("viewer@aster.example", "aster"), ("owner@delta.example", "aster")]:
        client = browser_of(User.objects.get(email=person))
        assert client.get(f"/help/{address}/")["Location"] == f"/companies/{company}/credits/{leads_to}/"
    client = browser_of(User.objects.get(email="owner@delta.example"))
    assert client.get(f"/help/{address}/?company=borealis")["Location"] == f"/companies/borealis/credits/{leads_to}/"
    assert client.get(f"/help/{address}/?company=cobalt")["Location"] == f"/companies/aster/credits/{leads_to}/"  # not theirs
    assert Client().get(f"/help/{address}/")["Location"] == f"/accounts/login/?next=/help/{address}/"
    nobody = browser_of(make_user()).get(f"/help/{address}/")
    assert "You are not a member of a company yet" in read(nobody).text


def test_help_names_no_company_that_is_not_ones_own(world: dict[str, str], db: None) -> None:
    client = browser_of(User.objects.get(email="viewer@aster.example"))
    page = read(client.get("/help/credits/?company=borealis"))
    assert "Borealis" not in page.text
    assert "Aster Foods" in page.text


def test_only_marketplaces_that_are_switched_on_have_a_page(db: None, settings: Any) -> None:
    assert Client().get("/help/buying/azure/").status_code == 404
    settings.PRACTICE_MARKETPLACE = False
    page = read(Client().get("/help/buying/azure/"))
    assert "Buy credits from Azure Marketplace" in page.text
    assert Client().get("/help/buying/practice/").status_code == 404
    settings.MARKETPLACES = {}
    assert Client().get("/help/buying/azure/").status_code == 404
    assert "Buy credits" not in read(Client().get("/help/")).text


# --- Apps of the features


def test_without_an_address_there_is_no_button_and_the_row_says_where_use_is_seen(world: dict[str, str], db: None) -> None:
    Feature.objects.update(app_url="")
    client = browser_of(User.objects.get(email="owner@cobalt.example"))
    page = shown_at(client, ANNUAL.format(slug="cobalt") + "?state=all")
    assert "Go to app" not in page.text
    metered = [row for row in page.rows("feature") if row.status == "pay-as-you-go"]
    assert metered
    for row in metered:
        assert "Use and cost: in the feature’s own app." in row.element.text
        assert row.element.link("Ask support where") == SUPPORT


def test_the_demos_vendor_has_an_app_for_every_switchable_feature(world: dict[str, str], db: None) -> None:
    client = browser_of(User.objects.get(email="viewer@cobalt.example"))
    switchable = Feature.objects.filter(switchable=True)
    assert {each.app_url for each in switchable} == {f"/demo/apps/{each.slug}/" for each in switchable}
    for each in switchable:
        assert each.name in shown_at(client, each.app_url).text
    assert client.get("/demo/apps/endpoint-sensor/").status_code == 404  # never billed by use
    assert Client().get("/demo/apps/container-nodes/").status_code == 302


def test_where_nothing_is_played_the_reference_catalogue_brings_no_address(db: None, settings: Any) -> None:
    settings.PRACTICE_MARKETPLACE = False
    call_command("load_catalogue", "--reference", verbosity=0)
    assert set(Feature.objects.values_list("app_url", flat=True)) == {""}
    client = browser_of(make_user())
    assert client.get("/demo/apps/container-nodes/").status_code == 404
