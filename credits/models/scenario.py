"""A plan that is kept with a name, to be looked at, compared, and perhaps applied. No fact: it changes no figure."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy

from licensing.models import Company, TenantForeignKey, TenantRow


class ScenarioQuerySet(models.QuerySet):
    def for_company(self, company: Company) -> Self:
        return self.filter(company=company)


class Scenario(TenantRow):
    """ "These units of these lines, from today or from that day", seen by everybody in the company.

    A working paper beside the books: dropped, its row goes, and the journal alone tells that it was kept. `units` is line id
    (as text) -> units; without `holds_from` it holds from the day on which it is applied.
    """

    name = models.CharField(gettext_lazy("name"), max_length=80)
    holds_from = models.DateField(gettext_lazy("holds from"), null=True, blank=True)
    units = models.JSONField(gettext_lazy("units"))
    act = TenantForeignKey("console.Act", models.PROTECT, related_name="+", db_constraint=False)
    kept_at = models.DateTimeField(gettext_lazy("kept"), editable=False)

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("scenario")
        verbose_name_plural = gettext_lazy("scenarios")
        constraints = [models.UniqueConstraint(fields=["company", "name"], name="a_scenario_has_a_name_of_its_own")]

    def __str__(self) -> str:
        return self.name

    @property
    def units_of_lines(self) -> dict[int, int]:
        """line id -> units."""
        return {int(line): count for line, count in self.units.items()}
