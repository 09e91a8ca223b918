"""What support has to look at: a row for each thing, as the last look found it; and when that look was."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy

from console.models import Act
from licensing.models import Company

STANDS = models.Q(ended_at=None)
TO_DO = models.Q(ended_at=None, read_act=None)


class DeskItemQuerySet(models.QuerySet["DeskItem"]):
    def standing(self) -> Self:
        """What the last look found, whether somebody has read it or not."""
        return self.filter(STANDS)

    def to_do(self) -> Self:
        """Of these, what nobody has marked read."""
        return self.filter(TO_DO)


class DeskItem(models.Model):
    """One thing for support. No fact: what it is about is told by the rows that it names; it ends when those say no more of it.

    `subject` is what it is about, once among those of its kind that stand; what ends and comes anew is another row, unread.
    `facts` are what its words are made of. `rank`: the lower, the more urgent. `since` is a day's midnight, UTC, where it is a
    day; then `facts` names it as `day`. Not a tenant table.
    """

    class Kind(models.TextChoices):
        STUCK = "stuck", gettext_lazy("Stuck activations")
        BELOW_ZERO = "below-zero", gettext_lazy("Negative balances")
        EXPIRING = "expiring", gettext_lazy("Expiring in 30 days")
        DIFFERENCE = "difference", gettext_lazy("Differences")
        REPORT = "report", gettext_lazy("Reports of customers")
        FAILED = "failed", gettext_lazy("Failed mail and jobs")
        ATTENTION = "attention", gettext_lazy("Needs attention")
        HEALTH = "health", gettext_lazy("Health")

    kind = models.CharField(gettext_lazy("kind"), max_length=15, choices=Kind)
    subject = models.CharField(gettext_lazy("about"), max_length=200)
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("company")
    )
    rank = models.PositiveSmallIntegerField(gettext_lazy("rank"))
    facts = models.JSONField(gettext_lazy("facts"), default=dict)
    since = models.DateTimeField(gettext_lazy("since"))
    found_at = models.DateTimeField(gettext_lazy("found at"))
    ended_at = models.DateTimeField(gettext_lazy("over since"), null=True, blank=True)
    read_act = models.ForeignKey(
        Act, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=gettext_lazy("marked read by")
    )
    """The act by which somebody marked it read: who, when, and in which words."""

    objects = DeskItemQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("thing for support")
        verbose_name_plural = gettext_lazy("things for support")
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject"], condition=STANDS, name="one_standing_item_of_a_subject"),
        ]
        indexes = [
            models.Index(fields=["rank", "since", "id"], condition=TO_DO, name="desk_item_urgent_first"),
            models.Index(fields=["kind", "rank", "since", "id"], condition=TO_DO, name="desk_item_of_a_kind"),
            models.Index(fields=["kind", "-since", "id"], condition=STANDS, name="desk_item_standing"),
            models.Index(fields=["ended_at"], condition=~STANDS, name="desk_item_over"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject}"


class DeskLook(models.Model):
    """That somebody looked: the list is as of `looked_at`. One row, of the last look; `seconds` is how long it took."""

    looked_at = models.DateTimeField(gettext_lazy("looked at"))
    seconds = models.FloatField(gettext_lazy("seconds"))

    class Meta:
        verbose_name = gettext_lazy("look for support")
        verbose_name_plural = gettext_lazy("looks for support")

    def __str__(self) -> str:
        return f"{self.looked_at:%Y-%m-%d %H:%M} UTC"
