"""What a request changes of its session is written into the session's row: its key, and whether it is kept on the device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.middleware import get_user
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from console.models import SignIn
from console.people.sessions.begin_and_end import SIGN_IN, is_kept, name_of

FORMER_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
"""In sessions that an earlier version began: they go on with this one."""


def _user(request: HttpRequest) -> Any:
    if request.session.get(BACKEND_SESSION_KEY) == FORMER_BACKEND:
        request.session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    return get_user(request)


class SessionMiddleware:
    """Below Django's own, which keeps the session after this."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = SimpleLazyObject(lambda: _user(request))  # type: ignore[assignment]
        response = self.get_response(request)
        row: Any = getattr(request, "sign_in", None)
        session = request.session
        if row is not None and session.modified and session.get(SIGN_IN) == row.pk:
            changed = {"session": name_of(session), "kept": is_kept(session)}
            if changed != {"session": row.session, "kept": row.kept}:
                SignIn.objects.filter(pk=row.pk).update(**changed)
        return response
