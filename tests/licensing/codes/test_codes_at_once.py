"""Many people with one code at the same moment, and many guesses: one license, and an exact count of the wrong ones."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches

from console.models import Act, Actor
from licensing.codes.activate_by_code import activate_code
from licensing.codes.code_format import grouped, new_code
from licensing.codes.redeem_code import redeem
from licensing.codes.refusals import CodeForeign, CodeUnknown, CodeWithdrawn, TooManyCodes
from licensing.codes.reveal_code import code_to_show, reveal_code
from licensing.codes.withdraw_code import withdraw_code
from licensing.models import Activation, ActivationCode, License, LicenseEntry, LicenseStatement, WrongCode
from tests.factories import SYSTEM, make_code, make_company, make_order, make_user, new_key
from tests.ledger import valid
from tests.processes import database_url
from tests.test_concurrency import PATIENCE, Threads

pytestmark = pytest.mark.django_db(transaction=True)

HERE = "192.0.2.1"


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads()
    threads.pool.shutdown()
    threads.pool = ThreadPoolExecutor(max_workers=20)
    yield threads
    threads.pool.shutdown()


@pytest.mark.parametrize("kind", ["activation-code", "registration-key"])
def test_twenty_activations_of_one_code_for_two_companies_give_one_license(threads: Threads, kind: str) -> None:
    companies = [make_company(), make_company()]
    people = [make_user(company=company, roles=["owner"]) for company in companies]
    order = make_order(channel="code", units=1_000)
    text = make_code(order, kind=kind)
    tries = []
    for number in range(20):
        company, person = companies[number % 2], people[number % 2]
        activation = redeem(text, person=person, source=f"192.0.2.{number}")
        tries.append((activation, company, Actor.person(person), new_key() if number % 4 else "double click"))
    assert Activation.objects.count() == 2
    results = threads.at_once(*(partial(activate_code, each, company=to, by=by, key=key) for each, to, by, key in tries))
    license = License.objects.get()
    lost = [each for each in results if isinstance(each, Exception)]
    assert {type(each) for each in lost} == {CodeForeign}
    assert len(lost) == 10
    assert {each.license for each in results if isinstance(each, Activation)} == {license}
    assert (LicenseStatement.objects.count(), LicenseEntry.objects.count()) == (1, 2)
    assert Activation.objects.filter(state="active").count() == 1
    assert ActivationCode.objects.filter(order=order).count() == (1 if kind == "activation-code" else 2)
    order.refresh_from_db()
    assert order.company == license.company
    loser = next(each for each in companies if each != license.company)
    today = license.company.day_of(license.recorded_at)
    assert (valid(license.company, today), valid(loser, today)) == (1_000, 0)


def test_twenty_people_of_one_company_type_and_activate_it_at_once(threads: Threads) -> None:
    company = make_company()
    people = [make_user(company=company, roles=["license-administrator"]) for _ in range(20)]
    text = make_code(kind="registration-key")

    def register(person: Any) -> Activation:
        activation = redeem(text, person=person, source=HERE)
        return activate_code(activation, company=company, by=Actor.person(person), key=new_key())

    results = threads.at_once(*(partial(register, each) for each in people))
    done = [each for each in results if isinstance(each, Activation)]
    assert done
    assert all(isinstance(each, Activation) or type(each).__name__ == "CodeUsed" for each in results)
    assert {each.license for each in done} == {License.objects.get()}
    assert ActivationCode.objects.count() == 2
    assert not WrongCode.objects.exists()


def test_the_same_person_types_it_twenty_times_at_once_and_has_one_activation(threads: Threads) -> None:
    person, text = make_user(), make_code()
    results = threads.at_once(*(lambda: redeem(text, person=person, source=HERE) for _ in range(20)))
    assert {each.pk for each in results} == {Activation.objects.get().pk}


def test_a_code_is_withdrawn_or_used_but_never_both(threads: Threads) -> None:
    company = make_company()
    person = make_user(company=company, roles=["owner"])
    for _ in range(5):
        order = make_order(channel="code")
        activation = redeem(make_code(order), person=person, source=HERE)
        code = code_to_show(order)
        assert code is not None
        used, withdrawn = threads.at_once(
            partial(activate_code, activation, company=company, by=SYSTEM, key=new_key()),
            partial(withdraw_code, code, by=SYSTEM, key=new_key()),
        )
        code.refresh_from_db()
        if code.withdrawn_at is None:
            assert (type(used), type(withdrawn).__name__) == (Activation, "Conflict")
        else:
            assert (type(used), type(withdrawn)) == (CodeWithdrawn, ActivationCode)
        assert License.objects.filter(order=order).exists() == (code.withdrawn_at is None)


def test_twenty_reveals_at_once_are_twenty_rows_of_the_journal(threads: Threads) -> None:
    order = make_order(channel="code")
    text = make_code(order)
    code = code_to_show(order)
    assert code is not None
    support = Actor.person(make_user(is_staff=True))
    shown = threads.at_once(*(lambda: reveal_code(code, by=support, key=new_key()) for _ in range(20)))
    assert shown == [text] * 20
    assert Act.objects.filter(name="code.reveal", actor=support.user).count() == 20


def test_of_twenty_guesses_at_once_exactly_ten_are_looked_up(threads: Threads) -> None:
    person = make_user()

    def guess() -> None:
        redeem(grouped(new_code()), person=person, source=HERE)

    results = threads.at_once(*([guess] * 20))
    assert Counter(type(each) for each in results) == {CodeUnknown: 10, TooManyCodes: 10}
    assert WrongCode.objects.count() == 10


def test_of_twenty_guesses_of_twenty_people_from_one_address_exactly_ten_are_looked_up(threads: Threads) -> None:
    people = [make_user() for _ in range(20)]
    results = threads.at_once(*(partial(redeem, grouped(new_code()), person=each, source=HERE) for each in people))
    assert Counter(type(each) for each in results) == {CodeUnknown: 10, TooManyCodes: 10}


GUESS = """
import sys, django
django.setup()
from licensing.codes.refusals import CodeRefused
from licensing.codes.code_format import new_code
from licensing.codes.redeem_code import redeem
from console.models import User
try:
    redeem(new_code(), person=User.objects.get(pk=int(sys.argv[1])), source=sys.argv[2])
except CodeRefused as refused:
    print(type(refused).__name__)
"""


def test_a_pause_survives_a_restart(threads: Threads) -> None:
    person = make_user()
    for _ in range(9):
        with pytest.raises(CodeUnknown):
            redeem(grouped(new_code()), person=person, source=HERE)
    caches["default"].clear()

    def in_a_process_of_its_own(source: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", GUESS, str(person.pk), source],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "console.settings.test", "TEST_DATABASE_URL": database_url()},
            cwd=settings.BASE_DIR,
            check=True,
            capture_output=True,
            text=True,
            timeout=PATIENCE * 3,
        ).stdout.strip()

    assert [in_a_process_of_its_own(each) for each in (HERE, "198.51.100.7")] == ["CodeUnknown", "TooManyCodes"]
    with pytest.raises(TooManyCodes):
        redeem(grouped(new_code()), person=person, source=HERE)
