"""The company in hand: narrowed and never widened, given back at the end, each thread's own; an act takes the one it locks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory

from console.admin.staff_ask_for_all import StaffMiddleware
from console.company_in_hand import InHand, NotInHand, as_act, for_all, for_company, for_person, in_hand_now
from console.errors import Refused
from console.models import Act, User
from licensing.models import Company
from tests.factories import SYSTEM, make_company, new_key

Block = Callable[[], AbstractContextManager[None]]

STAFF = InHand(all_because="staff")


def block(what: str) -> AbstractContextManager[None]:
    kind, _, number = what.partition(" ")
    return {"company": for_company, "person": for_person}[kind](int(number)) if number else for_all("staff")


@pytest.mark.parametrize(
    ("blocks", "held"),
    [
        (["company 1"], InHand(company=1)),
        (["company 1", "company 1"], InHand(company=1)),
        (["all", "company 1"], InHand(company=1)),
        (["all", "person 7"], InHand(person=7)),
        (["all", "person 7", "company 1"], InHand(company=1)),
        (["person 7", "company 1"], InHand(company=1)),
        (["person 7", "person 7"], InHand(person=7)),
        (["all", "all"], STAFF),
        (["company 1", "company 2"], None),
        (["all", "company 1", "company 2"], None),
        (["company 1", "all"], None),
        (["company 1", "person 7"], None),
        (["person 7", "person 8"], None),
        (["person 7", "all"], None),
        (["all", "company 1", "all"], None),
    ],
)
def test_what_is_in_hand_is_narrowed_and_never_widened(blocks: list[str], held: InHand | None) -> None:
    with ExitStack() as stack:
        for each in blocks[:-1]:
            stack.enter_context(block(each))
        before = in_hand_now()
        if held is None:
            with pytest.raises(NotInHand, match="is in hand"):
                stack.enter_context(block(blocks[-1]))
            assert in_hand_now() == before
        else:
            stack.enter_context(block(blocks[-1]))
            assert in_hand_now() == held
    assert in_hand_now() is None


def test_an_exception_gives_back_what_was_in_hand_before() -> None:
    with for_all("staff"):
        with pytest.raises(ZeroDivisionError), for_company(1):
            _ = 1 / 0
        assert in_hand_now() == STAFF
    assert in_hand_now() is None


def test_each_thread_begins_with_nothing_in_hand() -> None:
    found: list[InHand | None] = []

    def look() -> None:
        found.append(in_hand_now())
        with for_company(2):
            found.append(in_hand_now())

    with for_company(1):
        thread = Thread(target=look)
        thread.start()
        thread.join()
        assert in_hand_now() == InHand(company=1)
    assert found == [None, InHand(company=2)]


def test_a_function_can_state_all_and_gives_it_back() -> None:
    @for_all("jobs")
    def job(depth: int) -> list[InHand | None]:
        return [in_hand_now(), *(job(depth - 1) if depth else [])]

    assert job(1) == [InHand(all_because="jobs")] * 2
    assert in_hand_now() is None


@pytest.mark.parametrize("because", ["", " "])
def test_all_is_stated_with_a_reason(because: str) -> None:
    with pytest.raises(ValueError, match="State why"), for_all(because):
        pass


def test_a_company_that_was_not_written_yet_is_never_in_hand() -> None:
    with pytest.raises(ValueError, match="no id"), for_company(Company()):
        pass


# --- Acts


@as_act
def rename(company: Company, then: Callable[[], Any] = lambda: None) -> InHand | None:
    """An act: returns what is in hand once it has begun."""
    act = Act.begin("test.rename", scope=company, key=new_key(), by=SYSTEM, stated={})
    held = in_hand_now()
    then()
    act.finish()
    return held


def refuse() -> None:
    raise Refused("No.")


@pytest.mark.django_db
def test_an_act_has_the_company_in_hand_that_it_locks_and_gives_it_back() -> None:
    company = make_company()
    assert rename(company) == InHand(company=company.pk)
    assert in_hand_now() is None
    with for_all("staff"):
        assert rename(company) == InHand(company=company.pk)
        with pytest.raises(Refused):
            rename(company, then=refuse)
        assert in_hand_now() == STAFF


@pytest.mark.django_db
def test_an_act_may_lead_to_further_acts_on_its_company_and_to_none_on_another() -> None:
    company, other = make_company(), make_company()
    rename(company, then=lambda: rename(company))
    with pytest.raises(NotInHand):
        rename(company, then=lambda: rename(other))
    assert not Act.objects.for_company(other).filter(name="test.rename").exists()
    assert in_hand_now() is None


@pytest.mark.django_db
def test_a_page_of_one_company_does_no_act_on_another() -> None:
    company, other = make_company(), make_company()
    with for_company(company), pytest.raises(NotInHand):
        rename(other)
    assert not Act.objects.for_company(other).filter(name="test.rename").exists()


@pytest.mark.django_db
def test_an_act_that_states_all_goes_from_company_to_company() -> None:
    companies = [make_company(), make_company()]

    @as_act(for_all="two companies")
    def both() -> list[InHand | None]:
        return [*(rename(each) for each in companies), in_hand_now()]

    assert both() == [*(InHand(company=each.pk) for each in companies), InHand(all_because="two companies")]
    assert in_hand_now() is None
    with for_company(companies[0]), pytest.raises(NotInHand):
        both()


@pytest.mark.django_db
def test_an_act_that_states_all_keeps_all_after_it_has_begun_on_one_company() -> None:
    company, other = make_company(), make_company()

    @as_act(for_all="two companies")
    def both() -> list[InHand | None]:
        act = Act.begin("test.both", scope=company, key=new_key(), by=SYSTEM, stated={})
        held = [in_hand_now(), rename(other), in_hand_now()]
        act.finish()
        return held

    every = InHand(all_because="two companies")
    assert both() == [every, InHand(company=other.pk), every]


@pytest.mark.django_db
def test_an_act_on_a_company_is_decorated() -> None:
    with pytest.raises(NotInHand, match="as_act"):
        Act.begin("test.act", scope=make_company(), key=new_key(), by=SYSTEM, stated={})
    assert in_hand_now() is None


# --- Staff pages


@pytest.mark.parametrize(
    ("path", "person", "held"),
    [
        ("/admin/licensing/order/", User(is_staff=True), STAFF),
        ("/admin/marketplaces/", User(is_staff=True), STAFF),
        ("/admin/licensing/order/", User(), None),
        ("/admin/login/", AnonymousUser(), None),
        ("/companies/aster/credits/annual/", User(is_staff=True), None),
        ("/administer/", User(is_staff=True), None),
    ],
)
def test_only_staff_pages_ask_for_all(path: str, person: Any, held: InHand | None) -> None:
    found: list[InHand | None] = []

    def answer(request: Any) -> HttpResponse:
        found.append(in_hand_now())
        return HttpResponse()

    request = RequestFactory().get(path)
    request.user = person
    StaffMiddleware(answer)(request)
    assert found == [held]
    assert in_hand_now() is None
