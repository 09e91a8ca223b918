"""Purchases at marketplaces for support: subscriptions, how they were activated, and which product a plan sells."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.admin import ReadOnlyAdmin, Table, link_to, list_url, page_url, table_of
from licensing.admin.companies import CompanyAdmin
from licensing.admin.marketplace_forms import CompareNow, TryAgain
from licensing.admin.orders import OrderAdmin
from licensing.admin.related_tables import at
from licensing.errors import in_words
from licensing.marketplaces.own_webhook import is_practice
from licensing.marketplaces.practice.offers import OFFERS
from licensing.models import (
    Activation,
    Company,
    Difference,
    MarketplaceEvent,
    MarketplacePlan,
    Order,
    Reconciliation,
    Subscription,
)
from licensing.purchases.bought_at import MARKETPLACES

# --- What belongs to a subscription or a company


def activations_of_subscription(subscription: Subscription) -> Table:
    rows = Activation.objects.filter(subscription=subscription).select_related("person", "company").order_by("-brought_at")
    return table_of(
        _("Activations"),
        rows,
        {
            _("Begun"): lambda row: link_to(row, at(row.brought_at)),
            _("State"): lambda row: row.get_state_display(),
            _("Person"): lambda row: link_to(row.person),
            _("Company"): lambda row: link_to(row.company),
            _("What is wrong"): lambda row: row.problem,
        },
        more_url=list_url(Activation, subscription__id__exact=subscription.pk),
        empty=_("Nobody has begun to activate it."),
    )


def events_of_subscription(subscription: Subscription) -> Table:
    rows = MarketplaceEvent.objects.filter(channel=subscription.channel, subscription_id_said=subscription.external_id)
    return table_of(
        _("Notifications"),
        rows.order_by("-received_at"),
        {
            _("Received"): lambda row: link_to(row, at(row.received_at)),
            _("Action"): lambda row: row.get_action_display(),
            _("State"): lambda row: row.get_state_display(),
            _("Answered"): lambda row: str(row.answered or ""),
            _("What came of it"): lambda row: row.detail,
        },
        more_url=list_url(MarketplaceEvent, q=subscription.external_id),
    )


def differences_of_subscription(subscription: Subscription) -> Table:
    rows = Difference.objects.filter(channel=subscription.channel, external_id=subscription.external_id)
    return table_of(
        _("Differences"),
        rows.order_by("-found_at"),
        {
            _("What differs"): lambda row: link_to(row, row.get_kind_display()),
            _("Marketplace"): lambda row: row.theirs,
            _("Here"): lambda row: row.ours,
            _("Found"): lambda row: at(row.found_at),
            _("Mended"): lambda row: at(row.mended_at) if row.mended_at else _("Not yet"),
            _("Why it was not mended"): lambda row: row.problem,
        },
        more_url=list_url(Difference, q=subscription.external_id),
        empty=_("None was ever found."),
    )


def comparisons_of_subscription(subscription: Subscription) -> Table:
    rows = Reconciliation.objects.filter(channel=subscription.channel, external_id=subscription.external_id)
    return table_of(
        _("Comparisons of this subscription alone"),
        rows.order_by("-started_at"),
        {
            _("Started"): lambda row: link_to(row, at(row.started_at)),
            _("Finished"): lambda row: at(row.finished_at) if row.finished_at else _("Not yet"),
            _("Mended"): lambda row: row.mended,
            _("What went wrong"): lambda row: row.problem,
        },
        more_url=list_url(Reconciliation, q=subscription.external_id),
    )


def subscriptions_of_company(company: Company) -> Table:
    rows = Subscription.objects.filter(claimed_by=company).order_by("-pk")
    return table_of(
        _("Subscriptions at marketplaces"),
        rows,
        {
            _("Subscription"): lambda row: link_to(row),
            _("Status"): lambda row: row.get_status_display(),
            _("Plan"): lambda row: row.plan_id,
            _("Quantity"): lambda row: row.units if row.units is not None else 0,
            _("Last day of the term"): lambda row: in_words(row.term_ends_on) if row.term_ends_on else "",
        },
        more_url=list_url(Subscription, claimed_by__id__exact=company.pk),
    )


def link_to_subscription(request: HttpRequest, order: Order) -> tuple[str, str] | None:
    found = Subscription.objects.filter(order=order).first()
    return (_("Subscription at the marketplace"), page_url(found)) if found else None


CompanyAdmin.show(subscriptions_of_company)
OrderAdmin.link(link_to_subscription)


# --- Pages


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """A mirror of what the marketplace said last."""

    acts = {"compare": CompareNow}
    tables = [
        differences_of_subscription,
        activations_of_subscription,
        events_of_subscription,
        comparisons_of_subscription,
    ]
    note = gettext_lazy("This is what the marketplace said last. It is changed there, and followed here.")
    fields = [
        ("name", "external_id", "channel"),
        ("status", "status_said", "seen_at", "missing_times"),
        ("offer_id", "plan_id", "units"),
        ("term_months", "term_starts_on", "term_ends_on", "renews"),
        ("beneficiary_email", "purchaser_email", "bought_at"),
        ("beneficiary_object_id", "beneficiary_tenant_id"),
        ("claimed_by", "order"),
        ("trial", "test", "customer_may"),
    ]
    list_display = [
        "__str__",
        "external_id",
        "channel",
        "status",
        "claimed_by",
        "units",
        "plan_id",
        "term_ends_on",
        "beneficiary_email",
        "seen_at",
    ]
    list_select_related = ["claimed_by", "order"]
    list_filter = ["status", "channel", ("order", admin.EmptyFieldListFilter), "trial", "test"]
    search_fields = [
        "external_id",
        "name",
        "beneficiary_email",
        "purchaser_email",
        "claimed_by__name",
        "claimed_by__slug",
        "offer_id",
        "plan_id",
    ]
    search_help_text = gettext_lazy("Subscription id, name, e-mail address of the beneficiary or buyer, company, offer or plan")
    date_hierarchy = "bought_at"
    ordering = ["-pk"]


class NotFoundFilter(admin.SimpleListFilter):
    title = gettext_lazy("found at the marketplace")
    parameter_name = "missed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("Not found when last asked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(missed_at__len__gt=0) if self.value() else queryset


@admin.register(Activation)
class ActivationAdmin(ReadOnlyAdmin):
    """How far an attempt to activate a purchase has come. Its token and its link to hand it over are never shown."""

    acts = {"try-again": TryAgain}
    tables = []
    note = gettext_lazy(
        "The person sees the same steps. Only they choose the company; support sets a failed attempt going again."
    )
    fields = [
        ("state", "problem"),
        "next_step",
        ("person", "company"),
        ("subscription", "order", "license"),
        ("channel", "confirmed_quantity", "tries"),
        "correlation",
    ]
    readonly_fields = ["next_step", "confirmed_quantity", "correlation"]
    list_display = ["__str__", "state", "person", "company", "subscription", "tries", "problem"]
    list_select_related = ["person", "company", "subscription", "order", "license__product"]
    list_filter = ["state", "channel", NotFoundFilter]
    search_fields = [
        "person__email",
        "person__name",
        "company__name",
        "company__slug",
        "subscription__external_id",
        "subscription__name",
        "subscription__beneficiary_email",
        "order__external_id",
        "correlation_id",
        "id",
    ]
    search_help_text = gettext_lazy("Person, company, subscription, e-mail address of the beneficiary, order or correlation id")
    date_hierarchy = "brought_at"
    ordering = ["-brought_at", "-pk"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "subscription__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("what to do"))
    def next_step(self, activation: Activation) -> str:
        """Of an attempt that needs somebody: support, where it may set it going again, else the person."""
        state, states = activation.state, Activation.State
        if state in (states.FAILED, states.NOT_KNOWN) and TryAgain.fits(activation):
            return _("Mend what the problem says, then press “Try again”.")
        if state == states.FOUND and activation.problem:
            return _("Mend what the problem says, then ask the person to press Activate again: it is theirs to choose for whom.")
        if TryAgain.fits(activation):
            return _("It is tried again by itself: the timeline says when, and why not yet. “Try again” does it at once.")
        return _("Nothing")

    @admin.display(description=gettext_lazy("reviewed"))
    def confirmed_quantity(self, activation: Activation) -> str:
        shown = activation.shown
        return f"{shown.get('plan_id') or '–'}, {shown.get('units') or '–'}" if shown else ""

    @admin.display(description=gettext_lazy("correlation id, for the marketplace's support"))
    def correlation(self, activation: Activation) -> str:
        return str(activation.correlation_id)


def timeline_of_activation(activation: Activation) -> Table:
    steps = [
        (_("Begun: the person came from the marketplace, or typed a code"), activation.brought_at),
        (_("Purchase found"), activation.found_at),
        (_("Reviewed and confirmed by the person"), activation.confirmed_at),
        (_("Accepted by the marketplace"), activation.accepted_at),
        (_("License issued"), activation.issued_at),
    ]
    steps += [(_("Not found at the marketplace"), moment) for moment in activation.missed_at]
    if activation.state == Activation.State.ACTIVATING and activation.due_at:
        steps.append((_("Next try"), activation.due_at))
    return Table(
        _("Timeline"), [_("Step"), _("When")], [[step, at(moment) if moment else _("Not yet")] for step, moment in steps]
    )


ActivationAdmin.show(timeline_of_activation)


@admin.register(MarketplacePlan)
class MarketplacePlanAdmin(admin.ModelAdmin):
    """The vendor's own table, edited here."""

    change_list_template = "admin/support/change_list.html"
    fields = ["channel", "offer_id", "plan_id", "product"]
    list_display = ["plan_id", "offer_id", "channel", "product"]
    list_select_related = ["product"]
    list_filter = ["channel"]
    search_fields = ["offer_id", "plan_id", "product__name", "product__sku"]
    search_help_text = gettext_lazy("Offer, plan, product or SKU")
    ordering = ["channel", "offer_id", "plan_id"]
    actions = None
    show_full_result_count = False

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name in HELP:
            field.help_text = HELP[db_field.name]
        if isinstance(field, forms.ChoiceField) and db_field.name == "channel":
            field.choices = [(each.value, each.label) for each in Order.Channel if each in MARKETPLACES]
        return field

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not is_practice() and MarketplacePlan.objects.filter(offer_id__in={each.offer_id for each in OFFERS}).exists():
            messages.warning(request, PRACTICE_PLANS)
        return super().changelist_view(request, {"note": PLANS_NOTE, **(extra_context or {})})


PRACTICE_PLANS = gettext_lazy(
    "Plans of the practice marketplace are still listed, though it is switched off here. Nobody can buy them: delete them."
)
PLANS_NOTE = gettext_lazy(
    "Which product each plan of your offers sells. A plan that is not listed cannot be activated, and a change to it is refused. "
    "A change here counts for purchases activated, renewed or compared from now on; each is kept in this page's history."
)
HELP = {
    "channel": gettext_lazy("The marketplace that the offer is published on."),
    "offer_id": gettext_lazy("The offer's id exactly as in Partner Center, not its title."),
    "plan_id": gettext_lazy("The plan's id exactly as in Partner Center, not its title."),
    "product": gettext_lazy("What one user of the plan is: a credit, or a seat that converts to credits by its rate."),
}
