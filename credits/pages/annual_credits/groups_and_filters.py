"""All available features, narrowed by search, offering and state, and put into one group per offering."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy

from credits.pages.annual_credits.feature_rows import STATE_LABELS, FeatureTableRow

STATES = {
    "allocated": STATE_LABELS["allocated"],
    "planned": gettext_lazy("Planned"),
    "all": gettext_lazy("All"),
    "not-allocated": STATE_LABELS["not-allocated"],
    "pay-as-you-go": STATE_LABELS["pay-as-you-go"],
}
"""What the table can be narrowed to, in the order of its chips."""
ROWS_OPEN_ON_A_PHONE = 6


@dataclass(frozen=True)
class Group:
    """The features of one offering that are shown; `credits` is the sum of those that take credits, None where none does."""

    slug: str
    name: str
    slot: int
    credits: int | None
    rows: list[FeatureTableRow]
    folds: bool = False
    """Whether it opens folded on a narrow screen."""


@dataclass(frozen=True)
class Chip:
    """One state to narrow to, with the number of its rows."""

    value: str
    label: str
    count: int
    url: str
    active: bool


def state_shown(rows: list[FeatureTableRow], asked: str) -> str:
    """The state asked for; else what is allocated, or all features where nothing is."""
    if asked in STATES:
        return asked
    return "allocated" if any(row.status == "allocated" for row in rows) else "all"


def _is_in(row: FeatureTableRow, state: str) -> bool:
    if state == "all":
        return True
    return bool(row.plans) if state == "planned" else row.status == state


def narrowed(rows: list[FeatureTableRow], *, q: str = "", offering: str = "", state: str = "all") -> list[FeatureTableRow]:
    """The rows that mention every word of `q` and are of the offering and state, where one is named."""
    return [
        row
        for row in rows
        if (not offering or row.offering_slug == offering)
        and _is_in(row, state)
        and (not q or row.mentions(q, row.offering_name))
    ]


def chips(rows: list[FeatureTableRow], *, state: str, url_of: Callable[[str], str]) -> list[Chip]:
    """The states that `rows` can be narrowed to; the one shown is marked."""
    return [
        Chip(value, str(label), sum(_is_in(row, value) for row in rows), url_of(value), value == state)
        for value, label in STATES.items()
    ]


def in_groups(rows: list[FeatureTableRow], *, fold: bool) -> list[Group]:
    """One group per offering, most credits first, its rows in their order.

    With `fold`, groups after the first rows that a phone has room for open folded there.
    """
    found: dict[str, list[FeatureTableRow]] = defaultdict(list)
    for row in rows:
        found[row.offering_slug].append(row)
    sums = {slug: sum(row.credits or 0 for row in group) for slug, group in found.items()}
    groups, before = [], 0
    for slug, group in sorted(found.items(), key=lambda item: (-sums[item[0]], item[1][0].slot)):
        folds = fold and before > 0 and before + len(group) > ROWS_OPEN_ON_A_PHONE
        takes_credits = any(row.credits is not None for row in group)
        groups.append(Group(slug, group[0].offering_name, group[0].slot, sums[slug] if takes_credits else None, group, folds))
        before += len(group)
    return groups
