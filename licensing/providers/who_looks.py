"""Who of a service provider may look at a company, who did, and who of a provider may be let to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from console.names import in_order_of_names
from console.names_customers_see import person_as_shown
from licensing.models import Company, Membership, ProviderLook, Role

LOOKS_AT_MOST = 200


@dataclass(frozen=True)
class MayLook:
    id: int
    name: str
    email: str
    roles_label: str
    looks: bool
    """Whether they are a provider viewer."""


@dataclass(frozen=True)
class Look:
    """A page that somebody asked for; `provider` is the one on behalf of which they did."""

    person: str
    provider: str
    page: str
    address: str
    at: datetime


def people_of_provider(provider: Company) -> list[MayLook]:
    """The members of a service provider by name, with whether they look at its customers. One statement; with it in hand."""
    return _by_name(Membership.objects.filter(company=provider, user__is_active=True).select_related("user"))


def _by_name(rows: Iterable[Membership]) -> list[MayLook]:
    found = [
        MayLook(each.user_id, str(each.user), each.user.email, each.roles_label, Role.PROVIDER_VIEWER.value in each.roles)
        for each in rows
    ]
    return sorted(found, key=lambda each: (in_order_of_names(each.name), each.id))


def viewers_of_provider(company: Company) -> list[MayLook]:
    """Who of the company's service provider may look at it, by name. One statement, with the company in hand."""
    if company.parent_id is None:
        return []
    rows = Membership.objects.filter(
        company=company.parent_id, roles__contains=[Role.PROVIDER_VIEWER], user__is_active=True
    ).select_related("user")
    return _by_name(rows)


def looks_at(company: Company) -> list[Look]:
    """The latest first, as far as LOOKS_AT_MOST. One statement; names are read now, so that an erased one is gone."""
    rows = ProviderLook.objects.for_company(company).select_related("person", "provider").order_by("-seen_at", "-pk")
    return [
        Look(person_as_shown(each.person), each.provider.name, each.name, each.address, each.seen_at)
        for each in rows[:LOOKS_AT_MOST]
    ]
