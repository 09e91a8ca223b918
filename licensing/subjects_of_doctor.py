"""What the doctor looks at of licensing: marketplaces; worker, mail and secrets at rest, by the items of the health page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.utils import timezone
from django.utils.text import slugify

from console.doctor.findings import Finding, Needs, Severity, subject
from licensing.health.items import Item, State
from licensing.health.ledger_and_backups import ledger
from licensing.health.marketplace_report import health_report
from licensing.health.secrets_at_rest import secrets_at_rest
from licensing.health.worker_and_mail import jobs, mail

PAGE = "The health page tells more: /admin/marketplaces/."


@subject("Worker and jobs", needs=Needs.TABLES)
def worker_and_jobs() -> Iterator[Finding]:
    yield from _of_items("jobs", [*jobs(timezone.now()), *ledger(timezone.now())])


@subject("Mails", needs=Needs.TABLES)
def mails() -> Iterator[Finding]:
    yield from _of_items("mail", mail(timezone.now()))


@subject("Secrets at rest", needs=Needs.TABLES)
def at_rest() -> Iterator[Finding]:
    yield from _of_items("secrets", secrets_at_rest(timezone.now()))


@subject("Marketplaces", needs=Needs.TABLES)
def marketplaces() -> Iterator[Finding]:
    """Nothing where none is configured, and none half; what is noted of them otherwise. Asks no marketplace."""
    half = [
        name
        for name, value in (("AZURE_CLIENT_ID", settings.AZURE_CLIENT_ID), ("AZURE_CLIENT_SECRET", settings.AZURE_CLIENT_SECRETS))
        if bool(value) != bool(settings.AZURE_TENANT_ID)
    ]
    if half:
        given = "set" if settings.AZURE_TENANT_ID else "not set"
        other = "not set" if settings.AZURE_TENANT_ID else "set"
        yield Finding(
            "marketplaces.half-set",
            f"AZURE_TENANT_ID is {given}, and {', '.join(half)} {'is' if len(half) == 1 else 'are'} {other}.",
            "Nothing is sold through Azure Marketplace: buyers who come from there cannot activate.",
            "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, all three or none (docs/marketplaces.md)",
        )
    if settings.MARKETPLACES and not settings.PRACTICE_MARKETPLACE:
        told = ("Worker and jobs", "Mail", "Ledger", "Backups", "Secrets at rest")
        for section in health_report().sections:
            if section.title not in told:
                yield from _of_items("marketplaces", section.items)


def _of_items(group: str, items: Iterable[Item]) -> Iterator[Finding]:
    for item in items:
        if item.state is not State.FINE:
            severity = Severity.WRONG if item.state is State.WRONG else Severity.WARN
            yield Finding(f"{group}.{slugify(item.label)}", f"{item.label}: {item.value}", PAGE, item.fix, severity)
