"""The catalogue: offerings, their features, what a unit of each requirement line takes, and list prices."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy

from console.models import AppendOnly, AppendOnlyQuerySet
from console.templatetags.formats import rate
from licensing.models import Product, Rate


class Offering(models.Model):
    """A solution: a group of features, one slice of the donut. `chart_slot` is its color, given once."""

    slug = models.SlugField(gettext_lazy("slug"), max_length=60, unique=True)
    name = models.CharField(gettext_lazy("name"), max_length=150)
    chart_slot = models.PositiveSmallIntegerField(
        gettext_lazy("chart slot"), unique=True, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )

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


class CreditRate(Rate):
    """Credits that one unit of a requirement line takes, from a day on; from `valid_to` on the line takes no more units."""

    valid_to = models.DateField(gettext_lazy("valid to"), null=True, blank=True)
    line = models.ForeignKey(CreditRequirement, models.PROTECT, related_name="rates")

    class Meta(Rate.Meta):
        verbose_name = gettext_lazy("credit rate")
        constraints = [
            *Rate.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=models.F("valid_from")),
                name="%(class)s_begins_before_it_ends",
            ),
        ]
        indexes = [models.Index(fields=["line", "valid_from"], name="credit_rate_by_day")]

    def __str__(self) -> str:
        return f"{self.line}: {rate(self.credits_per_unit)} from {self.valid_from}"


class PayAsYouGoPrice(AppendOnly):
    """A public list price of a feature that is billed pay-as-you-go; a contract may say otherwise."""

    feature = models.ForeignKey(Feature, models.PROTECT, related_name="prices")
    unit = models.CharField(gettext_lazy("unit"), max_length=150)
    price = models.DecimalField(gettext_lazy("price"), max_digits=16, decimal_places=6, null=True, blank=True)
    currency = models.CharField(gettext_lazy("currency"), max_length=3)
    valid_from = models.DateField(gettext_lazy("valid from"))
    note = models.CharField(gettext_lazy("note"), max_length=250, blank=True)
    source = models.CharField(gettext_lazy("source"), max_length=250, blank=True)
    act = models.ForeignKey("console.Act", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(editable=False)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("pay-as-you-go price")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price__isnull=True) | models.Q(price__gte=Decimal(0)),
                name="a_list_price_is_not_negative",
            )
        ]
        indexes = [models.Index(fields=["feature", "valid_from"], name="list_price_by_day")]

    def __str__(self) -> str:
        return f"{self.feature}: {self.currency} {rate(self.price)}"


class SeatUse(models.Model):
    """Which requirement line the seats of a product pay for, so that converted seats can keep their use."""

    product = models.OneToOneField(Product, models.PROTECT, related_name="seat_use")
    line = models.ForeignKey(CreditRequirement, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = gettext_lazy("seat use")

    def __str__(self) -> str:
        return f"{self.product} pays for {self.line}"
