"""Support's acts on orders, licenses, companies and memberships, sent through their forms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from console.models import Act, User
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.units.top_up import top_up_order
from licensing.admin.order_forms import ORDER_ACTS
from licensing.errors import in_words
from licensing.models import Company, CompanyTimeZone, License, LicenseEntry, LicenseStatement, Membership, Order, Subscription
from tests.factories import SYSTEM, make_company, make_license, make_order, make_product, make_user, new_key
from tests.pressing_twice import Confirming

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return Confirming()


def page_of(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def act_on(row: Model, act: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_act", args=[row.pk, act])


@pytest.fixture
def support(client: Client) -> User:
    person = make_user(email="support@vendor.example", name="Sam Support", is_staff=True, is_superuser=True)
    client.force_login(person)
    return person


@pytest.fixture
def desk(client: Client, support: User) -> Client:
    return client


@pytest.fixture
def company() -> Company:
    return make_company(name="Aster Foods", slug="aster")


def today_of(company: Company) -> date:
    return company.day_of(timezone.now())


@pytest.fixture
def license(company: Company) -> License:
    """1,000 units from today for twelve months."""
    return make_license(company=company, today=today_of(company), units=1_000)


def shown(client: Client, url: str) -> dict[str, str]:
    """The hidden fields of a form as it is shown."""
    response = client.get(url)
    assert response.status_code == 200
    form = response.context["form"]
    reason = {"reason_kind": "contract"} if "reason_kind" in form.fields and form.fields["reason_kind"].required else {}
    return {"key": str(form["key"].value()), "seen": form["seen"].value(), **reason}


def send(client: Client, url: str, /, **typed: Any) -> Any:
    return client.post(url, {**shown(client, url), **typed})


def goes_to(response: Any) -> str:
    """Where a redirect leads."""
    assert response.status_code == 302
    return response.url


def messages_of(response: Any) -> dict[str, list[str]]:
    return {name: list(each) for name, each in response.context["form"].errors.items()}


def valid_credits(company: Company) -> int:
    """Valid credits today."""
    return sum(LicenseEntry.objects.for_company(company).up_to(today_of(company)).values_list("change", flat=True))


def written() -> tuple[int, ...]:
    return tuple(model._default_manager.count() for model in (Act, Order, License, LicenseStatement, LicenseEntry))


# --- Issue and activate


def test_an_order_is_issued_by_the_act(desk: Client, support: User):
    product = make_product()
    url = reverse("admin:licensing_order_add")
    typed = {"channel": "direct", "external_id": "PO-77", "product": product.pk, "units": "500", "term_months": "12"}
    response = send(desk, url, **typed)
    order = Order.objects.get(external_id="PO-77")
    assert response.status_code == 302
    assert response.url == reverse("desk:order", args=[order.pk])
    assert (order.act.name, order.act.actor) == ("order.issue", support)


def test_an_order_sent_twice_is_issued_once(desk: Client):
    url = reverse("admin:licensing_order_add")
    typed = {"channel": "direct", "external_id": "PO-77", "product": make_product().pk, "units": "500", "term_months": "12"}
    form = {**shown(desk, url), **typed}
    first, second = desk.post(url, form), desk.post(url, form)
    assert goes_to(first) == goes_to(second)
    assert Order.objects.filter(external_id="PO-77").count() == 1


def test_a_known_order_is_refused_beside_its_reference(desk: Client):
    make_order(external_id="PO-1")
    typed = {"channel": "direct", "external_id": "PO-1", "product": make_product().pk, "units": "5", "term_months": "12"}
    response = send(desk, reverse("admin:licensing_order_add"), **typed)
    assert response.status_code == 409
    assert messages_of(response) == {"external_id": ["Order PO-1 is recorded already."]}


def test_an_order_is_activated_for_the_company_named(desk: Client, company: Company):
    order = make_order(reserved_for=company)
    assert 'value="aster"' in desk.get(act_on(order, "activate")).content.decode()
    response = send(desk, act_on(order, "activate"), to="aster")
    license = License.objects.get(order=order)
    assert response.url == reverse("desk:order", args=[order.pk])
    assert license.company == company


def test_an_activation_sent_twice_shows_the_same_license(desk: Client, company: Company):
    order = make_order()
    form = {**shown(desk, act_on(order, "activate")), "to": "aster"}
    first, second = desk.post(act_on(order, "activate"), form), desk.post(act_on(order, "activate"), form)
    assert first.status_code == second.status_code == 302
    assert goes_to(first) == goes_to(second)
    assert License.objects.count() == 1


def test_an_order_is_never_activated_for_a_second_company(desk: Client, license: License):
    make_company(slug="borealis")
    response = send(desk, act_on(license.order, "activate"), to="borealis")
    assert response.status_code == 409
    assert "was activated by another company" in messages_of(response)["to"][0]


def test_an_order_reserved_for_another_company_is_refused(desk: Client, company: Company):
    order = make_order(reserved_for=make_company())
    response = send(desk, act_on(order, "activate"), to="aster")
    assert response.status_code == 403
    assert not License.objects.exists()


@pytest.mark.parametrize("typed", ["", "nobody", "aster\0"])
def test_a_company_that_does_not_exist_is_refused_beside_the_field(typed: str, desk: Client, company: Company):
    response = send(desk, act_on(make_order(), "activate"), to=typed)
    assert response.status_code == 422
    assert list(messages_of(response)) == ["to"]


# --- Every act on an order

CHANGES: dict[str, tuple[dict[str, Any], Callable[[License], int]]] = {
    "top-up": ({"units": "250"}, lambda license: 1_250),
    "reduce": ({"units": "800"}, lambda license: 800),
    "set-units": ({"units": "1100"}, lambda license: 1_100),
    "suspend": ({}, lambda license: 0),
    "cancel": ({"confirm": "on"}, lambda license: 0),
    "renew": ({"term_months": "12"}, lambda license: 1_000),
    "switch-renewal": ({"renews": "off"}, lambda license: 1_000),
}


@pytest.mark.parametrize("act", CHANGES)
def test_an_act_on_an_order_changes_the_credits_and_is_journaled(
    act: str, desk: Client, support: User, license: License, company: Company
):
    typed, credits = CHANGES[act]
    response = send(desk, act_on(license.order, act), **typed, reason_kind="customer-asked", reason="As agreed on the phone")
    assert response.status_code == 302
    assert valid_credits(company) == credits(license)
    journaled = Act.objects.order_by("recorded_at").last()
    assert journaled is not None
    assert (journaled.actor, journaled.reason) == (support, "As agreed on the phone")


@pytest.mark.parametrize("act", CHANGES)
def test_a_form_sent_twice_writes_once_and_shows_the_same(act: str, desk: Client, license: License):
    url = act_on(license.order, act)
    form = {**shown(desk, url), **CHANGES[act][0]}
    first = desk.post(url, form)
    once = written()
    second = desk.post(url, form)
    assert first.status_code == second.status_code == 302
    assert goes_to(first) == goes_to(second)
    assert written() == once


@pytest.mark.parametrize("act", [*CHANGES, "reinstate", "change-plan", "undo-cancellation", "transfer"])
def test_a_form_older_than_another_change_is_refused_and_keeps_the_typing(
    act: str, desk: Client, license: License, company: Company
):
    make_company(slug="borealis")
    typed = {
        "units": "321",
        "confirm": "on",
        "renews": "off",
        "reason_kind": "customer-asked",
        "reason": "why",
        "to": "borealis",
        "product": make_product().pk,
        "on": "",
    }
    url = act_on(license.order, act)
    old = {**shown(desk, url), **typed}
    top_up_order(license.order, units=7, today=today_of(company), by=SYSTEM, key=new_key())
    before = written()
    response = desk.post(url, old)
    assert response.status_code == 409
    assert written() == before
    page = response.content.decode()
    assert "Somebody changed this after you opened the form" in page
    assert ">7<" in page  # what holds now, beside what was typed
    assert "why" in page
    # Sent again, with what is shown now, it is judged anew.
    form = response.context["form"]
    again = desk.post(url, {**typed, "key": form["key"].value(), "seen": form["seen"].value()})
    assert again.status_code != 409


def test_suspend_and_reinstate(desk: Client, license: License, company: Company):
    send(desk, act_on(license.order, "suspend"))
    assert valid_credits(company) == 0
    send(desk, act_on(license.order, "reinstate"))
    assert valid_credits(company) == 1_000


def test_a_cancellation_needs_its_tick_and_its_undo_a_reason(desk: Client, license: License, company: Company):
    assert messages_of(send(desk, act_on(license.order, "cancel"))).keys() == {"confirm"}
    send(desk, act_on(license.order, "cancel"), confirm="on")
    assert valid_credits(company) == 0
    assert messages_of(send(desk, act_on(license.order, "undo-cancellation"), reason_kind="")).keys() == {"reason_kind"}
    send(desk, act_on(license.order, "undo-cancellation"), reason_kind="customer-asked", reason="Wrong order")
    assert valid_credits(company) == 1_000


def test_change_of_plan(desk: Client, license: License, company: Company):
    other = make_product(rate=2, name="Essential credits")
    response = send(desk, act_on(license.order, "change-plan"), product=other.pk)
    assert License.objects.filter(kind="plan-change").exists()
    assert response.url == reverse("desk:order", args=[license.order_id])
    assert valid_credits(company) == 2_000


def test_a_transfer_needs_a_reason_and_a_tick_and_moves_the_order_once(desk: Client, license: License, company: Company):
    other = make_company(slug="borealis")
    url = act_on(license.order, "transfer")
    assert messages_of(send(desk, url, to="borealis", reason_kind="")).keys() == {"reason_kind", "confirm"}
    form = {
        **shown(desk, url),
        "to": "borealis",
        "reason_kind": "customer-asked",
        "reason": "The business was sold",
        "confirm": "on",
    }
    first = desk.post(url, form)
    assert first.status_code == 302
    assert (valid_credits(company), valid_credits(other)) == (0, 1_000)
    once = written()
    second = desk.post(url, form)
    assert goes_to(second) == goes_to(first)
    assert written() == once


# --- Wrong input


NO_UNITS = ["", "1.5", "-5", "0", "lots", "1000000000000000000", "9" * 400, "1e18", "\0"]


@pytest.mark.parametrize("act", ["top-up", "set-units", "reduce"])
def test_units_that_are_no_whole_number_in_range_are_refused_beside_the_field(act: str, desk: Client, license: License):
    before, url = written(), act_on(license.order, act)
    form = shown(desk, url)
    for units in NO_UNITS:
        response = desk.post(url, {**form, "units": units})
        assert response.status_code == 422, units
        assert list(messages_of(response)) == ["units"]
    assert written() == before


@pytest.mark.parametrize(("act", "field"), [("suspend", "on"), ("renew", "starts_on"), ("renew", "last_day")])
def test_a_day_that_does_not_exist_is_refused_beside_the_field(act: str, field: str, desk: Client, license: License):
    before, url = written(), act_on(license.order, act)
    form = shown(desk, url)
    for day in ["2026-02-30", "soon", "9999-12-31", "0001-01-01", "31/12/2026 00:00"]:
        response = desk.post(url, {**form, field: day})
        assert response.status_code == 422, day
        assert list(messages_of(response)) == [field]
    assert written() == before


def test_an_outside_event_is_never_stated_for_tomorrow(desk: Client, license: License, company: Company):
    response = send(desk, act_on(license.order, "suspend"), on=str(today_of(company) + timedelta(1)))
    assert response.status_code == 422
    assert messages_of(response) == {"on": ["Choose today or an earlier day."]}


def test_a_day_in_the_past_needs_a_reason(desk: Client, company: Company):
    today = today_of(company)
    license = make_license(company=company, today=today - timedelta(10))
    url, day = act_on(license.order, "suspend"), str(today - timedelta(2))
    assert list(messages_of(send(desk, url, on=day, reason_kind=""))) == ["reason_kind"]
    assert send(desk, url, on=day, reason_kind="customer-asked", reason="Told late").status_code == 302
    assert LicenseStatement.objects.get(kind="suspended").effective_on == today - timedelta(2)


def test_a_term_of_a_thousand_years_is_refused(desk: Client, license: License):
    response = send(desk, act_on(license.order, "renew"), term_months="12000")
    assert list(messages_of(response)) == ["term_months"]


def test_a_form_without_its_key_is_refused(desk: Client, license: License):
    for key in ("", "x", "' OR 1=1"):
        response = desk.post(act_on(license.order, "suspend"), {"key": key})
        assert response.status_code == 422
        assert "Reload the page" in response.content.decode()
    assert LicenseStatement.objects.count() == 1


def test_a_key_of_another_change_is_refused(desk: Client, license: License):
    form = shown(desk, act_on(license.order, "suspend"))
    desk.post(act_on(license.order, "suspend"), form)
    response = desk.post(act_on(license.order, "top-up"), {**form, "units": "5"})
    assert response.status_code == 409
    assert License.objects.count() == 1


def test_an_order_that_nobody_activated_is_only_activated(desk: Client):
    order = make_order()
    page = desk.get(page_of(order)).content.decode()
    assert "Activate for a company" in page
    assert "Suspend" not in page
    for act, form in ORDER_ACTS.items():
        if act != "activate":
            typed = {"units": "5", "confirm": "on", "reason_kind": "test", "renews": "on", "product": order.product_id}
            assert desk.get(act_on(order, act)).status_code == 200, form
            if act != "transfer":
                response = desk.post(act_on(order, act), {**typed, "key": str(uuid4()), "seen": "None:None"})
                assert response.status_code == 422, act
    assert not License.objects.exists()


# --- Correct a license


def test_a_correction_needs_a_reason_and_is_a_further_statement(desk: Client, license: License, company: Company):
    url = act_on(license, "correct")
    assert messages_of(send(desk, url, units="900", reason_kind="")).keys() == {"reason_kind"}
    assert send(desk, url, units="900", reason_kind="customer-asked", reason="Typed wrongly").status_code == 302
    assert valid_credits(company) == 900
    assert list(LicenseStatement.objects.order_by("id").values_list("kind", flat=True)) == ["issued", "corrected"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({}, "units"),
        ({"on": "2026-01-01"}, "units"),
        ({"starts_on": "2030-01-01", "last_day": "2029-01-01"}, "last_day"),
        ({"units": "1.5"}, "units"),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused_beside_the_field(
    typed: dict[str, str], field: str, desk: Client, license: License
):
    response = send(desk, act_on(license, "correct"), **typed, reason_kind="customer-asked", reason="x")
    assert response.status_code == 422
    assert list(messages_of(response)) == [field]


@pytest.mark.parametrize(
    ("state", "offered"), [("valid", {"correct", "extend"}), ("expired", {"correct", "extend"}), ("cancelled", {"correct"})]
)
def test_a_license_is_offered_only_what_would_change_something(state: str, offered: set[str], desk: Client, company: Company):
    today = today_of(company)
    license = make_license(company=company, today=today - timedelta(800 if state == "expired" else 9))
    if state == "cancelled":
        cancel_order(license.order, today=today, by=SYSTEM, key=new_key())
    shown_on = desk.get(reverse("desk:order", args=[license.order_id])).content.decode()
    assert {each for each in ("correct", "extend") if act_on(license, each) in shown_on} == offered


@pytest.mark.parametrize("act", ["correct", "extend"])
def test_the_last_valid_day_is_typed_and_read_everywhere(act: str, desk: Client, license: License, company: Company):
    last = today_of(company) + timedelta(500)
    assert send(desk, act_on(license, act), last_day=str(last), reason_kind="contract").status_code == 302
    facts = LicenseStatement.objects.for_company(company).facts_by_license([license])[license.pk]
    assert facts.last_day == last
    page = desk.get(reverse("desk:order", args=[license.order_id])).context
    said = f"up to and including {in_words(last)}"
    assert said in page["state"]
    assert said in page["sentences"][0].text


def test_an_end_is_corrected_for_the_whole_term(desk: Client, license: License, company: Company):
    today, url = today_of(company), act_on(license, "correct")
    top_up_order(license.order, units=7, today=today, by=SYSTEM, key=new_key())
    page = desk.get(url).content.decode()
    assert "For every license of the term" in page
    assert (
        send(desk, url, last_day=str(today + timedelta(8)), reason_kind="customer-asked", reason="Typed wrongly").status_code
        == 302
    )
    changes = LicenseEntry.objects.filter(company=company, effective_on=today + timedelta(9))
    assert sorted(changes.values_list("change", flat=True)) == [-1_000, -7]


def test_an_end_after_the_start_of_the_renewal_is_refused_beside_the_field(desk: Client, license: License, company: Company):
    renew_order(license.order, today=today_of(company), by=SYSTEM, key=new_key())
    response = send(
        desk,
        act_on(license, "correct"),
        last_day=str(today_of(company) + timedelta(500)),
        reason_kind="customer-asked",
        reason="x",
    )
    assert response.status_code == 422
    assert list(messages_of(response)) == ["last_day"]


def test_a_correction_typed_before_another_license_of_the_order_changed_is_refused(
    desk: Client, license: License, company: Company
):
    form = shown(desk, act_on(license, "correct"))
    top_up_order(license.order, units=7, today=today_of(company), by=SYSTEM, key=new_key())
    assert desk.post(act_on(license, "correct"), {**form, "units": "900", "reason_kind": "our-mistake"}).status_code == 409


# --- Companies and people


def test_a_company_is_registered_by_the_act(desk: Client):
    url = reverse("admin:licensing_company_add")
    typed = {"name": "Cobalt Health", "slug": "cobalt", "business_id": "B-9", "time_zone": "Asia/Tokyo"}
    response = send(desk, url, **typed)
    company = Company.objects.get(slug="cobalt")
    assert response.url == reverse("desk:company", args=["cobalt"])
    assert company.time_zone == "Asia/Tokyo"
    again = send(desk, url, **typed)
    assert again.status_code == 409
    assert list(messages_of(again)) == ["slug"]


@pytest.mark.parametrize("slug", ["Cobalt", "co balt", "co/balt", "é"])
def test_an_address_name_that_is_none_is_refused(slug: str, desk: Client):
    typed = {"name": "C", "slug": slug, "business_id": "B-9", "time_zone": "Asia/Tokyo"}
    assert list(messages_of(send(desk, reverse("admin:licensing_company_add"), **typed))) == ["slug"]


def test_a_time_zone_is_stated_for_the_future(desk: Client, company: Company):
    assert send(desk, act_on(company, "time-zone"), time_zone="America/New_York").status_code == 302
    row = CompanyTimeZone.objects.order_by("id").last()
    assert row is not None
    assert row.effective_at > timezone.now()
    assert list(messages_of(send(desk, act_on(company, "time-zone"), time_zone="Mars/Base"))) == ["time_zone"]


def test_roles_are_set_and_ended_by_the_act(desk: Client, company: Company):
    person = make_user(email="manager@aster.example")
    response = send(
        desk,
        reverse("admin:licensing_membership_add"),
        company_named="aster",
        user="Manager@aster.example",
        roles=["viewer", "credit-manager"],
    )
    membership = Membership.objects.get()
    assert response.url == reverse("desk:company", args=[company.slug], query={"tab": "people"})
    assert set(membership.roles) == {"viewer", "credit-manager"}
    assert send(desk, act_on(membership, "set-roles"), roles=["owner"]).status_code == 302
    membership.refresh_from_db()
    assert membership.roles == ["owner"]
    ended = send(desk, act_on(company, "set-roles"), user=person.email)
    assert ended.url == reverse("desk:company", args=["aster"])
    assert not Membership.objects.exists()
    assert Act.objects.filter(name="company.roles", company_id=company.pk).count() == 3


def test_roles_that_somebody_else_changed_meanwhile_are_not_overwritten(desk: Client, company: Company):
    person = make_user(company=company, roles=["viewer"])
    membership = Membership.objects.get()
    old = shown(desk, act_on(membership, "set-roles"))
    old_of_company = {**shown(desk, act_on(company, "set-roles")), "user": person.email}
    set_roles(company, user=person, roles=["owner"], by=SYSTEM, key=new_key())
    response = desk.post(act_on(membership, "set-roles"), {**old, "roles": ["credit-manager"]})
    assert response.status_code == 409
    assert desk.post(act_on(company, "set-roles"), {**old_of_company, "roles": ["viewer"]}).status_code == 409
    membership.refresh_from_db()
    assert membership.roles == ["owner"]


def test_adding_a_membership_does_not_replace_one(desk: Client, company: Company):
    person = make_user(company=company, roles=["owner"])
    url = reverse("admin:licensing_membership_add")
    typed = {"company_named": "aster", "user": person.email, "roles": ["viewer"]}
    response = send(desk, url, **typed)
    assert response.status_code == 409
    assert "is a member already: Owner" in messages_of(response)["user"][0]
    new = {**shown(desk, url), **typed, "user": make_user(email="new@aster.example").email}
    assert goes_to(desk.post(url, new)) == goes_to(desk.post(url, new))


def test_a_person_nobody_added_is_refused_beside_the_field(desk: Client, company: Company):
    response = send(desk, act_on(company, "set-roles"), user="nobody@x.example", roles=["owner"])
    assert list(messages_of(response)) == ["user"]


def test_open_in_console_is_shown_to_members_alone(desk: Client, support: User, company: Company):
    assert "Open in console" not in desk.get(page_of(company)).content.decode()
    set_roles(company, user=support, roles=["viewer"], by=SYSTEM, key=new_key())
    assert "/companies/aster/licenses/" in desk.get(page_of(company)).content.decode()


# --- Who may


def test_acts_need_the_role(client: Client, license: License):
    staff = make_user(is_staff=True, staff_roles=["marketplaces", "staff"])
    client.force_login(staff)
    for row, act in [(license.order, "suspend"), (license, "correct"), (license.company, "time-zone")]:
        assert client.get(act_on(row, act)).status_code == 403, act
        assert client.post(act_on(row, act), {"key": str(uuid4())}).status_code == 403
    User.objects.filter(pk=staff.pk).update(staff_roles=["customers"])
    assert send(client, act_on(license.order, "suspend")).status_code == 302
    subscription = Subscription.objects.create(
        channel="azure", external_id="a-purchase", status="subscribed", seen_at=timezone.now()
    )
    assert client.get(act_on(subscription, "compare")).status_code == 403, "of marketplaces"


def test_staff_who_only_look_are_offered_no_acts(client: Client, license: License):
    client.force_login(make_user(is_staff=True, staff_roles=[]))
    page = client.get(page_of(license.order)).content.decode()
    assert license.order.external_id in page
    assert "Suspend" not in page


@pytest.mark.parametrize("person", ["owner", "inactive", "nobody"])
def test_acts_are_for_active_staff(person: str, client: Client, license: License):
    if person == "owner":
        client.force_login(make_user(company=license.company, roles=["owner"]))
    elif person == "inactive":
        staff = make_user(is_staff=True, is_superuser=True)
        client.force_login(staff)
        User.objects.filter(pk=staff.pk).update(is_active=False)
    before = written()
    response = client.post(act_on(license.order, "suspend"), {"key": str(uuid4())}, follow=True)
    assert response.status_code in (200, 403)
    assert response.redirect_chain
    assert written() == before


def test_what_does_not_exist_is_not_found(desk: Client, license: License):
    nowhere = [
        act_on(license.order, "explode"),
        act_on(Order(pk=license.order.pk + 10_000), "suspend"),
        act_on(License(pk=license.pk + 10_000), "correct"),
        act_on(Company(pk=10**15), "time-zone"),
        reverse("admin:licensing_order_changelist") + "x/acts/suspend/",
        reverse("admin:licensing_order_changelist") + f"{10**30}/acts/suspend/",
    ]
    for url in nowhere:
        assert desk.get(url).status_code == 404, url
        assert desk.post(url, {"key": str(uuid4())}).status_code == 404, url


def test_looking_writes_nothing(desk: Client, license: License):
    before = written()
    for act in ORDER_ACTS:
        desk.get(act_on(license.order, act), {"key": str(uuid4()), "confirm": "on", "reason": "x", "units": "5"})
    assert written() == before


# --- What pages show


def test_an_order_page_shows_its_licenses_statements_and_entries(desk: Client, license: License, company: Company):
    page = desk.get(page_of(license.order)).content.decode()
    for text in ("License statements", "License entries", "1,000 units, 1,000 credits", "Valid"):
        assert text in page


def test_an_act_page_lists_what_it_wrote(desk: Client, license: License):
    page = desk.get(reverse("admin:console_act_change", args=[license.act_id])).content.decode()
    assert page_of(license.statements.get()) in page
    for entry in license.entries.all():
        assert page_of(entry) in page


def test_the_journal_finds_the_acts_of_a_company(desk: Client, license: License):
    make_license()
    page = desk.get(reverse("admin:console_act_changelist"), {"q": "Aster"}).content.decode()
    assert page.count("order.activate") == 1
    assert page_of(license.company) in page


@pytest.mark.parametrize(
    ("query", "model"), [("Aster", License), ("PO-SEARCH", License), ("SKU-SEARCH", License), ("PO-SEARCH", Order)]
)
def test_support_finds_by_company_order_reference_and_sku(query: str, model: type[Model], desk: Client, company: Company):
    product = make_product(sku="SKU-SEARCH")
    found = make_license(company=company, product=product, external_id="PO-SEARCH")
    make_license()
    url = reverse(f"admin:licensing_{model._meta.model_name}_changelist")
    results = desk.get(url, {"q": query}).context["cl"].result_list
    assert [each.pk for each in results] == [found.pk if model is License else found.order_id]


@pytest.mark.parametrize("which", ["order", "license", "company", "act"])
def test_a_page_costs_the_same_queries_however_much_belongs_to_the_object(which: str, desk: Client, company: Company):
    today = today_of(company)
    license = make_license(company=company, today=today)
    url = {
        "order": page_of(license.order),
        "license": page_of(license),
        "company": page_of(company),
        "act": reverse("admin:console_act_change", args=[license.act_id]),
    }[which]

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(url).status_code == 200
        return len(queries)

    cost()
    few = cost()
    for _number in range(6):
        top_up_order(license.order, units=5, today=today, by=SYSTEM, key=new_key())
        make_license(company=company, today=today)
        make_user(company=company, roles=["viewer"])
    assert cost() == few


def test_rows_of_an_order_are_one_link_away(desk: Client, license: License):
    for model in ("licensestatement", "licenseentry"):
        url = reverse(f"admin:licensing_{model}_changelist")
        assert desk.get(url, {"license__order__id__exact": license.order_id}).status_code == 200
