"""Where there is something to tell: licenses, the balance. Each source says what holds, and the companies are told what is new.

    register(Source(kinds=("below-zero", …), news=balance_news))    # when an app starts
    tell_companies(companies, now)                                  # from jobs

A source is asked for a batch of companies at once, set-based, and returns `News`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from console.company_in_hand import for_all
from licensing.models import Company, Notice
from licensing.notices.telling import News, bring_up_to_date, not_told_yet, still_holding

AskedFor = Callable[[Collection[Company], datetime], list[News]]


@dataclass(frozen=True)
class Source:
    """`news` is all there is to tell; `lasting` the same without what tells of an event, where that is cheaper to ask."""

    kinds: tuple[str, ...]
    news: AskedFor
    lasting: AskedFor | None = None

    @for_all("notices are told to a batch of companies at once")
    def tell(self, companies: Collection[Company], now: datetime) -> list[Notice]:
        """Tell these companies what is due of it. Returns the new notices."""
        return bring_up_to_date(companies, kinds=self.kinds, news=self.news(companies, now), now=now)


_sources: list[Source] = []


def register(source: Source) -> None:
    if source not in _sources:
        _sources.append(source)


def tell_companies(companies: Collection[Company], now: datetime) -> list[Notice]:
    """Tell these companies what is due, of every source in a transaction of its own."""
    return [notice for source in _sources for notice in source.tell(companies, now)]


@for_all("what a preview of an act would tell, of all companies concerned at once")
def what_is_to_be_told(companies: Collection[Company], now: datetime) -> list[News]:
    """What the next run would tell these companies. Writes nothing, and locks nothing."""
    days = {company.pk: company.day_of(now) for company in companies}
    return [news for source in _sources for news in not_told_yet(days, source.kinds, source.news(companies, now))]


def no_longer_true(company: Company, notices: Iterable[Notice], now: datetime) -> set[int]:
    """The ids of those of a company's notices that hold no more at this instant, whatever was noted by the last run.

    A source is asked only where an open notice of its kinds may have ended: as many statements as it takes to ask them.
    """
    rows, day = list(notices), company.day_of(now)
    over = {row.pk for row in rows if row.resolved_at is not None}
    for source in _sources:
        asked = [row for row in rows if row.pk not in over and row.kind in source.kinds and _may_have_ended(row, day)]
        if asked:
            held = (source.lasting or source.news)([company], now)
            over |= {row.pk for row in asked} - still_holding(asked, held, day)
    return over


def _may_have_ended(notice: Notice, day: date) -> bool:
    return notice.holds_until is None or day >= notice.holds_until
