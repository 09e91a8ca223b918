"""What a health report is made of: items with a state, and what to do about those that are not fine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class State(StrEnum):
    FINE = "fine"
    LOOK = "look"
    """Nothing is broken, but somebody should look."""
    WRONG = "wrong"


Target = tuple[type[Any], dict[str, Any]]
"""Where to go on: a model's list, and its filters."""


@dataclass(frozen=True)
class Item:
    """One thing that can be told. `fix` says what to do where it is not fine."""

    label: str
    value: str
    state: State = State.FINE
    fix: str = ""
    to: Target | None = None

    @property
    def state_label(self) -> str:
        return {State.FINE: _("Fine"), State.LOOK: _("Look"), State.WRONG: _("Wrong")}[self.state]


@dataclass(frozen=True)
class Section:
    title: str
    items: list[Item]


def ago(instant: datetime, now: datetime) -> str:
    """How long ago, in the largest unit that says something."""
    seconds = max(int((now - instant).total_seconds()), 0)
    if seconds < 120:
        return ngettext("%(n)s second ago", "%(n)s seconds ago", seconds) % {"n": seconds}
    if seconds < 7200:
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", seconds // 60) % {"n": seconds // 60}
    if seconds < 172_800:
        return ngettext("%(n)s hour ago", "%(n)s hours ago", seconds // 3600) % {"n": seconds // 3600}
    return ngettext("%(n)s day ago", "%(n)s days ago", seconds // 86_400) % {"n": seconds // 86_400}


def when(instant: datetime, now: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC, {ago(instant, now)}"


def counted(label: str, number: int, fix: str, to: Target, state: State = State.WRONG) -> Item:
    """An item that is fine at 0."""
    return Item(label, f"{number:,}", state, fix, to) if number else Item(label, _("None."), to=to)
