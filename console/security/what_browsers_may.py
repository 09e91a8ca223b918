"""What a browser may do with our answers and on our pages, and what it forgets when somebody signs out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

NOBODY = [
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi"),
    *("payment", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
]
OURS = ["publickey-credentials-create", "publickey-credentials-get"]  # passkeys
PERMISSIONS = ", ".join([*(f"{each}=()" for each in NOBODY), *(f"{each}=(self)" for each in OURS)])
FORGOTTEN = '"cache", "storage"'
"""At sign-out. Not "cookies": that would be those of everything else below the same domain, whoever serves it."""


class BrowserMiddleware:
    """No page uses a device, no other site embeds an answer, and with the session goes what the browser had kept."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if getattr(request, "somebody_signed_out", False):
            response.headers["Clear-Site-Data"] = FORGOTTEN
        return response


@receiver(user_logged_out)
def somebody_signed_out(request: Any = None, **kwargs: Any) -> None:
    """Whichever page they signed out by."""
    if request is not None:
        request.somebody_signed_out = True
