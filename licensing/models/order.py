"""One purchase, as bought. What changes later is said by statements of its licenses."""

from __future__ import annotations

import re
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy

from licensing.models.company import Company
from licensing.models.products.product import Product
from licensing.rules.units_times_rate import MAX_UNITS


class OrderQuerySet(models.QuerySet["Order"]):
    def succeeding(self, order: Order | int) -> Self:
        """What an order was transferred to: one order, or none; a transfer that was undone left none."""
        return self.filter(transferred_from=order, transfer_undone_at=None)


AGAIN = re.compile(r":[1-9][0-9]*$")
"""Ends the reference of an order that was transferred anew."""


class Order(models.Model):
    """A purchase: found by its channel and external id, activated once, by one company.

    Part of the directory, not a tenant row: it exists before any company holds it. `company` is set once, when the order is
    activated, and the database refuses a second.
    """

    class Channel(models.TextChoices):
        AZURE = "azure", gettext_lazy("Azure Marketplace")
        AWS = "aws", gettext_lazy("AWS Marketplace")
        CODE = "code", gettext_lazy("Activation code")
        DIRECT = "direct", gettext_lazy("Direct")
        TRANSFER = "transfer", gettext_lazy("Transfer")

    channel = models.CharField(gettext_lazy("channel"), max_length=10, choices=Channel)
    external_id = models.CharField(gettext_lazy("order reference"), max_length=100)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=gettext_lazy("product"))
    name = models.CharField(gettext_lazy("name given by the buyer"), max_length=150, blank=True)
    units = models.BigIntegerField(gettext_lazy("units"), validators=[MinValueValidator(1), MaxValueValidator(MAX_UNITS)])
    term_months = models.PositiveSmallIntegerField(gettext_lazy("term in months"), null=True, blank=True)
    term_starts_on = models.DateField(gettext_lazy("term starts on"), null=True, blank=True)
    term_ends_on = models.DateField(
        gettext_lazy("term ends on"),
        null=True,
        blank=True,
        help_text=gettext_lazy("The last day of the term, as the seller names it."),
    )
    renews = models.BooleanField(gettext_lazy("renews"), default=False)
    trial = models.BooleanField(gettext_lazy("trial"), default=False)
    goodwill = models.BooleanField(gettext_lazy("goodwill"), default=False)
    reserved_for = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("reserved for")
    )
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("activated by")
    )
    activated_at = models.DateTimeField(gettext_lazy("activated at"), null=True, blank=True, editable=False)
    transferred_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    transfer_undone_at = models.DateTimeField(gettext_lazy("transfer undone at"), null=True, blank=True, editable=False)
    """Since when it succeeds nothing any more: the order it was transferred from counts again."""
    act = models.ForeignKey("console.Act", models.PROTECT, related_name="+", editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("order")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id"],
                name="one_order_per_channel_and_external_id",
                violation_error_message=gettext_lazy("This order is recorded already."),
            ),
            models.UniqueConstraint(fields=["company", "id"], name="order_is_one_row_of_its_company"),
            models.UniqueConstraint(
                fields=["transferred_from"],
                condition=models.Q(transfer_undone_at__isnull=True),
                name="an_order_is_transferred_once",
            ),
            models.CheckConstraint(
                condition=models.Q(transfer_undone_at__isnull=True) | models.Q(transferred_from__isnull=False),
                name="only_a_transfer_is_undone",
            ),
            models.CheckConstraint(condition=models.Q(units__gte=1, units__lte=MAX_UNITS), name="an_order_has_at_least_one_unit"),
            models.CheckConstraint(
                condition=models.Q(term_months__isnull=False, term_months__gte=1) | models.Q(term_ends_on__isnull=False),
                name="an_order_has_a_term",
            ),
            models.CheckConstraint(
                condition=models.Q(term_starts_on__isnull=True)
                | models.Q(term_ends_on__isnull=True)
                | models.Q(term_starts_on__lte=models.F("term_ends_on")),
                name="a_term_starts_before_it_ends",
            ),
            models.CheckConstraint(
                condition=models.Q(company__isnull=True)
                | models.Q(reserved_for__isnull=True)
                | models.Q(company=models.F("reserved_for")),
                name="a_reserved_order_is_activated_by_its_company",
            ),
            models.CheckConstraint(
                condition=models.Q(company__isnull=True, activated_at__isnull=True)
                | models.Q(company__isnull=False, activated_at__isnull=False),
                name="an_activated_order_says_when",
            ),
            models.CheckConstraint(
                condition=models.Q(transferred_from__isnull=True, channel__in=["azure", "aws", "code", "direct"])
                | models.Q(transferred_from__isnull=False, channel="transfer"),
                name="a_transfer_names_the_old_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.number}"

    @property
    def number(self) -> str:
        """The reference that people know: of an order that was transferred, that of the purchase."""
        return number_of(self.channel, self.external_id)


def number_of(channel: str, external_id: str) -> str:
    """ "SO-7001" of a transfer's "direct:SO-7001", or of "transfer:direct:SO-7001:2" where a transfer was undone before."""
    while channel == Order.Channel.TRANSFER and ":" in external_id:
        channel, __, external_id = external_id.partition(":")
        external_id = AGAIN.sub("", external_id)
    return external_id
