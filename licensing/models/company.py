"""The registered business."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy

from licensing.rules.zones.begin_of_day import begin_of_day
from licensing.rules.zones.company_day import ZoneSpan, company_day, zone_at


class Company(models.Model):
    """A customer of the vendor: a registered business that licenses are bound to."""

    name = models.CharField(gettext_lazy("name"), max_length=150)
    slug = models.SlugField(gettext_lazy("address name"), max_length=60, unique=True)
    business_id = models.CharField(gettext_lazy("business ID"), max_length=60, unique=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="customers",
        verbose_name=gettext_lazy("service provider"),
    )

    closed_to_provider = models.BooleanField(
        gettext_lazy("closed to the service provider"),
        default=False,
        db_default=False,
        help_text=gettext_lazy("Whether the people of the service provider see nothing of it. Its owners say so."),
    )

    class Meta:
        verbose_name = gettext_lazy("company")
        verbose_name_plural = gettext_lazy("companies")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                name="a_company_is_not_its_own_service_provider",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in words[:2]).upper()

    @property
    def zone_spans(self) -> list[ZoneSpan]:
        """The company's zones, each with the instant it takes effect. Free when read with the memberships, else one statement."""
        rows = self.__dict__.get("zone_rows")
        if rows is None:
            return [ZoneSpan(row.effective_at, row.time_zone) for row in self.time_zones.order_by("id")]
        return [ZoneSpan(datetime.fromisoformat(row["at"]).astimezone(UTC), row["zone"]) for row in rows]

    def day_of(self, instant: datetime) -> date:
        """The company's calendar day at `instant`."""
        return company_day(self.zone_spans, instant)

    def begin_of(self, day: date) -> datetime:
        """The first instant at which it is that day for the company, or a later one."""
        return begin_of_day(self.zone_spans, day)

    @property
    def time_zone(self) -> str:
        """The zone stated last; it may take effect only at its first midnight."""
        return max(self.zone_spans, key=lambda span: span.effective_at).time_zone

    def zone_at(self, instant: datetime) -> ZoneInfo:
        """The zone in effect at `instant`: the one in which its pages tell it."""
        return ZoneInfo(zone_at(self.zone_spans, instant))
