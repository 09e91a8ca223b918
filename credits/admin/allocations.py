"""What was allocated, and how features are billed; the acts on both are offered on a company's page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.admin import ReadOnlyAdmin, Table, link_to, list_url, table_of
from console.models import Act
from credits.admin.allocation_forms import SetAllocation, SwitchBillingModel, WithdrawPlan
from credits.models import (
    AllocationEntry,
    AllocationStatement,
    ApprovalRule,
    BillingModelChange,
    KeptUnits,
    RequestEvent,
    Scenario,
    ThresholdStatement,
    UnitsInUse,
    UnitsRequest,
)
from licensing.admin import ActAdmin, CompanyAdmin
from licensing.admin.related_tables import at, written_by
from licensing.errors import in_words
from licensing.models import Company

NOTE = gettext_lazy("Recorded facts are never edited. Set allocations and switch billing models on the company's page.")


class FactsOfFeatures(ReadOnlyAdmin):
    """Rows about a feature in a company."""

    note = NOTE
    search_fields = ["company__name", "company__slug", "feature__name", "feature__slug"]
    search_help_text = gettext_lazy("Company or feature")
    date_hierarchy = "effective_on"
    ordering = ["-recorded_at", "-pk"]


@admin.register(AllocationStatement)
class AllocationStatementAdmin(FactsOfFeatures):
    list_display = ["effective_on", "company", "feature", "line", "units", "withdraws", "recorded_at"]
    list_select_related = ["company", "feature", "line__feature", "withdraws", "act"]


@admin.register(AllocationEntry)
class AllocationEntryAdmin(FactsOfFeatures):
    list_display = ["effective_on", "change", "units_change", "company", "feature", "line", "recorded_at"]
    list_select_related = ["company", "feature", "line__feature", "act"]


@admin.register(KeptUnits)
class KeptUnitsAdmin(FactsOfFeatures):
    """What keeping the use of converted seats added to allocations, and what of it was taken back."""

    list_display = ["effective_on", "units_change", "company", "feature", "line", "order", "recorded_at"]
    list_select_related = ["company", "feature", "line__feature", "order", "act"]


@admin.register(UnitsInUse)
class UnitsInUseAdmin(FactsOfFeatures):
    """What was observed to be in use; it changes no credits."""

    date_hierarchy = "observed_on"
    list_display = ["observed_on", "units", "company", "feature", "line", "recorded_at"]
    list_select_related = ["company", "feature", "line__feature", "act"]


@admin.register(BillingModelChange)
class BillingModelChangeAdmin(FactsOfFeatures):
    list_display = ["effective_on", "company", "feature", "model", "contract", "recorded_at"]
    list_select_related = ["company", "feature", "contract__product", "act"]
    list_filter = ["model"]


@admin.register(Scenario)
class ScenarioAdmin(ReadOnlyAdmin):
    """Plans that people of a company kept by name: they change no figure."""

    note = gettext_lazy("A scenario changes no figure. People of the company keep, change and drop it.")
    list_display = ["name", "company", "holds_from", "kept_at"]
    list_select_related = ["company", "act"]
    search_fields = ["name", "company__name", "company__slug"]
    search_help_text = gettext_lazy("Name or company")
    ordering = ["-kept_at", "-pk"]


@admin.register(ThresholdStatement)
class ThresholdStatementAdmin(ReadOnlyAdmin):
    """From how many allocated credits on a service provider is told of a customer."""

    note = gettext_lazy("A threshold changes nothing of the customer. People of the service provider state another.")
    list_display = ["customer", "company", "kind", "credits", "effective_on", "recorded_at"]
    list_select_related = ["company", "customer", "act"]
    search_fields = ["customer__name", "customer__slug", "company__name", "company__slug"]
    search_help_text = gettext_lazy("Customer or service provider")
    ordering = ["-recorded_at", "-pk"]


class FactsOfRequests(ReadOnlyAdmin):
    """Rows about what people of a company ask each other."""

    note = gettext_lazy("People of the company ask, decide, and say when a second person confirms. Nothing here is edited.")
    search_fields = ["company__name", "company__slug"]
    search_help_text = gettext_lazy("Company")
    ordering = ["-recorded_at", "-pk"]


@admin.register(UnitsRequest)
class UnitsRequestAdmin(FactsOfRequests):
    list_display = ["recorded_at", "company", "kind", "effective_on", "scenario"]
    list_select_related = ["company", "act"]
    list_filter = ["kind"]


@admin.register(RequestEvent)
class RequestEventAdmin(FactsOfRequests):
    list_display = ["recorded_at", "company", "request", "kind"]
    list_select_related = ["company", "request", "act"]
    list_filter = ["kind"]


@admin.register(ApprovalRule)
class ApprovalRuleAdmin(FactsOfRequests):
    list_display = ["recorded_at", "company", "from_credits", "below_zero"]
    list_select_related = ["company", "act"]


# --- On a company's page and an act's


def statements(found: Any, more_url: str) -> Table:
    rows = found.select_related("line__feature", "act").order_by("-recorded_at", "-id")
    return table_of(
        _("Allocation statements"),
        rows,
        {
            _("Recorded"): lambda row: at(row.recorded_at),
            _("Requirement"): lambda row: str(row.line),
            _("Holds from"): lambda row: link_to(row, in_words(row.effective_on)),
            _("Units"): lambda row: _("plan withdrawn") if row.units is None else row.units,
            _("Act"): lambda row: link_to(row.act, row.act.name),
        },
        more_url=more_url,
    )


def entries(found: Any, more_url: str) -> Table:
    rows = found.select_related("line__feature", "act").order_by("-recorded_at", "-id")
    return table_of(
        _("Allocation entries"),
        rows,
        {
            _("Recorded"): lambda row: at(row.recorded_at),
            _("Requirement"): lambda row: str(row.line),
            _("Day"): lambda row: link_to(row, in_words(row.effective_on)),
            _("Change in units"): lambda row: row.units_change,
            _("Change in credits"): lambda row: row.change,
            _("Act"): lambda row: link_to(row.act, row.act.name),
        },
        more_url=more_url,
    )


def switches(found: Any, more_url: str) -> Table:
    rows = found.select_related("feature", "contract__product", "act").order_by("-recorded_at", "-id")
    return table_of(
        _("Billing model changes"),
        rows,
        {
            _("Recorded"): lambda row: at(row.recorded_at),
            _("Feature"): lambda row: str(row.feature),
            _("Holds from"): lambda row: link_to(row, in_words(row.effective_on)),
            _("Billed"): lambda row: row.get_model_display(),
            _("Contract"): lambda row: link_to(row.contract),
            _("Act"): lambda row: link_to(row.act, row.act.name),
        },
        more_url=more_url,
    )


def statements_of_company(company: Company) -> Table:
    found = AllocationStatement.objects.for_company(company)
    return statements(found, list_url(AllocationStatement, company__id__exact=company.pk))


def entries_of_company(company: Company) -> Table:
    found = AllocationEntry.objects.for_company(company)
    return entries(found, list_url(AllocationEntry, company__id__exact=company.pk))


def switches_of_company(company: Company) -> Table:
    found = BillingModelChange.objects.for_company(company)
    return switches(found, list_url(BillingModelChange, company__id__exact=company.pk))


def statements_of_act(act: Act) -> Table:
    return statements(written_by(act, AllocationStatement), list_url(AllocationStatement, act__id__exact=act.pk))


def entries_of_act(act: Act) -> Table:
    return entries(written_by(act, AllocationEntry), list_url(AllocationEntry, act__id__exact=act.pk))


def switches_of_act(act: Act) -> Table:
    return switches(written_by(act, BillingModelChange), list_url(BillingModelChange, act__id__exact=act.pk))


CompanyAdmin.offer("set-allocation", SetAllocation)
CompanyAdmin.offer("withdraw-plan", WithdrawPlan)
CompanyAdmin.offer("switch-billing-model", SwitchBillingModel)
CompanyAdmin.show(statements_of_company, entries_of_company, switches_of_company)
ActAdmin.show(statements_of_act, entries_of_act, switches_of_act)
