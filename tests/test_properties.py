"""Random histories, lived through by the applications and by a model written from the rules alone (tests/brute_force.py)."""

from __future__ import annotations

import os
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.worlds import World, new_world

HISTORIES = int(os.environ.get("LEDGER_HISTORIES", "40"))
"""How many random histories are tried; `make proof-of-ledger` asks for many more."""
STEPS = int(os.environ.get("LEDGER_STEPS", "16"))

at_length = settings(
    max_examples=HISTORIES,
    deadline=None,
    derandomize="LEDGER_HISTORIES" not in os.environ,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
    report_multiple_bugs=False,
    database=None,
)


class NotKept(Exception):
    """Rolls an example back."""


@pytest.mark.django_db
def test_entries_profiles_and_the_model_agree_on_every_day_after_any_acts_in_any_order() -> None:
    @at_length
    @given(st.data())
    def histories(data: st.DataObject) -> None:
        try:
            with transaction.atomic():
                live_through(new_world(), data)
                raise NotKept
        except NotKept:
            pass

    histories()


def live_through(world: World, data: st.DataObject) -> None:
    beginning = world.first_steps(data.draw)
    for _ in range(data.draw(st.integers(STEPS // 2, STEPS), label="steps")):
        step = next(beginning, None) or world.draw_step(data.draw)
        if step is None:
            continue
        note(f"{step.name} {step.says}")
        world.run(step)
        world.check(every_day=False)
        if data.draw(st.integers(0, 4)) == 0:
            day = world.today + timedelta(days=data.draw(st.integers(-30, 30)))
            world.remember(data.draw(st.integers(0, 1)), day)
    world.check(every_day=True)
    world.check_memory()
    call_command("verify_ledger", verbosity=0, stdout=StringIO())
