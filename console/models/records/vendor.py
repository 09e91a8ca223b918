"""What the vendor has stated of its own, and the logos that it has had: a row each time, of which the latest holds."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from console.models.append_only import AppendOnly, AppendOnlyQuerySet


class VendorStatement(AppendOnly):
    """From `recorded_at` on `text` holds of what it is `about`; an empty one takes it back: the setting holds again.

    `about` is "name", "sales", "support", "accent-light", "accent-dark", "logo" (the hash of one), "apps", "app:<feature>",
    "mail:<kind>:subject", "mail:<kind>:body", or "tell:<event>" with "@<channel>/<offer>/<plan>" behind it for one plan.
    """

    about = models.CharField(gettext_lazy("about"), max_length=250)
    text = models.TextField(gettext_lazy("stated"), blank=True)
    act = models.ForeignKey("console.Act", models.PROTECT, related_name="+", editable=False)
    recorded_at = models.DateTimeField(gettext_lazy("recorded"))

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("statement of the vendor")
        verbose_name_plural = gettext_lazy("statements of the vendor")
        indexes = [models.Index(fields=["about", "-id"], name="vendor_statement_about")]

    def __str__(self) -> str:
        return f"{self.about} ({self.recorded_at:%Y-%m-%d %H:%M} UTC)"


class VendorLogo(AppendOnly):
    """A picture that we wrote ourselves, found by the hash of its bytes. PNG."""

    digest = models.CharField(gettext_lazy("hash"), max_length=64, unique=True)
    png = models.BinaryField(gettext_lazy("picture"))
    width = models.PositiveIntegerField(gettext_lazy("width"))
    height = models.PositiveIntegerField(gettext_lazy("height"))
    recorded_at = models.DateTimeField(gettext_lazy("recorded"))

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("logo of the vendor")
        verbose_name_plural = gettext_lazy("logos of the vendor")

    def __str__(self) -> str:
        return f"{self.width} × {self.height}"
