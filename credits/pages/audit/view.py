"""The audit log: everything done in a company and every sign-in of its people, for its owners.

`?kind=` leaves one kind, `?who=` one person, `?days=` how far back (90 unless said otherwise), `?q=`
searches. Lines are found and counted in the database, and put into words for the page alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from console.htmx import render_page
from console.models import User
from console.names import in_order_of_names
from console.people.sessions.forget_old_sessions import kept_after_the_end
from credits.desk.sentences import LABELS as LABELS_OF_ACTS
from credits.pages.audit.rows import rows_of
from credits.pages.audit.sheet import audit_sheet
from credits.reading.audit.kinds import LABELS
from credits.reading.audit.lines import Asked, Line, counts_of, lines_of
from licensing.access import of_company
from licensing.models import Company, Permission
from licensing.pages.page_links import page_links

ON_ONE_PAGE = 50
DAYS = {
    "7": gettext_lazy("Last 7 days"),
    "30": gettext_lazy("Last 30 days"),
    "": gettext_lazy("Last 90 days"),
    "365": gettext_lazy("Last 365 days"),
    "all": gettext_lazy("All days"),
}


class Lines(Sequence[Line]):
    """What a Paginator pages through: the lines of one kind, of which only those of a page are read."""

    def __init__(self, company: Company, asked: Asked, number: int) -> None:
        self.company, self.asked, self.number = company, asked, number

    def __len__(self) -> int:
        return self.number

    def __getitem__(self, part: Any) -> Any:
        return lines_of(self.company, self.asked, limit=part.stop - part.start, offset=part.start)


@require_safe
@of_company(Permission.PEOPLE)
def audit(request: HttpRequest, company: Company) -> HttpResponse:
    """Ten statements beside the frame's, however many lines there are."""
    asked, kept = asked_for(request, company)
    counts = counts_of(company, asked)
    number = counts.by_kind[asked.kind]
    if wants_export(request):
        return export_of(request, lambda: audit_sheet(company, asked, number, request.build_absolute_uri))
    page: Any = Paginator(Lines(company, asked, number), ON_ONE_PAGE).get_page(request.GET.get("page"))

    def address(**changed: str) -> str:
        said = {name: value for name, value in {**kept, **changed}.items() if value}
        return f"{request.path}?{urlencode(said)}" if said else request.path

    people = User.objects.filter(pk__in=counts.people)
    context = {
        "page_url": request.path,
        "page": page,
        "page_urls": page_links(page, lambda number: address(page=str(number))),
        "rows": rows_of(company, page.object_list),
        "today": request.today,  # type: ignore[attr-defined]
        "choices": [
            {
                "value": key or "all",
                "label": label,
                "url": address(kind=key),
                "count": counts.by_kind[key],
                "current": key == asked.kind,
            }
            for key, label in LABELS.items()
        ],
        "people": sorted(((str(each.pk), str(each)) for each in people), key=lambda each: in_order_of_names(each[1])),
        "days": DAYS.items(),
        "kept": kept,
        "is_narrowed": any(kept.values()),
        "sign_ins_kept": kept_after_the_end().days,
    }
    return render_page(request, "credits/audit.html", context, partial="lines")


def asked_for(request: HttpRequest, company: Company) -> tuple[Asked, dict[str, str]]:
    """What the address asks for, and what of it is kept in links; what is none of the choices counts as not said."""
    values = request.GET
    kind, days, who = (values.get(name, "") for name in ("kind", "days", "who"))
    kept = {
        "kind": kind if kind in LABELS else "",
        "who": who if who.isdecimal() and len(who) < 19 else "",
        "days": days if days in DAYS else "",
        "q": " ".join(values.get("q", "").split())[:200],
    }
    since = None
    if kept["days"] != "all":
        first = request.today - timedelta(days=int(kept["days"] or 90) - 1)  # type: ignore[attr-defined]
        since = datetime.combine(first, time(), company.zone_at(request.figures_of))  # type: ignore[attr-defined]
    words = kept["q"].casefold()
    names = tuple(name for name, label in LABELS_OF_ACTS.items() if words and words in str(label).casefold())
    names += ("sign-in",) if words and words in _("signed in") else ()
    return Asked(since, int(kept["who"]) if kept["who"] else None, kept["kind"], kept["q"], names), kept
