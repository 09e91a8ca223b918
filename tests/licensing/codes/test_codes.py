"""Activation codes and registration keys: made, read, refused, used once, and kept secret."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from console.errors import Conflict, KeyUsedForSomethingElse, NotAllowed, Refused
from console.models import Act, Actor, User
from console.security.sealing import fingerprints
from licensing.acts.activate import activate_order
from licensing.codes.activate_by_code import activate_code
from licensing.codes.code_format import ALPHABET, Slip, grouped, masked, new_code, read_code
from licensing.codes.issue_code import issue_code
from licensing.codes.redeem_code import redeem
from licensing.codes.refusals import (
    CodeExpired,
    CodeForeign,
    CodeMistyped,
    CodeRefused,
    CodeReserved,
    CodeUnknown,
    CodeUsed,
    CodeWithdrawn,
    TooManyCodes,
)
from licensing.codes.reveal_code import code_to_show, reveal_code
from licensing.codes.withdraw_code import withdraw_code
from licensing.models import Activation, ActivationCode, Company, License, Order, WrongCode
from tests.factories import SYSTEM, TODAY, make_code, make_company, make_license, make_order, make_user, new_key

pytestmark = pytest.mark.django_db

NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@contextmanager
def clock_of_codes(instant: datetime = NOON) -> Iterator[None]:
    still = SimpleNamespace(now=lambda: instant)
    with ExitStack() as stack:
        for each in ("redeem_code", "activate_by_code", "guessing_limit"):
            stack.enter_context(patch(f"licensing.codes.{each}.timezone", still))
        yield


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_of_codes():
        yield


@pytest.fixture
def company() -> Company:
    return make_company(name="Aster Foods")


@pytest.fixture
def person(company: Company) -> User:
    return make_user(company=company, roles=["license-administrator"])


def code_of(order: Order) -> ActivationCode:
    found = code_to_show(order)
    assert found is not None
    return found


def registered(text: str, person: User, company: Company) -> Activation:
    """What was typed, activated for the company."""
    return activate_code(redeem(text, person=person, source=HERE), company=company, by=Actor.person(person), key=new_key())


def refusal(text: str, person: User, *, source: str = HERE) -> CodeRefused:
    with pytest.raises(CodeRefused) as refused:
        redeem(text, person=person, source=source)
    return refused.value


def wrong_code() -> str:
    return grouped(new_code())


# --- What codes look like


def test_a_code_is_five_groups_of_five_without_characters_that_look_alike() -> None:
    text = grouped(new_code())
    assert [len(group) for group in text.split("-")] == [5] * 5
    assert set(text) <= {*ALPHABET, "-"}
    assert not set(ALPHABET) & set("0O1IL")


def test_a_registration_key_looks_different() -> None:
    text = grouped(new_code("RK"))
    assert text.startswith("RK-")
    assert [len(group) for group in text.split("-")] == [2] + [5] * 5


@pytest.mark.parametrize("prefix", ["", "RK"])
def test_one_wrong_character_and_two_exchanged_ones_are_always_noticed(prefix: str) -> None:
    code = new_code(prefix)
    assert read_code(code) == code
    for at in range(len(prefix), len(code)):
        for other in set(ALPHABET) - {code[at]}:
            assert read_code(code[:at] + other + code[at + 1 :]) is Slip.CHECK
    for at in range(len(prefix), len(code) - 1):
        for other in range(at + 1, len(code)):
            exchanged = list(code)
            exchanged[at], exchanged[other] = exchanged[other], exchanged[at]
            if exchanged != list(code):
                assert read_code("".join(exchanged)) is Slip.CHECK


@pytest.mark.parametrize(
    "typed",
    [
        "{}",
        "  {}\t\r\n",
        "“{}”",
        "'{}'",
        "«{}»",
        "`{}`.",
        "{lower}",
        "{spaces}",
        "{bare}",
        "{dots}",
        "{long_dashes}",
        "{minus_signs}",
        "{soft_hyphens}",
        "{no_break}",
        "{wide}",
        "\ufeff{}\u200b",
    ],
)
@pytest.mark.parametrize("prefix", ["", "RK"])
def test_reading_minds_no_case_spaces_dashes_or_quotes(typed: str, prefix: str) -> None:
    code = new_code(prefix)
    text = grouped(code)
    written = typed.format(
        text,
        lower=text.lower(),
        bare=code,
        spaces=text.replace("-", " "),
        dots=text.replace("-", "."),
        long_dashes=text.replace("-", " \N{EM DASH} "),
        minus_signs=text.replace("-", "\N{MINUS SIGN}"),
        soft_hyphens=text.replace("-", "\N{SOFT HYPHEN}"),
        no_break=text.replace("-", "\N{NON-BREAKING HYPHEN}"),
        wide="".join(chr(ord(each) + 0xFEE0) for each in text),
    )
    assert read_code(written) == code


def test_masked_it_shows_only_its_last_four_characters() -> None:
    assert masked("AB23") == "•••••-…-AB23"
    assert masked("AB23", "RK") == "RK-•••••-…-AB23"


# --- Issuing and withdrawing


def test_support_issues_a_code_for_an_order_of_the_channel_code() -> None:
    order, support = make_order(channel="code"), make_user(is_staff=True)
    code = issue_code(order, kind="activation-code", by=Actor.person(support), key=new_key())
    assert (code.order, code.kind, code.valid_until, code.withdrawn_at) == (order, "activation-code", None, None)
    assert (code.act.name, code.act.actor, code.act.scope) == ("code.issue", support, "channel:code")
    assert code.fingerprint in fingerprints(reveal_code(code, by=SYSTEM, key=new_key()).replace("-", ""))


def test_issuing_again_with_the_same_key_gives_the_same_code() -> None:
    order, key = make_order(channel="code"), new_key()
    first, second = (issue_code(order, kind="registration-key", by=SYSTEM, key=key) for _ in range(2))
    assert first == second


def test_only_support_issues_and_withdraws(person: User, company: Company) -> None:
    order = make_order(channel="code", reserved_for=company)
    with pytest.raises(NotAllowed):
        issue_code(order, kind="activation-code", by=Actor.person(person), key=new_key())
    make_code(order)
    with pytest.raises(NotAllowed):
        withdraw_code(code_of(order), by=Actor.person(person), key=new_key())


@pytest.mark.parametrize("channel", ["azure", "aws", "direct"])
def test_an_order_of_another_channel_gets_no_code(channel: str) -> None:
    with pytest.raises(Refused, match="Only an order of the channel"):
        make_code(make_order(channel=channel))


def test_an_activated_order_gets_no_code() -> None:
    with pytest.raises(Conflict, match="is activated already"):
        make_code(make_license(channel="code").order)


@pytest.mark.parametrize("kind", ["activation-code", "registration-key"])
def test_an_order_has_one_code_that_stands(kind: str) -> None:
    order = make_order(channel="code")
    make_code(order)
    with pytest.raises(Conflict, match="Withdraw it first"):
        make_code(order, kind=kind)


def test_a_kind_that_does_not_exist_and_a_last_day_that_has_passed_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        make_code(kind="secret")
    assert refused.value.field == "kind"
    with pytest.raises(Refused) as refused:
        make_code(valid_until=date(2020, 1, 1))
    assert refused.value.field == "valid_until"


def test_a_code_that_was_withdrawn_makes_room_for_another(person: User) -> None:
    order = make_order(channel="code")
    first = make_code(order)
    withdrawn = withdraw_code(code_of(order), by=SYSTEM, key="w", reason="Sent to the wrong person")
    assert withdraw_code(withdrawn, by=SYSTEM, key="w").withdrawn_at == withdrawn.withdrawn_at
    assert Act.objects.get(name="code.withdraw").reason == "Sent to the wrong person"
    second = make_code(order)
    assert isinstance(refusal(first, person), CodeWithdrawn)
    assert redeem(second, person=person, source=HERE).order == order


def test_a_code_is_withdrawn_once_and_never_after_its_use(person: User, company: Company) -> None:
    order = make_order(channel="code")
    make_code(order)
    code = withdraw_code(code_of(order), by=SYSTEM, key=new_key())
    with pytest.raises(Conflict, match="withdrawn already"):
        withdraw_code(code, by=SYSTEM, key=new_key())
    registered(make_code(order), person, company)
    with pytest.raises(Conflict, match="was used"):
        withdraw_code(code_of(order), by=SYSTEM, key=new_key())


# --- Redeeming


def test_whoever_types_a_code_gets_an_activation_waiting_for_a_company(person: User) -> None:
    order = make_order(channel="code")
    activation = redeem(make_code(order), person=person, source=HERE)
    assert (activation.channel, activation.state, activation.person) == ("code", "found", person)
    assert (activation.order, activation.company, activation.license) == (order, None, None)
    assert activation.brought_at == activation.found_at == NOON
    assert activation.code == code_of(order)


def test_typing_it_again_resumes_the_persons_own_activation(person: User) -> None:
    text = make_code()
    first = redeem(text, person=person, source=HERE)
    assert redeem(text.lower(), person=person, source=ELSEWHERE) == first
    assert redeem(text, person=make_user(), source=HERE) != first


@pytest.mark.parametrize(
    ("typed", "slip"),
    [
        ("", Slip.NOTHING),
        (" -“”- \n", Slip.NOTHING),
        ("23456-ABCDE", Slip.LENGTH),
        ("2" * 1_000_000, Slip.LENGTH),
        ("23456-ABCDE-23456-ABCDE-2345O", Slip.CHARACTERS),
        ("\0", Slip.NOTHING),
        ("😀ß漢字", Slip.CHARACTERS),
        ("23456-ABCDE-23456-ABCDE-23455", Slip.CHECK),
    ],
)
def test_what_cannot_be_a_code_is_told_from_one_that_is_not_known(person: User, typed: str, slip: Slip) -> None:
    refused = refusal(typed, person)
    assert isinstance(refused, CodeMistyped)
    assert (refused.slip, refused.field, refused.status) == (slip, "code", 422)


def test_a_code_that_was_never_issued_is_unknown(person: User) -> None:
    assert isinstance(refusal(wrong_code(), person), CodeUnknown)


def test_a_used_code_leads_a_member_of_its_company_to_the_license(person: User, company: Company) -> None:
    text = make_code()
    license = registered(text, person, company).license
    for member in (person, make_user(company=company, roles=["viewer"])):
        refused = refusal(text, member)
        assert isinstance(refused, CodeUsed)
        assert license is not None
        assert (refused.license, refused.status) == (license, 409)
        assert refused.url == f"/companies/{company.slug}/licenses/{license.pk}/"
    assert not WrongCode.objects.exists()


def test_a_code_used_by_another_company_says_nothing_of_it(person: User, company: Company) -> None:
    text = make_code()
    registered(text, person, company)
    for stranger in (make_user(), make_user(company=make_company(), roles=["owner"]), make_user(is_staff=True)):
        refused = refusal(text, stranger)
        assert isinstance(refused, CodeForeign)
        assert company.name not in str(refused)


def test_a_reserved_code_is_for_those_who_may_register_licenses_there(person: User, company: Company) -> None:
    text = make_code(reserved_for=company)
    viewer = refusal(text, make_user(company=company, roles=["viewer", "credit-manager"]))
    assert isinstance(viewer, CodeReserved)
    assert viewer.company == company
    assert "License administrator / Owner" in str(viewer)
    stranger = refusal(text, make_user(company=make_company(), roles=["owner"]))
    assert isinstance(stranger, CodeReserved)
    assert stranger.company is None
    assert company.name not in str(stranger)
    assert registered(text, person, company).state == "active"


@pytest.mark.parametrize(("days", "expired"), [(0, False), (1, True)])
def test_a_code_is_taken_up_to_its_last_day(person: User, days: int, expired: bool) -> None:
    last = date.today() + timedelta(days=30)  # noqa: DTZ011  codes are issued by the clock of the database
    text = make_code(valid_until=last)
    with clock_of_codes(datetime(last.year, last.month, last.day, 23, 59, tzinfo=UTC) + timedelta(days=days)):
        if expired:
            refused = refusal(text, person)
            assert isinstance(refused, CodeExpired)
            assert refused.last_day == last
        else:
            assert redeem(text, person=person, source=HERE)


def test_the_last_day_of_a_reserved_code_is_that_of_its_company() -> None:
    company = make_company(time_zone="Pacific/Auckland")
    person = make_user(company=company, roles=["owner"])
    text = make_code(reserved_for=company, valid_until=date(2099, 6, 1))
    with clock_of_codes(datetime(2099, 6, 1, 11, tzinfo=UTC)):
        assert redeem(text, person=person, source=HERE)
    with clock_of_codes(datetime(2099, 6, 1, 12, tzinfo=UTC)):  # midnight in Auckland
        assert isinstance(refusal(text, person), CodeExpired)


def test_a_code_for_a_term_that_is_over_has_expired_with_it(person: User) -> None:
    refused = refusal(make_code(term_ends_on=TODAY - timedelta(days=1)), person)
    assert isinstance(refused, CodeExpired)
    assert "Mar 1, 2026" in str(refused)


def test_a_code_sealed_under_an_earlier_secret_key_is_still_found_and_opened(person: User, settings: Any) -> None:
    order = make_order(channel="code")
    text = make_code(order)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another one for tests"
    assert redeem(text, person=person, source=HERE).order == order
    assert reveal_code(code_of(order), by=SYSTEM, key=new_key()) == text


def test_a_code_that_is_known_costs_as_many_statements_as_one_that_is_not(person: User) -> None:
    def asked(text: str) -> int:
        with CaptureQueriesContext(connection) as queries, pytest.raises(CodeRefused):
            redeem(text, person=person, source=HERE)
        return len([each for each in queries if each["sql"].startswith("SELECT")])

    order = make_order(channel="code")
    text = make_code(order)
    withdraw_code(code_of(order), by=SYSTEM, key=new_key())
    assert asked(text) == asked(wrong_code()) == asked("23456-ABCDE-23456-ABCDE-23455")


# --- Activating


def test_activating_a_code_issues_the_license_and_ends_the_activation(person: User, company: Company) -> None:
    make_license(company=company, units=250)
    order = make_order(channel="code", units=1_000)
    activation = registered(make_code(order), person, company)
    activation.refresh_from_db()
    license = License.objects.get(order=order)
    assert (activation.state, activation.company, activation.license) == ("active", company, license)
    assert activation.confirmed_at == activation.issued_at == NOON
    assert activation.balance_before == 250
    assert Act.objects.get(name="order.activate", result__license=license.pk).actor == person


def test_an_activation_code_stays_the_code_of_its_order(person: User, company: Company) -> None:
    order = make_order(channel="code")
    text = make_code(order)
    registered(text, person, company)
    assert reveal_code(code_of(order), by=SYSTEM, key=new_key()) == text
    assert ActivationCode.objects.count() == 1


def test_registering_with_a_key_makes_the_activation_code_of_the_order(person: User, company: Company) -> None:
    order = make_order(channel="code")
    key = make_code(order, kind="registration-key")
    assert code_of(order).kind == "registration-key"
    registered(key, person, company)
    code = code_of(order)
    assert code.kind == "activation-code"
    assert (code.act.name, code.act.actor, code.act.company_id) == ("code.issue", person, company.pk)
    made = reveal_code(code, by=SYSTEM, key=new_key())
    assert made not in key
    for used in (key, made):
        assert isinstance(refusal(used, person), CodeUsed)


def test_activating_twice_gives_the_same_license(person: User, company: Company) -> None:
    order = make_order(channel="code")
    text = make_code(order, kind="registration-key")
    mine = redeem(text, person=person, source=HERE)
    colleague = make_user(company=company, roles=["owner"])
    theirs = redeem(text, person=colleague, source=HERE)
    by = Actor.person(person)
    first = activate_code(mine, company=company, by=by, key="one")
    assert activate_code(mine, company=company, by=by, key="one").license == first.license
    assert activate_code(mine, company=company, by=by, key="two").license == first.license
    late = activate_code(theirs, company=company, by=Actor.person(colleague), key="three")
    assert (late.license, late.state, late.balance_before) == (first.license, "active", None)
    assert License.objects.filter(order=order).count() == 1
    assert ActivationCode.objects.filter(order=order).count() == 2


def test_a_second_company_never_gets_it(person: User, company: Company) -> None:
    text = make_code()
    other = make_company()
    rival = make_user(company=other, roles=["owner"])
    theirs = redeem(text, person=rival, source=ELSEWHERE)
    mine = registered(text, person, company)
    with pytest.raises(CodeForeign):
        activate_code(theirs, company=other, by=Actor.person(rival), key=new_key())
    with pytest.raises(CodeForeign):
        activate_code(mine, company=other, by=SYSTEM, key=new_key())
    theirs.refresh_from_db()
    assert (theirs.state, theirs.license) == ("known", None)
    assert License.objects.count() == 1


def test_activating_needs_the_licensing_permission_in_the_company(company: Company) -> None:
    manager = make_user(company=company, roles=["viewer", "credit-manager"])
    activation = redeem(make_code(), person=manager, source=HERE)
    with pytest.raises(NotAllowed):
        activate_code(activation, company=company, by=Actor.person(manager), key=new_key())
    assert not License.objects.exists()


def test_a_reserved_order_is_activated_for_its_company_only(person: User, company: Company) -> None:
    activation = redeem(make_code(reserved_for=company), person=person, source=HERE)
    other = make_company()
    with pytest.raises(CodeReserved):
        activate_code(activation, company=other, by=SYSTEM, key=new_key())


def test_an_activation_begun_with_a_code_that_is_withdrawn_goes_no_further(person: User, company: Company) -> None:
    order = make_order(channel="code")
    activation = redeem(make_code(order), person=person, source=HERE)
    withdraw_code(code_of(order), by=SYSTEM, key=new_key())
    make_code(order)
    with pytest.raises(CodeWithdrawn):
        activate_code(activation, company=company, by=Actor.person(person), key=new_key())


def test_an_activation_begun_in_time_is_refused_after_the_last_day(person: User, company: Company) -> None:
    activation = redeem(make_code(valid_until=date(2099, 6, 1)), person=person, source=HERE)
    with clock_of_codes(datetime(2099, 6, 2, 12, tzinfo=UTC)), pytest.raises(CodeExpired):
        activate_code(activation, company=company, by=Actor.person(person), key=new_key())


def test_an_activation_without_a_code_is_refused(person: User, company: Company) -> None:
    activation = Activation.objects.create(channel="azure", person=person, brought_at=NOON)
    with pytest.raises(Refused, match="Enter the code again"):
        activate_code(activation, company=company, by=SYSTEM, key=new_key())


def test_an_order_that_support_activated_gives_its_license_to_the_waiting_activation(person: User, company: Company) -> None:
    order = make_order(channel="code")
    activation = redeem(make_code(order), person=person, source=HERE)
    license = activate_order(order, company=company, today=TODAY, by=SYSTEM, key=new_key())
    assert activate_code(activation, company=company, by=Actor.person(person), key=new_key()).license == license


# --- Revealing


def test_every_reveal_and_copy_stands_in_the_journal_of_the_company(person: User, company: Company) -> None:
    order = make_order(channel="code")
    text = make_code(order)
    registered(text, person, company)
    by = Actor.person(person)
    assert {reveal_code(code_of(order), by=by, key=new_key(), purpose=each) for each in ("reveal", "copy", "reveal")} == {text}
    acts = Act.objects.for_company(company).filter(name__in=["code.reveal", "code.copy"]).order_by("recorded_at")
    assert [act.name for act in acts] == ["code.reveal", "code.copy", "code.reveal"]
    assert {(act.actor, act.result["code"]) for act in acts} == {(person, code_of(order).pk)}


def test_support_reveals_a_code_that_nobody_has_used() -> None:
    support = Actor.person(make_user(is_staff=True))
    company = make_company()
    for order, scope in (
        (make_order(channel="code"), "channel:code"),
        (make_order(channel="code", reserved_for=company), f"company:{company.pk}"),
    ):
        text = make_code(order)
        assert reveal_code(code_of(order), by=support, key=new_key()) == text
        assert Act.objects.filter(name="code.reveal", actor=support.user).latest("recorded_at").scope == scope


def test_a_member_reveals_only_the_code_of_an_activated_order_and_only_with_the_licensing_permission(
    person: User, company: Company
) -> None:
    order = make_order(channel="code", reserved_for=company)
    text = make_code(order)
    with pytest.raises(NotAllowed):
        reveal_code(code_of(order), by=Actor.person(person), key=new_key())
    registered(text, person, company)
    for stranger in (
        make_user(),
        make_user(company=company, roles=["viewer", "credit-manager"]),
        make_user(company=make_company(), roles=["owner"]),
    ):
        with pytest.raises(NotAllowed):
            reveal_code(code_of(order), by=Actor.person(stranger), key=new_key())
    assert not Act.objects.filter(name="code.reveal", actor_kind="person").exists()
    assert reveal_code(code_of(order), by=Actor.person(person), key=new_key()) == text


def test_somebody_elses_reveal_cannot_be_repeated_without_a_record(person: User, company: Company) -> None:
    order = make_order(channel="code")
    registered(make_code(order), person, company)
    colleague = make_user(company=company, roles=["owner"])
    reveal_code(code_of(order), by=Actor.person(person), key="same")
    with pytest.raises(KeyUsedForSomethingElse):
        reveal_code(code_of(order), by=Actor.person(colleague), key="same")
    with pytest.raises(Refused):
        reveal_code(code_of(order), by=SYSTEM, key=new_key(), purpose="sell")  # type: ignore[arg-type]


# --- Limits


def test_ten_wrong_codes_in_fifteen_minutes_bring_a_pause_that_says_how_long(person: User) -> None:
    text = make_code()
    for minute in range(10):
        with clock_of_codes(NOON + timedelta(minutes=minute)):
            assert isinstance(refusal(wrong_code(), person), CodeUnknown)
    with clock_of_codes(NOON + timedelta(minutes=10, seconds=1)):
        refused = refusal(text, person)
        assert isinstance(refused, TooManyCodes)
        assert (refused.seconds, refused.status) == (299, 429)
        assert "in 5 minutes" in str(refused)
    with clock_of_codes(NOON + timedelta(minutes=15)):
        assert redeem(text, person=person, source=HERE)


def test_a_pause_is_not_made_longer_by_trying(person: User) -> None:
    for _ in range(10):
        refusal(wrong_code(), person)
    for _ in range(5):
        assert isinstance(refusal(wrong_code(), person), TooManyCodes)
    assert WrongCode.objects.count() == 10


def test_the_limit_holds_for_the_address_too_whoever_types(person: User) -> None:
    for _ in range(10):
        refusal(wrong_code(), make_user())
    assert isinstance(refusal(make_code(), person), TooManyCodes)
    assert redeem(make_code(), person=person, source=ELSEWHERE)


def test_the_limit_holds_for_the_person_wherever_they_are(person: User) -> None:
    for number in range(10):
        refusal(wrong_code(), person, source=f"192.0.2.{number}")
    assert isinstance(refusal(make_code(), person, source=ELSEWHERE), TooManyCodes)


def test_addresses_of_one_network_of_ipv6_count_together(person: User) -> None:
    for number in range(10):
        refusal(wrong_code(), make_user(), source=f"2001:db8:1:2:{number}::1")
    assert isinstance(refusal(wrong_code(), person, source="2001:db8:1:2:ffff::9"), TooManyCodes)
    assert isinstance(refusal(wrong_code(), person, source="2001:db8:1:3::1"), CodeUnknown)


def test_an_unknown_address_counts_for_the_person_only(person: User) -> None:
    for _ in range(10):
        refusal(wrong_code(), person, source="")
    assert isinstance(refusal(wrong_code(), person, source=""), TooManyCodes)
    assert isinstance(refusal(wrong_code(), make_user(), source=""), CodeUnknown)


def test_codes_that_are_taken_and_empty_forms_do_not_count(person: User) -> None:
    for _ in range(11):
        redeem(make_code(), person=person, source=HERE)
        refusal("", person)
    assert not WrongCode.objects.exists()


def test_wrong_codes_are_forgotten_once_they_no_longer_count(person: User) -> None:
    refusal(wrong_code(), person)
    with clock_of_codes(NOON + timedelta(minutes=15)):
        refusal(wrong_code(), make_user())
    assert WrongCode.objects.count() == 1


# --- The database's own rules


def execute(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("DELETE FROM licensing_activationcode", "never deleted"),
        ("TRUNCATE licensing_activationcode CASCADE", "never edited"),
        ("UPDATE licensing_activationcode SET last_four = 'ZZZZ'", "stays as it was issued"),
        ("UPDATE licensing_activationcode SET kind = 'registration-key'", "stays as it was issued"),
        ("UPDATE licensing_activationcode SET sealed = ''", "a_code_is_kept_sealed"),
        ("UPDATE licensing_activationcode SET fingerprint = 'ABC'", "a_code_is_kept_sealed"),
    ],
)
@pytest.mark.as_owner
def test_the_database_refuses_to_change_a_code(sql: str, why: str) -> None:
    make_code()
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # what the acts left for the commit is checked now
    with pytest.raises(IntegrityError, match=why):
        execute(sql)


def test_the_database_refuses_a_second_live_code_of_a_kind_and_one_of_another_channel() -> None:
    order = make_order(channel="code")
    make_code(order)
    code = code_of(order)
    code.pk, code.fingerprint = None, "0" * 64
    with pytest.raises(IntegrityError, match="one_live_code_of_a_kind_per_order"), transaction.atomic():
        code.save(force_insert=True)
    code.pk, code.order = None, make_order()
    with pytest.raises(IntegrityError, match="is not activated by a code"), transaction.atomic():
        code.save(force_insert=True)


def test_the_database_refuses_to_withdraw_a_used_code_and_to_bring_back_a_withdrawn_one(person: User, company: Company) -> None:
    order = make_order(channel="code")
    make_code(order)
    withdraw_code(code_of(order), by=SYSTEM, key=new_key())
    with pytest.raises(IntegrityError, match="stays so"):
        execute("UPDATE licensing_activationcode SET withdrawn_at = NULL")
    registered(make_code(order), person, company)
    with pytest.raises(IntegrityError, match="was used"):
        execute("UPDATE licensing_activationcode SET withdrawn_at = now() WHERE withdrawn_at IS NULL")


# --- Secrecy


def everything_in_the_database() -> str:
    """Every row of every table as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        found = io.StringIO()
        for table in tables:
            cursor.execute(f"SELECT coalesce(string_agg({table}::text, E'\\n'), '') FROM {table}")
            found.write(cursor.fetchone()[0])
    return found.getvalue()


def test_the_clear_code_is_in_no_column_and_no_log(person: User, company: Company, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    order = make_order(channel="code")
    key = make_code(order, kind="registration-key")
    wrong = wrong_code()
    refusal(wrong, person)
    registered(key, person, company)
    made = reveal_code(code_of(order), by=Actor.person(person), key=new_key(), purpose="copy")
    refusal(made, make_user())
    said = everything_in_the_database() + caplog.text + repr(list(ActivationCode.objects.all()))
    assert code_of(order).fingerprint in said  # we did look
    for secret in (key, made, wrong):
        for form in (secret, secret.replace("-", ""), *secret.split("-")[1:-1]):
            assert form not in said
            assert form.lower() not in said.replace("\n", " ").split()


def test_what_cannot_be_expressed_as_a_code_is_not_repeated_in_the_refusal(person: User) -> None:
    for typed in (wrong_code(), "my-password-123", "23456-ABCDE-23456-ABCDE-23455"):
        assert typed not in str(refusal(typed, person))
