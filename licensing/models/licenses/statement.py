"""What was said about a license, from which day; each kind of statement carries only what it says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from licensing.models.licenses.license import License
from licensing.models.tenant import FactQuerySet, TenantFact
from licensing.models.tenant_reference import TenantForeignKey
from licensing.rules.license_profile import LicenseFacts, Said
from licensing.rules.units_times_rate import MAX_UNITS


def facts_of(statements: Iterable[Any]) -> dict[int, LicenseFacts]:
    """What the profiles are made of, per license, from license statements in the order in which they were recorded."""
    said: dict[int, list[Said]] = defaultdict(list)
    for row in statements:
        assert isinstance(row, LicenseStatement)
        said[row.license_id].append(row.said)
    return {pk: LicenseFacts(tuple(each)) for pk, each in said.items()}


class LicenseStatementQuerySet(FactQuerySet):
    def facts_by_license(self, licenses: Iterable[License]) -> dict[int, LicenseFacts]:
        """What the profiles are made of, per license. One statement."""
        return self.filter(license__in=[license.pk for license in licenses]).facts_of_all()

    def facts_of_all(self) -> dict[int, LicenseFacts]:
        """The same for every license these statements are about. One statement."""
        return facts_of(self.order_by("recorded_at", "id"))


class LicenseStatement(TenantFact):
    """What was said about a license, from which day. It carries only what it says; the rest stays empty.

    The units of an order in all are said of its first license.
    """

    class Kind(models.TextChoices):
        ISSUED = "issued", gettext_lazy("Issued")
        REDUCED = "reduced", gettext_lazy("Reduced")
        CORRECTED = "corrected", gettext_lazy("Corrected")
        SUSPENDED = "suspended", gettext_lazy("Suspended")
        REINSTATED = "reinstated", gettext_lazy("Reinstated")
        CANCELLED = "cancelled", gettext_lazy("Cancelled")
        RENEWAL_ON = "renewal-on", gettext_lazy("Renewal switched on")
        RENEWAL_OFF = "renewal-off", gettext_lazy("Renewal switched off")
        TOTAL = "total", gettext_lazy("Units of the order stated")
        WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn")

    class State(models.TextChoices):
        ACTIVE = "active", gettext_lazy("Active")
        SUSPENDED = "suspended", gettext_lazy("Suspended")
        CANCELLED = "cancelled", gettext_lazy("Cancelled")

    license = TenantForeignKey(License, models.PROTECT, related_name="statements", db_constraint=False)
    kind = models.CharField(gettext_lazy("kind"), max_length=12, choices=Kind)
    effective_on = models.DateField(gettext_lazy("holds from"))
    units = models.BigIntegerField(gettext_lazy("units"), null=True, blank=True)
    rate = models.DecimalField(gettext_lazy("credits per unit"), max_digits=16, decimal_places=6, null=True, blank=True)
    credits = models.BigIntegerField(gettext_lazy("credits"), null=True, blank=True)
    starts_on = models.DateField(gettext_lazy("start date"), null=True, blank=True)
    expires_on = models.DateField(gettext_lazy("expiration date"), null=True, blank=True)
    state = models.CharField(gettext_lazy("state"), max_length=10, choices=State, blank=True)
    every_day = models.BooleanField(gettext_lazy("units hold for every day"), default=False, db_default=False)
    """What was stated of the license's units before counts no more, on no day."""
    total_units = models.BigIntegerField(gettext_lazy("units of the order"), null=True, blank=True)
    withdraws = TenantForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False)
    """What an undo takes back: another statement, or the withdrawal of one."""

    objects = LicenseStatementQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("license statement")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__isnull=False, expires_on__isnull=False, starts_on__lt=F("expires_on"))
                | Q(starts_on__isnull=True, expires_on__isnull=True),
                name="license_starts_before_it_expires",
                violation_error_message=gettext_lazy("A license must start before it expires."),
            ),
            models.CheckConstraint(
                condition=Q(units__isnull=True, credits__isnull=True, rate__isnull=True)
                | Q(units__isnull=False, credits__isnull=False),
                name="units_are_stated_with_their_credits",
            ),
            models.CheckConstraint(
                condition=Q(units__isnull=True) | Q(units__gte=0, units__lte=MAX_UNITS, credits__gte=0),
                name="license_units_are_whole_and_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(kind="issued", units__isnull=False, starts_on__isnull=False) & ~Q(state="cancelled")
                | Q(kind="reduced", units__isnull=False, starts_on__isnull=True, state="")
                | Q(kind="corrected", state="") & (Q(units__isnull=False) | Q(starts_on__isnull=False))
                | Q(kind="suspended", state="suspended", units__isnull=True, starts_on__isnull=True)
                | Q(kind="reinstated", state="active", units__isnull=True, starts_on__isnull=True)
                | Q(kind="cancelled", state="cancelled", units__isnull=True, starts_on__isnull=True)
                | Q(kind__in=["renewal-on", "renewal-off"], state="", units__isnull=True, starts_on__isnull=True)
                | Q(kind="total", state="", units__isnull=True, starts_on__isnull=True)
                | Q(kind="withdrawn", state="", units__isnull=True, starts_on__isnull=True),
                name="a_license_statement_carries_what_its_kind_says",
            ),
            models.CheckConstraint(
                condition=Q(kind="total", total_units__gte=1, total_units__lte=MAX_UNITS)
                | (~Q(kind="total") & Q(total_units__isnull=True)),
                name="units_of_an_order_are_stated_by_themselves",
            ),
            models.CheckConstraint(
                condition=Q(every_day=False) | Q(kind="corrected", units__isnull=False),
                name="only_corrected_units_hold_for_every_day",
            ),
            models.UniqueConstraint(fields=["license"], condition=Q(kind="issued"), name="a_license_is_issued_once"),
            models.UniqueConstraint(fields=["company", "id"], name="license_statement_is_one_row_of_its_company"),
            models.UniqueConstraint(fields=["withdraws"], name="a_license_statement_is_withdrawn_once"),
            models.CheckConstraint(
                condition=Q(kind="withdrawn", withdraws__isnull=False) | (~Q(kind="withdrawn") & Q(withdraws__isnull=True)),
                name="what_withdraws_a_license_statement_names_it",
            ),
        ]
        indexes = [models.Index(fields=["company", "license"], name="license_statement_company")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.effective_on}"

    @property
    def said(self) -> Said:
        """This statement as the pure rules read it."""
        return Said(
            kind=self.kind,
            day=self.effective_on,
            units=self.units,
            rate=self.rate,
            credits=self.credits,
            starts_on=self.starts_on,
            expires_on=self.expires_on,
            state=self.state,
            every_day=self.every_day,
            total=self.total_units,
            act=self.act_id,
            id=self.pk,
            withdraws=self.withdraws_id,
        )
