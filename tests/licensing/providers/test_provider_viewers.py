"""A provider viewer sees the customers of their company: one level down, read-only, on the record, until somebody ends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.company_in_hand import NotInHand, for_company, for_customers_of, in_hand_now
from console.database_roles import row_security
from console.errors import Conflict, NotAllowed, Refused
from console.models import Act, Actor, Export
from console.people.second_factor.of_the_demo import give_demo_factor
from credits.acts.set_allocation import set_allocation
from credits.models import AllocationEntry, AllocationStatement, CreditRequirement
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.company_settings.second_factor import require_second_factor
from licensing.acts.providers.close_to_provider import close_to_provider
from licensing.acts.providers.set_provider_viewer import set_provider_viewer
from licensing.models import Company, Membership, NoticeDelivery, ProviderLook
from licensing.providers.who_looks import viewers_of_provider
from tests.addresses_of_companies import ADDRESSES, EVERYONE, make_world
from tests.factories import SYSTEM, TODAY, make_company, make_license, make_user, new_key
from tests.markup import read
from tests.pages import HTMX, address_of, browser_of, clock_at, read_with_status
from tests.providers import Provided, make_customer, make_provided

pytestmark = pytest.mark.django_db
PAGE = "licensing:license-information"


@pytest.fixture(autouse=True)
def clock(settings: Any) -> Iterator[None]:
    settings.SUPPORT_CONTACT, settings.SALES_CONTACT = "support@vendor.example", "sales@vendor.example"
    with clock_at(TODAY):
        yield


@pytest.fixture
def made() -> Provided:
    return make_provided()


def by(person: Any) -> dict[str, Any]:
    return {"by": Actor.person(person), "key": new_key()}


def status(client: Client, company: Company, name: str = PAGE) -> int:
    return client.get(address_of(name, company)).status_code


def test_a_provider_viewer_sees_what_a_viewer_of_the_customer_sees_and_nothing_more() -> None:
    world = make_world()
    provider = make_company()
    Company.objects.filter(pk=world.company.pk).update(parent=provider)
    client = browser_of(make_user(company=provider, roles=["provider-viewer"]))
    for name, row in ADDRESSES.items():
        if row.see:
            wanted = (302 if row.forwards else 200) if "viewer" in row.see else 403
            response = client.get(world.address(name))
            assert (name, response.status_code) == (name, wanted)
        if row.change:
            before = Act.objects.count()
            for headers in ({}, HTMX):
                response = client.post(world.address(name), world.form[name], headers=headers)
                assert (name, response.status_code) == (name, 403)
            assert Act.objects.count() == before
    assert {"viewer"} < set(EVERYONE)


def test_no_page_of_a_customer_offers_who_looks_what_only_answers_403(settings: Any) -> None:
    settings.MARKETPLACE_URL = ""
    world = make_world()
    provider = make_company()
    Company.objects.filter(pk=world.company.pk).update(parent=provider)
    client, slug = browser_of(make_user(company=provider, roles=["provider-viewer"])), world.company.slug
    leads_to: dict[str, str] = {}
    for name, row in ADDRESSES.items():
        if "viewer" not in row.see or row.forwards:
            continue
        answer = client.get(world.address(name))
        if "text/html" not in answer["Content-Type"]:
            continue
        shown = read(answer)
        forms, parts = shown.all("form", method="post"), shown.all(hx_post="*")
        sent = [*(each["action"] for each in forms), *(each["hx-post"] for each in parts)]
        assert [each for each in sent if f"/{slug}/" in each] == [], name
        links = [each["href"].partition("#")[0] for each in shown.all("a", href="*") if f"/{slug}/" in each["href"]]
        leads_to |= {each: name for each in links if "format=" not in each}  # tables leave, as other tests see
    assert leads_to
    for address, name in leads_to.items():
        assert (name, address, client.get(address).status_code) in {(name, address, 200), (name, address, 302)}


def test_who_only_looks_asks_for_nothing_there_and_is_led_back_to_all_customers(made: Provided) -> None:
    client, back = browser_of(made.viewer), address_of("credits:customers", made.provider)
    feature = CreditRequirement.objects.get().feature
    panel = read(client.get(address_of("credits:allocation", made.customer, feature.slug), headers=HTMX))
    assert "You look at Quay Foods as a provider viewer of Harbor Services" in panel.text
    assert panel.link("All customers") == back
    assert not panel.all("input", type="text")
    roles = read(client.get(address_of("licensing:roles", made.customer)))
    assert "You are no member of Quay Foods" in roles.one("main").text
    assert roles.one("main").all("a", href=back)
    refused = read_with_status(client.get(address_of("licensing:people", made.customer)), 403)
    assert "Whoever is to act here needs a role in Quay Foods, which its owners give." in refused.text
    assert refused.link("All customers") == back
    report = read(client.get(address_of("licensing:report-figure", made.customer)))
    assert "Copy these facts" in report.text
    sales = read(client.get(address_of("credits:ask-sales", made.customer))).text
    assert "You look for Harbor Services, so nothing is sent from here." in sales


def test_a_customer_without_anything_offers_its_first_steps_to_nobody_who_looks(made: Provided) -> None:
    empty = make_customer(made.provider)
    summary = read(browser_of(made.viewer).get(address_of("credits:annual-credits", empty))).by_id("summary")
    assert "Activate a purchase" in summary.text
    assert not [each for each in summary.all("a") if each.get("class") != "explains"]


def test_siblings_grandchildren_and_the_provider_itself_stay_closed(made: Provided) -> None:
    sibling_viewer = make_user(company=make_customer(made.provider), roles=["viewer", "provider-viewer", "owner"])
    grandchild = make_customer(made.customer)
    assert status(browser_of(sibling_viewer), made.customer) == 404
    assert status(browser_of(sibling_viewer), made.provider) == 404
    assert status(browser_of(made.viewer), grandchild) == 404
    of_the_customer = make_user(company=made.customer, roles=["provider-viewer"])
    assert status(browser_of(of_the_customer), grandchild) == 200
    assert status(browser_of(made.owner), made.customer) == 404  # the provider's owner is none by that alone


def test_whoever_may_look_no_longer_is_a_stranger_from_the_next_request(made: Provided) -> None:
    client = browser_of(made.viewer)
    assert status(client, made.customer) == 200
    set_provider_viewer(made.provider, user=made.viewer, looks=False, **by(made.owner))
    assert status(client, made.customer) == 404
    set_provider_viewer(made.provider, user=made.viewer, looks=True, **by(made.owner))
    assert status(client, made.customer) == 200
    set_roles(made.provider, user=made.viewer, roles=[], by=SYSTEM, key=new_key())
    assert status(client, made.customer) == 404


def test_a_customer_that_closes_itself_is_seen_by_nobody_of_the_provider_until_it_opens_again(made: Provided) -> None:
    client, second = browser_of(made.viewer), browser_of(make_user(company=made.provider, roles=["provider-viewer"]))
    owner = browser_of(made.owner_of_customer)
    page = address_of("licensing:provider-access", made.customer)
    sent = read(owner.get(page)).one("form", action=page).values() | {"closed": "1"}
    assert owner.post(page, sent).status_code == 302
    assert [status(each, made.customer) for each in (client, second)] == [404, 404]
    assert owner.post(page, sent).status_code == 302  # sent twice
    assert Act.objects.filter(name="company.provider-access").count() == 1
    assert "you have closed it" in read(owner.get(page)).text
    close_to_provider(made.customer, provider=made.provider, closed=False, **by(made.owner_of_customer))
    assert [status(each, made.customer) for each in (client, second)] == [200, 200]


def test_a_role_in_the_customer_itself_outlasts_the_closing(made: Provided) -> None:
    set_roles(made.customer, user=made.viewer, roles=["credit-manager"], by=SYSTEM, key=new_key())
    close_to_provider(made.customer, provider=made.provider, closed=True, **by(made.owner_of_customer))
    assert status(browser_of(made.viewer), made.customer) == 200
    assert not ProviderLook.objects.exists()  # they looked as a member


def test_a_factor_that_the_provider_requires_is_asked_for_on_the_pages_of_its_customers(made: Provided) -> None:
    require_second_factor(made.provider, on=TODAY, today=TODAY, by=SYSTEM, key=new_key())
    client = browser_of(made.viewer)
    for address in (address_of(PAGE, made.customer), address_of(PAGE, made.customer, format="csv")):
        assert client.get(address)["Location"].startswith("/accounts/2fa/")
    assert not ProviderLook.objects.exists()
    give_demo_factor(made.viewer)
    assert client.get(address_of(PAGE, made.customer)).status_code == 200


def test_a_former_provider_sees_nothing(made: Provided) -> None:
    client, other = browser_of(made.viewer), make_company()
    Company.objects.filter(pk=made.customer.pk).update(parent=other)
    assert status(client, made.customer) == 404
    with pytest.raises(Conflict):
        close_to_provider(made.customer, provider=made.provider, closed=True, **by(made.owner_of_customer))


def test_acts_are_refused_to_a_provider_viewer_wherever_they_come_from(made: Provided) -> None:
    line = CreditRequirement.objects.get()
    latest = AllocationStatement.objects.latest("id").pk
    with pytest.raises(NotAllowed):
        set_allocation(made.customer, feature=line.feature, units={line.pk: 70}, today=TODAY, seen=latest, **by(made.viewer))
    for person in (made.viewer, made.owner):
        with pytest.raises(NotAllowed):
            close_to_provider(made.customer, provider=made.provider, closed=True, **by(person))
    with pytest.raises(NotAllowed):
        set_provider_viewer(made.provider, user=made.viewer, looks=True, **by(made.viewer))
    address = address_of("credits:allocation", made.customer, line.feature.slug)
    response = browser_of(made.viewer).post(address, {f"units_{line.pk}": "70"})
    assert response.status_code == 403
    assert (
        "as a provider viewer of Harbor Services"
        in read(
            browser_of(made.viewer).post(address_of("licensing:report-figure", made.customer), {"words": "x", "key": new_key()})
        ).text
    )


def test_a_view_that_writes_while_somebody_looks_is_refused_by_the_database(
    made: Provided, monkeypatch: pytest.MonkeyPatch
) -> None:
    def writes(*args: Any, **kwargs: Any) -> Any:
        return make_license(company=made.customer)

    monkeypatch.setattr("licensing.pages.license_information.view.day_known_asked_for", writes)
    assert status(browser_of(made.viewer), made.customer) == 403


def test_the_customer_reads_who_looked_at_which_page_on_behalf_of_whom(made: Provided) -> None:
    client = browser_of(made.viewer)
    client.get(address_of(PAGE, made.customer, q="abc"))
    client.get(address_of("credits:allocations", made.customer, format="csv"))
    looks = list(ProviderLook.objects.for_company(made.customer).order_by("id"))
    assert [(each.person, each.provider, each.name) for each in looks] == [
        (made.viewer, made.provider, "License Information"),
        (made.viewer, made.provider, "Allocations in detail"),
    ]
    assert "q=abc" in looks[0].address
    assert Export.objects.get().company_id == made.customer.pk
    owner = browser_of(made.owner_of_customer)
    page = read(owner.get(address_of("licensing:provider-access", made.customer))).text
    for said in (str(made.viewer), "for Harbor Services", "License Information"):
        assert said in page
    assert str(made.owner) not in page  # no provider viewer


def test_the_owner_of_the_provider_gives_the_role_to_its_own_people_alone(made: Provided) -> None:
    client, page = browser_of(made.owner), address_of("licensing:provider-viewers", made.provider)
    new = make_user(company=made.provider, roles=["credit-manager"])
    assert client.post(page, {"user": new.pk, "looks": "1", "key": new_key()}).status_code == 302
    assert Membership.objects.get(user=new, company=made.provider).roles == ["provider-viewer", "credit-manager"]
    assert status(browser_of(new), made.customer) == 200
    for stranger in (make_user(), made.owner_of_customer):
        client.post(page, {"user": stranger.pk, "looks": "1", "key": new_key()})
        assert not Membership.objects.filter(user=stranger, company=made.provider).exists()
    with pytest.raises(Refused, match="looks after no other company"):
        set_provider_viewer(made.customer, user=made.owner_of_customer, looks=True, by=SYSTEM, key=new_key())


def test_a_member_keeps_another_role_when_looking_is_taken_away(made: Provided) -> None:
    only = make_user(company=made.provider, roles=["provider-viewer"])
    with pytest.raises(Refused, match="no other role"):
        set_provider_viewer(made.provider, user=only, looks=False, **by(made.owner))


def test_in_hand_one_goes_from_a_provider_to_its_own_customers_alone(made: Provided) -> None:
    with for_company(made.customer), pytest.raises(NotInHand), for_customers_of(made.provider):
        pass
    with for_company(made.provider), for_customers_of(made.provider), pytest.raises(NotInHand), for_company(made.customer):
        pass
    with for_customers_of(made.provider), pytest.raises(NotInHand), for_customers_of(made.customer):
        pass


def test_the_database_shows_a_provider_the_figures_of_open_customers_alone(
    made: Provided, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By row-level security: of a stranger's, a grandchild's and a closed customer's rows there are none."""
    other = make_license(company=make_customer(make_company())).company
    grandchild = make_license(company=make_customer(made.customer)).company
    assert {other.pk, grandchild.pk}
    monkeypatch.setattr(row_security, "in_hand_for", lambda sql: in_hand_now())
    monkeypatch.setattr(connections["default"], "execute_wrappers", [row_security.tell])
    with for_customers_of(made.provider):
        assert _companies("licensing_licenseentry") == {made.customer.pk}
        assert _companies("credits_allocationentry") == {made.customer.pk}
        for table in ("licensing_license", "licensing_membership", "credits_allocationstatement"):
            assert _companies(table) == set(), table
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            NoticeDelivery.objects.create(
                company=made.customer, user=made.viewer, notice_id=1, channel="mail", created_at=timezone.now()
            )
    with for_company(made.customer):
        assert _companies("licensing_membership") == {made.customer.pk, made.provider.pk}
        assert [each.id for each in viewers_of_provider(made.customer)] == [made.viewer.pk]
    Company.objects.filter(pk=made.customer.pk).update(closed_to_provider=True)
    with for_customers_of(made.provider):
        assert _companies("licensing_licenseentry") == set()


def _companies(table: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT company_id FROM {table}")
        return {pk for (pk,) in cursor.fetchall()}


def test_the_address_of_the_page_is_offered_to_those_concerned(made: Provided) -> None:
    def entries(person: Any) -> str:
        return read(browser_of(person).get(address_of(PAGE, made.provider))).by_id("sidebar").text

    assert "Customers" in entries(made.viewer)
    assert "Customers" in entries(made.owner)
    assert "Customers" not in entries(make_user(company=made.provider, roles=["viewer"]))
    assert (
        reverse("credits:customers", args=[made.provider.slug])
        in browser_of(made.viewer).get(address_of(PAGE, made.customer)).content.decode()
    )
    assert AllocationEntry.objects.exists()


def test_where_customers_are_looked_at_who_may_not_is_told_who_lets_them_and_an_owner_is_led_there(made: Provided) -> None:
    customers = address_of("credits:customers", made.provider)
    member, owner = (browser_of(make_user(company=made.provider, roles=[role])) for role in ("viewer", "owner"))
    told = read_with_status(member.get(customers), 403)
    assert "An owner of your company lets you look, under Customers." in told.text
    asks = address_of("licensing:roles", made.provider, role="provider-viewer")
    assert told.link("Ask an owner for a role") == asks
    assert read(member.get(asks)).one("input", name="role", checked="*")["value"] == "provider-viewer"
    led = read_with_status(owner.get(customers), 403)
    assert led.link("Who may look at your customers") == address_of("licensing:provider-viewers", made.provider)


def test_roles_of_somebody_who_is_a_provider_viewer_alone_are_saved_as_they_are(made: Provided) -> None:
    owner, person = browser_of(made.owner), make_user(company=made.provider, roles=["provider-viewer"])
    member = address_of("licensing:member", made.provider, person.pk)
    shown = read(owner.get(member))
    assert "They are Provider viewer as well" in shown.text
    assert shown.link("Who may look at your customers") == address_of("licensing:provider-viewers", made.provider)
    assert owner.post(member, {"key": new_key()}).status_code == 302
    assert Membership.objects.get(company=made.provider, user=person).roles == ["provider-viewer"]
    own = read(browser_of(person).get(address_of("licensing:roles", made.provider)))
    assert "Sees the companies that this one looks after" in own.text


def test_a_company_without_customers_hears_nothing_of_provider_viewers() -> None:
    company = make_company()
    owner, person = make_user(company=company, roles=["owner"]), make_user(company=company, roles=["viewer"])
    member = address_of("licensing:member", company, person.pk)
    assert "Who may look" not in read(browser_of(owner).get(member)).text
    assert "Provider viewer" not in read(browser_of(person).get(address_of("licensing:roles", company))).text
    refused = read_with_status(browser_of(person).get(address_of("credits:customers", company)), 403)
    assert not refused.all("a", href=address_of("licensing:roles", company, role="provider-viewer"))
    assert "Choose at least one role." in read_with_status(browser_of(owner).post(member, {"key": new_key()}), 422).text
