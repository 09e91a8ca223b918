"""Where each kind of thing is looked at by support: its page on the workbench, else its row in the catalogue of rows."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse

from console.models import Act
from licensing.models import ActivationCode, Company, License, Membership, NoticeDelivery, Order


def address_of(name: str, *args: Any) -> str:
    """Empty where there is no such page, or none for this argument."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def company_address(slug: str, pk: int) -> str:
    return address_of("desk:company", slug) or reverse("admin:licensing_company_change", args=[pk])


def order_address(pk: int | str) -> str:
    return reverse("desk:order", args=[int(pk)])


def act_address(pk: str) -> str:
    return reverse("desk:act", args=[pk])


def case_address(number: str) -> str:
    return reverse("desk:case", query={"number": number})


def person_address(pk: int | str) -> str:
    return reverse("admin:console_user_change", args=[pk])


def people_address(company: Company) -> str:
    """Where the people of a company are, with what each may do there."""
    return reverse("desk:company", args=[company.slug], query={"tab": "people"})


def purchase_address(pk: int | str) -> str:
    return reverse("admin:licensing_subscription_change", args=[pk])


def page_of(row: Any) -> str:
    """The workbench's page on which a row is seen: a license or a code on its
    order's. Empty for a row that has none."""
    match row:
        case Company():
            return reverse("desk:company", args=[row.slug])
        case Order():
            return order_address(row.pk)
        case License() | ActivationCode():
            return order_address(row.order_id)
        case Membership():
            return people_address(row.company)
        case NoticeDelivery():
            return reverse("desk:company", args=[row.company.slug], query={"tab": "mail"})
        case Act():
            return act_address(str(row.pk))
    return ""
