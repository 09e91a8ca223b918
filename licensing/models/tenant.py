"""The registered business, its zones and its people; and the base of every row that belongs to one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.models import AppendOnly, AppendOnlyQuerySet
from licensing.rules.company_day import ZoneSpan, company_day


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
            return [
                ZoneSpan(row.effective_at, row.time_zone) for row in CompanyTimeZone.objects.filter(company=self).order_by("id")
            ]
        return [ZoneSpan(datetime.fromisoformat(row["at"]).astimezone(UTC), row["zone"]) for row in rows]

    def day_of(self, instant: datetime) -> date:
        """The company's calendar day at `instant`."""
        return company_day(self.zone_spans, instant)

    @property
    def time_zone(self) -> str:
        """The zone stated last; it may take effect only at its first midnight."""
        return max(self.zone_spans, key=lambda span: span.effective_at).time_zone

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@cache
def time_zones() -> frozenset[str]:
    """Every zone there is; found once, since that reads hundreds of files."""
    return frozenset(available_timezones())


def known_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError(_("“%(name)s” is not a time zone. Choose one such as Europe/Berlin."), params={"name": name})


class TenantRow(models.Model):
    """A row of one company. Every index that serves a page starts with the company, every query names it."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+", verbose_name=gettext_lazy("company"))

    class Meta:
        abstract = True


class FactQuerySet(AppendOnlyQuerySet):
    """Questions every recorded fact of a company answers."""

    def for_company(self, company: Company) -> Self:
        return self.filter(company=company)

    def up_to(self, day: date) -> Self:
        return self.filter(effective_on__lte=day)

    def known_at(self, instant: datetime | None) -> Self:
        """Only what was recorded at or before `instant`; everything when it is None."""
        return self if instant is None else self.filter(recorded_at__lte=instant)


class TenantFact(TenantRow, AppendOnly):
    """A recorded fact of one company: which act recorded it, and when."""

    act = models.ForeignKey("console.Act", models.PROTECT, related_name="+", db_constraint=False)
    recorded_at = models.DateTimeField(editable=False)

    class Meta:
        abstract = True


class CompanyTimeZone(AppendOnly):
    """A zone the company's days are counted in, from an instant on. Entries never move when it changes."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="time_zones")
    time_zone = models.CharField(gettext_lazy("time zone"), max_length=60, validators=[known_time_zone])
    effective_at = models.DateTimeField(gettext_lazy("takes effect at"))

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("company time zone")
        constraints = [models.UniqueConstraint(fields=["company", "effective_at"], name="one_zone_per_company_and_instant")]

    def __str__(self) -> str:
        return f"{self.time_zone} from {self.effective_at:%Y-%m-%d %H:%M} UTC"


class Role(models.TextChoices):
    """What a person may do in one company. Roles are held as a set."""

    VIEWER = "viewer", gettext_lazy("Viewer")
    CREDIT_MANAGER = "credit-manager", gettext_lazy("Credit manager")
    LICENSE_ADMINISTRATOR = "license-administrator", gettext_lazy("License administrator")
    OWNER = "owner", gettext_lazy("Owner")


class Membership(models.Model):
    """A person's roles in a company."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    company = models.ForeignKey(Company, models.PROTECT, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=30, choices=Role), verbose_name=gettext_lazy("roles"))

    class Meta:
        verbose_name = gettext_lazy("membership")
        constraints = [
            models.UniqueConstraint(fields=["user", "company"], name="one_membership_per_person_and_company"),
            models.CheckConstraint(
                condition=models.Q(roles__len__gt=0, roles__contained_by=list(Role.values)),
                name="a_membership_has_known_roles",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.company}: {self.roles_label}"

    @property
    def roles_label(self) -> str:
        return roles_label(self.roles)


def roles_label(roles: Iterable[str]) -> str:
    """The roles in the words of the screens, the most powerful first."""
    held = set(roles)
    return ", ".join(str(role.label) for role in reversed(list(Role)) if role in held)
