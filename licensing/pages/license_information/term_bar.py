"""A license's term as a thin bar: from its start to its expiration, filled as far as the day shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.templatetags.formats import day
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

    @property
    def drawing(self) -> SafeString:
        """The bar above its two days; joined here because a page has one in each of its rows."""
        mark = f'<rect class="term-today" x="{self.share}" y="0" width="2" height="12"></rect>' if self.today else ""
        return SafeString(
            f'<svg class="term term-{self.status}" role="img" aria-label="{escape(self.label)}" width="100%" height="12">'
            '<rect class="term-whole" x="0.5" y="3.5" width="100%" height="5" rx="2.5"></rect>'
            f'<rect class="term-gone" y="3" width="{self.share}" height="6" rx="3"></rect>{mark}</svg>'
            f'<span class="term-dates"><span>{day(self.starts_on)}</span>'
            f'<span class="term-end">{day(self.expires_on)}</span></span>'
        )


def term_bar(status: str, starts_on: date, expires_on: date, *, on: date, ended_on: date | None = None) -> TermBar:
    """`ended_on`: the day from which it is cancelled."""
    until = min(on, ended_on) if ended_on else on
    gone = min(max((until - starts_on).days, 0), (expires_on - starts_on).days)
    return TermBar(
        status=status,
        starts_on=starts_on,
        expires_on=expires_on,
        label=_("Term from %(first)s to %(end)s") % {"first": in_words(starts_on), "end": in_words(expires_on)},
        share=f"{100 * gone / (expires_on - starts_on).days:.1f}%",
        today=starts_on <= on < expires_on and ended_on is None,
    )
