"""Days that are worth looking at and have to be looked up first: leads to the page that asked, as of that day.

`?to=` is the page's own address, another page of the same company; from its day one looks back, or ahead, by what was known at
its instant. Pressed again on the day that was found, it leads to the one before, or after.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.status_message import StatusMessage, tell
from credits.reading.changes_of_balance import changes_of_balance
from credits.rules.first_days_below_zero import first_days_below_zero
from licensing.access import of_company
from licensing.errors import in_words
from licensing.models import Company
from licensing.pages.day_shown import FIRST_DAY, LAST_DAY, day_written, instant_passed
from licensing.pages.page_of_company import page_of_company
from licensing.reading.licenses_on_day import licenses_on


@require_safe
@of_company()
def day_to_show(request: HttpRequest, company: Company, which: str) -> HttpResponse:
    look_up = DAYS.get(which)
    if look_up is None:
        raise Http404
    page = page_of_company(request.GET.get("to", ""), company) or reverse("credits:annual-credits", args=[company.slug])
    path, query = urlsplit(page).path, parse_qsl(urlsplit(page).query)
    on, known = (next((value for asked, value in query if asked == name), "") for name in ("on", "known"))
    known_at = instant_passed(known, company) if known else None
    today: date = company.day_of(known_at) if known_at else request.today  # type: ignore[attr-defined]
    found, otherwise = look_up(company, day_written(on) if on else today, known_at)
    if found is None:
        tell(request, StatusMessage(_("No such day"), otherwise, refused=True))
        return redirect(page)
    others = [(name, value) for name, value in query if name != "on"]
    return redirect(f"{path}?{urlencode([*others, ('on', str(found))])}")


def _below_zero(company: Company, shown: date, known_at: datetime | None) -> tuple[date | None, str]:
    earlier = [day for day in first_days_below_zero(changes_of_balance(company, known_at=known_at)) if FIRST_DAY <= day < shown]
    return (
        max(earlier, default=None),
        _("before %(day)s the balance did not fall below zero.") % {"day": in_words(shown)},
    )


def _next_expiration(company: Company, shown: date, known_at: datetime | None) -> tuple[date | None, str]:
    licenses = licenses_on(company, on=shown, known_at=known_at)
    later = [each.expires_on for each in licenses if each.status != "cancelled"]
    return (
        min((day for day in later if shown < day <= LAST_DAY), default=None),
        _("after %(day)s no license expires.") % {"day": in_words(shown)},
    )


DAYS: dict[str, Callable[[Company, date, datetime | None], tuple[date | None, str]]] = {
    "below-zero": _below_zero,
    "next-expiration": _next_expiration,
}
"""Part of the address -> the day found from the day shown on, by what was known, and what is said where there is none."""
