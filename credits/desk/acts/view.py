"""One act in words, with who, when and why and what it wrote; and all acts of a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.admin.of_staff import of_staff, staff_person
from console.admin.related_tables import Table, is_number
from console.models import Act, Actor
from console.people.staff.roles import StaffRole, may
from console.templatetags import formats
from credits.acts.undo.undo_act import may_undo
from credits.desk.addresses import case_address
from credits.desk.frame import desk_page
from credits.desk.sentences import Sentence, sentence_of, sentences_of
from licensing.acts.companies.report_figure import address_of_view
from licensing.admin import ActAdmin

ON_ONE_PAGE = 50


@dataclass(frozen=True)
class Wrote:
    """A table of what an act wrote, without the columns that say when and by which act: the page says so."""

    title: str
    more_url: str
    heads: list[tuple[str, bool]]
    rows: list[list[tuple[str, Any, bool]]]
    """Each cell with its head, and whether it is a number."""

    @classmethod
    def of(cls, table: Table) -> Wrote:
        left = [number for number, column in enumerate(table.columns) if column not in (_("Recorded"), _("Act"))]
        changes = {_("Change in credits"), _("Change in units")}

        def written(row: Sequence[Any], number: int) -> tuple[str, Any, bool]:
            head, cell = table.columns[number], row[number]
            if not is_number(cell):
                return head, cell, False
            return head, (formats.signed if head in changes else formats.credits)(cell), True

        rows = [[written(row, number) for number in left] for row in table.rows]
        return cls(table.title, table.more_url, [table.heads[number] for number in left], rows)


@of_staff()
@require_safe
def act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Two statements, one for each kind of rows that acts write, and those that tell whether it can be undone."""
    person = staff_person(request)
    found = Act.objects.select_related("actor").filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such act."))
    told = sentence_of(found, reader=person)
    undoable = may_undo(found, by=Actor.person(person))
    context = {
        "told": told,
        "act": found,
        "customer": told.company,
        "wrote": [Wrote.of(table) for table in (each(found) for each in ActAdmin.tables) if table.rows],
        "undo_url": reverse("desk:undo", args=[pk]) if undoable.can and may(person, StaffRole.CUSTOMERS) else "",
        "not_undone": undoable.why_not,
        "as_seen_url": as_seen(told),
        "reported_url": reported(told),
    }
    return desk_page(request, "desk/act.html", context, section="records")


@of_staff()
@require_safe
def case(request: HttpRequest) -> HttpResponse:
    """All acts of a case, the latest first. Four statements, however many there are."""
    person = staff_person(request)
    number = request.GET.get("number", "")
    acts = Act.objects.filter(case_number=number).exclude(case_number="").select_related("actor").order_by("-recorded_at", "-pk")
    page = Paginator(acts, ON_ONE_PAGE).get_page(request.GET.get("page"))
    sentences = sentences_of(page.object_list, reader=person)
    if not sentences:
        raise Http404(_("No act has this case number."))
    companies = {each.company.pk: each.company for each in sentences if each.company is not None}
    context = {
        "number": number,
        "page": page,
        "base": f"{case_address(number)}&",
        "sentences": sentences,
        "companies": sorted(companies.values(), key=lambda each: each.name.casefold()),
        "undo_url": reverse("desk:undo-case", query={"number": number}),
    }
    return desk_page(request, "desk/case.html", context, section="records")


def reported(told: Sentence) -> str:
    """Of a figure that a customer reported: where support opens the page as it was seen."""
    said = told.act.result
    if told.company is None or told.act.name != "figure.report":
        return ""
    day, seen_at = date.fromisoformat(said["day"]), datetime.fromisoformat(said["seen_at"])
    return address_of_view(told.company, page=said["page"], day=day, seen_at=seen_at, case=told.act.case_number)


def as_seen(told: Sentence) -> str:
    """The company as known at the instant of the act: what it left."""
    if told.company is None:
        return ""
    return reverse("desk:company", args=[told.company.slug], query={"known": told.recorded_at.isoformat()})
