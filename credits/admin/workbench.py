"""From the admin's pages of rows to the workbench's pages of the same."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from licensing.admin import ActAdmin, CompanyAdmin, OrderAdmin
from licensing.models import Order


def company_on_the_workbench(request: HttpRequest, company: Any) -> tuple[str, str]:
    return _("Open in the workbench"), reverse("desk:company", args=[company.slug])


def order_on_the_workbench(request: HttpRequest, order: Any) -> tuple[str, str]:
    return _("Open in the workbench"), reverse("desk:order", args=[order.pk])


def act_on_the_workbench(request: HttpRequest, act: Any) -> tuple[str, str]:
    return _("Open in the workbench"), reverse("desk:act", args=[act.pk])


def successor_of_order(request: HttpRequest, order: Any) -> tuple[str, str] | None:
    """Where it was transferred to. One statement."""
    found = Order.objects.succeeding(order.pk).first()
    if found is None:
        return None
    return _("Transferred to %(order)s") % {"order": found.number}, reverse("admin:licensing_order_change", args=[found.pk])


CompanyAdmin.link(company_on_the_workbench)
OrderAdmin.link(order_on_the_workbench)
OrderAdmin.link(successor_of_order)
ActAdmin.link(act_on_the_workbench)
