"""A figure of a company explained to support: the customer's explanation, with links to support's own pages."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.admin.of_staff import of_staff
from console.exports.export_of import export_of, wants_export
from console.htmx import wants_part
from credits.desk.companies.day_in_hand import day_in_hand
from credits.desk.companies.head import head_of
from credits.desk.frame import desk_page
from credits.pages.explain.as_json import as_json
from credits.pages.explain.places import Places
from credits.pages.explain.view import explanation_context, sheet_of
from credits.reading.explanations.explain import explain
from credits.reading.explanations.explanation import Entry, Explanation, Group


class PlacesOfTheDesk(Places):
    """Support is no member: what customers find on their pages, it finds on its own."""

    def address(self, figure: str) -> str:
        return reverse("desk:explain", args=[self.slug, figure])

    @property
    def close(self) -> str:
        return reverse("desk:company", args=[self.slug]) + self.as_of.query

    def json(self, figure: str) -> str:
        return self.as_of.with_(self.address(figure), written="json")

    def stands(self, entry: Entry) -> str:
        if entry.license_id is not None:
            return reverse("admin:licensing_license_change", args=[entry.license_id])
        return self._allocations if entry.feature else ""

    def rate(self, entry: Entry) -> str:
        if entry.rate is None or entry.license_id is not None:
            return ""
        return self.explained(f"credit-requirement.{entry.feature}.{entry.line_slug}")

    def ways_on(self, group: Group, found: Explanation) -> list[tuple[str, str]]:
        if group.kind == "license":
            return [(_("License"), reverse("admin:licensing_license_change", args=[group.key]))]
        return [(_("Allocations"), self._allocations)] if group.kind in ("feature", "line") else []

    @property
    def _allocations(self) -> str:
        return self.as_of.with_(reverse("desk:company", args=[self.slug]), tab="allocations")


@of_staff()
@require_safe
def explanation(request: HttpRequest, slug: str, figure: str) -> HttpResponse:
    """As a page, as the sheet of the dialog, as a file, or with `written=json` as JSON."""
    company = head_of(slug).company
    as_of = day_in_hand(request, company)
    found = explain(figure, company, on=as_of.day, known_at=as_of.known_at)
    if found is None:
        raise Http404(_("There is no such figure on this day."))
    places = PlacesOfTheDesk(company, as_of)
    if wants_export(request):
        request.company = company  # type: ignore[attr-defined]  # the file and its record name it
        return export_of(request, sheet_of(request, found, places))
    if request.GET.get("written") == "json":
        return JsonResponse(as_json(found, company, as_of))
    context = {**explanation_context(request, found, places), "customer": company}
    template = "desk/company/explanation_sheet.html" if wants_part(request) else "desk/company/explanation.html"
    return desk_page(request, template, context, section="customers")
