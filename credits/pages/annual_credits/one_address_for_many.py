"""Addresses that differ in one place: looked up once for all rows of a page."""

from __future__ import annotations

from collections.abc import Callable


def address_for_each(address: str, stand_in: str) -> Callable[[object], str]:
    """The address with each value in place of `stand_in`, of which the last one counts: a search before it may say the same."""
    before, after = address.rsplit(stand_in, 1)
    return lambda value: f"{before}{value}{after}"
