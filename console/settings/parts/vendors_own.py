"""The vendor's own, as the environment sets it; what staff state on the page of it holds instead."""

from __future__ import annotations

import re

from console.settings_from_environment import Environment


def vendor_name(env: Environment) -> str:
    """One line, at most 60 characters."""
    name = env.text("VENDOR_NAME")
    if len(name) > 60 or not name.isprintable():
        env.wrong("VENDOR_NAME", "is longer than 60 characters, or has what cannot be seen", fix="Write a name of one line")
        return ""
    return name


def accent(env: Environment, name: str, theme: str) -> str:
    """A color such as #0f6a55 that can be read in the theme, as the page demands it."""
    from console.vendor.colors import COLOR, LEAST, measured, nearest_that_passes  # pure

    value = env.text(name).lower()
    if value and not re.fullmatch(COLOR, value):
        env.wrong(name, f'"{value}" is no color', fix=f"Write it with six digits, for example {name}=#0f6a55")
        return ""
    if value and (found := measured(value, theme)) < LEAST:
        nearest = nearest_that_passes(value, theme)
        env.wrong(name, f"{value} has a contrast of {found:.2f}, less than {LEAST}", fix=f"The nearest that passes is {nearest}")
        return ""
    return value


def apps_address(env: Environment) -> str:
    """Holds {feature}, in the place of which the feature's name in addresses comes."""
    value = env.text("VENDOR_APPS_URL")
    if value and (not value.startswith(("https://", "http://")) or "{feature}" not in value):
        env.wrong(
            "VENDOR_APPS_URL",
            f'"{value}" is no address with {{feature}} in it',
            fix="For example VENDOR_APPS_URL=https://apps.example.com/{feature}/",
        )
        return ""
    return value
