"""What was allocated to a line, from which day; or the withdrawal of such a plan."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from credits.models.catalogue.credit_requirement import CreditRequirement
from credits.models.catalogue.offering_and_feature import Feature
from credits.rules.statements_that_stand import Allotted
from licensing.models import FactQuerySet, TenantFact, TenantForeignKey
from licensing.rules.units_times_rate import MAX_UNITS


class AllocationStatement(TenantFact):
    """ "N units of this line from that day", or the withdrawal of such a plan (`withdraws`)."""

    feature = models.ForeignKey(Feature, models.PROTECT, related_name="+")
    line = models.ForeignKey(CreditRequirement, models.PROTECT, related_name="+")
    effective_on = models.DateField(gettext_lazy("holds from"))
    units = models.BigIntegerField(gettext_lazy("units"), null=True, blank=True)
    withdraws = TenantForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", db_constraint=False)

    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("allocation statement")
        constraints = [
            models.UniqueConstraint(fields=["company", "id"], name="allocation_statement_is_one_row_of_its_company"),
            models.UniqueConstraint(fields=["withdraws"], name="a_plan_is_withdrawn_once"),
            models.CheckConstraint(
                condition=Q(units__isnull=False, withdraws__isnull=True) | Q(units__isnull=True, withdraws__isnull=False),
                name="an_allocation_statement_states_units_or_withdraws",
            ),
            models.CheckConstraint(
                condition=Q(units__isnull=True) | Q(units__gte=0, units__lte=MAX_UNITS),
                name="allocated_units_are_whole_and_not_negative",
            ),
        ]
        indexes = [models.Index(fields=["company", "feature", "line"], name="allocation_statement_company")]

    def __str__(self) -> str:
        return f"{self.units:,} from {self.effective_on}" if self.withdraws_id is None else f"withdraws {self.withdraws_id}"

    @property
    def said(self) -> Allotted:
        """This statement as the pure rules read it."""
        return Allotted(id=self.pk, day=self.effective_on, units=self.units, withdraws=self.withdraws_id)
