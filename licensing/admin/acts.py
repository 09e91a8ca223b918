"""The journal, and the exports: who did what, who took what out. Here, where companies are known by name."""

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
from licensing.models import Company


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
