"""The questions License Information asks. Each says what it costs in SQL statements, however many licenses there are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from django.db.models import QuerySet

from console.serving.prepared_queries import prepared
from licensing.models import Company, License, LicenseEntry, LicenseStatement
from licensing.models.licenses.license import LicenseQuerySet
from licensing.models.licenses.statement import facts_of
from licensing.rules.license_profile import LicenseFacts
from licensing.rules.license_status import days_left, stage_on, status_on
from licensing.rules.terms import opened_by


@dataclass(frozen=True)
class LicenseOnDay:
    """A license as it is on a day. `credits` is what it converts to, None for a trial, which never converts."""

    license: License
    facts: LicenseFacts
    on: date
    leads: bool = True
    """Whether the row leads its order; the order's other licenses follow it."""
    renewed_on: date | None = None
    """The start of the term that follows this license's, where one was issued and is not cancelled."""
    renewed_by: int | None = None
    """The id of the license that opened that term."""

    @property
    def id(self) -> int:
        return self.license.pk

    @cached_property
    def status(self) -> str:
        return status_on(self.facts, self.on)

    @property
    def needs_attention(self) -> bool:
        """Whether somebody should do something: it expires within 30 days, is suspended, or is in grace and not renewed."""
        if self.status == "expired":
            return self.renewed_on is None and self.stage == "grace"
        return self.status in ("expires-soon", "suspended")

    @property
    def stage(self) -> str:
        return stage_on(self.facts, self.on, trial=self.license.trial)

    @property
    def units(self) -> int:
        return self.facts.units_on(self.on)

    @property
    def rate(self) -> Decimal | None:
        return self.facts.quantity_on(self.on).rate

    @property
    def credits(self) -> int | None:
        quantity = self.facts.quantity_on(self.on)
        return None if self.license.trial or quantity.rate is None else quantity.credits

    @property
    def counting_credits(self) -> int:
        """What it adds to the valid credits of the day."""
        return self.facts.credits_on(self.on)

    @property
    def starts_on(self) -> date:
        return self.facts.starts_on

    @property
    def expires_on(self) -> date:
        return self.facts.expires_on

    @property
    def last_valid_day(self) -> date:
        return self.facts.last_day

    @property
    def days_left(self) -> int:
        return days_left(self.facts, self.on)

    @property
    def cancelled_on(self) -> date | None:
        return self.facts.state_since(self.on) if self.status == "cancelled" else None


@prepared
def _licenses(company: int, known_at: datetime | None, with_license: int | None) -> QuerySet[License]:
    return _known_licenses(company, known_at, with_license).with_order().order_by("id")


@prepared
def _statements(company: int, known_at: datetime | None, with_license: int | None) -> QuerySet[LicenseStatement]:
    rows = LicenseStatement.objects.filter(company=company).known_at(known_at)
    if with_license is not None:
        rows = rows.filter(license__in=_known_licenses(company, None, with_license).values("pk"))
    return rows.order_by("recorded_at", "id")


def _known_licenses(company: int, known_at: datetime | None, with_license: int | None) -> LicenseQuerySet:
    rows = License.objects.filter(company=company).known_at(known_at)
    if with_license is None:
        return rows
    return rows.filter(order__in=License.objects.filter(company=company, pk=with_license).values("order"))


def licenses_on(
    company: Company, *, on: date, known_at: datetime | None = None, with_license: int | None = None
) -> list[LicenseOnDay]:
    """All licenses of a company as of a day, each order's together, the one that leads it first. Two statements.

    Those that were withdrawn by then, as the act that issued them was undone, are left out.
    `with_license` narrows them to the order that the license with this id belongs to.
    """
    facts = facts_of(_statements(company=company.pk, known_at=known_at, with_license=with_license))
    read = _licenses(company=company.pk, known_at=known_at, with_license=with_license)
    licenses = [each for each in read if not facts[each.pk].withdrawn]
    orders: dict[int, list[LicenseOnDay]] = defaultdict(list)
    opened = opened_by(licenses)
    starts: dict[int, list[date]] = defaultdict(list)
    """Of the term that a license opened: the starts of its licenses that are not cancelled."""
    for license in licenses:
        if facts[license.pk].state_on(on) != "cancelled":
            starts[opened[license.pk]].append(facts[license.pk].starts_on)
    renewals = {
        opened[license.renewal_of_id]: (min(starts[license.pk]), license.pk)
        for license in licenses
        if license.renewal_of_id is not None and starts[license.pk]
    }
    for license in licenses:
        renewed_on, renewed_by = renewals.get(opened[license.pk], (None, None))
        found_on = LicenseOnDay(license, facts[license.pk], on, renewed_on=renewed_on, renewed_by=renewed_by)
        orders[license.order_id].append(found_on)
    found: list[LicenseOnDay] = []
    for group in orders.values():
        lead = min(group, key=_lead_rank)
        rest = sorted((each for each in group if each is not lead), key=lambda each: (each.starts_on, each.id))
        found.append(lead)
        found += [replace(each, leads=False) for each in rest]
    return found


def _lead_rank(row: LicenseOnDay) -> tuple[bool, int, int, int]:
    """The license that opened the term of the day leads; else the next one to begin; else the last one to end."""
    opens = row.license.top_up_of_id is None
    phase = 0 if row.starts_on <= row.on < row.expires_on else 1 if row.starts_on > row.on else 2
    if row.status == "cancelled":
        phase += 3
    nearness = row.starts_on.toordinal() if phase % 3 == 1 else -row.expires_on.toordinal()
    return (not opens, phase, nearness, row.id)


def statements_of(license: License, *, known_at: datetime | None = None) -> list[LicenseStatement]:
    """What was said about a license, in the order it was recorded, with its acts and people. One statement."""
    return _statements_of(company=license.company_id, license=license.pk, known_at=known_at)


@prepared
def _statements_of(company: int, license: int, known_at: datetime | None) -> QuerySet[LicenseStatement]:
    found = LicenseStatement.objects.filter(company=company, license=license).known_at(known_at)
    return found.select_related("act__actor").order_by("recorded_at", "id")


def entries_of(license: License, *, known_at: datetime | None = None) -> list[LicenseEntry]:
    """What that did to the valid credits, by day, with its acts. One statement."""
    return _entries_of(company=license.company_id, license=license.pk, known_at=known_at)


@prepared
def _entries_of(company: int, license: int, known_at: datetime | None) -> QuerySet[LicenseEntry]:
    found = LicenseEntry.objects.filter(company=company, license=license).known_at(known_at)
    return found.select_related("act").order_by("effective_on", "recorded_at", "id")
