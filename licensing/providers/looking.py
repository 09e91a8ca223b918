"""A provider viewer opens a page of a customer: what stands in for a membership there, and what is recorded of it.

Asked with every request, so that a role taken away, a customer that closed itself, or one that went to another provider holds
from the next one. Nothing is written by such a request, but for the record of it and of a table that it exports.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from console.company_in_hand import for_company, for_customers_of
from console.database_roles.looking_only import LooksOnly, looking_only
from licensing.models import Company, CompanyTimeZone, Membership, Permission, ProviderLook, Role, roles_label
from licensing.models.company_settings.statement import read_required_factors
from licensing.viewing.names_of_pages import name_of_page
from licensing.viewing.seen import address_of


@dataclass(frozen=True)
class LooksForProvider:
    """Stands in for a membership in the company of a customer. Not a row: it allows to look, and an act finds no membership."""

    user_id: int
    company: Company
    provider: Company
    roles: tuple[str, ...] = (Role.VIEWER.value,)
    unread_rows: tuple[()] = ()

    @property
    def company_id(self) -> int:
        return self.company.pk

    @property
    def roles_label(self) -> str:
        return roles_label([Role.PROVIDER_VIEWER])


def looks_for_provider(memberships: Sequence[Membership], slug: str) -> LooksForProvider | None:
    """For somebody who is no member of the company: as whose provider viewer they may look at it.

    Two statements for a provider viewer of any company, none for everybody else.
    """
    held = {each.company_id: each for each in memberships if Permission.CUSTOMERS.allowed_to(each.roles)}
    if not held:
        return None
    zones = CompanyTimeZone.objects.of_outer_company("pk")
    company = (
        Company.objects.filter(slug=slug, parent__in=list(held), closed_to_provider=False)
        .annotate(zone_rows=ArraySubquery(zones))
        .first()
    )
    if company is None:
        return None
    through = held[company.parent_id]
    with for_customers_of(through.company):
        read_required_factors([company])
    return LooksForProvider(through.user_id, company, through.company)


def only_to_look(company: Company, provider: Company) -> str:
    return _(
        "You look at %(company)s as a provider viewer of %(provider)s, so nothing can be changed. "
        "Whoever is to act here needs a role in %(company)s, which its owners give."
    ) % {"company": company, "provider": provider}


@contextmanager
def looking_for_provider(request: HttpRequest, membership: LooksForProvider) -> Iterator[None]:
    """Record the page, then let nothing be written. One statement. Raises PermissionDenied for whatever writes."""
    company, provider = membership.company, membership.provider
    match = request.resolver_match
    with for_company(company):
        ProviderLook.objects.create(
            company=company,
            provider=provider,
            person_id=membership.user_id,
            name=name_of_page(match.view_name if match else ""),
            address=address_of(request),
            seen_at=timezone.now(),
        )
    try:
        with looking_only():
            yield
    except LooksOnly as error:
        raise PermissionDenied(only_to_look(company, provider)) from error
