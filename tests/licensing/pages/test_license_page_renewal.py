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
from licensing.models import Company, License, Subscription
from tests.factories import TODAY, act, make_company, make_license, make_user
from tests.markup import Element
from tests.pages import browser_of, clock_at, license_page, page

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
    assert renewal(license_page(client, license)) == "Renewed from Mar 2, 2027 on"
    cancel_order(license.order, **act())
    assert renewal(license_page(client, license)) == "Does not renew: it is cancelled"


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
        found = license_page(client, license, on=TODAY + timedelta(days=9))
        alert = found.by_id("suspended")
        assert "Suspended since Mar 7, 2026. Its 1,000 credits do not count until it is reinstated." in alert.text
        assert PAY_THERE in alert.text
        text = found.by_id("content").text
        assert text.index(PAY_THERE) < text.index("356 days left")
    assert renewal(license_page(client, License.objects.get(order__channel="azure"), on="2026-03-11")).endswith(
        "once it is reinstated"
    )


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
