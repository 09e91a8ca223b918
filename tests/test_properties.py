"""Random histories, lived through by the applications and by a model written from the rules alone (tests/brute_force.py)."""

from __future__ import annotations

import contextlib
import os
from datetime import timedelta
from io import StringIO
from random import Random

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.worlds import World, make_the_beginning

HISTORIES = int(os.environ.get("LEDGER_HISTORIES", "30"))
"""How many random histories are tried; `make proof-of-ledger` asks for many more."""
STEPS = int(os.environ.get("LEDGER_STEPS", "36"))

at_length = settings(
    max_examples=HISTORIES,
    deadline=None,
    derandomize="LEDGER_HISTORIES" not in os.environ,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # shrinking would live through thousands of histories; the acts are listed instead
    report_multiple_bugs=False,
    database=None,
)


class NotKept(Exception):
    """Rolls an example back."""


@pytest.mark.django_db
def test_entries_profiles_and_the_model_agree_on_every_day_after_any_acts_in_any_order() -> None:
    companies = make_the_beginning()

    @at_length
    @given(st.randoms(use_true_random=True))
    def histories(dice: Random) -> None:
        with contextlib.suppress(NotKept), transaction.atomic():
            live_through(World(companies), dice)
            raise NotKept

    histories()


def live_through(world: World, dice: Random) -> None:
    beginning = world.first_steps(dice)
    for _ in range(dice.randint(STEPS // 2, STEPS)):
        step = next(beginning, None) or world.draw_step(dice)
        if step is None:
            continue
        note(f"{step.name} {step.says}")
        more = dice.randint(0, 3)  # not after each act, so that there is time for more acts
        world.run(step, and_again=more == 0)
        if more == 1:
            world.check(every_day=False)
        if more == 2:
            world.remember(dice.randint(0, 1), world.today + timedelta(days=dice.randint(-30, 30)))
    world.check(every_day=True)
    world.check_memory()
    call_command("verify_ledger", verbosity=0, stdout=StringIO())
