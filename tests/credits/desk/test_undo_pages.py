"""The desk's pages that undo an act, and a case: what they show, and doing it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.company_in_hand import for_all
from console.errors import DomainError
from console.models import Act, Why
from credits.acts.undo.undo_act import may_undo
from licensing.acts.change_plan import change_plan
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.corrections.correct import correct_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.models import License, LicenseStatement
from licensing.reading.licenses_on_day import licenses_on
from tests.factories import (
    SYSTEM,
    allocate,
    make_company,
    make_feature,
    make_license,
    make_product,
    make_user,
    new_key,
)
from tests.markup import read

pytestmark = pytest.mark.django_db
CASE = "C-4711"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user(email="support@vendor.example", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def license() -> License:
    """500 units, and 50,000,000 typed by mistake."""
    license = make_license(units=500, today=timezone.now().date())
    correct_license(license, units=50_000_000, reason=Why("a number", "our-mistake", CASE), **by())
    return license


def by() -> dict[str, Any]:
    return {"today": timezone.now().date(), "by": SYSTEM, "key": new_key()}


def address(what: str) -> str:
    if what == "case":
        return reverse("desk:undo-case", query={"number": CASE})
    return reverse("desk:undo", args=[Act.objects.get(name="license.correct").pk])


def typed(client: Client, url: str, **more: str) -> dict[str, str]:
    context = client.get(url).context
    form = context["form"]
    return {
        "key": str(form["key"].value()),
        "seen": form["seen"].value(),
        "previewed": context["effect"].fingerprint,
        "ticked": "1",
        "reason_kind": "our-mistake",
        "case_number": CASE,
        "note": "A typing mistake, taken back.",
        **more,
    }


def units(license: License) -> list[int]:
    return [each.units for each in licenses_on(license.company, on=timezone.now().date())]


@pytest.mark.parametrize("what", ["act", "case"])
def test_the_page_shows_both_balances_writes_nothing_and_undoes_once(desk: Client, license: License, what: str) -> None:
    url, before = address(what), (Act.objects.count(), LicenseStatement.objects.count())
    page = desk.get(url).content.decode()
    assert all(each in page for each in ("50,000,000", "500", "corrected a license of"))
    assert "license.correct" not in page
    assert (Act.objects.count(), LicenseStatement.objects.count()) == before
    form = typed(desk, url)
    for _twice in range(2):
        answer = desk.post(url, form, follow=True)
        assert answer.redirect_chain[-1][1] == 302
        landed = answer.content.decode()
        corrected = reverse("desk:act", args=[Act.objects.get(name="license.correct").pk])
        assert "undid: “" in landed
        assert f'href="{corrected}"' in landed
        assert "Undone: " in read(answer).text
    assert units(license) == [500]
    assert Act.objects.filter(name="order.undo").count() == 1
    assert Act.objects.get(name="order.undo").note == "A typing mistake, taken back."


@pytest.mark.parametrize("what", ["act", "case"])
def test_the_form_keeps_the_number_of_the_case_and_tells_instants_in_the_companys_zone(desk: Client, what: str) -> None:
    license = make_license(company=make_company(time_zone="Asia/Singapore"), units=500, today=timezone.now().date())
    correct_license(license, units=5_000, reason=Why("a number", "our-mistake", CASE), **by())
    answer = desk.get(address(what))
    assert answer.context["form"]["case_number"].value() == CASE
    assert "Asia/Singapore" in answer.content.decode()


@pytest.mark.parametrize("what", ["act", "case"])
def test_a_reason_is_asked_for(desk: Client, license: License, what: str) -> None:
    url = address(what)
    assert desk.post(url, typed(desk, url, reason_kind="")).status_code == 422
    assert units(license) == [50_000_000]


@pytest.mark.parametrize("what", ["act", "case"])
def test_what_is_unusual_has_to_be_said_to_be_meant(desk: Client, license: License, what: str) -> None:
    url = address(what)
    answer = desk.post(url, typed(desk, url, ticked=""))
    assert (answer.status_code, units(license)) == (422, [50_000_000])
    page = answer.content.decode()
    assert "500 units: less than a tenth of the 50,000,000 as before" in page
    assert "A typing mistake, taken back." in page
    assert desk.post(url, typed(desk, url)).status_code == 302


@pytest.mark.parametrize("what", ["act", "case"])
def test_what_is_confirmed_is_what_was_shown_or_nothing_is_saved_and_the_new_effect_is_shown(
    desk: Client, license: License, what: str
) -> None:
    url = address(what)
    form = typed(desk, url)
    allocate(license.company, make_feature(rates=["1"]).lines.get(), 700, today=timezone.now().date())
    answer = desk.post(url, form)
    assert (answer.status_code, units(license)) == (409, [50_000_000])
    effect = answer.context["effect"]
    assert next(each.after for each in effect.companies[0].figures if each.name == "balance") == -200
    assert any("is below zero today" in each for each in effect.unusual)
    assert desk.post(url, {**form, "previewed": effect.fingerprint}).status_code == 302
    assert units(license) == [500]


@pytest.mark.parametrize("what", ["act", "case"])
def test_a_press_that_carries_no_effect_undoes_nothing(desk: Client, license: License, what: str) -> None:
    url = address(what)
    assert desk.post(url, typed(desk, url, previewed="")).status_code == 409
    assert units(license) == [50_000_000]


@pytest.mark.parametrize("what", ["act", "case"])
def test_what_stands_in_the_way_is_said_and_no_form_is_shown(desk: Client, license: License, what: str) -> None:
    renew_order(license.order, **by())
    page = desk.get(address(what)).content.decode()
    assert "was changed since (Renewed" in page
    assert '<button type="submit" class="btn btn-danger"' not in page


@pytest.mark.parametrize("what", ["act", "case"])
def test_a_form_older_than_somebody_elses_change_is_refused(desk: Client, license: License, what: str) -> None:
    url = address(what)
    form = typed(desk, url)
    correct_license(license, units=5_000, reason=Why("again", "our-mistake", CASE), **by())
    assert desk.post(url, form).status_code == 409
    assert units(license) == [5_000]


@pytest.mark.parametrize("what", ["act", "case"])
def test_customers_find_no_such_page(client: Client, license: License, what: str) -> None:
    client.force_login(make_user())
    assert client.get(address(what)).status_code == 404


def test_of_a_case_without_acts_there_is_no_page(desk: Client) -> None:
    assert desk.get(reverse("desk:undo-case", query={"number": "C-0"})).status_code == 404


def everything(license: License) -> list[Act]:
    """The acts of the company after each kind of change of an order: some can be undone, some are in the way of others."""
    order, today = license.order, timezone.now().date()
    for does, more in (
        (top_up_order, {"units": 5}),
        (set_order_units, {"units": 900}),
        (reduce_order, {"units": 3}),
        (switch_renewal, {"on": True}),
        (suspend_order, {}),
        (reinstate_order, {}),
        (change_plan, {"product": make_product()}),
        (renew_order, {}),
        (cancel_order, {}),
        (transfer_order, {"to": make_company(), "reason": Why("sold", "customer-asked", "")}),
    ):
        try:
            with for_all("staff"):
                does(order, **more, **by())  # type: ignore[operator]
        except DomainError:
            continue
    line = make_feature(rates=["1"]).lines.get()
    allocate(license.company, line, 7, today=today)
    set_roles(license.company, user=make_user(), roles=["viewer"], by=SYSTEM, key=new_key())
    return list(Act.objects.filter(company_id__isnull=False).select_related("actor"))


def test_every_act_leads_to_its_undo_or_says_why_not_and_what_to_do_instead(desk: Client, license: License) -> None:
    acts, said = everything(license), set()
    for act in acts:
        with for_all("staff"):
            why_not = may_undo(act, by=SYSTEM).why_not
        page = desk.get(reverse("desk:act", args=[act.pk])).content.decode()
        url = reverse("desk:undo", args=[act.pk])
        assert (f'href="{url}"' in page, "data-not-undone" in page) == (not why_not, bool(why_not)), act.name
        shown = desk.get(url)
        assert bool(shown.context["effect"]) == (not why_not), (act.name, why_not)
        said.add((act.name, bool(why_not)))
    assert {name for name, no in said if no} >= {"order.activate", "order.top-up", "company.roles"}
    assert {name for name, no in said if not no} >= {"allocation.set"}


def test_the_page_of_an_order_offers_the_undo_of_each_act_that_its_order_allows(desk: Client, license: License) -> None:
    everything(license)
    shown = desk.get(reverse("desk:order", args=[license.order_id])).context["sentences"]
    assert len(shown) > 5
    for each in shown:
        assert bool(each.undo_url) != bool(each.not_undone), each.act.name
        if each.act.company_id is not None:
            with for_all("staff"):
                assert bool(each.undo_url) == may_undo(each.act, by=SYSTEM).can, each.act.name


def test_who_only_looks_is_offered_no_undo(license: License, client: Client) -> None:
    client.force_login(make_user(is_staff=True, staff_roles=[]))
    act = Act.objects.get(name="license.correct")
    page = client.get(reverse("desk:act", args=[act.pk]))
    assert page.status_code == 200
    assert reverse("desk:undo", args=[act.pk]) not in page.content.decode()


def test_what_changes_no_figure_stays_when_its_case_is_undone_and_is_said_to(desk: Client, license: License) -> None:
    colleague = make_user(email="colleague@aster.example")
    roles = {"reason": Why("a merger", "our-mistake", CASE), "by": SYSTEM, "key": new_key()}
    set_roles(license.company, user=colleague, roles=["viewer"], **roles)
    url = address("case")
    assert "1 act of the case changes no figure, and stays" in read(desk.get(url)).text
    assert desk.post(url, typed(desk, url)).status_code == 302
    assert units(license) == [500]
    assert colleague.memberships.get(company=license.company).roles == ["viewer"]
