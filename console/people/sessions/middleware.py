"""What a request changes of its session is written into the session's row: its key, and whether it is kept on the device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from console.models import SignIn
from console.people.sessions.begin_and_end import SIGN_IN, is_kept, name_of


class SessionMiddleware:
    """Below Django's own, which keeps the session after this."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        row: Any = getattr(request, "sign_in", None)
        session = request.session
        if row is not None and session.modified and session.get(SIGN_IN) == row.pk:
            changed = {"session": name_of(session), "kept": is_kept(session)}
            if changed != {"session": row.session, "kept": row.kept}:
                SignIn.objects.filter(pk=row.pk).update(**changed)
        return response
