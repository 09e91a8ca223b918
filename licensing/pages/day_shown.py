"""The day a page shows: `?on=YYYY-MM-DD`, else the company's today; and the addresses of the days around it.

`?known=2026-11-29T10:07` beside it leaves out what was recorded after that instant, told in the company's zone or with an offset;
alone it means the company's day at that instant. A page passes `as_of.known_at` to all that it reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cached_property
from html import escape
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.errors import DomainError, Refused
from console.templatetags.formats import day_as
from licensing.errors import in_words
from licensing.models import Company
from licensing.reading.as_known_at_an_instant import hold_still
from licensing.rules.a_year_before import a_year_before
from licensing.rules.calendar_arithmetic import add_months

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
MONTH_ENDS = 3
"""The ends of so many months are offered."""
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(DAY.pattern + r"T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+ -][0-9]{2}:[0-9]{2})?")


class WrongDay(DomainError):
    """The address names a day that is none, or one out of range."""

    status = 400

    def __init__(self, text: str) -> None:
        super().__init__(
            _("“%(text)s” is not a day this page can show. Write it like 2026-11-20, from 2000-01-01 to 2199-12-31.")
            % {"text": text[:40]}
        )


class WrongInstant(DomainError):
    """The address names an instant that is none, or one of which nothing can be known yet."""

    status = 400


@dataclass(frozen=True)
class Step:
    """A link to the same page on another day; `key` is the key that follows it, where there is one."""

    label: str
    url: str
    key: str = ""


@dataclass(frozen=True)
class AsOf:
    """The day shown, beside the company's today; `address` is the page's own, `others` its other parameters.

    As known at an instant (`known_at`, in UTC), `known` is how the address writes it and `today` the company's day then.
    """

    day: date
    today: date
    address: str
    others: tuple[tuple[str, str], ...] = ()
    known_at: datetime | None = None
    known: str = ""
    zone: tzinfo = UTC
    """The company's, at that instant."""

    @property
    def is_today(self) -> bool:
        """Whether this is what holds today by all that is recorded: only that can be changed."""
        return self.day == self.today and self.known_at is None

    @property
    def is_past(self) -> bool:
        """Whether words say "was": as known at an instant that day is over as well."""
        return self.day <= self.today if self.known_at else self.day < self.today

    @cached_property
    def values(self) -> dict[str, str]:
        """What links and forms of the page carry so that they show the same: nothing today."""
        if self.is_today:
            return {}
        return {"on": str(self.day), **({"known": self.known} if self.known_at else {})}

    @cached_property
    def query(self) -> str:
        """The same for the links of templates: empty today."""
        return f"?{urlencode(self.values)}" if self.values else ""

    def with_(self, address: str, **further: str) -> str:
        """Another address, or the same with further parameters, of the same day."""
        return f"{address}?{urlencode({**further, **self.values})}" if further or self.values else address

    @property
    def since(self) -> str:
        """What the page of what changed is asked for, to start from what is shown: today nothing, then it is the last visit."""
        return "" if self.is_today else f"?{urlencode({'from': self.known or str(self.day)})}"

    @property
    def latest_url(self) -> str:
        """The page of the same day by all that is recorded now."""
        return f"{self.address}?{urlencode([*self.others, ('on', str(self.day))])}"

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
        if self.known_at is None:
            return self.address_on(self.today)
        return f"{self.address}?{urlencode(self.others)}" if self.others else self.address

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
        """The page's address on another day; today it carries none. What is known stays the same."""
        parts = [urlencode(self.others)] if self.others else []
        if day != self.today or self.known_at:
            parts.append(f"on={day}")
        if self.known_at:
            parts.append(urlencode({"known": self.known}))
        return f"{self.address}?{'&'.join(parts)}" if parts else self.address


def day_known_asked_for(request: HttpRequest, company: Company, *, page: str = "") -> date:
    """The day of `?on=`, else the company's today; what was known at `?known=` stands in `as_of.known_at`.

    `page` is where links to other days lead, for an address that cannot be opened itself. Raises WrongDay and WrongInstant. Free;
    with an instant one statement, after which nothing that was known then can change: acts under way are waited for, and the lock
    is let go before the page reads.
    """
    text = request.GET.get("known", "").strip()
    known_at = instant_passed(text, company) if text else None
    today: date = company.day_of(known_at) if known_at else request.today  # type: ignore[attr-defined]
    zone = company.zone_at(known_at) if known_at else UTC
    asked = request.GET.get("on", "").strip()
    day = day_written(asked) if asked else today
    others = tuple((name, value) for name, values in request.GET.lists() if name not in ("on", "known") for value in values)
    request.as_of = AsOf(day, today, page or request.path, others, known_at, text, zone)  # type: ignore[attr-defined]
    return day


def instant_passed(text: str, company: Company) -> datetime:
    """The instant that an address names, once nothing can change any more of what was known then. One statement.

    Raises WrongInstant for none, and for one to come.
    """
    known_at = instant_written(text, company)
    try:
        with transaction.atomic():
            hold_still(company, known_at)
    except ValueError:
        raise WrongInstant(
            _("“%(text)s” is still to come: what will be known then cannot be shown. Ask for an instant that has passed.")
            % {"text": text[:40]}
        ) from None
    return known_at


def instant_written(text: str, company: Company) -> datetime:
    """The instant that an address names, in UTC: with an offset, else in the company's zone. Raises WrongInstant for none."""
    try:
        if not INSTANT.fullmatch(text):
            raise ValueError
        written = datetime.fromisoformat(text.replace(" ", "+"))  # an unescaped + arrives as a space
        if written.tzinfo is None:
            # The zone may have changed: first as if it were UTC, then as that zone has it.
            near = written.replace(tzinfo=company.zone_at(written.replace(tzinfo=UTC)))
            written = written.replace(tzinfo=company.zone_at(near))
        instant = written.astimezone(UTC)
    except (ValueError, OverflowError):
        instant = None
    if instant is None or not FIRST_DAY <= instant.date() <= LAST_DAY:
        raise WrongInstant(
            _(
                "“%(text)s” is not an instant this page can show. Write it like 2026-11-29T10:07, in the time of the company, or"
                " with an offset like 2026-11-29T10:07+01:00."
            )
            % {"text": text[:40]}
        )
    return instant


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
    """Raise Refused on a page that shows another day than today: it is read-only. Call it after `day_known_asked_for`."""
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    if not as_of.is_today:
        raise Refused(_("Changes are made on today’s page. Nothing was saved."))
