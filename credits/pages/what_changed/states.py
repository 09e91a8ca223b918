"""The two states that an address names: `?from=` and `?to=`, each a day or an instant of the company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from console.people.last_visit import last_visit
from console.templatetags.formats import moment_in_words, zone_for
from credits.reading.what_changed.difference import Seen
from licensing.errors import in_words
from licensing.models import Company
from licensing.pages.day_shown import DAY, WrongInstant, day_written, instant_written
from licensing.reading.as_known_at_an_instant import hold_still
from licensing.rules.a_year_before import a_year_before
from licensing.rules.calendar_arithmetic import add_months

WITHOUT_A_VISIT = timedelta(days=7)
"""So far back the page looks for somebody who was not here before."""


@dataclass(frozen=True)
class State:
    """A state as the address writes it (`text`, empty for now), as people read it, and as it is asked for."""

    text: str
    words: str
    seen: Seen

    @property
    def query(self) -> str:
        """What shows another page in this state: its day, as known then."""
        if self.seen.known_at is not None:
            return f"?{urlencode({'on': str(self.seen.day), 'known': self.text})}"
        return f"?{urlencode({'on': str(self.seen.day)})}"


@dataclass(frozen=True)
class Offered:
    """Where one may look from; `current` is what the page shows."""

    label: str
    url: str
    current: bool


def states_asked_for(request: HttpRequest, company: Company) -> tuple[State, State, bool]:
    """From, to, and whether the first is the person's last visit. Raises WrongDay and WrongInstant.

    Without `from` it is the last visit, or for who was not here before a week ago; without `to` it is now. Free; with an instant
    two statements, as for pages that keep what was known.
    """
    today: date = request.today  # type: ignore[attr-defined]
    visit = last_visit(request, request.figures_of)  # type: ignore[attr-defined]
    asked, until = request.GET.get("from", "").strip(), request.GET.get("to", "").strip()
    by_itself = visit.isoformat() if visit else str(today - WITHOUT_A_VISIT)
    first = _state(asked or by_itself, company)
    second = _state(until, company) if until else State("", _("Now"), Seen(today))
    instants = [each.seen.known_at for each in (first, second) if each.seen.known_at is not None]
    if instants:
        try:
            with transaction.atomic():
                hold_still(company, max(instants))
        except ValueError:
            raise WrongInstant(_("An instant to come cannot be compared: choose one that has passed, or a day.")) from None
    return first, second, visit is not None and first.seen.known_at == visit


def _state(text: str, company: Company) -> State:
    if DAY.fullmatch(text):
        day = day_written(text)
        return State(text, in_words(day), Seen(day))
    instant = instant_written(text, company)
    return State(text, _moment(instant, company), Seen(company.day_of(instant), instant))


def _moment(instant: datetime, company: Company) -> str:
    return moment_in_words(instant, zone_for(instant, company))


def offered(request: HttpRequest, company: Company, address: str, first: State, second: State) -> list[Offered]:
    """The last visit, if there was one, then days that lie a while back, up to now."""
    today: date = request.today  # type: ignore[attr-defined]
    visit = last_visit(request, request.figures_of)  # type: ignore[attr-defined]
    found = [(_("My last visit"), visit.isoformat())] if visit else []
    found += [
        (_("Yesterday"), str(today - timedelta(days=1))),
        (_("A week ago"), str(today - timedelta(days=7))),
        (_("End of %(month)s") % {"month": date_format(_end(today), "F")}, str(_end(today))),
        (_("A year ago"), str(a_year_before(today))),
    ]
    now = not second.text
    shown = first.text if first.seen.known_at is None else first.seen.known_at.isoformat()
    return [Offered(label, f"{address}?{urlencode({'from': text})}", now and text == shown) for label, text in found]


def _end(today: date) -> date:
    """The end of the last month."""
    return add_months(today.replace(day=1), 0) - timedelta(days=1)
