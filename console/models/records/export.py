"""That somebody took a table out of the console: who, what, when. Written before the first byte is sent."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from console.models.append_only import AppendOnly, AppendOnlyQuerySet


class Export(AppendOnly):
    """A file that was asked for. `page` is the page's address with its parameters, so what it showed can be told again.

    Without a company it is one of staff, or of a person's companies together. No act: it changes nothing.
    """

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"
        JSON = "json", "JSON"

    company_id = models.BigIntegerField(gettext_lazy("company"), null=True, blank=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=gettext_lazy("person"))
    page = models.TextField(gettext_lazy("page"))
    sheet = models.CharField(gettext_lazy("table"), max_length=60)
    format = models.CharField(gettext_lazy("format"), max_length=10, choices=Format)
    rows = models.BigIntegerField(gettext_lazy("rows"))
    exported_at = models.DateTimeField(gettext_lazy("exported"))

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("export")
        verbose_name_plural = gettext_lazy("exports")
        indexes = [
            models.Index(fields=["company_id", "-exported_at"], name="export_company_exported_at"),
            models.Index(fields=["person", "-exported_at"], name="export_person_exported_at"),
        ]

    def __str__(self) -> str:
        return f"{self.sheet}.{self.format} ({self.exported_at:%Y-%m-%d %H:%M} UTC)"
