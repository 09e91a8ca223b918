"""One act in words, and all acts of a case."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from console.admin.of_staff import of_staff


@require_safe
@of_staff()
def act(request: HttpRequest, pk: UUID) -> HttpResponse:
    return redirect("admin:console_act_change", pk)
