"""Offerings and their features: what credits are allocated to, and what may be billed pay-as-you-go instead."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy


class Offering(models.Model):
    """A solution: a group of features, one slice of the donut. `chart_slot` is its color, given once."""

    slug = models.SlugField(gettext_lazy("slug"), max_length=60, unique=True)
    name = models.CharField(gettext_lazy("name"), max_length=150)
    chart_slot = models.PositiveSmallIntegerField(
        gettext_lazy("chart slot"), unique=True, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )
    description = models.CharField(gettext_lazy("description"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = gettext_lazy("offering")
        ordering = ["chart_slot"]
        constraints = [
            models.CheckConstraint(condition=models.Q(chart_slot__gte=1, chart_slot__lte=24), name="a_chart_slot_is_from_1_to_24")
        ]

    def __str__(self) -> str:
        return self.name


class Feature(models.Model):
    """Something credits are allocated to. `switchable` features may be billed pay-as-you-go instead.

    Features that share a `switch_group` are switched together.
    """

    slug = models.SlugField(gettext_lazy("slug"), max_length=80, unique=True)
    offering = models.ForeignKey(Offering, models.PROTECT, related_name="features")
    name = models.CharField(gettext_lazy("name"), max_length=150)
    description = models.CharField(gettext_lazy("description"), max_length=300, blank=True)
    switchable = models.BooleanField(gettext_lazy("can be billed pay-as-you-go"), default=False)
    switch_group = models.SlugField(gettext_lazy("switched together"), max_length=60, blank=True)
    app_url = models.URLField(gettext_lazy("address of its app"), blank=True)
    help_text = models.TextField(gettext_lazy("help"), blank=True)

    class Meta:
        verbose_name = gettext_lazy("feature")
        ordering = ["offering__chart_slot", "name"]

    def __str__(self) -> str:
        return self.name
