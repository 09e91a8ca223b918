"""Codes on the pages: masked for everybody, revealed and copied by those who may, issued and withdrawn by support."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.models import Act, User
from console.security.at_rest.sessions import opened
from licensing.acts.activate import activate_order
from licensing.acts.units.top_up import top_up_order
from licensing.codes.redeem_code import redeem
from licensing.codes.reveal_code import code_to_show
from licensing.codes.withdraw_code import withdraw_code
from licensing.models import ActivationCode, Company, License, Order
from tests.factories import SYSTEM, TODAY, make_code, make_company, make_license, make_order, make_product, make_user, new_key
from tests.licensing.admin.test_admin import act_on, messages_of, page_of, send, shown
from tests.markup import Element, read
from tests.pages import HTMX, address_of, browser_of, clock_at, page
from tests.pressing_twice import Confirming

pytestmark = pytest.mark.django_db

CODE = re.compile(r"(RK-)?([2-9A-HJKMNP-Z]{5}-){4}[2-9A-HJKMNP-Z]{5}")


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def company() -> Company:
    return make_company(name="Aster Foods", slug="aster")


@pytest.fixture
def order() -> Order:
    return make_order(channel="code", external_id="PO-77")


@pytest.fixture
def text(order: Order) -> str:
    """The code of the order, in clear."""
    return make_code(order)


@pytest.fixture
def license(company: Company, order: Order, text: str) -> License:
    """The license of the order, activated by its code."""
    return activate_order(order, company=company, today=TODAY, by=SYSTEM, key=new_key())


@pytest.fixture
def administrator(company: Company) -> User:
    return make_user(company=company, roles=["license-administrator"])


@pytest.fixture
def client(administrator: User) -> Client:
    return browser_of(administrator)


@pytest.fixture
def support() -> User:
    return make_user(name="Sam Support", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(support: User) -> Client:
    client = Confirming()
    client.force_login(support)
    return client


def code_of(order: Order) -> ActivationCode:
    found = code_to_show(order)
    assert found is not None
    return found


def seen() -> list[tuple[str, Any]]:
    """What the journal says of showing codes, except by the tests themselves."""
    acts = Act.objects.filter(name__in=["code.reveal", "code.copy"], actor__isnull=False).order_by("recorded_at")
    return [(act.name, act.actor) for act in acts]


# --- The license's page


def test_everybody_in_the_company_sees_the_code_masked(company: Company, license: License, text: str) -> None:
    viewer = browser_of(make_user(company=company, roles=["viewer", "credit-manager"]))
    found = page(viewer, "licensing:license", company, license.pk)
    fact = found.by_id("license-code")
    assert fact.text == f"Activation code •••••-…-{text[-4:]}"
    assert not CODE.search(viewer.get(address_of("licensing:license", company, license.pk)).content.decode())


def test_those_with_the_licensing_permission_are_offered_to_reveal_and_copy_it(
    client: Client, company: Company, license: License, text: str
) -> None:
    fact = page(client, "licensing:license", company, license.pk).by_id("license-code")
    assert [each.text for each in fact.all("button")] == ["Reveal", "Copy"]
    form = fact.one("form")
    assert form["action"] == form["hx-post"] == address_of("licensing:code", company, license.pk)
    assert text not in repr(fact)


def test_a_license_of_another_channel_shows_no_code(client: Client, company: Company) -> None:
    license = make_license(company=company)
    assert not page(client, "licensing:license", company, license.pk).has_id("license-code")
    assert client.post(address_of("licensing:code", company, license.pk)).status_code == 404


def test_an_order_activated_without_a_code_shows_none(client: Client, company: Company) -> None:
    license = make_license(company=company, channel="code")
    assert not page(client, "licensing:license", company, license.pk).has_id("license-code")
    assert client.post(address_of("licensing:code", company, license.pk)).status_code == 404


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("purpose", ["reveal", "copy"])
def test_the_code_is_shown_in_the_answer_and_each_time_recorded(
    client: Client, administrator: User, company: Company, license: License, text: str, purpose: str, headers: dict[str, str]
) -> None:
    address = address_of("licensing:code", company, license.pk)
    for _ in range(2):
        response = client.post(address, {"purpose": purpose}, headers=headers)
        assert response.status_code == 200
        found = read(response)
        clear = found.by_id("license-code-clear")
        assert clear.text == text
        assert ("data-copy-now" in clear) == (purpose == "copy")
        assert found.link("Hide") == address_of("licensing:license", company, license.pk)
        assert bool(found.all("h1")) == (not headers)
        assert response["Cache-Control"] == "private, no-store"
    assert seen() == [(f"code.{purpose}", administrator)] * 2
    assert Act.objects.for_company(company).filter(name=f"code.{purpose}").count() == 2


def test_without_a_script_the_page_around_the_code_is_the_licenses_own(
    client: Client, company: Company, license: License
) -> None:
    def facts(found: Element) -> list[str]:
        return [each.text for each in found.one("dl").all("dt")]

    answer = read(client.post(address_of("licensing:code", company, license.pk), {"purpose": "reveal"}))
    assert facts(answer) == facts(page(client, "licensing:license", company, license.pk))
    assert answer.one("h1").text == page(client, "licensing:license", company, license.pk).one("h1").text


def test_a_purpose_that_does_not_exist_shows_nothing(client: Client, company: Company, license: License, text: str) -> None:
    response = client.post(address_of("licensing:code", company, license.pk), {"purpose": "steal"})
    assert response.status_code == 422
    assert text not in response.content.decode()
    assert seen() == []


def test_a_code_of_another_company_is_not_found_under_ones_own(client: Client, company: Company) -> None:
    order = make_order(channel="code")
    make_code(order)
    foreign = activate_order(order, company=make_company(), today=TODAY, by=SYSTEM, key=new_key())
    for pk in (foreign.pk, 0, 10**15, 10**40):
        assert client.post(address_of("licensing:code", company, pk)).status_code == 404
    assert seen() == []


def test_a_top_up_shows_the_code_of_its_order(
    client: Client, company: Company, license: License, order: Order, text: str
) -> None:
    (added,) = top_up_order(order, units=5, today=TODAY, by=SYSTEM, key=new_key())
    response = client.post(address_of("licensing:code", company, added.pk), {"purpose": "reveal"}, headers=HTMX)
    assert read(response).by_id("license-code-clear").text == text


def test_the_code_costs_the_page_one_statement(client: Client, company: Company, license: License) -> None:
    other = make_license(company=company)

    def cost(pk: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            page(client, "licensing:license", company, pk)
        return len(queries)

    assert cost(license.pk) == cost(other.pk) + 1


# --- License Information


def test_whose_code_is_reserved_for_their_company_is_led_to_ask_for_the_role_there(company: Company) -> None:
    reserved = make_code(make_order(channel="code", external_id="PO-78", reserved_for=company))
    ways = {}
    for where in (company, make_company()):
        person = make_user(company=where, roles=["viewer"])
        answer = read(browser_of(person).post("/activate/", {"code": reserved}))
        ways[where] = [each["href"] for each in answer.all("a", class_="ask-for-role")]
    assert list(ways.values()) == [[address_of("licensing:roles", company, role="license-administrator")], []]


def test_register_license_is_offered_to_those_with_the_licensing_permission(client: Client, company: Company) -> None:
    found = page(client, "licensing:license-information", company)
    assert found.link("Register license") == reverse("activation:start", query={"company": company.slug})
    for roles in (["viewer"], ["credit-manager"]):
        other = browser_of(make_user(company=company, roles=roles))
        assert not [each for each in page(other, "licensing:license-information", company).all("a") if "Register" in each.text]


# --- The support desk


def issue(desk: Client, order: Order, **typed: Any) -> Any:
    return send(desk, act_on(order, "issue-code"), **{"kind": "activation-code", **typed})


def reveal_address(code: ActivationCode) -> str:
    return reverse("admin:licensing_activationcode_reveal", args=[code.pk])


def test_issuing_an_order_of_the_channel_code_leads_on_to_its_code(desk: Client) -> None:
    typed = {"channel": "code", "external_id": "PO-1", "product": make_product().pk, "units": "5", "term_months": "12"}
    response = desk.post(reverse("admin:licensing_order_add"), {**shown(desk, reverse("admin:licensing_order_add")), **typed})
    assert response.url == act_on(Order.objects.get(external_id="PO-1"), "issue-code")
    assert "Now issue its code." in desk.get(response.url).content.decode()


@pytest.mark.parametrize("kind", ["activation-code", "registration-key"])
def test_support_issues_a_code_on_the_orders_page(desk: Client, support: User, order: Order, kind: str) -> None:
    assert act_on(order, "issue-code") in desk.get(page_of(order)).content.decode()
    response = issue(desk, order, kind=kind, valid_until="2099-12-31")
    code = code_of(order)
    assert (response.status_code, response.url) == (302, reverse("desk:order", args=[order.pk]))
    assert page_of(code) in desk.get(response.url).content.decode()
    assert (code.kind, code.valid_until, code.act.actor) == (kind, date(2099, 12, 31), support)
    assert act_on(order, "issue-code") not in desk.get(page_of(order)).content.decode()
    assert code.masked in desk.get(page_of(order)).content.decode()


def test_a_form_sent_twice_issues_one_code(desk: Client, order: Order) -> None:
    form = {**shown(desk, act_on(order, "issue-code")), "kind": "activation-code"}
    first, second = (desk.post(act_on(order, "issue-code"), form) for _ in range(2))
    assert first.url == second.url
    assert ActivationCode.objects.count() == 1


def test_what_is_wrong_with_a_code_to_issue_is_said_beside_its_field(desk: Client, order: Order) -> None:
    assert messages_of(issue(desk, order, kind="secret")).keys() == {"kind"}
    assert messages_of(issue(desk, order, valid_until="2020-01-01")).keys() == {"valid_until"}
    assert not ActivationCode.objects.exists()


def test_a_code_is_offered_only_for_orders_that_take_one(desk: Client, company: Company, license: License) -> None:
    for other in (make_order(), license.order):
        assert act_on(other, "issue-code") not in desk.get(page_of(other)).content.decode()
        assert issue(desk, other).status_code in (409, 422)
    assert ActivationCode.objects.count() == 1


def test_support_reveals_and_copies_a_code_and_sees_who_did(desk: Client, support: User, order: Order, text: str) -> None:
    address = reveal_address(code_of(order))
    before = desk.get(address)
    assert before.status_code == 200
    assert text not in before.content.decode()
    for purpose in ("reveal", "copy"):
        response = desk.post(address, {"purpose": purpose})
        assert response.status_code == 200
        found = read(response)
        assert found.by_id("clear-code").text == text
        assert ("data-copy-now" in found.by_id("clear-code")) == (purpose == "copy")
        assert "no-store" in response["Cache-Control"]
    assert seen() == [("code.reveal", support), ("code.copy", support)]
    after = desk.get(address).content.decode()
    assert [row[1] for row in desk.get(address).context["tables"][0].rows] == ["Sam Support", "Sam Support", "Test"]
    assert text not in after
    refused = desk.post(address, {"purpose": "steal"})
    assert (refused.status_code, text in refused.content.decode()) == (422, False)


def test_who_saw_it_before_its_use_is_still_told_afterwards(desk: Client, company: Company, order: Order, text: str) -> None:
    code = code_of(order)
    desk.post(reveal_address(code), {"purpose": "reveal"})
    activate_order(order, company=company, today=TODAY, by=SYSTEM, key=new_key())
    desk.post(reveal_address(code), {"purpose": "copy"})
    (table,) = [each for each in desk.get(page_of(code)).context["tables"] if each.title == "Who has seen it"]
    assert [row[2] for row in table.rows] == ["Copied", "Revealed", "Revealed"]  # the last by the factory


def test_support_withdraws_an_unused_code_with_a_reason(desk: Client, order: Order, text: str) -> None:
    code = code_of(order)
    assert messages_of(send(desk, act_on(code, "withdraw"), reason_kind="")).keys() == {"reason_kind"}
    response = send(desk, act_on(code, "withdraw"), reason_kind="our-mistake", reason="Sent to the wrong person")
    assert (response.status_code, response.url) == (302, reverse("desk:order", args=[order.pk]))
    code.refresh_from_db()
    assert code.withdrawn_at is not None
    assert act_on(order, "issue-code") in desk.get(page_of(order)).content.decode()
    assert "Withdrawn" in desk.get(page_of(order)).content.decode()


def test_a_code_that_was_used_is_not_withdrawn(desk: Client, license: License, order: Order) -> None:
    code = code_of(order)
    assert act_on(code, "withdraw") not in desk.get(page_of(code)).content.decode()
    assert send(desk, act_on(code, "withdraw"), reason_kind="our-mistake", reason="x").status_code == 409


def test_a_withdrawal_after_somebody_used_it_meanwhile_is_refused(
    desk: Client, company: Company, order: Order, text: str
) -> None:
    url = act_on(code_of(order), "withdraw")
    form = {**shown(desk, url), "reason_kind": "test"}
    activate_order(order, company=company, today=TODAY, by=SYSTEM, key=new_key())
    assert desk.post(url, form).status_code == 409
    assert code_of(order).withdrawn_at is None


@pytest.mark.parametrize("may", ["view", "change"])
def test_seeing_codes_is_not_revealing_them(order: Order, text: str, may: str) -> None:
    person = make_user(is_staff=True, staff_roles=["customers"] if may == "change" else [])
    client, address = browser_of(person), reveal_address(code_of(order))
    assert client.get(page_of(code_of(order))).status_code == 200
    assert client.post(address, {"purpose": "reveal"}).status_code == (200 if may == "change" else 403)
    assert len(seen()) == (1 if may == "change" else 0)


def test_nobody_but_staff_gets_to_the_desk_and_a_code_that_is_not_there_is_not_found(
    client: Client, desk: Client, order: Order, text: str
) -> None:
    assert client.post(reveal_address(code_of(order)), {"purpose": "reveal"}).status_code in (302, 403)
    assert desk.post(reverse("admin:licensing_activationcode_reveal", args=[10**6])).status_code == 404
    assert seen() == []


def test_codes_are_found_by_their_last_characters_order_and_company(desk: Client, license: License, order: Order) -> None:
    listing = reverse("admin:licensing_activationcode_changelist")
    for q in (code_of(order).last_four, "PO-77", "Aster"):
        assert code_of(order).masked in desk.get(listing, {"q": q}).content.decode()
    assert "0 activation codes" in desk.get(listing, {"q": "nothing like it"}).content.decode()


# --- Secrecy


def test_no_page_but_the_answer_itself_holds_the_clear_code(
    client: Client, desk: Client, company: Company, order: Order, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = make_code(order, kind="registration-key")
    used = code_of(order)
    license = activate_order(order, company=company, today=TODAY, by=SYSTEM, key=new_key())
    withdrawn = make_order(channel="code")
    make_code(withdrawn)
    withdraw_code(code_of(withdrawn), by=SYSTEM, key=new_key())
    desk.post(reveal_address(used), {"purpose": "reveal"})
    client.post(address_of("licensing:code", company, license.pk), {"purpose": "copy"})
    reveal = Act.objects.filter(name="code.reveal").latest("recorded_at")
    pages = [
        *(reverse(f"admin:licensing_{name}_changelist") for name in ("activationcode", "order", "license")),
        reverse("admin:console_act_changelist"),
        *(page_of(row) for row in (used, order, license, company, reveal)),
        reveal_address(used),
    ]
    addresses = [(desk, each) for each in pages]
    addresses += [(client, address_of("licensing:license", company, license.pk))]
    addresses += [(client, address_of("licensing:license-information", company))]
    for browser, address in addresses:
        response = browser.get(address)
        assert response.status_code == 200, address
        content = response.content.decode()
        assert not CODE.search(content), address
        assert used.fingerprint not in content, address
        assert used.sealed not in content, address
    assert key not in caplog.text
    assert all(key not in str(opened(each.session_data)) for each in Session.objects.all())


def test_an_error_report_hides_what_was_typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    from django.test import RequestFactory
    from django.views.debug import ExceptionReporter

    def breaks(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("licensing.codes.redeem_code.memberships_of", breaks)
    try:
        redeem(text, person=make_user(), source="192.0.2.1")
    except RuntimeError as error:
        reporter = ExceptionReporter(RequestFactory().get("/"), type(error), error, error.__traceback__, is_email=True)
    report = reporter.get_traceback_html() + reporter.get_traceback_text()
    frames = report[report.index("licensing/codes/redeem_code.py") :]
    assert "_found" in frames
    assert text.replace("-", "") not in report
