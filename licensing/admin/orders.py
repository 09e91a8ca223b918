"""What can be licensed, orders, licenses with the acts on one, and what was said about them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AdminIntegerFieldWidget
from django.db.models import Max
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.admin import ActForm, DayField, Done, ReadOnlyAdmin, Table, UnitsField
from console.admin.act_forms import ALWAYS
from console.admin.exports import ListThatReadsMore
from console.errors import DomainError
from console.models import Actor, ReasonKind
from licensing.acts.corrections.correct import correct_license
from licensing.acts.corrections.extend import extend_license
from licensing.acts.last_valid_day import first_day_over, typed_for
from licensing.acts.order_in_hand import lock_order
from licensing.admin import related_tables
from licensing.admin.order_forms import ORDER_ACTS, WITH_THE_CHANGE, IssueOrder, act_url
from licensing.errors import in_words
from licensing.models import Company, ConversionRate, License, LicenseEntry, LicenseStatement, Order, Product, UseChoice
from licensing.pages.license_information.rows import STATUS_LABELS
from licensing.rules.license_profile import LicenseFacts
from licensing.rules.license_status import status_on

CATALOGUE_NOTE = gettext_lazy("The catalogue is loaded by a command, manage.py load_catalogue, from files you can check first.")
FACTS_NOTE = gettext_lazy("Recorded facts are never edited. What was recorded wrongly is corrected by a further statement.")


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    note = CATALOGUE_NOTE
    list_display = ["name", "sku", "kind", "unit"]
    list_filter = ["kind"]
    search_fields = ["name", "sku"]
    search_help_text = gettext_lazy("Name or SKU")
    ordering = ["name", "sku"]


@admin.register(ConversionRate)
class ConversionRateAdmin(ReadOnlyAdmin):
    note = CATALOGUE_NOTE
    list_display = ["product", "credits_per_unit", "valid_from", "source", "recorded_at"]
    list_select_related = ["product", "act"]
    search_fields = ["product__name", "product__sku", "source"]
    search_help_text = gettext_lazy("Product, SKU or source")
    date_hierarchy = "valid_from"
    ordering = ["product__name", "-valid_from", "-pk"]


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """A purchase as bought. It is issued here and changed by acts; what changes later stands with its licenses."""

    add_act = IssueOrder
    acts = ORDER_ACTS
    tables = [related_tables.order_today, related_tables.statements_of_order, related_tables.entries_of_order]
    note = gettext_lazy("An order keeps what was bought; later changes are statements of its licenses.")
    fields = [
        ("channel", "external_id", "name"),
        ("product", "units"),
        ("term_months", "term_starts_on", "term_ends_on"),
        ("renews", "trial", "goodwill"),
        ("company", "activated_at", "reserved_for"),
        ("transferred_from", "act"),
    ]
    list_display = ["external_id", "channel", "company", "product", "units", "name", "reserved_for", "activated_at"]
    list_select_related = ["company", "product", "reserved_for", "transferred_from", "act"]
    list_filter = ["channel", "trial", "goodwill", ("company", admin.EmptyFieldListFilter)]
    search_fields = [
        "external_id",
        "name",
        "company__name",
        "company__slug",
        "reserved_for__name",
        "product__sku",
        "product__name",
    ]
    search_help_text = gettext_lazy("Order reference, name, company, product or SKU")
    date_hierarchy = "activated_at"
    ordering = ["-pk"]


class LicensesOfPage(ListThatReadsMore):
    """Reads what was said about the licenses of the page, and the zones of their companies, at once."""

    def read_more(self, rows: list[Any]) -> None:
        facts = LicenseStatement.objects.all().facts_by_license(rows)
        related_tables.give_zones([license.company for license in rows])
        for license in rows:
            license.said_of_it = facts[license.pk]


def facts_now(license: License) -> LicenseFacts:
    """Read once for a license in hand, and kept with it."""
    kept: LicenseFacts | None = license.__dict__.get("facts_now")
    return kept or keep_facts(
        license, LicenseStatement.objects.for_company(license.company).facts_by_license([license])[license.pk]
    )


def keep_facts(license: License, facts: LicenseFacts) -> LicenseFacts:
    license.__dict__["facts_now"] = facts
    return facts


class LicenseForm(ActForm):
    """An act on one license, needing a reason."""

    asks_reason = ALWAYS
    note_says = WITH_THE_CHANGE
    target: License

    @classmethod
    def fits(cls, target: License) -> bool:
        return cls.allowed_by(facts_now(target))

    @classmethod
    def allowed_by(cls, facts: LicenseFacts) -> bool:
        """Whether what is known of a license leaves the act: of what was withdrawn nothing is said, of what is over the past."""
        return not facts.withdrawn

    def company(self) -> Company:
        return self.target.company

    def lock(self) -> None:
        lock_order(self.target.order)

    def state(self) -> str:
        # Of the whole order: an end is stated for other licenses too, and judged by them.
        found = LicenseStatement.objects.for_company(self.target.company).filter(license__order=self.target.order_id)
        return str(found.aggregate(last=Max("id"))["last"])

    def tables(self) -> list[Table]:
        return [related_tables.license_today(self.target)]


class CorrectLicense(LicenseForm):
    title = gettext_lazy("Correct")
    says = gettext_lazy(
        "A further statement corrects what was recorded; nothing is edited. The rate stays the one it was issued at. "
        "Another last valid day holds for the whole term: for its top-ups too. What was agreed anew is said on "
        "the order's page: set its units, or top it up."
    )

    units = UnitsField(required=False, help_text=gettext_lazy("Empty: as they are."))
    on = DayField(label=gettext_lazy("Units hold from"), help_text=gettext_lazy("Empty: for every day."))
    starts_on = DayField(label=gettext_lazy("Starts on"), help_text=gettext_lazy("Empty: as it is."))
    last_day = DayField(
        label=gettext_lazy("Last valid day"), help_text=gettext_lazy("For every license of the term. Empty: as it is.")
    )

    def instead(self) -> list[tuple[Any, str]]:
        return [
            (_("More or fewer units as agreed anew: set the units"), act_url(self.target.order, "set-units")),
            (_("More time as agreed: extend the term"), act_url(self.target, "extend")),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        on: date | None = cleaned.get("on")
        if on is not None and cleaned.get("units") is None and "units" not in self.errors:
            self.add_error("units", _("Enter the units that hold from the day."))
        return cleaned

    def beside(self, error: DomainError) -> str:
        return typed_for(error.field)

    def act(self, *, by: Actor, key: str) -> Done:
        correct_license(self.target, **first_day_over(self.said), today=self.today, by=by, key=key)
        return Done(_("The correction is recorded."), self.target)


MOST_DAYS_MORE = 3_660
"""Ten years: an extension by more is a slip."""


class ExtendTerm(LicenseForm):
    title = gettext_lazy("Extend")
    says = gettext_lazy(
        "Lets the license's whole term end later, as was agreed. The customer reads “Extended”; what was recorded wrongly is "
        "corrected instead."
    )
    button = gettext_lazy("Extend")

    more_days = forms.IntegerField(
        label=gettext_lazy("Days more"),
        required=False,
        min_value=1,
        max_value=MOST_DAYS_MORE,
        widget=AdminIntegerFieldWidget(attrs={"step": "1"}),
        error_messages={"invalid": gettext_lazy("Enter a whole number of days.")},
    )
    last_day = DayField(label=gettext_lazy("Or the last valid day"))

    @classmethod
    def allowed_by(cls, facts: LicenseFacts) -> bool:
        """One that is cancelled would count on no day more; one that is over may be extended late."""
        return super().allowed_by(facts) and facts.state_on(facts.last_day) != "cancelled"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("reason_kind", ReasonKind.EXTENSION_AGREED)
        facts = LicenseStatement.objects.for_company(self.target.company).facts_by_license([self.target])
        self.last = facts[self.target.pk].last_day
        self.fields["more_days"].help_text = _("Counted from the last valid day, %(day)s: 14 days more end on %(later)s.") % {
            "day": in_words(self.last),
            "later": in_words(self.last + timedelta(days=14)),
        }
        self.fields["last_day"].help_text = _("The last day that counts, for every license of the term.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        days, last_day = cleaned.pop("more_days", None), cleaned.get("last_day")
        if self.errors.keys() & {"more_days", "last_day"}:
            return cleaned
        if days is not None and last_day is not None and last_day != self.last + timedelta(days=days):
            words = _("%(days)s days more end on %(later)s. Fill in one of the two.")
            self.add_error("last_day", words % {"days": days, "later": in_words(self.last + timedelta(days=days))})
        elif days is not None:
            cleaned["last_day"] = self.last + timedelta(days=days)
        elif last_day is None:
            self.add_error("more_days", _("Say how many days more, or the last valid day."))
        return cleaned

    def instead(self) -> list[tuple[Any, str]]:
        return [(_("Recorded wrongly: correct it"), act_url(self.target, "correct"))]

    def beside(self, error: DomainError) -> str:
        return typed_for(error.field)

    def act(self, *, by: Actor, key: str) -> Done:
        extend_license(self.target, **first_day_over(self.said), today=self.today, by=by, key=key)
        return Done(_("The term is extended."), self.target)


@admin.register(License)
class LicenseAdmin(ReadOnlyAdmin):
    """A row of License Information, as of the company's today."""

    acts = {"correct": CorrectLicense, "extend": ExtendTerm}
    tables = [related_tables.license_today, related_tables.statements_of_license, related_tables.entries_of_license]
    note = FACTS_NOTE
    fields = [
        ("company", "order"),
        ("product", "kind", "trial"),
        ("renewal_of", "top_up_of", "replaces"),
        ("act", "recorded_at"),
    ]
    list_display = ["number", "company", "order", "status", "units", "expires_on", "kind", "product"]
    list_select_related = [
        "company",
        "order__company",
        "product",
        "renewal_of__product",
        "top_up_of__product",
        "replaces__product",
        "act",
    ]
    list_filter = ["kind", "trial"]
    search_fields = [
        "company__name",
        "company__slug",
        "order__external_id",
        "order__name",
        "product__sku",
        "product__name",
    ]
    search_help_text = gettext_lazy("Company, order reference, product or SKU")
    date_hierarchy = "recorded_at"
    ordering = ["-pk"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return LicensesOfPage

    @admin.display(description=gettext_lazy("license"), ordering="pk")
    def number(self, license: License) -> str:
        return f"#{license.pk}"

    @admin.display(description=gettext_lazy("units today"))
    def units(self, license: Any) -> str:
        said = license.said_of_it
        return f"{said.units_on(max(related_tables.today_of(license.company), said.issued.day)):,}"

    @admin.display(description=gettext_lazy("expiration date"))
    def expires_on(self, license: Any) -> str:
        return in_words(license.said_of_it.expires_on)

    @admin.display(description=gettext_lazy("status today"))
    def status(self, license: Any) -> str:
        return str(STATUS_LABELS[status_on(license.said_of_it, related_tables.today_of(license.company))])


class FactsOfLicenses(ReadOnlyAdmin):
    """Rows about a license, found by their company, order or product."""

    note = FACTS_NOTE
    list_select_related = ["company", "license__product", "license__order", "act"]
    search_fields = ["company__name", "company__slug", "license__order__external_id", "license__product__sku"]
    search_help_text = gettext_lazy("Company, order reference or SKU")
    date_hierarchy = "effective_on"
    ordering = ["-recorded_at", "-pk"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        # The order's page links to all rows of the order.
        return lookup == "license__order__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("order"))
    def order(self, row: Any) -> str:
        return str(row.license.order)


@admin.register(LicenseStatement)
class LicenseStatementAdmin(FactsOfLicenses):
    """What was said about licenses. To say something else, use the acts on the order's or license's page."""

    list_display = ["kind", "effective_on", "company", "license", "order", "says", "recorded_at"]
    list_filter = ["kind"]

    @admin.display(description=gettext_lazy("says"))
    def says(self, statement: LicenseStatement) -> str:
        return related_tables.as_statement(statement)


@admin.register(LicenseEntry)
class LicenseEntryAdmin(FactsOfLicenses):
    """What statements did to the valid credits, day by day."""

    list_display = ["effective_on", "change", "company", "license", "order", "recorded_at"]


@admin.register(UseChoice)
class UseChoiceAdmin(ReadOnlyAdmin):
    """What was chosen for the use of converted seats, order by order; the latest choice holds."""

    note = FACTS_NOTE
    list_display = ["order", "keeps", "company", "act", "recorded_at"]
    list_select_related = ["company", "order", "act"]
    list_filter = ["keeps"]
    search_fields = ["company__name", "company__slug", "order__external_id", "order__name"]
    search_help_text = gettext_lazy("Company or order")
    date_hierarchy = "recorded_at"
    ordering = ["-recorded_at", "-pk"]
