"""Imports: the page that takes a file, the page of one import, and the files to begin with."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from console.admin.of_staff import of_staff, staff_person
from console.errors import Refused
from console.people.staff.roles import StaffRole
from credits.desk.frame import desk_page
from licensing.imports.file_of_a_run import ask_to_import, keep_file
from licensing.imports.kind import KINDS
from licensing.imports.template import template_csv, template_xlsx
from licensing.models import ImportRun

LATEST = 20
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class FileForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("What the file holds"),
        choices=lambda: [(each.name, each.label) for each in KINDS.values()],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    file = forms.FileField(
        label=gettext_lazy("CSV or XLSX"), widget=forms.FileInput(attrs={"class": "form-control", "accept": ".csv,.txt,.xlsx"})
    )


@of_staff(StaffRole.LOOKS, to_post=StaffRole.CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    form = FileForm(request.POST or None, request.FILES or None, initial={"kind": request.GET.get("kind", "")})
    if request.method == "POST" and form.is_valid():
        file, person = form.cleaned_data["file"], staff_person(request)
        try:
            run = keep_file(form.cleaned_data["kind"], file.name, file, by=person)
        except Refused as error:
            form.add_error("file", str(error))
        else:
            return HttpResponseRedirect(reverse("desk:import", args=[run.pk]))
    context = {"form": form, "kinds": list(KINDS.values()), "runs": _runs(ImportRun.objects.order_by("-created_at")[:LATEST])}
    return desk_page(request, "desk/imports.html", context, section="imports", status=422 if form.errors else 200)


def _runs(runs: Any) -> list[dict[str, Any]]:
    return [{"run": run, "kind": KINDS[run.kind].label if run.kind in KINDS else run.kind} for run in runs.select_related("by")]


@of_staff(StaffRole.LOOKS, to_post=StaffRole.CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def one_import(request: HttpRequest, run: UUID) -> HttpResponse:
    found = get_object_or_404(ImportRun.objects.select_related("by"), pk=run)
    refused = ""
    if request.method == "POST":
        if ask_to_import(found, by=staff_person(request)):
            return HttpResponseRedirect(request.path)
        refused = _("This file cannot be imported any more. Give it once more; what is recorded already is not added again.")
    report = found.report
    context = {
        "run": found,
        "kind": KINDS[found.kind].label if found.kind in KINDS else found.kind,
        "report": report,
        "refused": refused,
        "more_faults": report.get("wrong", 0) - len(report.get("faults", [])),
        "more_companies": report.get("number_of_companies", 0) - len(report.get("companies", [])),
    }
    return desk_page(request, "desk/import.html", context, section="imports", status=409 if refused else 200)


@of_staff()
@require_safe
def template(request: HttpRequest, kind: str, form: str) -> HttpResponse:
    if kind not in KINDS or form not in TYPES:
        raise Http404
    content = (template_csv if form == "csv" else template_xlsx)(KINDS[kind])
    name = f'attachment; filename="{kind}.{form}"'
    return HttpResponse(content, content_type=TYPES[form], headers={"Content-Disposition": name})
