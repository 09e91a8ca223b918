"""The catalogue, read-only: a command loads it."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from console.admin import ReadOnlyAdmin
from credits.models import CreditRate, CreditRequirement, Feature, Offering, PayAsYouGoPrice, PriceListRun, SeatUse
from licensing.admin.orders import CATALOGUE_NOTE


@admin.register(Offering)
class OfferingAdmin(ReadOnlyAdmin):
    note = CATALOGUE_NOTE
    list_display = ["name", "slug", "chart_slot"]
    search_fields = ["name", "slug"]
    search_help_text = gettext_lazy("Name")
    ordering = ["chart_slot"]


@admin.register(Feature)
class FeatureAdmin(ReadOnlyAdmin):
    note = CATALOGUE_NOTE
    list_display = ["name", "offering", "switchable", "switch_group", "slug"]
    list_select_related = ["offering"]
    list_filter = ["switchable"]
    search_fields = ["name", "slug", "offering__name", "description"]
    search_help_text = gettext_lazy("Name, offering or description")
    ordering = ["offering__chart_slot", "name", "pk"]


@admin.register(CreditRequirement)
class CreditRequirementAdmin(ReadOnlyAdmin):
    note = CATALOGUE_NOTE
    list_display = ["feature", "label", "unit", "slug"]
    list_select_related = ["feature"]
    search_fields = ["feature__name", "label", "unit", "slug"]
    search_help_text = gettext_lazy("Feature, tier or unit")
    ordering = ["feature__name", "position", "pk"]


@admin.register(CreditRate)
class CreditRateAdmin(ReadOnlyAdmin):
    note = CATALOGUE_NOTE
    list_display = ["line", "credits_per_unit", "valid_from", "valid_to", "source", "recorded_at"]
    list_select_related = ["line__feature", "act"]
    search_fields = ["line__feature__name", "line__label", "line__unit", "source"]
    search_help_text = gettext_lazy("Feature, tier, unit or source")
    date_hierarchy = "valid_from"
    ordering = ["line__feature__name", "line__position", "-valid_from", "-pk"]


@admin.register(PriceListRun)
class PriceListRunAdmin(ReadOnlyAdmin):
    note = gettext_lazy("How far a loaded price list has been applied to companies.")
    list_display = ["act", "under_way", "done", "companies", "started_at", "finished_at"]
    list_select_related = ["act"]
    search_fields = ["digest", "act__key"]
    search_help_text = gettext_lazy("Digest of the catalogue, key of the act")
    ordering = ["-started_at", "-pk"]


@admin.register(PayAsYouGoPrice)
class PayAsYouGoPriceAdmin(ReadOnlyAdmin):
    note = CATALOGUE_NOTE
    list_display = ["feature", "unit", "price", "currency", "valid_from", "note_of_price"]
    list_select_related = ["feature", "act"]
    search_fields = ["feature__name", "unit", "note", "source"]
    search_help_text = gettext_lazy("Feature, unit, note or source")
    date_hierarchy = "valid_from"
    ordering = ["feature__name", "unit", "-valid_from", "-pk"]

    @admin.display(description=gettext_lazy("note"))
    def note_of_price(self, price: PayAsYouGoPrice) -> str:
        return price.note


@admin.register(SeatUse)
class SeatUseAdmin(ReadOnlyAdmin):
    note = CATALOGUE_NOTE
    list_display = ["product", "line"]
    list_select_related = ["product", "line__feature"]
    search_fields = ["product__name", "product__sku", "line__feature__name"]
    search_help_text = gettext_lazy("Product, SKU or feature")
    ordering = ["product__name", "pk"]
