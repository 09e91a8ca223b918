"""A license's term as a thin bar: from its start to its expiration, filled as far as the day shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from licensing.errors import in_words


@dataclass(frozen=True)
class TermBar:
    """`share` is the percentage of the term that is over, as an SVG writes it; `today`: the day shown is marked on it."""

    status: str
    starts_on: date
    expires_on: date
    label: str
    share: str
    today: bool


def term_bar(status: str, starts_on: date, expires_on: date, *, on: date, ended_on: date | None = None) -> TermBar:
    """`ended_on`: the day from which it is cancelled."""
    day = min(on, ended_on) if ended_on else on
    gone = min(max((day - starts_on).days, 0), (expires_on - starts_on).days)
    return TermBar(
        status=status,
        starts_on=starts_on,
        expires_on=expires_on,
        label=_("Term from %(first)s to %(end)s") % {"first": in_words(starts_on), "end": in_words(expires_on)},
        share=f"{100 * gone / (expires_on - starts_on).days:.1f}%",
        today=starts_on <= on < expires_on and ended_on is None,
    )
