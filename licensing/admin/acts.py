"""The journal, exports, views by support, imports: who did what, took what out, looked. Where companies are known by name."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from console.admin import ReadOnlyAdmin
from console.models import Act, Export
from licensing.admin import related_tables
from licensing.models import Company, ProviderLook, SupportView, SupportViewEnd, SupportViewPage
from licensing.models.import_run import ImportRun


class NamesItsCompany(ReadOnlyAdmin):
    """Of rows that carry a bare `company_id`: the company is told, and searched for, by its name."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        name = Company.objects.filter(pk=OuterRef("company_id")).values("name")
        return super().get_queryset(request).annotate(company_name=Subquery(name))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if term := search_term.strip():
            companies = Company.objects.filter(Q(name__icontains=term) | Q(slug=term)).values("pk")
            found = found | queryset.filter(company_id__in=companies)
        return found, may_repeat

    @admin.display(description=gettext_lazy("company"))
    def company(self, row: Any) -> str:
        if row.company_id is None or row.company_name is None:
            return ""
        url = reverse("admin:licensing_company_change", args=[row.company_id])
        return format_html('<a href="{}">{}</a>', url, row.company_name)


@admin.register(Act)
class ActAdmin(NamesItsCompany):
    """One row per act: audit log and idempotency in one. The credits app adds what its acts write."""

    tables = [related_tables.orders_of_act, related_tables.statements_of_act, related_tables.entries_of_act]
    fields = [
        ("name", "company", "recorded_at"),
        ("actor_kind", "actor", "actor_label", "on_behalf_of"),
        ("reason_kind", "case_number"),
        "reason",
        "note",
        "unlabelled_note",
        "result",
        ("scope", "key"),
        "digest",
    ]
    readonly_fields = ["company"]
    list_display = ["name", "recorded_at", "company", "who", "why", "note"]
    list_select_related = ["actor"]
    list_filter = ["actor_kind", "reason_kind"]
    search_fields = [
        "name",
        "actor__email",
        "actor__name",
        "actor_label",
        "case_number",
        "reason",
        "note",
        "unlabelled_note",
        "key",
    ]
    search_help_text = gettext_lazy("Company, act, person, case number, reason, note or key")
    date_hierarchy = "recorded_at"
    ordering = ["-recorded_at", "-pk"]

    @admin.display(description=gettext_lazy("reason"))
    def why(self, act: Act) -> str:
        return str(act.why)

    @admin.display(description=gettext_lazy("by"))
    def who(self, act: Act) -> str:
        return str(act.actor or act.actor_label)


@admin.register(Export)
class ExportAdmin(NamesItsCompany):
    """Who took which table out of the console, and when; the file itself is not kept."""

    note = gettext_lazy("Recorded before the first byte was sent. The page’s address has the day and the filters of the file.")
    fields = [("company", "person"), "page", ("sheet", "format", "rows"), "exported_at"]
    readonly_fields = ["company"]
    list_display = ["sheet", "format", "exported_at", "person", "company", "rows", "page"]
    list_select_related = ["person"]
    list_filter = ["format"]
    search_fields = ["person__email", "sheet", "page"]
    search_help_text = gettext_lazy("Company, e-mail address, table or page")
    date_hierarchy = "exported_at"
    ordering = ["-exported_at", "-pk"]


@admin.register(SupportView)
class SupportViewAdmin(ReadOnlyAdmin):
    """Who of the staff looked at a company's pages as its people see them, and why."""

    note = gettext_lazy("The company reads the same in its own record, without the words and the case number.")
    fields = ["company", "person", ("purpose", "case_number"), "reason", ("begun_at", "ends_at")]
    list_display = ["company", "person", "purpose", "case_number", "begun_at", "ends_at"]
    list_select_related = ["company", "person"]
    list_filter = ["purpose"]
    search_fields = ["company__name", "company__slug", "person__email", "case_number"]
    search_help_text = gettext_lazy("Company, e-mail address or case number")
    date_hierarchy = "begun_at"
    ordering = ["-begun_at", "-pk"]


@admin.register(SupportViewPage)
class SupportViewPageAdmin(ReadOnlyAdmin):
    """A page that was seen in a view."""

    fields = ["company", "view", "name", "address", "seen_at"]
    list_display = ["name", "company", "view", "seen_at"]
    list_select_related = ["company", "view__person"]
    search_fields = ["company__name", "company__slug", "name"]
    search_help_text = gettext_lazy("Company or page")
    date_hierarchy = "seen_at"
    ordering = ["-seen_at", "-pk"]


@admin.register(SupportViewEnd)
class SupportViewEndAdmin(ReadOnlyAdmin):
    """A view that was ended before its time."""

    fields = ["company", "view", "ended_at"]
    list_display = ["company", "view", "ended_at"]
    list_select_related = ["company", "view__person"]
    search_fields = ["company__name", "company__slug"]
    search_help_text = gettext_lazy("Company")
    date_hierarchy = "ended_at"
    ordering = ["-ended_at", "-pk"]


@admin.register(ProviderLook)
class ProviderLookAdmin(ReadOnlyAdmin):
    """A page that somebody of a service provider looked at. The company reads the same in its own record."""

    fields = ["company", "provider", "person", "name", "address", "seen_at"]
    list_display = ["name", "company", "provider", "person", "seen_at"]
    list_select_related = ["company", "provider", "person"]
    search_fields = ["company__name", "company__slug", "provider__name", "person__email"]
    search_help_text = gettext_lazy("Company, service provider or e-mail address")
    date_hierarchy = "seen_at"
    ordering = ["-seen_at", "-pk"]


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    """A file that was checked or imported. The file itself is not kept."""

    note = gettext_lazy("Files are checked and imported on the workbench.")
    fields = [("kind", "file_name", "state"), ("to_import", "lines_read"), "by", ("created_at", "changed_at"), "digest"]
    list_display = ["file_name", "kind", "state", "lines_read", "by", "created_at"]
    list_select_related = ["by"]
    list_filter = ["kind", "state"]
    search_fields = ["file_name", "digest", "by__email"]
    search_help_text = gettext_lazy("File, digest or e-mail address")
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-pk"]
