"""The vendor's logo and colors, each at an address that names its content: kept by browsers for a year."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from console.models import VendorLogo
from console.vendor.held import vendors_own

FOR_LONG = "public, max-age=31536000, immutable"


@require_safe
@login_not_required
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    """PNG, written by us. A former one stays at its address, for pages that are open. One statement."""
    png = VendorLogo.objects.filter(digest=digest).values_list("png", flat=True).first()
    if png is None:
        raise Http404
    return _kept(bytes(png), "image/png")


@require_safe
@login_not_required
def colors(request: HttpRequest, digest: str) -> HttpResponse:
    """The style sheet that holds. What a page named that is older is not kept, and replaced by what holds. No statement."""
    accent = vendors_own().accent
    if accent is None:
        return HttpResponse("", content_type="text/css; charset=utf-8")
    response = _kept(accent.css.encode(), "text/css; charset=utf-8")
    if accent.digest != digest:
        response.headers["Cache-Control"] = "private, no-store"
    return response


def _kept(content: bytes, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response.headers["Cache-Control"] = FOR_LONG
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
