"""Whether what an order's converted seats paid for stays in use: each choice a fact, the latest holds."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy

from licensing.models.order import Order
from licensing.models.tenant import FactQuerySet, TenantFact
from licensing.models.tenant_reference import TenantForeignKey


class UseChoiceQuerySet(FactQuerySet):
    def that_hold(self) -> Self:
        """Of each order only the choice that holds, the one recorded last."""
        later = UseChoice.objects.filter(company=OuterRef("company"), order=OuterRef("order"), pk__gt=OuterRef("pk"))
        return self.filter(~Exists(later))

    def keeping(self) -> Self:
        """The latest choices that say: keep it in use."""
        return self.that_hold().filter(keeps=True)


class UseChoice(TenantFact):
    """What was chosen for an order: its units are allocated to what they paid for (`keeps`), or its credits are left available.

    An order without any was not asked, or was activated before anybody could be: its credits are left available.
    """

    order = TenantForeignKey(Order, models.PROTECT, related_name="use_choices", db_constraint=False)
    keeps = models.BooleanField(gettext_lazy("keeps its use"))

    objects = UseChoiceQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("choice of use")
        verbose_name_plural = gettext_lazy("choices of use")
        indexes = [models.Index(fields=["company", "order"], name="use_choice_of_order")]

    def __str__(self) -> str:
        return str(gettext_lazy("keeps its use") if self.keeps else gettext_lazy("leaves its credits available"))
