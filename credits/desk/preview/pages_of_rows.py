"""The page of the workbench where support reads on about a row of the admin, and what the row is called there."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from licensing.models import Company, License, NoticeDelivery, Order


def page_of(row: Any) -> str:
    """Its address; empty for rows that have a page in the admin alone. Reads the company of a delivery."""
    match row:
        case Order():
            return reverse("desk:order", args=[row.pk])
        case License():
            return reverse("desk:order", args=[row.order_id])
        case Company():
            return reverse("desk:company", args=[row.slug])
        case NoticeDelivery():
            return reverse("desk:company", args=[row.company.slug], query={"tab": "mail"})
    return ""


def name_of(row: Any) -> str:
    """What it is, and whose: "Aster Foods, Branch office, SO-7001". Reads the order and the company."""
    match row:
        case Order():
            names = [row.company.name if row.company else "", row.name, row.external_id]
        case License():
            names = [row.company.name, row.order.name, row.order.external_id]
        case NoticeDelivery():
            names = [row.company.name, str(row.user)]
        case _:
            names = [str(row)]
    return ", ".join(name for name in names if name)
