"""What stands in the way of support's daily tasks, or does not: where acts lead, what forms take, what pages say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.models import Act
from credits.desk.viewing.form import ViewForm
from credits.tasks import tell_all
from licensing.acts.activate import activate_order
from licensing.codes.withdraw_code import withdraw_code
from licensing.models import ActivationCode, License, LicenseStatement, NoticeDelivery
from tests.factories import SYSTEM, make_code, make_company, make_license, make_user, new_key
from tests.ledger import database_clock
from tests.markup import Element, read
from tests.pressing_twice import Confirming

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Confirming:
    client = Confirming()
    client.force_login(make_user(name="Sam Rivers", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def license() -> License:
    company = make_company(name="Aster Foods", slug="aster", time_zone="Asia/Singapore")
    return make_license(company=company, name="Web shop", external_id="SO-1", units=1_000, today=database_clock().date())


def seen(answer: Any) -> Element:
    return read(answer)


def act_on(license: License, name: str) -> str:
    return reverse("admin:licensing_license_act", args=[license.pk, name])


def hidden(desk: Client, url: str) -> dict[str, Any]:
    form = desk.get(url).context["form"]
    return {"key": str(form.initial["key"]), "seen": form.initial["seen"]}


def last_day_of(license: License) -> date:
    facts = LicenseStatement.objects.for_company(license.company).facts_by_license([license])
    return facts[license.pk].last_day


def extended(desk: Client, license: License, **typed: Any) -> Any:
    url = act_on(license, "extend")
    return desk.post(url, {**hidden(desk, url), "reason_kind": "extension-agreed", **typed})


def test_days_more_extend_as_the_last_valid_day_does(desk: Confirming, license: License) -> None:
    before = last_day_of(license)
    assert extended(desk, license, more_days="14").status_code == 302
    assert last_day_of(license) == before + timedelta(days=14)
    assert extended(desk, license, last_day=str(before + timedelta(days=20))).status_code == 302
    assert last_day_of(license) == before + timedelta(days=20)


@pytest.mark.parametrize(
    ("typed", "field"),
    [({}, "more_days"), ({"more_days": "0"}, "more_days"), ({"more_days": "14", "last_day": "2199-01-01"}, "last_day")],
)
def test_days_that_say_nothing_or_two_things_are_refused_beside_their_field(
    desk: Confirming, license: License, typed: dict[str, str], field: str
) -> None:
    before = last_day_of(license)
    answer = extended(desk, license, **typed)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert last_day_of(license) == before


def test_an_act_leads_to_the_page_of_the_workbench_with_a_way_to_the_act(desk: Confirming, license: License) -> None:
    done = extended(desk, license, more_days="14")
    assert done.url == reverse("desk:order", args=[license.order_id])
    page = seen(desk.get(done.url))
    act = Act.objects.get(name="license.extend")
    assert "The term is extended." in page.text
    assert reverse("desk:act", args=[act.pk]) in [each["href"] for each in page.all("a", href="*")]


def test_a_form_says_whose_order_it_is_about_and_leads_back_to_its_page(desk: Confirming, license: License) -> None:
    page = seen(desk.get(act_on(license, "correct")))
    back = page.one("p", class_="breadcrumb-line").one("a", href="*")
    assert (back.text, back["href"]) == ("Aster Foods, Web shop, SO-1", reverse("desk:order", args=[license.order_id]))


def test_more_time_does_not_ask_again_about_units_that_stay(desk: Confirming, license: License) -> None:
    url = act_on(license, "correct")
    typed = {"units": "50000", "reason_kind": "our-mistake"}
    effect = desk.look(url, {**hidden(desk, url), **typed}).context["effect"]
    assert [each for each in effect.unusual if "as were ordered" in each]
    assert desk.post(url, {**hidden(desk, url), **typed}).status_code == 302
    url = act_on(license, "extend")
    effect = desk.look(url, {**hidden(desk, url), "reason_kind": "extension-agreed", "more_days": "14"}).context["effect"]
    assert effect.unusual == ()


def test_times_of_an_order_are_told_in_one_zone_and_those_of_several_companies_in_utc(desk: Confirming, license: License) -> None:
    page = seen(desk.get(reverse("desk:order", args=[license.order_id])))
    offsets = {each["datetime"][-6:] for each in page.all("time", datetime="*")}
    assert offsets == {"+08:00"}
    assert "Times of Asia/Singapore" in page.text
    home = seen(desk.get(reverse("desk:home")))
    assert {each["datetime"][-6:] for each in home.all("time", datetime="*")} == {"+00:00"}


def code_of(plain: str) -> ActivationCode:
    return ActivationCode.objects.get(last_four=plain[-4:])


def code_page(desk: Client, code: ActivationCode) -> str:
    return seen(desk.get(reverse("desk:order", args=[code.order_id]))).text


def test_the_page_of_an_order_says_what_became_of_its_code(desk: Confirming) -> None:
    code = code_of(make_code())
    assert "Not used yet" in code_page(desk, code)
    withdraw_code(code, reason="Lost", by=SYSTEM, key=new_key())
    assert "Withdrawn" in code_page(desk, code)


def test_a_code_whose_term_is_over_is_expired_on_the_page_of_its_order(desk: Confirming) -> None:
    text = code_page(desk, code_of(make_code(term_starts_on=date(2020, 2, 1), term_months=12)))
    assert "Expired" in text
    assert "Jan 31, 2021" in text


def test_a_code_that_was_used_names_who_used_it(desk: Confirming) -> None:
    code = code_of(make_code())
    company = make_company(name="Borealis")
    activate_order(code.order, company=company, today=database_clock().date(), by=SYSTEM, key=new_key())
    assert "Used by Borealis" in code_page(desk, code)


def test_a_mistyped_code_is_told_and_shown_nowhere(desk: Confirming) -> None:
    plain = make_code()
    typed = plain[:-1] + ("2" if plain[-1] != "2" else "3")
    page = desk.get(reverse("desk:search"), {"q": typed})
    assert "one of its characters is wrong" in seen(page).text
    assert typed not in page.content.decode()


def test_names_of_several_words_are_no_codes(desk: Confirming) -> None:
    assert "Nothing was found" in seen(desk.get(reverse("desk:search"), {"q": "Alpha Bravo Delta Hotel"})).text


def test_view_as_the_customer_keeps_the_day_and_the_instant_that_are_shown(desk: Confirming, license: License) -> None:
    known = timezone.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M+00:00")
    shown = desk.get(reverse("desk:company", args=["aster"]), {"on": "2026-01-31", "known": known})
    (link,) = [each["href"] for each in seen(shown).all("a", href="*") if "/view/" in each["href"]]
    form = desk.get(link).context["form"]
    assert (form.initial["on"], form.initial["known"]) == ("2026-01-31", known)


def test_the_journal_ends_at_the_instant_as_known(desk: Confirming, license: License) -> None:
    before = datetime(2020, 1, 1, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M+00:00")
    for tab in ("", "journal"):
        shown = desk.get(reverse("desk:company", args=["aster"]), {"known": before, **({"tab": tab} if tab else {})})
        assert list(shown.context["sentences"]) == []


def test_a_notice_is_sent_again_by_a_form_that_names_it_and_the_address(desk: Confirming, license: License) -> None:
    make_user(name="Jonas Weber", email="jonas@aster.example", company=license.company, roles=["owner"])
    assert extended(desk, license, more_days="14").status_code == 302
    tell_all(database_clock())
    delivery = NoticeDelivery.objects.filter(company=license.company, user__email="jonas@aster.example").latest("pk")
    url = reverse("admin:licensing_noticedelivery_act", args=[delivery.pk, "resend"])
    page = seen(desk.get(url)).text
    assert str(delivery.notice) in page
    assert "jonas@aster.example" in page
    sent = desk.post(url, {**hidden(desk, url), "reason_kind": "customer-asked"})
    assert sent.url == reverse("desk:company", args=["aster"], query={"tab": "mail"})


def test_an_instant_may_be_typed_with_a_space() -> None:
    company = make_company()
    form = ViewForm({"purpose": "asked-for-help", "known": "2026-01-31 10:07"}, company=company)
    form.is_valid()
    assert form.cleaned_data["known"] == "2026-01-31T10:07"


def test_notices_of_one_person_are_a_press_away_from_the_person(desk: Confirming, license: License) -> None:
    reader = make_user(name="Jonas Weber", company=license.company, roles=["owner"])
    other = make_user(name="Mira Okafor", company=license.company, roles=["owner"])
    tell_all(database_clock())
    address = reverse("desk:company", args=["aster"], query={"tab": "mail", "person": reader.pk})
    assert address in [
        each["href"] for each in seen(desk.get(reverse("admin:console_user_change", args=[reader.pk]))).all("a", href="*")
    ]
    page = seen(desk.get(address)).one("main").text
    assert "Send again Jonas Weber" in page
    assert other.name not in page
    assert desk.get(reverse("desk:company", args=["aster"], query={"tab": "mail", "person": "9" * 40})).status_code == 200
