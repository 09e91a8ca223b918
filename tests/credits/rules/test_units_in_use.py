"""Units in use step from one observation to the next; the peak is the most of 30 days; idle and exceeded exclude each other."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from credits.rules.units_in_use import Observed, in_use, in_use_on, peak_on

DAY = date(2026, 3, 2)
OBSERVED = st.lists(st.tuples(st.integers(-60, 10), st.integers(0, 500)), max_size=8).map(
    lambda found: [Observed(DAY + timedelta(days=day), units) for day, units in sorted(dict(found).items())]
)


@given(OBSERVED)
def test_the_peak_is_the_most_of_what_was_in_use_on_each_of_30_days(observed: list[Observed]) -> None:
    days = [in_use_on(observed, DAY - timedelta(days=back)) for back in range(30)]
    assert peak_on(observed, DAY) == max((each.units for each in days if each), default=None)


@given(OBSERVED, st.integers(0, 500), st.booleans())
def test_idle_and_exceeded_are_what_lies_between_and_never_both(observed: list[Observed], allocated: int, takes: bool) -> None:
    found = in_use(observed, DAY, allocated, takes_units=takes)
    if found is None:
        assert not [each for each in observed if each.day <= DAY]
        return
    assert not (found.idle and found.exceeded)
    assert found.peak >= found.observed.units
    if takes:
        assert found.observed.units == allocated - found.idle + found.exceeded
        assert (found.lower_to is None) == (found.peak >= allocated)
    else:
        assert (found.idle, found.exceeded, found.lower_to) == (0, 0, None)


def test_what_was_observed_long_ago_holds_until_it_is_observed_again() -> None:
    observed = [Observed(DAY - timedelta(days=300), 40), Observed(DAY - timedelta(days=29), 10)]
    assert in_use_on(observed, DAY) == observed[1]
    assert peak_on(observed, DAY) == 10, "of 30 days the first begins with the new number"
    assert peak_on(observed, DAY - timedelta(days=1)) == 40
