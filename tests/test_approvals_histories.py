"""Random orders of asking, approving, lowering, refusing, withdrawing and allocating alone, while roles and the rule change.

A model decides of each press whether it has to be done; afterwards every unit that stands was stated by somebody who could at
that instant, and was approved by another person wherever the rule wanted one; everything once, though everything is sent twice.
APPROVAL_HISTORIES says how many, APPROVAL_FIRST the first; `make proof-of-approvals` lives through 500.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from console.errors import DomainError
from console.models import Act, Actor, User
from credits.acts.approvals.approve_request import approve_request
from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.approvals.lower_request import lower_request
from credits.acts.approvals.refuse_or_withdraw import refuse_request, withdraw_request
from credits.acts.approvals.state_approvals import state_approvals
from credits.acts.planning.set_many import set_many
from credits.acts.set_allocation import set_allocation
from credits.models import CLOSING, AllocationStatement, CreditRequirement, RequestEvent, UnitsRequest
from credits.rules.second_person import NEVER, WhenAsked
from licensing.acts.companies.set_roles import set_roles
from licensing.models import Company, Role
from tests.factories import SYSTEM, TODAY, make_company, make_feature, make_license, make_user, new_key
from tests.ledger import line_units

HISTORIES = int(os.environ.get("APPROVAL_HISTORIES", "10"))
FIRST = int(os.environ.get("APPROVAL_FIRST", "1"))
BATCHES, LENGTH = 2, 24
VALID, RATE = 60, 2
ALLOCATES = {Role.CREDIT_MANAGER, Role.OWNER}

pytestmark = pytest.mark.django_db


@dataclass
class Asked:
    """What the model knows of a request."""

    by: int
    units: dict[int, int]
    open: bool = True


@dataclass
class History:
    """A company with four people, and the model of it: people, lines and requests by their number or id."""

    random: Random
    company: Company
    lines: list[CreditRequirement]
    people: list[User]
    day: Any = TODAY
    roles: dict[int, set[Role]] = field(default_factory=dict)
    units: dict[int, int] = field(default_factory=dict)
    rule: WhenAsked = NEVER
    alone: Counter[int] = field(default_factory=Counter)
    requests: dict[int, Asked] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    verdicts: Counter[tuple[str, bool]] = field(default_factory=Counter)

    def may(self, person: int) -> bool:
        return bool(self.roles[person] & ALLOCATES)

    @property
    def balance(self) -> int:
        return VALID - sum(self.units.values()) * RATE

    def raised(self, units: dict[int, int]) -> int:
        return sum(max(0, count - self.units[line]) * RATE for line, count in units.items())

    def balance_with(self, units: dict[int, int]) -> int:
        return VALID - sum({**self.units, **units}.values()) * RATE

    def press(self, what: str, done: bool, call: Callable[..., Any], **said: Any) -> Any:
        """Send it twice with one key; it is done exactly where the model says so. Returns what the act returned."""
        key, answers = new_key(), []
        for _time in range(2):
            try:
                with transaction.atomic():
                    answers.append(call(self.company, key=key, **said))
            except DomainError as refused:
                answers.append(refused)
        came = not isinstance(answers[0], DomainError)
        self.log.append(f"{what} {said}: {answers[0]!r}")
        self.verdicts[what, came] += 1
        assert came == done, "\n".join([f"expected {done}", *self.log])
        assert came == (not isinstance(answers[1], DomainError)), "\n".join(["sent twice", *self.log])
        return answers[0]

    # --- What people press

    def draw_units(self) -> dict[int, int]:
        chosen = self.random.sample(self.lines, self.random.randint(1, len(self.lines)))
        return {line.pk: self.random.randint(0, 14) for line in chosen}

    def does(self, person: int) -> dict[str, Any]:
        return {"by": Actor.person(self.people[person])}

    def ask(self, person: int) -> None:
        units = self.draw_units()
        new = any(self.units[line] != count for line, count in units.items())
        done = bool(self.roles[person]) and new
        made = self.press("ask", done, ask_for_units, units=units, today=self.day, words="please", **self.does(person))
        if done:
            self.requests[made.pk] = Asked(person, units)

    def allocate(self, person: int) -> None:
        units = self.draw_units()
        raised, balance = self.raised(units), self.balance_with(units)
        second = raised > 0 and (
            (self.rule.from_credits is not None and self.alone[person] + raised >= self.rule.from_credits)
            or (self.rule.below_zero and balance < 0)
        )
        done = self.may(person) and not second
        said = {"units": units, "today": self.day, "below_zero_confirmed": True, **self.does(person)}
        if len(units) == 1:
            line = next(each for each in self.lines if each.pk in units)
            self.press("set", done, set_allocation, feature=line.feature, **said)
        else:
            self.press("set together", done, set_many, **said)
        if done:
            self.units.update(units)
            self.alone[person] += raised

    def drawn_request(self) -> tuple[int, Asked] | None:
        if not self.requests:
            return None
        still_open = [pk for pk, each in self.requests.items() if each.open]
        pk = self.random.choice(still_open if still_open and self.random.random() < 0.8 else list(self.requests))
        return pk, self.requests[pk]

    def decides(self, person: int, asked: Asked) -> bool:
        return asked.open and self.may(person) and asked.by != person

    def approve(self, person: int) -> None:
        if (drawn := self.drawn_request()) is None:
            return
        pk, asked = drawn
        done = self.decides(person, asked)
        said = {"request": pk, "today": self.day, "below_zero_confirmed": True, **self.does(person)}
        self.press("approve", done, approve_request, **said)
        if done:
            asked.open = False
            self.units.update(asked.units)

    def lower(self, person: int) -> None:
        if (drawn := self.drawn_request()) is None:
            return
        pk, asked = drawn
        units = {line: max(0, count - self.random.randint(0, 3)) for line, count in asked.units.items()}
        fits = all(min(count, self.units[line]) <= units[line] for line, count in asked.units.items())
        left = any(units[line] != self.units[line] for line in units)
        done = self.decides(person, asked) and fits and left and units != asked.units
        self.press("lower", done, lower_request, request=pk, units=units, today=self.day, **self.does(person))
        if done:
            asked.units = units

    def refuse(self, person: int) -> None:
        if (drawn := self.drawn_request()) is not None:
            pk, asked = drawn
            done = self.decides(person, asked)
            self.press("refuse", done, refuse_request, request=pk, words="no", **self.does(person))
            asked.open = asked.open and not done

    def withdraw(self, person: int) -> None:
        if (drawn := self.drawn_request()) is not None:
            pk, asked = drawn
            done = asked.open and bool(self.roles[person]) and asked.by == person
            self.press("withdraw", done, withdraw_request, request=pk, **self.does(person))
            asked.open = asked.open and not done

    def change_roles(self, person: int) -> None:
        roles = set(
            self.random.choice([[], [Role.VIEWER], [Role.VIEWER], [Role.CREDIT_MANAGER], [Role.CREDIT_MANAGER], [Role.OWNER]])
        )
        set_roles(self.company, user=self.people[person], roles=roles, by=SYSTEM, key=new_key())
        self.roles[person] = roles
        if not roles:  # whoever goes takes what they asked for with them
            for each in self.requests.values():
                each.open = each.open and each.by != person

    def change_rule(self, person: int) -> None:
        when = self.random.choice(
            [NEVER, WhenAsked(1), WhenAsked(20), WhenAsked(below_zero=True), WhenAsked(30, below_zero=True)]
        )
        could = sum(self.may(each) for each in self.roles)
        done = Role.OWNER in self.roles[person] and (could >= 2 or not when.ever)
        self.press("rule", done, state_approvals, when=when, **self.does(person))
        if done:
            self.rule = when

    def next_day(self, _person: int) -> None:
        self.day += timedelta(days=1)
        self.alone.clear()

    def live(self) -> None:
        deeds = [self.ask] * 5 + [self.approve] * 5 + [self.allocate] * 4 + [self.lower] * 2
        deeds += [self.refuse, self.withdraw, self.change_roles, self.change_roles, self.change_rule, self.next_day]
        for _number in range(LENGTH):
            self.random.choice(deeds)(self.random.randrange(len(self.people)))

    def compare(self) -> None:
        """What the rows themselves tell, whatever the model knows."""
        for line in self.lines:
            assert line_units(self.company, line, self.day) == self.units[line.pk], "\n".join(self.log)
        events = list(RequestEvent.objects.filter(company=self.company).select_related("request__act", "act"))
        closed = Counter(each.request_id for each in events if each.kind in CLOSING)
        assert set(closed.values()) <= {1}
        approvals = {each.act_id: each for each in events if each.kind == RequestEvent.Kind.APPROVED}
        for row in AllocationStatement.objects.filter(company=self.company).select_related("act"):
            if row.act.name == "request.approve":
                assert row.act.actor_id != approvals[row.act_id].request.act.actor_id
        stated = Act.objects.filter(company_id=self.company.pk, name="request.approve").values_list("pk", flat=True)
        assert set(stated) == set(approvals)
        asked = UnitsRequest.objects.for_company(self.company)
        assert set(asked.open().values_list("pk", flat=True)) == {pk for pk, each in self.requests.items() if each.open}
        assert asked.count() == len(self.requests)


def a_history(seed: int, lines: list[CreditRequirement], people: list[User]) -> History:
    company = make_company()
    make_license(company=company, units=VALID)
    history = History(Random(seed), company, lines, people, units={line.pk: 0 for line in lines})
    for person, role in enumerate([Role.OWNER, Role.CREDIT_MANAGER, Role.VIEWER, Role.CREDIT_MANAGER]):
        set_roles(company, user=people[person], roles=[role], by=SYSTEM, key=new_key())
        history.roles[person] = {role}
    if seed % 3:
        state_approvals(company, when=WhenAsked(1, below_zero=True), by=Actor.person(people[0]), key=new_key())
        history.rule = WhenAsked(1, below_zero=True)
    return history


@pytest.mark.parametrize("batch", range(BATCHES))
def test_nothing_is_allocated_that_nobody_else_approved_and_everything_once(batch: int) -> None:
    lines = [make_feature(rates=[RATE]).lines.get() for _number in range(3)]
    people = [make_user() for _number in range(4)]
    verdicts: Counter[tuple[str, bool]] = Counter()
    for seed in range(FIRST + batch, FIRST + HISTORIES, BATCHES):
        history = a_history(seed, lines, people)
        history.live()
        history.compare()
        verdicts += history.verdicts
    call_command("verify_ledger", stdout=StringIO())
    for what in ("approve", "set together"):  # a proof of something: both were done, and were refused
        assert min(verdicts[what, True], verdicts[what, False]) > 0, verdicts
