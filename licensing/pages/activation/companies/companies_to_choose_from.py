"""The companies that may receive a license: where the person has the licensing permission, with what the balance would become."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.http import HttpRequest
from django.utils import timezone

from licensing import credit_questions
from licensing.access import factor_wanted_by
from licensing.credit_questions import NOT_IN_SEATS, Keeping
from licensing.models import Company, Membership, Permission, Product
from licensing.pages.activation.offer import Offer


@dataclass(frozen=True)
class Choice:
    """A company that may receive the license."""

    company: Company
    balance: int
    would_be: int
    chosen: bool
    keeping: Keeping
    becomes_available: int
    """Of the credits the license brings, those that keeping its use leaves; below zero where it takes more."""
    may_allocate: bool
    """Whether the person may choose otherwise for its use later."""

    @property
    def takes_more(self) -> int:
        """Credits that keeping its use takes beyond those the license brings."""
        return max(0, -self.becomes_available)


@dataclass(frozen=True)
class Companies:
    choices: list[Choice]
    others: list[Membership]
    """Where the person is a member without the licensing permission; of a reserved purchase, the company it is for alone."""
    reserved: Company | None = None
    closed: list[Company] = field(default_factory=list)
    """Where the person could choose but for the second factor that the company requires: a name alone."""

    @property
    def asks_for_use(self) -> bool:
        """Whether what the seats pay for can be kept in use in any of the companies."""
        return any(each.keeping.asked for each in self.choices)


def companies_for(
    request: HttpRequest,
    memberships: list[Membership],
    offer: Offer,
    *,
    chosen: str,
    keeps_use: bool = True,
    reserved: Company | None = None,
) -> Companies:
    """Where the person has the licensing permission, with what the balance would become. One statement; five for seats.

    A company that requires a second factor of who asks is a name alone.
    """
    allowed = [each for each in memberships if Permission.LICENSING.allowed_to(each.roles)]
    others = [each for each in memberships if each not in allowed]
    if reserved is not None:
        allowed, others = ([each for each in held if each.company_id == reserved.pk] for held in (allowed, others))
    now = timezone.now()
    closed = [each for each in allowed if factor_wanted_by(each.company, request, each.company.day_of(now))]
    allowed = [each for each in allowed if each not in closed]
    days = {each.company_id: each.company.day_of(now) for each in allowed}
    balances = credit_questions.free_balances(days) if days else {}
    counts_now = [each for each in allowed if offer.starts_on is None or offer.starts_on <= days[each.company_id]]
    if not chosen and len(allowed) == 1:
        chosen = allowed[0].company.slug
    keeping = _keeping(offer, days)
    choices = []
    for each in allowed:
        pk, brings = each.company_id, offer.credits or 0
        takes = keeping[pk].credits
        change = brings - takes if keeps_use else brings
        choices.append(
            Choice(
                each.company,
                balances[pk],
                balances[pk] + (change if each in counts_now else 0),
                each.company.slug == chosen,
                keeping[pk],
                brings - takes,
                Permission.ALLOCATE.allowed_to(each.roles),
            )
        )
    return Companies(choices, others, reserved, [each.company for each in closed])


def _keeping(offer: Offer, days: dict[int, date]) -> dict[int, Keeping]:
    """What keeping its use would do in each company; of what is not sold in seats, and of what cannot be activated, nothing."""
    product = offer.product
    if product is None or product.kind != Product.Kind.SEATS or offer.starts_on is None or offer.problem or not days:
        return dict.fromkeys(days, Keeping(why_not=NOT_IN_SEATS))
    return credit_questions.keeping_previews(product, units=offer.units, trial=offer.trial, starts_on=offer.starts_on, days=days)
