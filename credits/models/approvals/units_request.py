"""That somebody asks for units; and what became of it, event by event."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from licensing.models import FactQuerySet, TenantFact, TenantForeignKey


class UnitsRequestQuerySet(FactQuerySet):
    def open(self) -> Self:
        """Those that nobody has approved, refused or withdrawn."""
        closed = RequestEvent.objects.filter(company=OuterRef("company"), request=OuterRef("pk"), kind__in=CLOSING)
        return self.filter(~Exists(closed))


class UnitsRequest(TenantFact):
    """ "These units of these lines, from that day": asked for by its act's person, in the words of its act's note.

    It changes no figure until another person approves it. `units` is line id (as text) -> units; without `effective_on` they
    hold from the day on which it is approved. `scenario` is the name of the one that it came from, if any.
    """

    class Kind(models.TextChoices):
        ASKED = "asked", gettext_lazy("Asked for")
        """By somebody who may not allocate."""
        CONFIRMATION = "confirmation", gettext_lazy("To be confirmed")
        """By somebody who may, where the company wants a second person."""

    kind = models.CharField(gettext_lazy("kind"), max_length=15, choices=Kind)
    effective_on = models.DateField(gettext_lazy("holds from"), null=True, blank=True)
    units = models.JSONField(gettext_lazy("units"))
    scenario = models.CharField(gettext_lazy("scenario"), max_length=80, blank=True, default="")

    objects = UnitsRequestQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("request")
        verbose_name_plural = gettext_lazy("requests")
        constraints = [
            models.UniqueConstraint(fields=["company", "id"], name="units_request_is_one_row_of_its_company"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def units_of_lines(self) -> dict[int, int]:
        """line id -> units, as they were asked for."""
        return {int(line): count for line, count in self.units.items()}


class RequestEvent(TenantFact):
    """What became of a request: lowered to fewer `units`, approved, refused or withdrawn. The words are its act's note.

    The act of an approval is the one that stated the units. Withdrawn by another act than that of a withdrawal it ended: with
    that act who asked was no member any more.
    """

    class Kind(models.TextChoices):
        LOWERED = "lowered", gettext_lazy("Lowered")
        APPROVED = "approved", gettext_lazy("Approved")
        REFUSED = "refused", gettext_lazy("Refused")
        WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn")

    request = TenantForeignKey(UnitsRequest, models.PROTECT, related_name="events", db_constraint=False)
    kind = models.CharField(gettext_lazy("kind"), max_length=15, choices=Kind)
    units = models.JSONField(gettext_lazy("units"), null=True, blank=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("request event")
        verbose_name_plural = gettext_lazy("request events")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "request"],
                condition=Q(kind__in=["approved", "refused", "withdrawn"]),
                name="a_request_is_decided_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="lowered", units__isnull=False) | (~Q(kind="lowered") & Q(units__isnull=True)),
                name="a_lowered_request_says_its_units",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "request"], name="request_event_by_request"),
            models.Index(fields=["company", "act"], condition=Q(kind="approved"), name="request_event_by_approval"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.request_id}"

    @property
    def ended(self) -> bool:
        """Whether it is over because who asked is no member any more. Reads `act`."""
        return self.kind == self.Kind.WITHDRAWN and self.act.name != "request.withdraw"

    @property
    def state(self) -> str:
        """In words. Reads `act`."""
        return _("Ended") if self.ended else str(self.get_kind_display())


CLOSING = (RequestEvent.Kind.APPROVED, RequestEvent.Kind.REFUSED, RequestEvent.Kind.WITHDRAWN)
