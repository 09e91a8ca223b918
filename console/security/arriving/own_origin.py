"""Whether a page is one of ours: of the address that was asked, or of CONSOLE_URL, where a proxy passes another on."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def is_own(request: HttpRequest, origin: str) -> bool:
    """`origin` as browsers write it: scheme://host, with a port where it is not the scheme's own."""
    return origin == f"{request.scheme}://{request.get_host()}" or origin in settings.CSRF_TRUSTED_ORIGINS


def is_own_page(request: HttpRequest, address: str) -> bool:
    """Whether the whole address of a page is below one of our origins, whatever its scheme."""
    try:
        host = urlsplit(address).netloc
    except ValueError:  # no address at all
        return False
    return bool(host) and host in (request.get_host(), *(urlsplit(each).netloc for each in settings.CSRF_TRUSTED_ORIGINS))
