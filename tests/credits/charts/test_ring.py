"""The ring as SVG: slices around the turn, what is chosen, and a center that is never wider than the hole."""

from __future__ import annotations

import re
from math import atan2, pi

import pytest

from credits.charts.ring import CENTER_ROOM, SIZE, ring_of
from credits.charts.text_width import width
from tests.credits.charts.test_charts import legend, summary


def turn_of(x: str, y: str) -> float:
    """Where a point of the outline lies, clockwise from twelve, from 0 to 1."""
    return (atan2(float(y) - SIZE / 2, float(x) - SIZE / 2) / (2 * pi) + 0.25) % 1


def ends(path: str) -> tuple[float, float]:
    """Where a slice begins, and how much of the turn it is."""
    start = re.match(r"M([-0-9.]+) ([-0-9.]+)", path)
    end = re.search(r"A[-0-9.]+ [-0-9.]+ 0 [01] 1 ([-0-9.]+) ([-0-9.]+)", path)
    assert start
    assert end
    begins = turn_of(*start.groups())
    return begins, (turn_of(*end.groups()) - begins) % 1


def test_slices_follow_each_other_around_the_turn_as_long_as_their_credits() -> None:
    ring = ring_of(legend(600, 300, 100), summary(2_000, 1_000))
    assert [each.slug for each in ring.slices] == ["o-1", "o-2", "o-3"]
    for each, begins, part in zip(ring.slices, (0, 0.6, 0.9), (0.6, 0.3, 0.1), strict=True):
        assert ends(each.path) == pytest.approx((begins, part), abs=1e-3)
    assert (ring.number, ring.of_valid, ring.arc, ring.is_short) == ("1,000", "50.0% of valid", "", False)


def test_one_offering_is_a_whole_ring_and_nothing_an_empty_one() -> None:
    (only,) = ring_of(legend(10), summary(20, 10)).slices
    (none,) = ring_of([], summary(20, 0)).slices
    assert only.path == none.path
    assert only.path.count("Z") == 2, "a circle and its hole, without a seam"
    assert "L" not in only.path
    assert (none.slug, none.slot) == ("", 0)


def test_the_arc_is_as_long_as_what_is_not_covered() -> None:
    ring = ring_of(legend(1_000), summary(800, 1_000))
    assert ends(ring.arc) == pytest.approx((0.8, 0.2), abs=1e-3)
    assert (ring.of_valid, ring.is_short) == ("125.0% of valid", True)
    assert ring_of(legend(1_000), summary(0, 1_000)).of_valid == "no valid credits"


def test_the_other_slices_are_dimmed_when_one_offering_is_chosen() -> None:
    rows = legend(*range(90, 0, -10))
    dimmed = {each.slug: each.dimmed for each in ring_of(rows, summary(1_000, 450), "o-2").slices}
    assert [slug for slug, is_dimmed in dimmed.items() if not is_dimmed] == ["o-2"]
    of_the_rest = ring_of(rows, summary(1_000, 450), "o-9").slices
    assert [each.slug for each in of_the_rest if not each.dimmed] == ["other"]
    for chosen in ("", "another"):
        assert not any(each.dimmed for each in ring_of(rows, summary(1_000, 450), chosen).slices)


@pytest.mark.parametrize("allocated", [0, 999, 147_720, 1_000_000, 45_000_000_000, 10**12, 10**15])
@pytest.mark.parametrize("valid", [0, 1, 999, 10**12])
def test_what_stands_in_the_center_fits_the_hole(allocated: int, valid: int) -> None:
    ring = ring_of(legend(allocated) if allocated else [], summary(valid, allocated))
    assert width(ring.number, 30, 650) <= CENTER_ROOM
    assert width(ring.of_valid, 14, 600) <= CENTER_ROOM


def test_the_number_is_whole_as_long_as_it_fits() -> None:
    for allocated, number in ((147_720, "147,720"), (45_000_000_000, "45B"), (10**12, "1T")):
        assert ring_of(legend(allocated), summary(1, allocated)).number == number
