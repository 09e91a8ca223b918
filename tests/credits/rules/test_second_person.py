"""When a second person confirms, over all numbers."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credits.rules.second_person import NEVER, WhenAsked, raised_by


@settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=6), st.integers(1, 500), st.integers(0, 500))
def test_the_rule_of_credits(lines: list[tuple[int, int]], limit: int, so_far: int) -> None:
    raised = raised_by(lines)
    assert raised == sum(after - before for before, after in lines if after > before)
    assert WhenAsked(limit).by_credits(raised, so_far=so_far) == (raised > 0 and raised + so_far >= limit)
    assert not NEVER.by_credits(raised, so_far=so_far)
    assert not NEVER.by_balance(raised, balance_after=-1)
    assert WhenAsked(below_zero=True).by_balance(raised, balance_after=-1) == (raised > 0)
