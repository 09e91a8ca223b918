"""How a request looks that has come as far as the console, told to the doctor alone.

It asks CONSOLE_URL as a visitor would, through every proxy in front, and shows a token that SECRET_KEY has signed a moment ago:
who cannot sign it is told nothing, and a console with another key does not know it. What is told is the request itself and which
static files the process has in use.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

HEADER = "X-Allotment-Doctor"
GOOD_FOR_SECONDS = 120


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="allotment.doctor")


def token() -> str:
    return _signer().sign("look")


@login_not_required
@never_cache
@require_safe
def as_seen(request: HttpRequest) -> HttpResponse:
    """404 without a token of ours."""
    try:
        _signer().unsign(request.headers.get(HEADER, ""), max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        raise Http404 from None
    return JsonResponse(
        {
            "secure": request.is_secure(),
            "forwarded_for": request.headers.get("X-Forwarded-For", ""),
            "static_files": static_files_in_use(),
        }
    )


def static_files_in_use() -> str:
    """The name of their list, another one for other files; empty where they come from their folders, as in development."""
    return str(getattr(staticfiles_storage, "manifest_hash", "") or "")


def proxies_stated() -> int:
    """How many proxies in front the operator has stated."""
    return int(settings.TRUSTED_PROXIES)
