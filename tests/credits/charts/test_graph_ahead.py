"""The part of the graph that is ahead: its words stand where they fit, its lines say what the forecast says."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import combinations, pairwise

import pytest

from credits.charts.ahead.parts import Ahead, named, spread
from credits.charts.graph import END_ROOM, END_SIZE, FITS, HIGH, MOST_NOTES, graph_of
from credits.charts.notes import overs_said, placed, steps_said
from credits.charts.scale import scale_of
from credits.charts.text_width import width
from credits.reading.history_rows import Event, HistoryRow
from credits.rules.balance_over_days import Point
from credits.rules.runway.forecast import ForecastPoint
from tests.credits.charts.test_graph import bought, box, graph, lines_within, overlap, random_history
from tests.factories import TODAY


def random_ahead(seed: int, last: Point) -> Ahead:
    draw = random.Random(seed)
    length = draw.choice([31, 92, 184, 365])
    days = sorted({draw.randrange(1, length) for _ in range(draw.choice([0, 1, 3, 20]))})
    valid, allocated, renewed = last.valid, last.allocated, last.valid
    points, rows = [ForecastPoint(TODAY, valid, allocated, renewed)], []
    for each in days:
        change = draw.choice([-valid, -(valid // 2), valid // 3 + 7, 0])
        valid, allocated = valid + change, allocated + draw.choice([0, allocated // 4])
        renewed = draw.choice([valid, renewed, valid + last.valid])
        on = TODAY + timedelta(days=each)
        points.append(ForecastPoint(on, valid, allocated, renewed))
        events = [bought(change, draw.choice(["Azure", "W" * 90]), "expires" if change < 0 else "", "expiry")] if change else []
        rows.append(HistoryRow(on, tuple(events) or (Event("Sensor: added", "changed", 3),), valid, allocated))
    points.append(ForecastPoint(TODAY + timedelta(days=length), valid, allocated, renewed))
    return Ahead(tuple(points), tuple(rows[::-1]), "Today", "Known future")


@pytest.mark.parametrize("seed", range(120))
def test_notes_of_both_parts_never_meet_each_other_a_line_or_an_edge(seed: int) -> None:
    points, rows = random_history(seed)
    ahead = random_ahead(seed, points[-1])
    scale = scale_of([*points, *ahead.contracted, *ahead.renewed])
    whole = [*points[:-1], *ahead.contracted]
    said = [*overs_said(points), *steps_said([*ahead.rows, *rows], points[0].day)]
    for fit in (each for each in FITS if each.name in MOST_NOTES):
        notes = placed(said, scale, whole, wide=fit.wide, high=HIGH, taken=named(ahead, scale), also=ahead.renewed)
        for wide in (fit.wide, fit.wide * 1.3, fit.wide * 2):
            boxes = [box(note, wide) for note in notes]
            assert not any(overlap(*pair) for pair in combinations(boxes, 2))
            for left, top, right, bottom in boxes:
                assert 0 <= left < right <= wide
                assert 0 <= top < bottom <= HIGH
                levels = [each for line in (whole, ahead.renewed) for each in lines_within(line, scale, left, right, wide)]
                assert bottom <= min(levels) or top >= max(levels), "above all that the lines do there, or below"
    drawn = graph_of(points, rows, str, ahead)
    places = [float(each.y[:-1]) / 100 * HIGH for each in drawn.ends]
    assert all(lower - upper >= 17.9 for upper, lower in pairwise(places))
    assert all(-1 <= place <= HIGH + 10 for place in places)
    assert all(width(each.text, END_SIZE, 600) <= END_ROOM for each in drawn.ends)


def test_an_ordinary_future_names_what_ends_beside_its_fall() -> None:
    points = [Point(TODAY - timedelta(days=365), 180_000, 150_000), Point(TODAY, 180_000, 150_000)]
    ends = TODAY + timedelta(days=102)
    ahead = Ahead(
        (
            ForecastPoint(TODAY, 180_000, 150_000, 180_000),
            ForecastPoint(ends, 20_000, 150_000, 180_000),
            ForecastPoint(TODAY + timedelta(days=184), 20_000, 150_000, 180_000),
        ),
        (HistoryRow(ends, (bought(-160_000, "Azure credits", "expires", "expiry"),), 20_000, 150_000),),
        "Today",
        "Known future",
    )
    drawn = graph_of(points, [], str, ahead)
    for fit in MOST_NOTES:
        lines = [line.text for line in drawn.notes if f"at-{fit}" in line.kind]
        assert lines == ["Today", "Known future", "Azure credits expires", "−160,000"]
    assert [each.text for each in drawn.ends] == ["180K if renewed", "150,000 allocated", "20,000 contracted"]
    assert drawn.ahead is not None
    assert drawn.ahead.short.count("Z") == 1
    assert not graph(points, []).ahead


def test_places_are_spread_within_the_height() -> None:
    assert spread([10, 12, 14], 18, 268) == [10, 28, 46]
    assert spread([260, 265, 268], 18, 268) == [232, 250, 268]
