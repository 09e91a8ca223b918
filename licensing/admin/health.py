"""The health page of marketplaces: what is wrong with the connection and what to do, a test of it, and a test event.

Reading it asks nobody; only its two buttons talk to the network, outside of any transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console.admin import list_url
from licensing.health.connection_trials import Trial, send_test_events, try_connections
from licensing.health.items import Item
from licensing.health.marketplace_report import health_report
from licensing.marketplaces.own_webhook import is_practice
from licensing.models import Subscription


@require_safe
def marketplaces(request: HttpRequest) -> HttpResponse:
    return page(request)


@require_POST
def try_connection(request: HttpRequest) -> HttpResponse:
    return tried(request, _("Test of the connection"), try_connections)


@require_POST
def test_event(request: HttpRequest) -> HttpResponse:
    return tried(request, _("Test event"), send_test_events)


def tried(request: HttpRequest, title: str, trial: Callable[[], list[Trial]]) -> HttpResponse:
    if not may_try(request):
        raise PermissionDenied
    return page(request, {"trial_title": title, "trials": trial()})


def may_try(request: HttpRequest) -> bool:
    """As for the acts on a subscription's page."""
    return request.user.has_perm("licensing.change_subscription")


def page(request: HttpRequest, more: dict[str, Any] | None = None) -> HttpResponse:
    report = health_report()
    context = {
        **admin.site.each_context(request),
        "title": _("Health of marketplaces"),
        "to_mend": with_links(report.to_mend),
        "sections": [(section.title, with_links(section.items)) for section in report.sections],
        "practice": is_practice(),
        "may_try": may_try(request),
        "opts": Subscription._meta,
        "compare_url": reverse("admin:licensing_reconciliation_add"),
        **(more or {}),
    }
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/support/health.html", context)


def with_links(items: list[Item]) -> list[tuple[Item, str]]:
    """Each item with where it leads on."""
    return [(item, list_url(item.to[0], **item.to[1]) if item.to else "") for item in items]
