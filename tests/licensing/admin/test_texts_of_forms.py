"""What the forms of acts ask for: a reason that staff read, a note that the customer reads, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from console.models import Act
from licensing.models import Company, License
from tests.factories import make_company, make_license, make_order, make_user
from tests.licensing.admin.test_admin import act_on, messages_of, send
from tests.markup import read
from tests.pages import browser_of, license_page
from tests.pressing_twice import Confirming

pytestmark = pytest.mark.django_db

WHY = {"reason_kind": "extension-agreed", "reason": "Told by their buyer", "case_number": "CS-4712"}


@pytest.fixture
def desk() -> Client:
    desk = Confirming()
    desk.force_login(make_user(is_staff=True, is_superuser=True))
    return desk


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def license(company: Company) -> License:
    return make_license(company=company)


def test_a_form_says_who_reads_each_text(desk: Client, license: License) -> None:
    shown = read(desk.get(act_on(license.order, "suspend")))
    titles = [each.text for each in shown.by_id("content").all("h2")]
    assert [each for each in titles if "read" in each] == ["Only staff read this", "The customer reads this"]
    assert shown.by_id("id_note_helptext").text == "The customer reads this, with the change."
    assert shown.by_id("id_reason_helptext").text == shown.by_id("id_case_number_helptext").text == "Only staff read this."


def test_each_text_goes_to_its_reader(desk: Client, license: License, company: Company) -> None:
    answer = send(desk, act_on(license.order, "suspend"), **WHY, note="Until your payment arrives.")
    assert answer.status_code == 302
    act = Act.objects.get(name="order.suspend")
    assert (act.reason_kind, act.reason, act.case_number) == tuple(WHY.values())
    assert act.note == "Until your payment arrives."
    page = license_page(browser_of(make_user(company=company, roles=["viewer"])), license).text
    assert "Note from support: Until your payment arrives." in page
    assert not [text for text in (*WHY.values(), "An extension was agreed") if text in page]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"reason": "Told by their buyer", "reason_kind": ""}, {"reason_kind"}),
        ({"case_number": "CS-4712", "reason_kind": ""}, {"reason_kind"}),
        ({"reason_kind": "other"}, {"reason"}),
        ({"reason_kind": "made-up"}, {"reason_kind"}),
        ({**WHY, "case_number": "4" * 61}, {"case_number"}),
        ({"note": "x" * 501}, {"note"}),
    ],
)
def test_what_is_wrong_with_a_text_is_said_beside_it(
    typed: dict[str, str], wrong: set[str], desk: Client, license: License
) -> None:
    answer = send(desk, act_on(license.order, "suspend"), **typed)
    assert answer.status_code == 422
    assert messages_of(answer).keys() == wrong
    assert not Act.objects.filter(name="order.suspend").exists()


def test_a_reason_of_the_list_is_enough_where_one_is_needed(desk: Client, license: License) -> None:
    answer = send(desk, act_on(license, "correct"), units="900", reason_kind="our-mistake")
    assert answer.status_code == 302
    assert str(Act.objects.get(name="license.correct").why) == "A mistake of ours"


def test_no_note_is_asked_for_where_no_page_would_show_it(desk: Client, company: Company) -> None:
    forms = [
        reverse("admin:licensing_company_add"),
        reverse("admin:licensing_order_add"),
        act_on(company, "time-zone"),
        act_on(company, "set-roles"),
        act_on(make_order(channel="code"), "issue-code"),
    ]
    for form in forms:
        fields = desk.get(form).context["form"].fields
        assert "reason_kind" in fields
        assert "note" not in fields


def test_the_journal_is_found_by_the_case_number_and_shows_every_text(desk: Client, license: License) -> None:
    send(desk, act_on(license.order, "suspend"), **WHY, note="Until your payment arrives.")
    act = Act.objects.get(name="order.suspend")
    journal = reverse("admin:console_act_changelist")

    def rows(term: str) -> Any:
        return list(desk.get(journal, {"q": term}).context["cl"].result_list)

    assert rows("CS-4712") == [act]
    assert rows("CS-4713") == []
    listed = read(desk.get(journal, {"q": "CS-4712"})).text
    assert "An extension was agreed: Told by their buyer (case CS-4712)" in listed
    assert "Until your payment arrives." in listed
    shown = read(desk.get(reverse("admin:console_act_change", args=[act.pk]))).text
    for text in ("An extension was agreed", "Told by their buyer", "CS-4712", "Until your payment arrives."):
        assert text in shown
