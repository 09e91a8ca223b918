"""The day a page shows: `?on=YYYY-MM-DD`, else the company's today; and the addresses of the days around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.errors import DomainError, Refused
from console.templatetags.formats import day_as
from licensing.errors import in_words
from licensing.rules.a_year_before import a_year_before
from licensing.rules.calendar_arithmetic import add_months

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
MONTH_ENDS = 3
"""The ends of so many months are offered."""
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class WrongDay(DomainError):
    """The address names a day that is none, or one out of range."""

    status = 400

    def __init__(self, text: str) -> None:
        super().__init__(
            _("“%(text)s” is not a day this page can show. Write it like 2026-11-20, from 2000-01-01 to 2199-12-31.")
            % {"text": text[:40]}
        )


@dataclass(frozen=True)
class Step:
    """A link to the same page on another day; `key` is the key that follows it, where there is one."""

    label: str
    url: str
    key: str = ""


@dataclass(frozen=True)
class AsOf:
    """The day shown, beside the company's today; `address` is the page's own, `others` its other parameters."""

    day: date
    today: date
    address: str
    others: tuple[tuple[str, str], ...] = ()

    @property
    def is_today(self) -> bool:
        return self.day == self.today

    @property
    def is_past(self) -> bool:
        return self.day < self.today

    @property
    def query(self) -> str:
        """What links to other pages carry so that they show the same day: empty today."""
        return "" if self.is_today else f"?on={self.day}"

    @property
    def action(self) -> str:
        return self.address

    @property
    def url(self) -> str:
        """The page as it is shown."""
        return self.address_on(self.day)

    @property
    def previous_url(self) -> str:
        return self.address_on(self.day - timedelta(days=1)) if self.day > FIRST_DAY else ""

    @property
    def next_url(self) -> str:
        return self.address_on(self.day + timedelta(days=1)) if self.day < LAST_DAY else ""

    @property
    def today_url(self) -> str:
        return self.address_on(self.today)

    @property
    def steps(self) -> list[Step]:
        """A week and a month away, to either side, as far as pages go."""
        far = [
            (_("A week earlier"), "{", self.day - timedelta(days=7)),
            (_("A week later"), "}", self.day + timedelta(days=7)),
            (_("A month earlier"), "(", add_months(self.day, -1)),
            (_("A month later"), ")", add_months(self.day, 1)),
        ]
        return [Step(label, self.address_on(day), key) for label, key, day in far if FIRST_DAY <= day <= LAST_DAY]

    @property
    def presets(self) -> list[Step]:
        """Days that need no reading: a year before today, and the ends of the last months."""
        first = self.today.replace(day=1)
        ends = [add_months(first, -back) - timedelta(days=1) for back in range(MONTH_ENDS)]
        year = a_year_before(self.today)
        return [
            Step(_("A year ago, %(day)s") % {"day": in_words(year)}, self.address_on(year)),
            *(Step(_("End of %(month)s") % {"month": day_as(end, "F Y")}, self.address_on(end)) for end in ends),
        ]

    @property
    def further_steps(self) -> SafeString:
        """The links of `steps`, joined here: every page has them."""
        links = (f'<a href="{escape(each.url)}" aria-keyshortcuts="{each.key}">{escape(each.label)}</a>' for each in self.steps)
        return SafeString("".join(links))

    @property
    def further_days(self) -> SafeString:
        """The links of `presets`."""
        links = (f'<a class="as-of-day" href="{escape(each.url)}">{escape(each.label)}</a>' for each in self.presets)
        return SafeString("".join(links))

    def address_on(self, day: date) -> str:
        """The page's address on another day; today it carries none."""
        parts = [urlencode(self.others)] if self.others else []
        if day != self.today:
            parts.append(f"on={day}")
        return f"{self.address}?{'&'.join(parts)}" if parts else self.address


def day_asked_for(request: HttpRequest, *, page: str = "") -> date:
    """The day of `?on=`, else the company's today; call it after `company_for`. Raises WrongDay. Free.

    `page` is where links to other days lead, for an address that cannot be opened itself.
    """
    today: date = request.today  # type: ignore[attr-defined]
    text = request.GET.get("on", "").strip()
    day = day_written(text) if text else today
    others = tuple((name, value) for name, values in request.GET.lists() if name != "on" for value in values)
    request.as_of = AsOf(day, today, page or request.path, others)  # type: ignore[attr-defined]
    return day


def day_written(text: str) -> date:
    """The day that an address names. Raises WrongDay for what is none, and for one out of range."""
    try:
        if not DAY.fullmatch(text):
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise WrongDay(text) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise WrongDay(text)
    return day


def require_today(request: HttpRequest) -> None:
    """Raise Refused on a page that shows another day than today: it is read-only. Call it after `day_asked_for`."""
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    if not as_of.is_today:
        raise Refused(_("Changes are made on today’s page. Nothing was saved."))
