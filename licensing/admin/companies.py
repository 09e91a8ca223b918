"""Companies, their zones and their people."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.admin import ReadOnlyAdmin, list_url
from console.models import Act
from licensing.admin import related_tables
from licensing.admin.company_forms import AddMembership, RegisterCompany, SetRoles, SetRolesInCompany, StateTimeZone
from licensing.models import Company, CompanyTimeZone, Membership

DIRECTORY_NOTE = gettext_lazy(
    "What a company is called cannot be changed here yet: no act records it. Everything else is changed by the acts above."
)


@admin.register(Company)
class CompanyAdmin(ReadOnlyAdmin):
    """A registered business. The credits app adds its acts and tables."""

    add_act = RegisterCompany
    acts = {"time-zone": StateTimeZone, "set-roles": SetRolesInCompany}
    tables = [
        related_tables.orders_of_company,
        related_tables.people_of_company,
        related_tables.zones_of_company,
        related_tables.acts_of_company,
    ]
    fields = [("name", "slug", "business_id"), ("parent", "time_zone_stated")]
    readonly_fields = ["time_zone_stated"]
    list_display = ["name", "slug", "business_id", "parent", "time_zone_stated"]
    list_select_related = ["parent"]
    search_fields = ["name", "slug", "business_id"]
    search_help_text = gettext_lazy("Name, address name or business ID")
    ordering = ["name", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Company]:
        latest = CompanyTimeZone.objects.filter(company=OuterRef("pk")).order_by("-effective_at").values("time_zone")[:1]
        return super().get_queryset(request).annotate(zone_stated=Subquery(latest))

    @admin.display(description=gettext_lazy("time zone"))
    def time_zone_stated(self, company: Any) -> str:
        return company.zone_stated or ""

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().render_change_form(request, context, *args, **kwargs)
        context["note"] = DIRECTORY_NOTE
        return response

    def journal_url(self, obj: Any) -> str:
        return list_url(Act, company_id__exact=obj.pk)


def open_in_console(request: HttpRequest, company: Any) -> tuple[str, str] | None:
    """The company's own pages, for staff who are its members: support sees them in no other way."""
    if not Membership.objects.filter(user=request.user.pk, company=company).exists():
        return None
    return _("Open in console"), reverse("licensing:license-information", args=[company.slug])


CompanyAdmin.link(open_in_console)


@admin.register(CompanyTimeZone)
class CompanyTimeZoneAdmin(ReadOnlyAdmin):
    """The zones of companies. State another on the company's page."""

    note = gettext_lazy("State another time zone on the company's page.")
    fields = ["company", "time_zone", "since"]
    readonly_fields = ["since"]
    list_display = ["company", "time_zone", "since"]
    list_select_related = ["company"]
    search_fields = ["company__name", "company__slug", "time_zone"]
    search_help_text = gettext_lazy("Company or time zone")
    ordering = ["company__name", "-effective_at"]

    @admin.display(description=gettext_lazy("takes effect"), ordering="effective_at")
    def since(self, row: CompanyTimeZone) -> str:
        return related_tables.takes_effect(row)


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """Who may do what in which company."""

    add_act = AddMembership
    acts = {"set-roles": SetRoles}
    fields = ["user", "company", "roles_held"]
    readonly_fields = ["roles_held"]
    list_display = ["user", "company", "roles_held"]
    list_select_related = ["user", "company"]
    search_fields = ["user__email", "user__name", "company__name", "company__slug"]
    search_help_text = gettext_lazy("Person or company")
    ordering = ["company__name", "user__email"]

    @admin.display(description=gettext_lazy("roles"))
    def roles_held(self, membership: Membership) -> str:
        return membership.roles_label
