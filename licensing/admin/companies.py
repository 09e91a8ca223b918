"""Companies, their zones and their people."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.admin import ReadOnlyAdmin, list_url
from console.models import Act
from licensing.admin import related_tables
from licensing.admin.company_forms import AddMembership, RegisterCompany, SetRoles, SetRolesInCompany, StateTimeZone
from licensing.models import (
    Company,
    CompanyStatement,
    CompanyTimeZone,
    Invitation,
    JoinRequest,
    Membership,
    RoleRequest,
    SignInTenant,
)

DIRECTORY_NOTE = gettext_lazy(
    "What a company is called is changed by its owners, in Company settings. Everything else is changed by the acts above."
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


@admin.register(CompanyStatement)
class CompanyStatementAdmin(ReadOnlyAdmin):
    """What owners set in Company settings, the latest first."""

    fields = ["company", "about", "value", "effective_on", "recorded_at", "act"]
    list_display = ["company", "about", "value", "effective_on", "recorded_at"]
    list_select_related = ["company"]
    list_filter = ["about"]
    search_fields = ["company__name", "company__slug", "value"]
    search_help_text = gettext_lazy("Company")
    ordering = ["-pk"]


@admin.register(SignInTenant)
class SignInTenantAdmin(ReadOnlyAdmin):
    """Tenants whose people may join a company; owners state, verify and remove them."""

    fields = ["company", "provider", "tenant", "issuer", "gives_viewer", "stated_at", "verified_at", "removed_at"]
    list_display = ["tenant", "provider", "company", "gives_viewer", "verified_at", "removed_at"]
    list_select_related = ["company"]
    search_fields = ["company__name", "company__slug", "provider", "tenant"]
    search_help_text = gettext_lazy("Company, provider or tenant ID")
    ordering = ["-pk"]


@admin.register(JoinRequest)
class JoinRequestAdmin(ReadOnlyAdmin):
    """Who asked to join a company, and what an owner answered."""

    fields = ["company", "person", "tenant", "asked_at", "decided_at", "outcome"]
    list_display = ["person", "company", "tenant", "asked_at", "outcome"]
    list_select_related = ["person", "company"]
    list_filter = ["outcome"]
    search_fields = ["person__email", "person__name", "company__name", "company__slug"]
    search_help_text = gettext_lazy("Person or company")
    ordering = ["-pk"]


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Whom owners have invited, and what became of it."""

    note = gettext_lazy("Owners invite on their page of people. The link is in the mail alone; the address goes once it is over.")
    fields = ["company", ("email", "roles_held"), "words", ("invited_by", "invited_at"), ("sent_at", "expires_at"), "over"]
    readonly_fields = ["roles_held", "over"]
    list_display = ["company", "email", "roles_held", "invited_by", "sent_at", "expires_at", "over"]
    list_select_related = ["company", "invited_by", "accepted_by"]
    search_fields = ["company__name", "company__slug", "email", "invited_by__email", "accepted_by__email"]
    search_help_text = gettext_lazy("Company or e-mail address")
    date_hierarchy = "invited_at"
    ordering = ["-invited_at", "-pk"]

    @admin.display(description=gettext_lazy("roles"))
    def roles_held(self, row: Invitation) -> str:
        return row.roles_label

    @admin.display(description=gettext_lazy("what became of it"))
    def over(self, row: Invitation) -> str:
        state = row.state_at(timezone.now()).label
        return f"{state}: {row.accepted_by}" if row.accepted_by else str(state)


@admin.register(RoleRequest)
class RoleRequestAdmin(ReadOnlyAdmin):
    """Roles that members asked their owners for."""

    note = gettext_lazy("Owners decide on their page of people.")
    fields = ["company", "person", ("role", "state"), "words", "asked_at", ("decided_by", "decided_at"), "answer"]
    list_display = ["company", "person", "role", "state", "asked_at", "decided_by"]
    list_select_related = ["company", "person", "decided_by"]
    list_filter = ["state"]
    search_fields = ["company__name", "company__slug", "person__email"]
    search_help_text = gettext_lazy("Company or e-mail address")
    date_hierarchy = "asked_at"
    ordering = ["-asked_at", "-pk"]
