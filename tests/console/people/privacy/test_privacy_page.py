"""Privacy: a person takes what is kept of them, and is erased, after saying who they are once more; so does support for them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from console.models import Act, Export, User
from licensing.acts.companies.set_roles import set_roles
from tests.factories import PASSWORD, SYSTEM, make_company, make_user, new_key
from tests.markup import read
from tests.pages import browser_of

pytestmark = pytest.mark.django_db
PAGE, DATA = "/accounts/privacy/", "/accounts/privacy/data.json"


@pytest.fixture
def person() -> User:
    company = make_company(name="Aster")
    make_user(company=company, roles=["owner"])
    return make_user(company=company, roles=["viewer"], name="Ada Bauer")


def confirmed(person: User) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def typed(client: Client, **more: str) -> dict[str, str]:
    [form] = read(client.get(PAGE)).all("form", action=PAGE)
    return {**form.values(), **more}


def test_both_ask_for_the_password_first(person: User) -> None:
    client = browser_of(person)
    assert client.get(PAGE).status_code == 200
    for answer in (client.get(DATA), client.post(PAGE, typed(client, address=person.email))):
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not User.objects.get(pk=person.pk).is_erased


def test_a_person_erases_themselves_and_is_signed_out(person: User) -> None:
    client = confirmed(person)
    answer = client.post(PAGE, typed(client, address=f" {person.email.upper()}"), follow=True)
    assert answer.redirect_chain == [(reverse("account_login"), 302)]
    assert "nothing here leads to you any more" in answer.content.decode()
    assert User.objects.get(pk=person.pk).is_erased
    assert client.get("/accounts/notices/").status_code == 302


def test_the_page_says_that_the_words_of_what_was_done_and_asked_for_stay(person: User) -> None:
    content = read(browser_of(person).get(PAGE)).by_id("content").text
    assert "the notes and reasons that you wrote there stay with it, in your words" in content
    assert "Kept, by the id alone, with its notes and reasons: they explain the figures" in content
    assert "What was done, with units asked for" in content


def test_another_address_erases_nobody_and_is_kept_as_typed(person: User) -> None:
    client = confirmed(person)
    answer = client.post(PAGE, typed(client, address="ada@elsewhere.example"))
    assert answer.status_code == 422
    assert "This is not your address" in answer.content.decode()
    assert "ada@elsewhere.example" in answer.content.decode()
    assert not User.objects.get(pk=person.pk).is_erased


def test_the_last_owner_is_told_what_to_do_first_and_offered_no_form(person: User) -> None:
    set_roles(make_company(name="Alone"), user=person, roles=["owner"], by=SYSTEM, key=new_key())
    client = confirmed(person)
    page = read(client.get(PAGE))
    assert "Alone would be left without an owner. Make somebody else an owner there first" in page.by_id("content").text
    assert not page.all("form", action=PAGE)
    assert client.post(PAGE, {"key": new_key(), "address": person.email}).status_code == 422


def test_the_file_has_every_part_and_nothing_of_others_and_leaves_a_record(person: User) -> None:
    client = confirmed(person)
    client.get(f"/companies/{person.memberships.get().company.slug}/licenses/?format=csv")
    answer = client.get(DATA)
    found: Any = answer.json()
    assert (answer["Content-Disposition"], found["schema"], found["person"]) == (
        'attachment; filename="allotment-personal-data.json"',
        "allotment.person.v1",
        person.pk,
    )
    rows = {each["found_in"]: each["rows"] for each in found["parts"]}
    assert rows["console.User.id"][0]["email"] == person.email
    assert "password" not in rows["console.User.id"][0]
    assert rows["licensing.Membership.user"][0]["roles"] == ["viewer"]
    assert len(rows["console.SignIn.person"]) == 1
    assert len(rows["console.Export.person"]) == 1
    others = User.objects.exclude(pk=person.pk).values_list("email", flat=True)
    assert not [each for each in others if each in answer.content.decode()]
    assert Export.objects.get(person=person, sheet="personal-data").format == "json"


def test_support_erases_a_person_who_asked_with_a_reason(person: User) -> None:
    client = browser_of(make_user(is_staff=True))
    page = reverse("desk:erase-person", args=[person.pk])
    assert page in client.get(reverse("admin:console_user_change", args=[person.pk])).content.decode()
    shown = client.get(page)
    assert "Roles in companies: 1 row, ended" in shown.content.decode()
    [form] = [each for each in read(shown).all("form", method="post") if "reason_kind" in each.values()]
    said = {**form.values(), "reason_kind": "customer-asked", "sure": "on"}
    named = client.post(page, {**said, "reason": "Ada Bauer asked"})
    assert named.status_code == 422
    assert "Leave out name and address" in named.content.decode()
    assert client.post(page, {**said, "reason": "asked by phone"}).status_code == 302
    assert User.objects.get(pk=person.pk).is_erased
    assert Act.objects.get(name="person.erase").reason == "asked by phone"
    assert "a former member" in client.get(reverse("admin:console_user_change", args=[person.pk])).content.decode()


def test_support_that_only_looks_erases_nobody(person: User) -> None:
    client = browser_of(make_user(is_staff=True, staff_roles=[]))
    assert client.get(reverse("desk:erase-person", args=[person.pk])).status_code == 403
