"""A customer as a row of the table, in words and with the line of its year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.templatetags.formats import credits as written
from credits.charts.lines.sparkline import sparkline
from credits.models import ThresholdStatement
from credits.reading.customers.customers import Customer
from credits.rules.rounded_shares import share
from licensing.access import factor_wanted_by
from licensing.models import Company


@dataclass(frozen=True)
class CustomerRow:
    """`customer` has the figures. `share` is what is allocated of what is valid, in percent; None where nothing is valid."""

    customer: Customer
    url: str
    roles_there: str
    share: Decimal | None
    line: SafeString
    threshold: str
    """The kind and its credits, in words."""

    @property
    def kind(self) -> str:
        return self.customer.threshold.kind if self.customer.threshold else ThresholdStatement.Kind.NONE.value


def keeps_out(customer: Company, request: HttpRequest) -> bool:
    """Whether it is open to the provider, and requires a second factor that who asks has not set up. Free."""
    today = customer.day_of(request.figures_of)  # type: ignore[attr-defined]
    return not customer.closed_to_provider and factor_wanted_by(customer, request, today)


def rows_of(request: Any, customers: Iterable[Customer]) -> list[CustomerRow]:
    """In the order given. Free: the roles that the person has there were read with their memberships."""
    held = {each.company_id: each.roles for each in request.memberships}
    return [_row(each, held.get(each.company.pk), request) for each in customers]


def _row(customer: Customer, roles: list[str] | None, request: HttpRequest) -> CustomerRow:
    as_of: Any = request.as_of  # type: ignore[attr-defined]
    return CustomerRow(
        customer=customer,
        url=reverse("credits:annual-credits", args=[customer.company.slug]) + as_of.query,
        roles_there=_roles_there(roles),
        share=share(customer.allocated, customer.valid),
        line=sparkline(customer.year),
        threshold=threshold_in_words(customer),
    )


def _roles_there(roles: list[str] | None) -> str:
    """How the person came to the customer: by roles there, or as a provider viewer."""
    if not roles:
        return _("Read-only")
    return ngettext("%(number)s role there", "%(number)s roles there", len(roles)) % {"number": len(roles)}


def threshold_in_words(customer: Customer) -> str:
    """Its credits; of a dynamic one that is too young to be one that there is none yet. Empty without a threshold."""
    if customer.threshold is None:
        return ""
    return _("Not yet") if customer.limit is None else written(customer.limit)
