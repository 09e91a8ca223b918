"""Two people decide a request at the same instant, each on a connection of their own: it is done once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from console.errors import Conflict, DomainError
from console.models import Actor
from credits.acts.approvals.approve_request import approve_request
from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.approvals.refuse_or_withdraw import refuse_request, withdraw_request
from credits.models import AllocationStatement, RequestEvent
from licensing.models import Role
from tests.factories import TODAY, make_company, make_feature, make_license, make_user, new_key
from tests.ledger import line_units

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each returned, or its refusal."""
    barrier = Barrier(len(calls))

    def alone(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait(20)
            return call()
        except DomainError as refused:
            return refused
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(alone, calls))


@pytest.mark.parametrize("others_decide_otherwise", [False, True])
def test_two_approvers_at_the_same_instant_do_it_once(others_decide_otherwise: bool) -> None:
    company = make_company()
    make_license(company=company, units=1_000)
    line = make_feature(rates=["1"]).lines.get()
    viewer = Actor.person(make_user(company=company, roles=[Role.VIEWER]))
    managers = [Actor.person(make_user(company=company, roles=[Role.CREDIT_MANAGER])) for _number in range(3)]
    asked = ask_for_units(company, units={line.pk: 10}, words="please", today=TODAY, by=viewer, key=new_key())
    presses = [partial(approve_request, company, request=asked.pk, today=TODAY, by=each, key=new_key()) for each in managers[:2]]
    if others_decide_otherwise:
        presses.append(partial(refuse_request, company, request=asked.pk, by=managers[2], key=new_key()))
        presses.append(partial(withdraw_request, company, request=asked.pk, by=viewer, key=new_key()))
    answers = at_once(*presses)
    assert sum(isinstance(each, Conflict) for each in answers) == len(presses) - 1, answers
    approved = RequestEvent.objects.get(company=company, request=asked).kind == "approved"
    assert AllocationStatement.objects.filter(company=company).count() == approved
    assert line_units(company, line, TODAY) == (10 if approved else 0)
