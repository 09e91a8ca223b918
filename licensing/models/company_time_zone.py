"""The zones in which a company's days are counted, each from an instant on."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import OuterRef, QuerySet, functions
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.models import AppendOnly, AppendOnlyQuerySet
from licensing.models.company import Company


@cache
def time_zones() -> frozenset[str]:
    """Every zone of a place, such as Europe/Berlin, and UTC; found once, since that reads hundreds of files.

    Left out are names that no place goes by: those of the machine, of offsets, and old ones without a region. What is recorded
    with one of them holds as before.
    """
    return frozenset(name for name in available_timezones() if name == "UTC" or ("/" in name and not name.startswith("Etc/")))


def known_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError(_("“%(name)s” is not a time zone. Choose one such as Europe/Berlin."), params={"name": name})


class CompanyTimeZoneQuerySet(AppendOnlyQuerySet):
    def of_outer_company(self, company: str) -> QuerySet[Any, dict[str, Any]]:
        """For a subquery: the zones of the company that the outer statement names so, in their order, as JSON each."""
        found = self.filter(company=OuterRef(company)).order_by("id")
        return found.values(row=functions.JSONObject(at="effective_at", zone="time_zone"))


class CompanyTimeZone(AppendOnly):
    """A zone the company's days are counted in, from an instant on. Entries never move when it changes."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="time_zones")
    time_zone = models.CharField(gettext_lazy("time zone"), max_length=60, validators=[known_time_zone])
    effective_at = models.DateTimeField(gettext_lazy("takes effect at"))

    objects = CompanyTimeZoneQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("company time zone")
        constraints = [models.UniqueConstraint(fields=["company", "effective_at"], name="one_zone_per_company_and_instant")]

    def __str__(self) -> str:
        return f"{self.time_zone} from {self.effective_at:%Y-%m-%d %H:%M} UTC"
