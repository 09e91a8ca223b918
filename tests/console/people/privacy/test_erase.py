"""Erased: nothing of a person is found anywhere afterwards, and everything that they did stays as it was."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core import mail
from django.db import IntegrityError, connection, models, transaction
from django.test import Client

from console.errors import NotAllowed, Refused
from console.mail.queueing import queue_mail
from console.models import Act, Actor, AppendOnly, OutgoingMail, SignIn, User
from console.people.privacy.erase import erase_person
from console.people.privacy.parts import held, mentioned
from credits.acts.set_allocation import set_allocation
from credits.tasks import look_for_support
from licensing.acts.companies.leave_companies import LastOwner
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.acts.people.ask_for_role import ask_for_role, decide_role_request
from licensing.acts.people.invite import invite
from licensing.models import Membership, Subscription
from licensing.purchases.mirror import marketplace_of, take_in
from tests.console.security.at_rest.test_copy_of_the_database import texts
from tests.factories import PASSWORD, SYSTEM, TODAY, make_company, make_feature, make_license, make_user, new_key
from tests.jobs import run_jobs
from tests.pages import address_of, browser_of, clock_at, page
from tests.purchases import activated, happens

pytestmark = [pytest.mark.django_db, pytest.mark.as_owner, pytest.mark.usefixtures("shop")]

NAME, ADDRESS = "Xantippe Quöllfrisch", "xantippe.quoellfrisch@people-of-a-test.example"


@pytest.fixture
def person(settings: Any) -> User:
    settings.SUPPORT_CONTACT = "support@allotment.example"
    company = make_company()
    make_user(company=company, roles=["owner"])
    return make_user(name=NAME, email=ADDRESS, company=company, roles=["owner", "credit-manager"])


def company_of(person: User) -> Any:
    return person.memberships.get().company


def traces() -> dict[str, str]:
    """Table -> a row in which name or address stand."""
    words = (NAME.lower(), ADDRESS, "xantippe", "quöllfrisch", "qu\\u00f6llfrisch")
    return {table: text[:600] for table, text in texts() if any(each in text.lower() for each in words)}


def everything_done_by(person: User) -> None:
    """What leaves a trace of a person, each once."""
    company = company_of(person)
    client = Client()
    for password in ("wrong", PASSWORD):
        client.post("/accounts/login/", {"login": person.email, "password": password})
    EmailAddress.objects.get_or_create(user=person, email=ADDRESS, defaults={"verified": True, "primary": True})
    Authenticator.objects.create(user=person, type="totp", data={"secret": "sealed"})
    make_license(company=company, units=1_000)
    line = make_feature().lines.get()
    more = {"today": TODAY, "by": Actor.person(person), "key": new_key(), "note": "As agreed."}
    set_allocation(company, feature=line.feature, units={line.pk: 60}, **more)
    bought = activated(person, company)
    happens(bought, "Suspend")
    report = {"words": "A figure is wrong.", "figure": "Balance", "page": "", "at": "", "key": new_key()}
    assert client.post(f"/companies/{company.slug}/report-a-figure/", report).status_code == 302
    assert client.get(f"/companies/{company.slug}/licenses/?format=csv").status_code == 200
    queue_mail(to=ADDRESS, subject=f"For {NAME}", text="Waits", purpose="notice")
    other = queue_mail(to="somebody@example.com", subject=f"{NAME} did it", text=f"{NAME} ({ADDRESS.upper()})", purpose="notice")
    run_jobs()
    Subscription.objects.filter(pk=bought.pk).update(beneficiary_email=ADDRESS.title(), purchaser_email=ADDRESS)
    queue_mail(to="somebody@example.com", subject=f"{NAME} waits", text=f"By {NAME}.", purpose="notice")
    queue_mail(to=ADDRESS, subject="Never sent", text="A link", purpose="account", secret=True)
    OutgoingMail.objects.filter(pk=other.pk).update(problem=f"550 <{ADDRESS}> unknown")
    look_for_support.func(0)
    invite(make_company(), email=ADDRESS, roles=["viewer"], words=f"Dear {NAME}", by=SYSTEM, key=new_key())
    by = Actor.person(person)
    invite(company, email="somebody@elsewhere.example", roles=["viewer"], words=f"Yours, {NAME}", by=by, key=new_key())
    viewer = Actor.person(make_user(company=company, roles=["viewer"]))
    asked = ask_for_role(company, role="license-administrator", words="For the audit.", by=viewer, key=new_key())
    decide_role_request(company, request=asked.pk, grants=False, words=f"Ask {NAME}.", by=by, key=new_key())
    run_jobs()


def erased(person: User, **more: Any) -> Act:
    return erase_person(person, **{"by": Actor.person(person), "key": new_key(), **more})


def test_nothing_of_an_erased_person_is_found_in_any_text_of_any_table(person: User) -> None:
    everything_done_by(person)
    found = set(traces())
    assert found >= {"console_user", "account_emailaddress", "console_outgoingmail", "licensing_subscription", "credits_deskitem"}
    assert "console_act" not in found
    erased(person)
    assert traces() == {}
    mail.outbox.clear()
    look_for_support.func(0)
    run_jobs()
    assert traces() == {}
    assert not [each for each in mail.outbox if NAME in f"{each.subject} {each.body}" or ADDRESS in [*each.to, each.body]]


def test_what_they_did_stays_and_shows_a_former_member(person: User) -> None:
    everything_done_by(person)
    before = list(Act.objects.filter(actor=person).values_list("pk", "name", "result"))
    assert len(before) >= 2
    erased(person)
    acts = Act.objects.filter(actor=person).select_related("actor")
    assert [each for each in acts.values_list("pk", "name", "result") if each[1] != "person.erase"] == before
    assert {each.by_whom for each in acts} == {"a former member"}
    assert not Authenticator.objects.filter(user=person).exists()
    assert not Membership.objects.filter(user=person).exists()
    [signed_in] = SignIn.objects.filter(person=person)
    assert (signed_in.address, signed_in.device, signed_in.ended_because) == ("", "", "switched-off")


FIGURES = (
    "licensing:license-information",
    "credits:annual-credits",
    "credits:allocations",
    "credits:purchases",
    "credits:statements",
)
EXPLAINED = ("current-balance", "allocated-credits", "total-valid-credits")
TABLES = ("licensing:license-information", "credits:allocations", "credits:purchases", "credits:audit")


def test_pages_exports_and_logs_written_after_name_nobody_and_every_figure_is_as_before(
    person: User, caplog: pytest.LogCaptureFixture
) -> None:
    everything_done_by(person)
    company = company_of(person)
    client = browser_of(make_user(company=company, roles=["owner"]))

    def figures() -> list[Any]:
        explained = [client.get(address_of("explain-json", company, each)).json() for each in EXPLAINED]
        return [page(client, name, company).figures for name in FIGURES] + [
            (each["value"], [entry["change"] for group in each["groups"] for entry in group["entries"]]) for each in explained
        ]

    with clock_at(TODAY):
        before = figures()
        assert NAME in client.get(address_of("explain", company, "allocated-credits")).content.decode()
        erased(person)
        caplog.clear()
        with caplog.at_level(logging.DEBUG):
            assert figures() == before
            written = [client.get(address_of(name, company, format=each)) for name in TABLES for each in ("csv", "json")]
            written += [client.get(address_of("explain", company, each)) for each in EXPLAINED]
            written += [client.get(address_of(name, company)) for name in (*FIGURES, "credits:audit", "licensing:people")]
            texts_written = [b"".join(each).decode() if each.streaming else each.content.decode() for each in written]
            run_jobs()
    assert [each.status_code for each in written] == [200] * len(written)
    assert any("a former member" in each for each in texts_written)
    for text in (*texts_written, caplog.text, *(f"{each.__dict__}" for each in caplog.records)):
        assert not any(word in text.lower() for word in (NAME.lower(), ADDRESS, "xantippe", "quöllfrisch"))


def test_who_was_erased_signs_in_no_more_and_the_address_belongs_to_somebody_new(person: User) -> None:
    client = Client()
    client.force_login(person)
    erased(person)
    assert client.get("/accounts/notices/").status_code == 302
    assert Client().post("/accounts/login/", {"login": ADDRESS, "password": PASSWORD}).status_code != 302
    again = make_user(name=NAME, email=ADDRESS)
    assert again.pk != person.pk
    assert not again.memberships.exists()
    assert str(User.objects.get(pk=person.pk)) == "a former member"


def test_a_mirrored_purchase_stays_without_the_address_whatever_the_marketplace_says(person: User) -> None:
    bought = activated(person, company_of(person))
    Subscription.objects.filter(pk=bought.pk).update(beneficiary_email=ADDRESS)
    erased(person)
    bought.refresh_from_db()
    said = marketplace_of(bought.channel).purchase(bought.external_id)
    assert said.beneficiary.email
    take_in(said, version=bought.version)
    bought.refresh_from_db()
    assert bought.beneficiary_email.endswith("@erased.invalid")
    assert bought.beneficiary_object_id == ""


def test_the_last_owner_is_told_what_to_do_first(person: User) -> None:
    alone = make_company(name="Alone")
    set_roles(alone, user=person, roles=["owner"], by=SYSTEM, key=new_key())
    with pytest.raises(LastOwner, match=r"Alone would be left without an owner. Make somebody else an owner there first"):
        erased(person)
    assert person.memberships.count() == 2
    with pytest.raises(NotAllowed):
        erased(person, without_owner=True)
    support = make_user(is_staff=True)
    with pytest.raises(LastOwner):
        erased(person, by=Actor.person(support), reason="asked by phone")
    erased(person, by=Actor.person(support), reason="asked by phone", without_owner=True)
    assert not person.memberships.exists()


def test_it_happens_once(person: User) -> None:
    key = new_key()
    first = erased(person, key=key)
    assert erased(person, key=key) == first
    with pytest.raises(Refused, match="erased already"):
        erased(person)


def test_nobody_else_erases_a_person_and_staff_leave_the_staff_first(person: User) -> None:
    with pytest.raises(NotAllowed):
        erased(person, by=Actor.person(make_user()))
    with pytest.raises(NotAllowed):
        erased(person, by=Actor.person(make_user(is_staff=True, staff_roles=[])))
    with pytest.raises(Refused, match="leaves the staff first"):
        erased(make_user(is_staff=True))


@pytest.mark.parametrize("words", [f"{NAME} asked", f"asked by {ADDRESS.upper()}"])
def test_a_reason_that_names_the_person_is_refused_as_the_journal_is_never_edited(person: User, words: str) -> None:
    with pytest.raises(Refused, match="must not name"):
        erased(person, by=Actor.person(make_user(is_staff=True)), reason=words)


# --- Nothing is forgotten to be thought of


def leads_to_a_person() -> set[str]:
    found = {"console.User.id", "console.OutgoingMail.to"}
    for model in apps.get_models():
        label = f"{model._meta.app_label}.{model.__name__}"
        if label.startswith("licensing.Practice") or model._meta.db_table.startswith("practice_"):
            continue
        for each in model._meta.concrete_fields:
            is_address = isinstance(each, models.CharField) and each.name.endswith("email")
            if each.related_model is User or is_address:
                found.add(f"{label}.{each.name}")
    return found


COVERED = {
    "console.User.email": "console.User.id",
    "account.EmailAddress.email": "account.EmailAddress.user",
}
"""Columns whose row leads to the person by another."""


def test_every_column_that_leads_to_a_person_is_decided() -> None:
    assert leads_to_a_person() - set(COVERED) == set(held())


def test_texts_of_facts_are_never_edited() -> None:
    assert not [label for label in mentioned() if issubclass(apps.get_model(label), AppendOnly)]


def test_the_migration_takes_the_copies_of_names_out_of_the_journal_and_puts_the_guard_back(person: User) -> None:
    migration = import_module("console.migrations.0018_privacy")
    other = make_user(name="Two of that name")
    make_user(name="Two of that name")
    rows = {
        "theirs": Actor("person", person, NAME),
        "for them": Actor("system", None, "Azure Marketplace", NAME),
        "for one without a name": Actor("system", None, "Azure Marketplace", f"person {other.pk}"),
        "for one of two": Actor("system", None, "Azure Marketplace", "Two of that name"),
    }
    company = company_of(person)
    for name in ("for them", "for one without a name", "for one of two"):
        set_roles(company, user=other, roles=["viewer"], by=rows[name], key=name)
    state_time_zone(company, time_zone="Europe/Paris", by=rows["theirs"], key="theirs")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with connection.schema_editor() as editor:
        migration.forget_names(apps, editor)
    found = {key.removeprefix("person:"): (label, whom) for key, label, whom in labels(company)}
    assert found == {
        "theirs": ("", ""),
        "for them": ("Azure Marketplace", f"person:{person.pk}"),
        "for one without a name": ("Azure Marketplace", f"person:{other.pk}"),
        "for one of two": ("Azure Marketplace", ""),
    }
    with (
        pytest.raises(IntegrityError, match="recorded facts are never edited"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE console_act SET actor_label = 'x'")


def labels(company: Any) -> list[tuple[str, str, str]]:
    keys = ["person:theirs", "for them", "for one without a name", "for one of two"]
    return list(Act.objects.for_company(company).filter(key__in=keys).values_list("key", "actor_label", "on_behalf_of"))
