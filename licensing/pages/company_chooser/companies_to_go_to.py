"""The companies of a person with what they are chosen by: balance, next expiration, unread notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from console.names import in_order_of_names
from licensing import credit_questions
from licensing.access import factor_wanted_by
from licensing.models import Membership
from licensing.notices.inbox import unread_notices
from licensing.pages.company_chooser.where_to import address_in
from licensing.reading.next_expirations import NextExpiration, next_expirations

SOON = timedelta(days=30)


@dataclass(frozen=True)
class Choice:
    """A company to go to; `balance` is that of its own today, below zero where more is allocated than is valid."""

    name: str
    slug: str
    initials: str
    roles_label: str
    url: str
    balance: int
    expiration: NextExpiration | None
    expires_soon: bool
    """Whether the next expiration is within 30 days, and nothing follows it."""
    unread: int
    closed: bool = False
    """Whether its pages open after the person has set up a second factor only: nothing of it is told here either."""

    @property
    def needs_attention(self) -> bool:
        return self.balance < 0 or self.expires_soon


def found_by_name(memberships: Sequence[Membership], text: str) -> list[Membership]:
    """Those whose company's name has `text` in it, in small or capital letters, with accents or without. Free."""
    folded = in_order_of_names(text.strip())[0]
    return [each for each in memberships if folded in in_order_of_names(each.company.name)[0]]


def choices_of(memberships: Sequence[Membership], wanted: dict[str, str], request: HttpRequest) -> list[Choice]:
    """The companies in the order given, each with the page that is wanted of it. Two statements; none where none is open."""
    now = timezone.now()
    today = {each.company_id: each.company.day_of(now) for each in memberships}
    closed = {each.company_id for each in memberships if factor_wanted_by(each.company, request, today[each.company_id])}
    days = {pk: day for pk, day in today.items() if pk not in closed}
    balances = credit_questions.free_balances(days) if days else {}
    expirations = next_expirations(days) if days else {}
    found = []
    for each in memberships:
        pk, company = each.company_id, each.company
        expiration = expirations.get(pk)
        found.append(
            Choice(
                name=company.name,
                slug=company.slug,
                initials=company.initials,
                roles_label=each.roles_label,
                url=address_in(company.slug, wanted),
                balance=balances.get(pk, 0),
                expiration=expiration,
                expires_soon=expiration is not None and not expiration.renewed and expiration.on <= today[pk] + SOON,
                unread=0 if pk in closed else unread_notices(each) or 0,
                closed=pk in closed,
            )
        )
    return found
