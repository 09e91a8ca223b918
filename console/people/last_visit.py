"""When a person last looked at a company before now: a cookie below the company's own addresses keeps it, in one browser.

    visit-of=<person>~<instant of the last page of the visit before>~<instant of the last page of this one>

A pause of half an hour ends a visit. Nothing is kept on the server, and the cookie opens nothing: it only names an instant to
start from, which may be any.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

VISIT_OF = "visit-of"
PAUSE = timedelta(minutes=30)
KEPT = timedelta(days=400)
"""As long as browsers keep a cookie at most."""


def last_visit(request: HttpRequest, now: datetime) -> datetime | None:
    """The instant of the last page of the visit before this one, as the figures on it were told; None for the first. Free."""
    before, latest = _read(request, now)
    return latest if latest is not None and now - latest > PAUSE else before


def note_visit(request: HttpRequest, response: HttpResponse, now: datetime, address: str) -> None:
    """Keep that something below `address` was looked at, with figures as of `now`. Free."""
    before = last_visit(request, now)
    said = "~".join([str(request.user.pk), before.isoformat() if before else "", now.isoformat()])
    response.set_cookie(
        VISIT_OF,
        said,
        max_age=KEPT,
        path=address,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest, now: datetime) -> tuple[datetime | None, datetime | None]:
    """(before, latest) of the person who signed in; of another person, or where the cookie says something else, nothing."""
    person, _tilde, instants = request.COOKIES.get(VISIT_OF, "").partition("~")
    if person != str(request.user.pk):
        return None, None
    before, _tilde, latest = instants.partition("~")
    return _instant(before, now), _instant(latest, now)


def _instant(text: str, now: datetime) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if instant.tzinfo is None:
        return None
    instant = instant.astimezone(UTC)
    return instant if now - KEPT <= instant <= now else None
