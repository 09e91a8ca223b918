"""The journal: what was done, by whom, and what it wrote. Here, where companies are known by name."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from console.admin import ReadOnlyAdmin
from console.models import Act
from licensing.admin import related_tables
from licensing.models import Company


@admin.register(Act)
class ActAdmin(ReadOnlyAdmin):
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Act]:
        name = Company.objects.filter(pk=OuterRef("company_id")).values("name")
        return super().get_queryset(request).annotate(company_name=Subquery(name))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if term := search_term.strip():
            companies = Company.objects.filter(Q(name__icontains=term) | Q(slug=term)).values("pk")
            found = found | queryset.filter(company_id__in=companies)
        return found, may_repeat

    @admin.display(description=gettext_lazy("company"))
    def company(self, act: Any) -> str:
        if act.company_id is None or act.company_name is None:
            return ""
        url = reverse("admin:licensing_company_change", args=[act.company_id])
        return format_html('<a href="{}">{}</a>', url, act.company_name)

    @admin.display(description=gettext_lazy("reason"))
    def why(self, act: Act) -> str:
        return str(act.why)

    @admin.display(description=gettext_lazy("by"))
    def who(self, act: Act) -> str:
        return str(act.actor or act.actor_label)
