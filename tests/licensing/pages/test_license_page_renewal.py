"""What a license's page says of its renewal, and of a suspension: who does something about it, and where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, Subscription
from tests.factories import TODAY, act, make_company, make_license, make_user
from tests.markup import Element, read
from tests.pages import address_of, browser_of, clock_at, license_page, page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def client(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["viewer"]))


def renewal(page: Element) -> str:
    return next(each.one("dd").text for each in page.one("dl").all("div") if each.one("dt").text == "Renewal")


def subscribed(company: Company, **order: Any) -> License:
    """The license of a purchase at a marketplace, with recurring billing on."""
    license = make_license(company=company, channel="azure", renews=True, **order)
    Subscription.objects.create(
        channel="azure",
        external_id="S-1",
        status="subscribed",
        seen_at=datetime(2026, 3, 2, tzinfo=UTC),
        order=license.order,
        claimed_by=company,
    )
    return license


def transferred(license: License, to: Company) -> License:
    return transfer_order(license.order, to=to, **act(reason="Sold"))


def test_whether_it_renews_is_what_was_said_last(client: Client, company: Company) -> None:
    license = subscribed(company)
    assert renewal(license_page(client, license)) == "Renews at its end"
    switch_renewal(license.order, on=False, **act())
    found = license_page(client, license)
    assert renewal(found) == "Does not renew by itself"
    assert "Renewal switched off" in found.one("section", aria_labelledby="statements-title").text


@pytest.mark.parametrize("channel", ["direct", "code"])
def test_what_no_marketplace_renews_is_to_be_renewed_with_us(client: Client, company: Company, channel: str) -> None:
    license = make_license(company=make_company(), channel=channel, renews=True)
    own = make_license(company=company, channel=channel, renews=True)
    for each in (own, transferred(license, company)):
        assert renewal(license_page(client, each)) == "To be renewed with us; nothing renews by itself"


def test_a_purchase_that_is_not_followed_is_to_be_renewed_where_it_was_bought(client: Client, company: Company) -> None:
    license = make_license(company=company, channel="aws", renews=True)
    assert renewal(license_page(client, license)) == "To be renewed where it was bought"


def test_a_transferred_purchase_renews_at_its_end_as_its_marketplace_does(client: Client, company: Company) -> None:
    assert renewal(license_page(client, transferred(subscribed(make_company()), company))) == "Renews at its end"


def test_what_is_renewed_already_and_what_is_cancelled_promise_no_renewal(client: Client, company: Company) -> None:
    license = make_license(company=company, renews=True)
    renew_order(license.order, **act())
    assert renewal(license_page(client, license)) == "Renewed from Mar 2, 2027"
    cancel_order(license.order, **act())
    assert renewal(license_page(client, license)) == "Does not renew: it is cancelled"


def test_a_license_leads_to_its_renewal_and_its_orders_other_licenses(client: Client, company: Company) -> None:
    license = make_license(company=company, units=100)
    (top_up,) = top_up_order(license.order, units=20, **act())
    renewed = renew_order(license.order, **act())
    make_license(company=company)  # of another order
    day = TODAY + timedelta(days=1)
    shown = license_page(client, license, on=day)
    address = f"{address_of('licensing:license', company, renewed.pk)}?on={day}"
    assert shown.link("Renewed from Mar 2, 2027") == address
    siblings = shown.one("section", aria_labelledby="siblings-title")
    links = {each.text: each["href"] for each in siblings.all("a", class_="row-title")}
    assert links == {"Top-up": f"{address_of('licensing:license', company, top_up.pk)}?on={day}", "Renewal": address}
    assert "20 credits 20 Mar 2, 2026 Mar 2, 2027" in siblings.text
    assert not siblings.all(data_figure="*")
    back = license_page(client, renewed).one("section", aria_labelledby="siblings-title")
    assert [each.text for each in back.all("a", class_="row-title")] == ["First term", "Top-up"]
    alone = make_license(company=company)
    assert not license_page(client, alone).all("section", aria_labelledby="siblings-title")


def test_of_many_licenses_a_dozen_stand_there_and_all_are_found(client: Client, company: Company) -> None:
    license = make_license(company=company, external_id="PO 77&")
    for _each in range(14):
        top_up_order(license.order, units=20, **act())
    siblings = license_page(client, license).one("section", aria_labelledby="siblings-title")
    assert len(siblings.all("a", class_="row-title")) == 12
    found = read(client.get(siblings.link("Show all 14 in License Information")))
    assert len(found.rows("license")) == 15


@pytest.mark.parametrize(("channel", "host"), [("azure", "portal.azure.com"), ("aws", "console.aws.amazon.com"), ("direct", "")])
def test_where_a_marketplace_order_is_changed(client: Client, company: Company, settings: Any, channel: str, host: str) -> None:
    license = make_license(company=company, channel=channel)
    links = [each["href"] for each in license_page(client, license).all("a", rel="noreferrer")]
    assert [each.split("/")[2] for each in links] == ([host] if host else [])
    settings.AZURE_ORDERS_URL = settings.AWS_ORDERS_URL = ""
    assert not license_page(client, license).all("a", rel="noreferrer")


def test_a_renewal_that_was_cancelled_counts_as_none_from_that_day_on(client: Client, company: Company) -> None:
    license = make_license(company=company, renews=True)
    renew_order(license.order, **act())
    ends = TODAY.replace(year=TODAY.year + 1)
    cancel_order(license.order, **act(today=ends + timedelta(days=5)))

    def said(on: date) -> tuple[bool, bool]:
        """Whether it says that the license was renewed: the license's own page, and the list."""
        row = page(client, "licensing:license-information", company, on=str(on)).by_id("licenses").text
        return renewal(license_page(client, license, on=str(on))).startswith("Renewed"), "renewed on" in row

    assert said(ends + timedelta(days=4)) == (True, True)
    assert said(ends + timedelta(days=5)) == (False, False)


# --- Suspended

PAY_THERE = "The marketplace has suspended this subscription, usually because a payment failed. Settle that there"


def test_a_suspended_marketplace_license_says_since_when_why_and_what_to_do_before_anything_else(
    client: Client, company: Company
) -> None:
    for license in (subscribed(company), transferred(make_license(channel="aws", renews=True), company)):
        suspend_order(license.order, **act(today=TODAY + timedelta(days=5)))
        with clock_at(TODAY + timedelta(days=9)):
            found = license_page(client, license)
        alert = found.by_id("suspended")
        assert "Suspended since Mar 7, 2026. Its 1,000 credits do not count until it is reinstated." in alert.text
        assert PAY_THERE in alert.text
        text = found.by_id("content").text
        assert text.index(PAY_THERE) < text.index("356 days left")
    assert renewal(license_page(client, License.objects.get(order__channel="azure"), on="2026-03-11")).endswith(
        "once it is reinstated"
    )


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (5, "Suspended since Mar 7, 2026. Its 1,000 credits will not count unless it is reinstated before."),
        (12, "On Mar 11, 2026 it was suspended, since Mar 7, 2026. Its 1,000 credits did not count."),
    ],
)
def test_on_another_day_a_suspension_is_told_in_the_tense_of_that_day(
    client: Client, company: Company, today: int, said: str
) -> None:
    license = subscribed(company)
    suspend_order(license.order, **act(today=TODAY + timedelta(days=5)))
    with clock_at(TODAY + timedelta(days=today)):
        alert = license_page(client, license, on=TODAY + timedelta(days=9)).by_id("suspended").text
    assert said in alert
    assert PAY_THERE not in alert  # nobody settles a payment of another day


def test_a_license_suspended_by_us_leads_to_us(client: Client, company: Company, settings: Any) -> None:
    settings.SUPPORT_CONTACT = "support@vendor.example"
    license = make_license(company=company, trial=True)
    suspend_order(license.order, **act())
    alert = license_page(client, license).by_id("suspended")
    assert alert.text.startswith("Suspended since Mar 2, 2026. Ask us why")
    assert alert.link("Contact support") == "mailto:support@vendor.example"


def test_a_license_that_is_not_suspended_on_the_day_has_no_alert(client: Client, company: Company) -> None:
    license = make_license(company=company)
    suspend_order(license.order, **act(today=TODAY + timedelta(days=5)))
    reinstate_order(license.order, **act(today=TODAY + timedelta(days=9)))
    for day in (0, 9, 500):
        assert not license_page(client, license, on=TODAY + timedelta(days=day)).has_id("suspended")


def test_where_it_was_bought_costs_one_statement_however_often_it_was_transferred(client: Client, company: Company) -> None:
    license = transferred(subscribed(make_company()), company)
    costs = []
    for _each in range(2):
        with CaptureQueriesContext(connection) as queries:
            page(client, "licensing:license", company, license.pk)
        costs.append(len(queries))
        license = transferred(transferred(license, make_company()), company)
    assert costs[0] == costs[1] == 8
