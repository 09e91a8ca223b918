"""The figures behind donut and graph: validated by plotly, the same numbers as the tables, and no markup from names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from credits.charts.donut import donut
from credits.charts.history import history
from credits.models import Offering
from credits.reading.annual_credits import LegendRow
from credits.reading.credit_summary import CreditSummary
from credits.reading.history_rows import Event, HistoryRow
from credits.rules.balance_over_days import Point
from credits.rules.rounded_shares import shares
from licensing.acts.units.top_up import top_up_order
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_offering, make_user, new_key
from tests.pages import browser_of, clock_at, page

EVIL = '<a href="javascript:alert(1)">&lt;b&gt; <b>Gains</b><br>&amp;'
TAG = re.compile(r"<[^<>]*>")
EXTRA = "<extra></extra>"


def legend(*credits: int, name: str = "Offering") -> list[LegendRow]:
    return [
        LegendRow(f"o-{number}", f"{name} {number}", number, 1, amount, share)
        for number, (amount, share) in enumerate(zip(credits, shares(credits), strict=True), start=1)
    ]


def summary(valid: int, allocated: int) -> CreditSummary:
    return CreditSummary(on=TODAY, purchased_credits=valid, converted_credits=0, allocated_credits=allocated)


def centre(figure: dict[str, Any]) -> list[str]:
    return [each["text"] for each in figure["layout"]["annotations"]]


# --- Donut


def test_the_donut_has_a_slice_per_offering_with_its_color_and_its_filter() -> None:
    figure = donut(legend(600, 300, 100), summary(2_000, 1_000))
    (pie,) = figure["data"]
    assert pie["labels"] == ["Offering 1", "Offering 2", "Offering 3"]
    assert pie["values"] == [600, 300, 100]
    assert pie["text"] == ["60.0%", "30.0%", "10.0%"]
    assert pie["customdata"] == ["o-1", "o-2", "o-3"]
    assert pie["marker"]["colors"] == ["var(--slot-1)", "var(--slot-2)", "var(--slot-3)"]
    assert centre(figure) == ["1,000", "credits allocated", "50.0% of valid"]


def test_eight_offerings_are_slices_and_of_more_the_smallest_fold_into_one() -> None:
    (eight,) = donut(legend(*range(80, 0, -10)), summary(1_000, 360))["data"]
    assert len(eight["labels"]) == 8
    rows = legend(*range(90, 0, -10))
    (nine,) = donut(rows, summary(1_000, 450))["data"]
    assert nine["labels"][7] == "Other (2)"
    assert (nine["customdata"][7], nine["values"][7]) == ("other", 30)
    assert nine["text"][7] == f"{rows[7].share + rows[8].share}%"
    assert sum(nine["values"]) == 450
    assert sum(Decimal(each[:-1]) for each in nine["text"]) == 100


def test_an_arc_outside_shows_what_valid_credits_do_not_cover() -> None:
    figure = donut(legend(1_000), summary(800, 1_000))
    inner, arc = figure["data"]
    assert arc["values"] == [800, 200]
    assert inner["domain"]["x"] == [0.045, 0.955]
    assert centre(figure)[2] == "125.0% of valid"


def test_without_valid_credits_there_is_no_percentage() -> None:
    figure = donut(legend(1_000), summary(0, 1_000))
    assert centre(figure)[2] == "no valid credits"
    assert figure["data"][1]["values"] == [0, 1_000]


def test_with_nothing_allocated_the_ring_is_empty() -> None:
    figure = donut([], summary(1_000, 0))
    (pie,) = figure["data"]
    assert pie["labels"] == ["Nothing is allocated"]
    assert centre(figure) == ["0", "credits allocated", "0.0% of valid"]


# --- History


def points(*totals: tuple[int, int]) -> list[Point]:
    first = TODAY - timedelta(days=365)
    return [Point(first + timedelta(days=73 * number), *each) for number, each in enumerate(totals)]


def graph(found: list[Point], rows: list[HistoryRow] | None = None) -> dict[str, Any]:
    return history(found, rows or [])


def traces(figure: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in figure["data"] if "name" in each}


def test_valid_is_solid_allocated_dotted_and_both_are_steps() -> None:
    found = points((100, 0), (100, 50), (200, 150))
    lines = traces(graph(found))
    assert set(lines) == {"Total valid", "Allocated"}
    assert lines["Total valid"]["y"] == [100, 100, 200]
    assert lines["Allocated"]["y"] == [0, 50, 150]
    assert all(each["line"]["shape"] == "hv" for each in lines.values())
    assert lines["Allocated"]["line"]["dash"] == "dot"
    assert "dash" not in lines["Total valid"]["line"]
    assert lines["Total valid"]["x"] == [point.day.isoformat() for point in found]


def test_the_area_between_shows_where_more_is_allocated_than_valid() -> None:
    figure = graph(points((100, 50), (100, 150), (100, 120), (200, 120)))
    filled = next(each for each in figure["data"] if "fill" in each)
    assert filled["y"] == [100, 150, 120, 200]
    assert "Over by up to 50" in centre(figure)
    assert not [text for text in centre(graph(points((100, 50), (100, 100)))) if "Over" in text]


def test_the_ends_are_labelled_with_their_numbers() -> None:
    assert centre(graph(points((0, 0), (12_500, 9_999))))[:2] == ["12,500 valid", "9,999 allocated"]


def test_labels_that_would_lie_on_one_another_are_pushed_apart() -> None:
    for valid, allocated in ((1_000, 990), (990, 1_000), (0, 0)):
        labels = graph(points((0, 0), (valid, allocated)))["layout"]["annotations"][:2]
        assert {each["yshift"] for each in labels} == {9.0, -9.0}
        assert labels[0 if valid >= allocated else 1]["yshift"] == 9.0


def row(day: date, *events: Event, valid: int = 0) -> HistoryRow:
    return HistoryRow(day, events, valid, 0)


def test_each_kind_of_event_has_its_mark_below_the_graph() -> None:
    rows = [
        row(TODAY - timedelta(days=number), Event("x", marker, 10, "note"))
        for number, marker in enumerate(["added", "renewal", "expiry", "changed"])
    ]
    marks = [each for each in graph(points((0, 0), (10, 0)), rows)["data"] if each.get("mode") == "markers"]
    assert {each["marker"]["symbol"] for each in marks} == {"triangle-up", "diamond", "triangle-down", "line-ns"}
    assert all(len(each["x"]) == 1 for each in marks)


def test_only_the_largest_steps_get_a_note_and_none_lie_close_together() -> None:
    rows = [
        row(TODAY - timedelta(days=20 * number), Event("x", "added", 1_000 - number, f"step {number}")) for number in range(17)
    ]
    notes = [each for each in graph(points((0, 0), (10, 0)), rows)["layout"]["annotations"] if each["text"].startswith("step")]
    assert 1 < len(notes) <= 5
    days = sorted(date.fromisoformat(each["x"]) for each in notes)
    assert all((later - earlier).days > 45 for earlier, later in pairwise(days))
    assert "step 0" in [each["text"] for each in notes]  # the largest


def test_a_history_of_one_value_and_of_nothing_still_draws() -> None:
    for found in (points((0, 0), (0, 0)), [Point(TODAY, 5, 5)], points((10**15, 1), (1, 10**15))):
        assert json.loads(json.dumps(graph(found)))["data"]


def test_months_are_named_with_the_year_at_its_first() -> None:
    axis = graph([Point(date(2025, 3, 2), 0, 0), Point(date(2026, 3, 2), 0, 0)])["layout"]["xaxis"]
    assert axis["ticktext"][0] == "Apr 2025"
    assert axis["ticktext"][9] == "Jan 2026"
    assert len(axis["ticktext"]) == len(axis["tickvals"]) == 12


# --- Text in charts is text


def literal_texts(value: Any, key: str = "") -> Iterator[str]:
    """Every text that plotly would look for markup in."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from literal_texts(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from literal_texts(each, key)
    elif isinstance(value, str) and key in ("text", "labels", "name", "ticktext", "hovertemplate", "hovertext", "title"):
        yield value.removesuffix(EXTRA)


def test_a_name_with_markup_is_drawn_as_it_is_written() -> None:
    (pie,) = donut(legend(10, name=EVIL), summary(10, 10))["data"]
    assert pie["labels"] == [
        '&lt;a href="javascript:alert(1)"&gt;&amp;lt;b&amp;gt; &lt;b&gt;Gains&lt;/b&gt;&lt;br&gt;&amp;amp; 1'
    ]


@pytest.mark.django_db
def test_no_name_a_company_or_a_vendor_writes_becomes_markup_in_a_chart() -> None:
    company = make_company(name=EVIL)
    license = make_license(company=company, name=EVIL, units=1_000, today=TODAY - timedelta(days=200))
    top_up_order(license.order, units=500, today=TODAY, by=SYSTEM, key=new_key())
    offering = make_offering()
    Offering.objects.filter(pk=offering.pk).update(name=EVIL)
    feature = make_feature(name=EVIL, offering=offering)
    allocate(company, feature.lines.get(), 2_000)
    with clock_at(TODAY):
        tab = page(browser_of(make_user(company=company, roles=["viewer"])), "credits:annual-credits", company)
    for name in ("donut-figure", "history-figure"):
        texts = list(literal_texts(tab.data(name)))
        assert any("&lt;b&gt;Gains" in text for text in texts), name
        assert not [text for text in texts if TAG.search(text)]
    assert not [each for each in tab.by_id("content").all() if each.tag in ("b", "br") or "javascript" in each.get("href")]
    assert EVIL in tab.by_id("legend").text


def test_a_figure_is_plain_data_without_plotlys_own_template() -> None:
    for figure in (donut(legend(10), summary(20, 10)), graph(points((1, 1), (2, 2)))):
        assert set(figure) == {"data", "layout"}
        assert "template" not in figure["layout"]
        assert json.loads(json.dumps(figure)) == figure


def test_all_that_was_bought_on_one_day_stands_in_its_note_of_the_graph() -> None:
    day = TODAY - timedelta(days=200)
    bought = (Event("", "added", 5_000, "Azure purchase +5,000"), Event("", "added", 2_000, "Azure top-up +2,000"))
    rows = [HistoryRow(TODAY, (), 7_000, 0), HistoryRow(day, bought, 7_000, 0)]
    (note,) = [each for each in graph(points((0, 0), (7_000, 0)), rows)["layout"]["annotations"] if "Azure" in each["text"]]
    assert note["text"] == "Azure purchase +5,000, Azure top-up +2,000"
    assert (note["x"], note["y"]) == (day.isoformat(), 7_000)
