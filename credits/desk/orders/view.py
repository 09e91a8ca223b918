"""One order: its state, its past, and the acts that fit it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from console.admin.of_staff import of_staff


@require_safe
@of_staff()
def order(request: HttpRequest, pk: int) -> HttpResponse:
    return redirect("admin:licensing_order_change", pk)
