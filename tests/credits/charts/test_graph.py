"""The history as SVG: words stand where they fit, whatever has happened; lines and marks say what the rows say."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import combinations, pairwise

import pytest

from credits.charts.graph import END_ROOM, END_SIZE, FITS, HIGH, MOST_LINKS, MOST_NOTES, Graph, graph_of
from credits.charts.notes import LONGEST, Note, overs_said, placed, steps_said
from credits.charts.scale import AXIS_SIZE, Scale, days_named, scale_of, ticks
from credits.charts.short_numbers import short
from credits.charts.text_width import cut, width
from credits.reading.history_rows import Event, HistoryRow
from credits.rules.balance_over_days import Point
from tests.factories import TODAY

YEAR_AGO = TODAY - timedelta(days=365)


def day(ago: int) -> date:
    return TODAY - timedelta(days=ago)


def bought(change: int, named: str = "Group credits", what: str = "", marker: str = "added") -> Event:
    return Event(f"{named}: {change}", marker, change, named, what)


def told(*steps: tuple[int, list[Event], int], first: date = YEAR_AGO) -> tuple[list[Point], list[HistoryRow]]:
    """Points and rows of steps told as (days ago, what happened to supply, change of what is allocated), oldest first."""
    valid = allocated = 0
    points, rows = [Point(first, 0, 0)], [HistoryRow(first, (Event("Start", "", 0),), 0, 0)]
    for ago, events, change in steps:
        valid, allocated = valid + sum(event.change for event in events), allocated + change
        happened = [*events, *([Event("Sensor: changed", "changed", change)] if change else [])]
        points.append(Point(day(ago), valid, allocated))
        rows.append(HistoryRow(day(ago), tuple(happened), valid, allocated))
    if points[-1].day != TODAY:
        points.append(Point(TODAY, valid, allocated))
        rows.append(HistoryRow(TODAY, (Event("The day shown", "", 0),), valid, allocated))
    return points, rows[::-1]


def graph(points: list[Point], rows: list[HistoryRow]) -> Graph:
    return graph_of(points, rows, lambda each: f"?on={each}")


def said_of(points: list[Point], rows: list[HistoryRow]) -> list[tuple[str, ...]]:
    return [each.lines for each in steps_said(rows, points[0].day)]


# --- What notes say


def test_a_note_names_the_whole_step_of_its_day_by_its_kind() -> None:
    points, rows = told(
        (200, [bought(5_000, "Azure", "purchase"), bought(2_000, "Azure", "top-up"), bought(-500, "Old", "expired")], 0),
        (100, [bought(-3_000, "Imaging project", "suspended", "suspended")], 0),
        (50, [bought(3_000, "Imaging project", "reinstated", "reinstated")], 0),
    )
    assert said_of(points, rows) == [
        ("3 changes", "+6,500"),
        ("Imaging project reinstated", "+3,000"),
        ("Imaging project suspended", "−3,000"),
    ]
    assert [mark.kinds for mark in graph(points, rows).marks] == [
        (("added", 0.0),),
        (("suspended", 0.0),),
        (("reinstated", 0.0),),
    ]


def test_a_long_name_is_cut_and_what_happened_to_it_is_not() -> None:
    ((what, by),) = said_of(*told((100, [bought(10, "W" * 150, "reinstated")], 0)))
    assert what.startswith("WWW")
    assert what.endswith("… reinstated")
    assert by == "+10"
    assert width(what, 12) <= LONGEST


def test_over_allocated_stretches_are_told_with_their_most() -> None:
    points, rows = told((300, [bought(100)], 50), (200, [], 100), (150, [bought(100)], 0), (100, [], 60), (50, [], -60))
    assert [each.lines for each in overs_said(points)] == [("Over by up to 50",), ("Over by up to 10",)]
    assert graph(points, rows).over.count("Z") == 2
    assert not graph(*told((300, [bought(100)], 100))).over


# --- Where words stand


def random_history(seed: int) -> tuple[list[Point], list[HistoryRow]]:
    draw = random.Random(seed)
    size = 10 ** draw.choice([2, 5, 9, 12])
    names = ["Azure", "Group credits", "W" * 150, "Ein sehr langer Name " * 7, "漢" * 40]
    kinds = [("purchase", "added"), ("", "added"), ("expired", "expiry"), ("suspended", "suspended"), ("renewal", "renewal")]
    days_ago = sorted({draw.randrange(0, 365) for _ in range(draw.choice([1, 3, 10, 40]))}, reverse=True)
    steps = []
    valid = 0
    for ago in days_ago:
        events = []
        for _ in range(draw.choice([0, 1, 1, 2, 40])):
            what, marker = draw.choice(kinds)
            change = draw.randrange(1, size)
            change = -min(change, valid) if marker in ("expiry", "suspended") else change
            valid += change
            events.append(bought(change, draw.choice(names), what, marker))
        steps.append((ago, events, draw.randrange(0, size)))
    return told(*steps)


def overlap(one: tuple[float, float, float, float], two: tuple[float, float, float, float]) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def box(note: Note, wide: float) -> tuple[float, float, float, float]:
    left, right = note.edges(wide)
    return left, note.top, right, note.bottom


def lines_within(points: list[Point], scale: Scale, left: float, right: float, wide: float) -> list[float]:
    """How far down both lines run anywhere between two edges, vertical parts included."""
    found = []
    for point, following in pairwise([*points, Point(points[-1].day, points[-1].valid, points[-1].allocated)]):
        start, end = scale.across(point.day) * wide, scale.across(following.day) * wide
        if start <= right and end >= left:
            found += [scale.down(point.valid) * HIGH, scale.down(point.allocated) * HIGH]
    return found


@pytest.mark.parametrize("seed", range(150))
def test_notes_never_meet_each_other_a_line_or_an_edge(seed: int) -> None:
    points, rows = random_history(seed)
    scale = scale_of(points)
    said = [*overs_said(points), *steps_said(rows, points[0].day)]
    for fit in (each for each in FITS if each.name in MOST_NOTES):
        notes = placed(said, scale, points, wide=fit.wide, high=HIGH)
        for wide in (fit.wide, fit.wide * 1.3, fit.wide * 2):
            boxes = [box(note, wide) for note in notes]
            assert not any(overlap(*pair) for pair in combinations(boxes, 2))
            for left, top, right, bottom in boxes:
                assert 0 <= left < right <= wide
                assert 0 <= top < bottom <= HIGH
                levels = lines_within(points, scale, left, right, wide)
                assert bottom <= min(levels) or top >= max(levels), "above all that the lines do there, or below"


@pytest.mark.parametrize("seed", range(0, 150, 5))
def test_end_labels_fit_beside_the_graph_and_lie_apart(seed: int) -> None:
    drawn = graph(*random_history(seed))
    upper, lower = (float(each.y[:-1]) / 100 * HIGH for each in drawn.ends)
    assert lower - upper >= 17.9
    assert upper >= -1
    assert lower <= HIGH + 10
    assert all(width(each.text, END_SIZE, 600) <= END_ROOM for each in drawn.ends)


def test_the_upper_label_is_of_the_upper_line() -> None:
    for valid, allocated, kinds in ((1_000, 990, ["is-valid", "is-allocated"]), (990, 1_000, ["is-allocated", "is-valid"])):
        assert [each.kind for each in graph(*told((10, [bought(valid)], allocated))).ends] == kinds


def test_notes_of_an_ordinary_year_are_all_there() -> None:
    points, rows = told(
        (330, [bought(90_000)], 50_000), (200, [bought(20_000, what="top-up")], 0), (90, [bought(50_000)], 30_000)
    )
    drawn = graph(points, rows)
    for fit in MOST_NOTES:
        lines = [line.text for line in drawn.notes if f"at-{fit}" in line.kind]
        assert lines == ["Group credits", "+90,000", "Group credits", "+50,000", "Group credits top-up", "+20,000"]


# --- Axes


@pytest.mark.parametrize("days", [1, 30, 90, 364, 366, 800, 4_000, 70_000])
@pytest.mark.parametrize("last", [date(2026, 1, 1), date(2026, 3, 2), date(2028, 12, 31)])
def test_names_of_days_never_touch(days: int, last: date) -> None:
    if days > last.toordinal() - 1:
        return
    scale = Scale(last - timedelta(days=days), last, 100)
    named = days_named(scale, FITS)
    order = [fit.name for fit in FITS]
    for fit in FITS:
        seen = [each for each in named if order.index(each.fit) >= order.index(fit.name)]
        centers = [(scale.across(each.day) * fit.wide, width(each.text, AXIS_SIZE) / 2) for each in seen]
        assert all(one[0] + one[1] < two[0] - two[1] for one, two in pairwise(centers))
        assert all(-fit.beyond <= x - half and x + half <= fit.wide + fit.beyond for x, half in centers)
        assert seen or days < 7


def test_a_year_names_its_months_and_january_its_year() -> None:
    named = days_named(Scale(date(2025, 11, 29), date(2026, 11, 29), 100), FITS)
    assert [each.text for each in named[:3]] == ["Dec", "Jan 2026", "Feb"]
    assert len(named) == 12
    assert [each.text for each in named if each.fit == "narrow"] == ["Jan 2026", "May", "Sep"]


@pytest.mark.parametrize("top", [6, 7, 100, 216_000, 1_200_000_000_000, 12 * 10**15])
def test_ticks_are_a_few_round_numbers_from_zero(top: int) -> None:
    found = ticks(top)
    assert found[0] == 0
    assert 3 <= len(found) <= 6
    assert len({later - earlier for earlier, later in pairwise(found)}) == 1
    assert all(tick <= top for tick in found)
    assert len({short(tick) for tick in found}) == len(found)
    assert all(width(short(tick), AXIS_SIZE) <= 48 for tick in found)


# --- Lines and marks


def test_a_history_of_one_value_and_of_nothing_still_draws() -> None:
    for points in ([Point(TODAY, 5, 5)], [Point(YEAR_AGO, 0, 0), Point(TODAY, 0, 0)]):
        drawn = graph(points, [])
        assert drawn.valid.startswith("M0 ")
        assert "H" in drawn.valid
        assert drawn.ends


def test_many_days_with_events_keep_the_picture_small() -> None:
    points, rows = told(*((ago, [bought(10)] if ago % 50 == 0 else [], 1) for ago in range(300, 0, -2)))
    drawn = graph(points, rows)
    assert len(drawn.marks) == MOST_LINKS
    assert {f"?on={day(ago)}" for ago in (300, 250, 200, 150, 100, 50)} <= {mark.url for mark in drawn.marks}
    assert drawn.bars.count("M") == 150
    assert [mark.x for mark in drawn.marks] == sorted((mark.x for mark in drawn.marks), key=lambda x: float(x[:-1]))


def test_several_kinds_of_a_day_stand_beside_each_other() -> None:
    drawn = graph(*told((100, [bought(10, marker="renewal"), bought(5), bought(-3, marker="expiry")], 0)))
    (mark,) = drawn.marks
    assert mark.kinds == (("added", -12.0), ("renewal", 0.0), ("expiry", 12.0))
    assert [key.name for key in drawn.keys] == ["added", "renewal", "expiry"]


# --- Numbers and widths


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"), (999, "999"), (1_000, "1K"), (1_250, "1.25K"), (147_720, "148K"), (999_499, "999K"), (999_500, "1M"),
        (45_000_000_000, "45B"), (999_999_999_999, "1T"), (10**12, "1T"), (1_234_567_890_123, "1.23T"),
        (1_234_567_890_123_456, "1,235T"), (-12_500, "−12.5K"),
    ],
)  # fmt: skip
def test_large_numbers_are_short_as_people_read_them(number: int, text: str) -> None:
    assert short(number) == text


def test_a_text_is_cut_to_its_room_and_not_before() -> None:
    assert cut("Group credits", 200, 12) == "Group credits"
    assert cut("Group credits", width("Group credits", 12), 12) == "Group credits"
    short_one = cut("Group credits", 50, 12)
    assert short_one.endswith("…")
    assert 30 < width(short_one, 12) <= 50
