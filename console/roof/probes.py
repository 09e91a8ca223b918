"""What machines ask: whether the process answers, reaches its database and can write, and what a search engine may read."""

from __future__ import annotations

import time

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


BELIEVED_SECONDS = 10
"""So long it is believed that something can be written since it was; anybody may ask, and trying takes 10 ms."""
SPILLS = "SELECT count(*) FROM (SELECT random() AS it FROM generate_series(1, 20000) ORDER BY it OFFSET 0) AS spilled"
"""With little memory this sorts in a file of half a megabyte, which goes again at once."""
NOTES = (
    "INSERT INTO console_cache (cache_key, value, expires) VALUES ('readyz', '', now())"
    " ON CONFLICT (cache_key) DO UPDATE SET expires = excluded.expires"
)
_written_at: list[float] = []


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The process answers, reaches its database and can write there; 503 without details otherwise."""
    try:
        if _written_at and time.monotonic() - _written_at[-1] < BELIEVED_SECONDS:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        else:
            _write()
            _written_at[:] = [time.monotonic()]
    except (DatabaseError, InterfaceError):
        _written_at.clear()
        return HttpResponse("not ready\n", content_type="text/plain; charset=utf-8", status=503)
    return HttpResponse("ready\n", content_type="text/plain; charset=utf-8")


def _write() -> None:
    """Raises DatabaseError where the disk is full, the database only for reading, or the role without its rights."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64kB'")
        cursor.execute(SPILLS)
        cursor.execute("SET LOCAL work_mem TO DEFAULT")
        cursor.execute(NOTES)


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Nothing here is for search engines."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")
