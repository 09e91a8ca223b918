"""What marketplaces told us and where they differ from us, for support: the inbox, comparisons, differences, notes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from console.admin import ReadOnlyAdmin, link_to
from licensing.admin.marketplace_forms import CompareAll, LookAgain, MarkRead
from licensing.models import ConnectionNote, Difference, MarketplaceEvent, Order, Reconciliation


class OfSubscription(ReadOnlyAdmin):
    """Rows about a subscription, with the company and order it became."""

    list_select_related = ["subscription__claimed_by", "subscription__order"]

    @admin.display(description=gettext_lazy("subscription"))
    def purchase(self, row: Any) -> str:
        return link_to(row.subscription) or getattr(row, "subscription_id_said", "") or row.external_id

    @admin.display(description=gettext_lazy("company"), ordering="subscription__claimed_by__name")
    def company(self, row: Any) -> str:
        return link_to(row.subscription.claimed_by) if row.subscription else ""

    @admin.display(description=gettext_lazy("order"))
    def order(self, row: Any) -> str:
        order: Order | None = row.subscription.order if row.subscription else None
        return link_to(order)


@admin.register(MarketplaceEvent)
class MarketplaceEventAdmin(OfSubscription):
    """The inbox: a row per operation."""

    acts = {"look-again": LookAgain, "mark-read": MarkRead}
    note = gettext_lazy(
        "A notification changes nothing by itself: the marketplace was asked, and what it says was followed. Suspicious means "
        "that it said otherwise."
    )
    fields = [
        ("action", "action_said", "state"),
        ("external_id", "subscription_id_said", "channel"),
        ("subscription", "company", "order"),
        ("plan_id", "units"),
        "detail",
        ("happened_at", "received_at", "times"),
        ("answered", "done_at", "to_settle", "settled_at", "read_at"),
    ]
    readonly_fields = ["company", "order"]
    list_display = [
        "action",
        "received_at",
        "state",
        "company",
        "purchase",
        "times",
        "answered",
        "detail",
        "settled_at",
    ]
    list_filter = [
        "state",
        "action",
        "channel",
        ("done_at", admin.EmptyFieldListFilter),
        ("settled_at", admin.EmptyFieldListFilter),
        ("read_at", admin.EmptyFieldListFilter),
    ]
    search_fields = [
        "external_id",
        "subscription_id_said",
        "subscription__name",
        "subscription__beneficiary_email",
        "subscription__claimed_by__name",
        "subscription__claimed_by__slug",
    ]
    search_help_text = gettext_lazy("Operation or subscription id, name, company, or e-mail address of the beneficiary")
    date_hierarchy = "received_at"
    ordering = ["-received_at", "-pk"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # As received, it names people: only for those who act on it.
        return [*super().get_fields(request, obj), *(["raw"] if self.may_act(request) else [])]


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    """Every night, and on demand: Add asks for one now."""

    add_act = CompareAll
    note = gettext_lazy(
        "Every night at 02:17 UTC, and on demand, all subscriptions are compared with ours. What differs is a Difference."
    )
    fields = [("channel", "external_id"), ("started_at", "finished_at"), ("compared", "mended"), "problem"]
    list_display = ["__str__", "external_id", "started_at", "finished_at", "compared", "mended", "problem"]
    list_filter = ["channel", ("external_id", admin.EmptyFieldListFilter), ("finished_at", admin.EmptyFieldListFilter)]
    search_fields = ["external_id", "problem"]
    search_help_text = gettext_lazy("Subscription id, or what went wrong")
    date_hierarchy = "started_at"
    ordering = ["-started_at", "-pk"]


class StandingFilter(admin.SimpleListFilter):
    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", gettext_lazy("Open")), ("mended", gettext_lazy("Mended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "open":
            return queryset.filter(mended_at=None)
        return queryset.exclude(mended_at=None) if self.value() == "mended" else queryset


@admin.register(Difference)
class DifferenceAdmin(OfSubscription):
    """Open ones first: they are support's list."""

    acts = {"mark-read": MarkRead}
    note = gettext_lazy(
        "What could be mended was, by the same acts as a notification's. An open difference says why it was not; it closes by "
        "itself once a comparison no longer finds it."
    )
    fields = [
        ("kind", "external_id", "channel"),
        ("theirs", "ours"),
        "problem",
        ("subscription", "company", "order"),
        ("found_at", "seen_at", "mended_at", "read_at"),
    ]
    readonly_fields = ["company", "order"]
    list_display = ["kind", "purchase", "company", "order", "theirs", "ours", "found_at", "mended_at", "read_at", "problem"]
    list_filter = [StandingFilter, "kind", "channel", ("read_at", admin.EmptyFieldListFilter)]
    search_fields = [
        "external_id",
        "subscription__name",
        "subscription__beneficiary_email",
        "subscription__claimed_by__name",
        "subscription__claimed_by__slug",
    ]
    search_help_text = gettext_lazy("Subscription id, name, company, or e-mail address of the beneficiary")
    date_hierarchy = "found_at"
    ordering = [F("mended_at").desc(nulls_first=True), "-found_at", "-pk"]


@admin.register(ConnectionNote)
class ConnectionNoteAdmin(ReadOnlyAdmin):
    """What the health page counts."""

    note = gettext_lazy(
        "One row per reason and day, so that forgeries fill nothing; the count is at least what happened. The ids are what the "
        "marketplace's support asks for."
    )
    fields = [
        ("kind", "reason", "about", "channel"),
        ("day", "times"),
        ("first_at", "last_at"),
        "detail",
        ("request_id", "correlation_id"),
    ]
    list_display = ["reason", "kind", "day", "times", "last_at", "detail", "request_id", "correlation_id"]
    list_filter = ["kind", "channel"]
    search_fields = ["reason", "detail", "request_id", "correlation_id"]
    search_help_text = gettext_lazy("Reason, what was said, request or correlation id")
    date_hierarchy = "day"
    ordering = ["-last_at", "-pk"]
