"""The accent: what it is measured against, the colors that follow from it, and the style sheet. Pure arithmetic of WCAG 2.

A color is "#0f6a55". Contrast is a ratio from 1 to 21.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache

COLOR = re.compile(r"#[0-9a-f]{6}")
LEAST = 4.5
"""Below it an accent is refused, as text in it could not be read by everybody."""
SHIPPED_LIGHT, SHIPPED_DARK = "#0f6a55", "#3fc2a3"
SURFACE = {"light": "#ffffff", "dark": "#161e1c"}
GROUNDS = {
    "light": ("#ffffff", "#f5f7f6", "#fafbfa", "#f5f8f7", "#f0f7f4"),
    "dark": ("#161e1c", "#0f1513", "#1a2421", "#15251f"),
}
"""What text in the accent stands on: surface, page, sunken, a row under the pointer, a changed row. Besides the tint."""
ON_ACCENT = {"light": ("#ffffff", "#16211e"), "dark": ("#06231b", "#ffffff")}
"""Letters of a button in the accent: the first of them that can be read."""
TINT = {"light": 0.10, "dark": 0.16}
"""How much of the accent is in the ground of what is chosen."""

type Rgb = tuple[int, int, int]


def rgb(color: str) -> Rgb:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _hex(parts: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(min(255.0, max(0.0, each))):02x}" for each in parts)


def luminance(color: str) -> float:
    """From 0, black, to 1, white."""
    red, green, blue = (_linear(each / 255) for each in rgb(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """`share` of `one`, the rest of `other`."""
    first, second = rgb(one), rgb(other)
    return _hex(tuple(a * share + b * (1 - share) for a, b in zip(first, second, strict=True)))  # type: ignore[arg-type]


def tint_of(accent: str, theme: str) -> str:
    return mixed(accent, SURFACE[theme], TINT[theme])


def hover_of(accent: str, theme: str) -> str:
    """Further from the ground than the accent."""
    return mixed(accent, "#000000" if theme == "light" else "#ffffff", 0.82)


def letters_on(accent: str, theme: str) -> str:
    first, second = ON_ACCENT[theme]
    return first if contrast(first, accent) >= LEAST or contrast(first, accent) >= contrast(second, accent) else second


@cache
def measured(accent: str, theme: str) -> float:
    """The least contrast that it has anywhere: as text on each ground and on its tint, and under the letters of a button."""
    grounds = (*GROUNDS[theme], tint_of(accent, theme))
    return min(*(contrast(accent, each) for each in grounds), contrast(accent, letters_on(accent, theme)))


def passes(accent: str, theme: str) -> bool:
    return measured(accent, theme) >= LEAST


def nearest_that_passes(accent: str, theme: str) -> str:
    """The first on the way to black, in the dark theme to white, that passes; itself where it does."""
    goal = "#000000" if theme == "light" else "#ffffff"
    steps = (mixed(accent, goal, 1 - step / 256) for step in range(257))
    return next((each for each in steps if passes(each, theme)), goal)


@dataclass(frozen=True)
class Accent:
    """Both accents."""

    light: str
    dark: str

    @property
    def css(self) -> str:
        """The tokens of console.css that follow from them. The font of nothing, the size of nothing: colors alone."""
        light, dark = self.light, self.dark
        tokens = {
            "primary": (light, dark),
            "primary-hover": (hover_of(light, "light"), hover_of(dark, "dark")),
            "on-primary": (letters_on(light, "light"), letters_on(dark, "dark")),
            "primary-tint": (tint_of(light, "light"), tint_of(dark, "dark")),
        }
        lines = [f"  --{name}: light-dark({day}, {night});" for name, (day, night) in tokens.items()]
        return "\n".join([":root {", *lines, "}", ""])

    @property
    def digest(self) -> str:
        """By which the style sheet is named: another for other colors, and for another rule of what follows from them."""
        return hashlib.sha256(self.css.encode()).hexdigest()[:20]
