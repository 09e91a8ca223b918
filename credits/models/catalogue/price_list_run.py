"""A price list on its way to the companies: state, no fact; it changes while slices of companies are re-priced."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy


class PriceListRun(models.Model):
    """How far a loaded price list has been applied: to every company up to the id `through`, of those up to `last`.

    At most one is under way. `act` is the load that added the rates; `lines` are the ids of the lines whose rates it changed.
    """

    act = models.OneToOneField("console.Act", models.PROTECT, related_name="+")
    digest = models.CharField(gettext_lazy("digest of the catalogue"), max_length=64)
    lines = models.JSONField(gettext_lazy("lines"), default=list)
    under_way = models.BooleanField(gettext_lazy("being applied"), default=True)
    started_at = models.DateTimeField(gettext_lazy("being applied since"))
    finished_at = models.DateTimeField(gettext_lazy("applied at"), null=True, blank=True)
    companies = models.PositiveIntegerField(gettext_lazy("companies"), default=0)
    done = models.PositiveIntegerField(gettext_lazy("companies done"), default=0)
    through = models.BigIntegerField(default=0)
    last = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = gettext_lazy("price list being applied")
        verbose_name_plural = gettext_lazy("price lists being applied")
        constraints = [
            models.UniqueConstraint(fields=["under_way"], condition=Q(under_way=True), name="one_price_list_at_a_time"),
            models.CheckConstraint(
                condition=Q(under_way=True, finished_at__isnull=True) | Q(under_way=False, finished_at__isnull=False),
                name="a_price_list_that_was_applied_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.done} of {self.companies} companies"

    def waits_for(self, company_id: int) -> bool:
        """Whether a company still has the former list."""
        return self.under_way and self.through < company_id and (self.last is None or company_id <= self.last)
