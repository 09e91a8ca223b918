"""The owners of a company, as far as they may sign in; and telling all of them something by mail."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from console.mail.queueing import queue_mails
from console.models import OutgoingMail
from licensing.models import Company, Membership, Role

OWNERS = Q(roles__contains=[Role.OWNER], user__is_active=True)
"""Memberships of those who count as owners: whoever is switched off does not."""


def owners_of(company: Company) -> QuerySet[Membership]:
    return Membership.objects.filter(OWNERS, company=company)


def mail_owners(company: Company, *, subject: str, text: str) -> None:
    """The same mail to each of them. Three statements, one where there is no owner."""
    addresses = owners_of(company).order_by("pk").values_list("user__email", flat=True)
    queue_mails(
        OutgoingMail(to=address, subject=subject, text=text, purpose=OutgoingMail.Purpose.NOTICE) for address in addresses
    )
