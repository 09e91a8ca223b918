"""The accent's arithmetic: contrast as WCAG 2 has it, what is refused, and the nearest color that is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.settings.base import BASE_DIR
from console.vendor import colors

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
THEMES = st.sampled_from(["light", "dark"])


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_what_wcag_2_says(one: str, other: str, ratio: float) -> None:
    assert colors.contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert colors.contrast(other, one) == colors.contrast(one, other)


@given(COLORS, COLORS)
def test_contrast_lies_between_1_and_21(one: str, other: str) -> None:
    assert 1.0 <= colors.contrast(one, other) <= 21.0


@given(COLORS, THEMES)
def test_what_passes_can_be_read_wherever_it_stands(color: str, theme: str) -> None:
    nearest = colors.nearest_that_passes(color, theme)
    for ground in (*colors.GROUNDS[theme], colors.tint_of(nearest, theme), colors.letters_on(nearest, theme)):
        assert colors.contrast(nearest, ground) >= colors.LEAST
    hover = colors.hover_of(nearest, theme)
    assert colors.contrast(hover, colors.letters_on(nearest, theme)) >= colors.LEAST


@given(COLORS, THEMES)
def test_a_color_that_passes_is_its_own_nearest(color: str, theme: str) -> None:
    nearest = colors.nearest_that_passes(color, theme)
    assert colors.passes(nearest, theme)
    assert (nearest == color) == colors.passes(color, theme)
    assert colors.nearest_that_passes(nearest, theme) == nearest


def test_the_grounds_and_the_shipped_accents_are_those_of_the_style_sheet() -> None:
    css = (BASE_DIR / "static/css/console.css").read_text()
    tokens = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", css))
    names = ("surface", "page", "sunken", "row-hover", "changed")
    light, dark = zip(*(tokens[name].split(", ") for name in names), strict=True)
    assert set(light) == set(colors.GROUNDS["light"])
    assert set(dark) == set(colors.GROUNDS["dark"])
    assert tokens["primary"] == f"{colors.SHIPPED_LIGHT}, {colors.SHIPPED_DARK}"


def test_the_style_sheet_sets_colors_and_nothing_else_under_a_name_of_its_content() -> None:
    one, other = colors.Accent("#1d4ed8", "#93c5fd"), colors.Accent("#1d4ed8", "#3fc2a3")
    lines = one.css.strip().split("\n")[1:-1]
    assert all(re.fullmatch(r"  --(on-)?primary(-\w+)?: light-dark\(#\w{6}, #\w{6}\);", line) for line in lines)
    assert one.digest != other.digest
    assert colors.Accent("#1d4ed8", "#93c5fd").digest == one.digest
