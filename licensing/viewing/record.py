"""What a company reads of support: each view with its pages, and each table that staff took out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from console.models import Export
from licensing.models import Company, SupportView, SupportViewEnd, SupportViewPage, ViewPurpose

VIEWS_AT_MOST, PAGES_AT_MOST, EXPORTS_AT_MOST = 50, 1_000, 200


@dataclass(frozen=True)
class PageSeen:
    name: str
    address: str
    at: datetime


@dataclass(frozen=True)
class ViewSeen:
    """`over_at` is when it ended, or will at the latest. Who of support it was, and what they wrote, stays with staff."""

    why: str
    begun_at: datetime
    over_at: datetime
    pages: list[PageSeen]


@dataclass(frozen=True)
class ExportTaken:
    sheet: str
    format: str
    rows: int
    at: datetime


def views_of(company: Company) -> list[ViewSeen]:
    """The latest first, as far as VIEWS_AT_MOST and the pages of them as far as PAGES_AT_MOST. Three statements."""
    views = list(SupportView.objects.filter(company=company).order_by("-begun_at", "-pk")[:VIEWS_AT_MOST])
    ids = [each.pk for each in views]
    ended = dict(SupportViewEnd.objects.filter(company=company, view_id__in=ids).values_list("view_id", "ended_at"))
    pages: dict[int, list[PageSeen]] = {}
    for page in SupportViewPage.objects.filter(company=company, view_id__in=ids).order_by("-seen_at", "-pk")[:PAGES_AT_MOST]:
        pages.setdefault(page.view_id, []).append(PageSeen(page.name, page.address, page.seen_at))
    return [
        ViewSeen(
            str(ViewPurpose(each.purpose).label), each.begun_at, ended.get(each.pk, each.ends_at), pages.get(each.pk, [])[::-1]
        )
        for each in views
    ]


def exports_by_staff(company: Company) -> list[ExportTaken]:
    """The latest first, also of who has left the staff since: from a page of staff's, or in a view. One statement."""
    in_a_view = SupportView.objects.filter(
        company=company, person=OuterRef("person"), begun_at__lte=OuterRef("exported_at"), ends_at__gte=OuterRef("exported_at")
    )
    by_staff = Q(person__is_staff=True) | Q(page__startswith=reverse("admin:index")) | Exists(in_a_view)
    rows = Export.objects.filter(by_staff, company_id=company.pk).order_by("-exported_at", "-pk")
    return [ExportTaken(row.sheet, row.get_format_display(), row.rows, row.exported_at) for row in rows[:EXPORTS_AT_MOST]]
