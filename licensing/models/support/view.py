"""That support looked at a company's pages as its people see them: who, why, for how long, and each page."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from console.models import AppendOnly, AppendOnlyQuerySet
from console.models.why import LONGEST_CASE_NUMBER
from licensing.models.tenant import TenantRow
from licensing.models.tenant_reference import TenantForeignKey


class ViewPurpose(models.TextChoices):
    """Why support looks, from a list. The company reads it in its own record; words and case number are for staff."""

    ASKED = "asked", gettext_lazy("Somebody of the company asked for help")
    REPORT = "report", gettext_lazy("A figure was reported")
    PURCHASE = "purchase", gettext_lazy("A purchase or a code does not work")
    CHECK = "check", gettext_lazy("To check what support changed")
    OTHER = "other", gettext_lazy("Another reason")


class SupportView(TenantRow, AppendOnly):
    """One view: of one member of staff, in one session, over at `ends_at` at the latest. No act: it changes nothing.

    `sign_in` is the id of the session's row; rows of sessions go, this one stays.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=gettext_lazy("person"))
    sign_in = models.BigIntegerField(gettext_lazy("session"), editable=False)
    purpose = models.CharField(gettext_lazy("reason"), max_length=20, choices=ViewPurpose)
    reason = models.TextField(gettext_lazy("in words"), blank=True)
    case_number = models.CharField(gettext_lazy("case number"), max_length=LONGEST_CASE_NUMBER, blank=True)
    begun_at = models.DateTimeField(gettext_lazy("begun"))
    ends_at = models.DateTimeField(gettext_lazy("over at the latest"))

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("view by support")
        verbose_name_plural = gettext_lazy("views by support")
        constraints = [
            models.UniqueConstraint(fields=["company", "id"], name="support_view_is_one_row_of_its_company"),
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("begun_at")), name="a_view_ends_after_it_began"),
        ]
        indexes = [models.Index(fields=["company", "-begun_at"], name="support_view_company_latest")]

    def __str__(self) -> str:
        return f"{self.person} ({self.begun_at:%Y-%m-%d %H:%M} UTC)"


class SupportViewPage(TenantRow, AppendOnly):
    """A page that was asked for in a view, written before it was shown: its address, and the page's name at that time."""

    view = TenantForeignKey(SupportView, models.PROTECT, related_name="pages", db_constraint=False)
    name = models.CharField(gettext_lazy("page"), max_length=100)
    address = models.TextField(gettext_lazy("address"))
    seen_at = models.DateTimeField(gettext_lazy("seen"))

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("page seen by support")
        verbose_name_plural = gettext_lazy("pages seen by support")
        indexes = [models.Index(fields=["company", "view", "seen_at"], name="view_page_company_view")]

    def __str__(self) -> str:
        return f"{self.name} ({self.seen_at:%Y-%m-%d %H:%M} UTC)"


class SupportViewEnd(TenantRow, AppendOnly):
    """That a view was ended before its time."""

    view = TenantForeignKey(SupportView, models.PROTECT, related_name="ends", db_constraint=False)
    ended_at = models.DateTimeField(gettext_lazy("ended"))

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("end of a view by support")
        verbose_name_plural = gettext_lazy("ends of views by support")
        constraints = [models.UniqueConstraint(fields=["company", "view"], name="a_view_ends_once")]

    def __str__(self) -> str:
        return f"{self.ended_at:%Y-%m-%d %H:%M} UTC"
