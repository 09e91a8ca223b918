"""The lines of a feature: units that take credits."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from credits.models.catalogue.offering_and_feature import Feature


class CreditRequirement(models.Model):
    """A requirement line of a feature: a unit that takes credits, the same through all price lists."""

    feature = models.ForeignKey(Feature, models.PROTECT, related_name="lines")
    slug = models.SlugField(gettext_lazy("slug"), max_length=60)
    label = models.CharField(gettext_lazy("tier"), max_length=150, blank=True)
    unit = models.CharField(gettext_lazy("unit"), max_length=120)
    position = models.PositiveSmallIntegerField(gettext_lazy("position"), default=0)

    class Meta:
        verbose_name = gettext_lazy("credit requirement")
        ordering = ["feature", "position"]
        constraints = [models.UniqueConstraint(fields=["feature", "slug"], name="one_requirement_line_per_feature_and_slug")]

    def __str__(self) -> str:
        return f"{self.feature}: {self.label or self.unit}"
