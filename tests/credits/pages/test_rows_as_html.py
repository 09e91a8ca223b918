"""Rows that are joined in Python say what people wrote, and never as markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from credits.charts.graph import Mark, _uses
from credits.pages.annual_credits.charts_shown import legend_row
from credits.pages.annual_credits.feature_rows import Action, FeatureTableRow, PlanShown
from credits.pages.annual_credits.rows_as_html import HowRowsAreShown, rows_as_html
from credits.pages.price_list.requirement_rows import requirement_rows
from credits.pages.price_list.sources import Sources
from credits.reading.annual_credits import LegendRow
from credits.reading.price_list_on_day import FeatureRequires, LineOfDay, RateOfDay

EVIL = """<script>"'&"""
SHOWN = HowRowsAreShown(
    described=True, withdraw_url="/{}/withdraw/".format, hidden_fields="", just_saved="", support=EVIL, explained=str
)
ROW = FeatureTableRow(
    slug="a",
    name=EVIL,
    description=EVIL,
    offering_name=EVIL,
    offering_slug="o",
    slot=1,
    requirement=EVIL,
    requirement_unit=EVIL,
    credits=5,
    units_label=EVIL,
    status="allocated",
    status_label=EVIL,
    action=Action(EVIL, EVIL, "go-to-app"),
    plans=(PlanShown(EVIL, 1, date(2026, 1, 1), "key"), PlanShown(EVIL, 1, date(2026, 1, 1), "")),
)


def test_rows_of_features_are_escaped() -> None:
    metered = replace(ROW, credits=None, action=None)
    for shown in (SHOWN, replace(SHOWN, described=False)):
        assert_escaped(rows_as_html([ROW, metered], shown))


def test_rows_of_the_legend_are_escaped() -> None:
    assert_escaped(legend_row(LegendRow("a", EVIL, 1, 1, 1, Decimal("1.0")), EVIL, str, chosen=True))


def test_rows_of_requirements_are_escaped() -> None:
    line = LineOfDay("a", EVIL, EVIL, RateOfDay(Decimal(1), date(2026, 1, 1), EVIL))
    feature = FeatureRequires("a", EVIL, EVIL, EVIL, "o", EVIL, 1, False, (line, line), ())
    assert_escaped(requirement_rows(feature, Sources(), str))
    assert_escaped(requirement_rows(replace(feature, lines=()), Sources(), str))


def test_a_day_without_a_mark_of_supply_has_the_plain_one() -> None:
    assert _uses(Mark("5%", (), "/", "")) == '<use href="#mark-day" x="5%"/>'


def assert_escaped(html: str) -> None:
    assert "&lt;script&gt;&quot;&#x27;&amp;" in html
    assert EVIL not in html
    assert "<script" not in html
