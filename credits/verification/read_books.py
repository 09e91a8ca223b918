"""Reads everything one company's audit needs. Ten statements per company, seven for the catalogue, at any size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection

from console.models import Act
from credits.models import (
    AllocationEntry,
    AllocationStatement,
    BillingModelChange,
    CreditRate,
    CreditRequirement,
    KeptUnits,
    PayAsYouGoPrice,
    PriceListRun,
)
from credits.verification.profiles_recomputed import Billing, LicenseHistory
from licensing.models import Company, ConversionRate, License, LicenseEntry, LicenseStatement, Order, Product, UseChoice

Row = Any
"""A named tuple of the columns that were asked for: cheaper than a model where there are thousands."""


@dataclass(frozen=True)
class Catalogue:
    """What all companies share. Rates in the order they were recorded."""

    products: dict[int, Row]
    lines: dict[int, Row]
    conversion_rates: dict[int, list[Row]]
    credit_rates: dict[int, list[Row]]
    prices: list[Row]
    clock: datetime
    """The database's clock when the audit began."""
    being_applied: PriceListRun | None = None
    """The price list that companies are being re-priced by."""

    def line_name(self, line_id: int) -> str:
        line = self.lines[line_id]
        return f"line {line_id} ({line.feature__name}: {line.label or line.unit})"

    def former_rates(self, line_id: int, company_id: int) -> list[Row] | None:
        """The rates of a line before the price list that a company still waits for; None where it waits for none."""
        run = self.being_applied
        if run is None or line_id not in run.lines or not run.through < company_id <= (run.last or company_id):
            return None
        return [each for each in self.credit_rates.get(line_id, []) if each.act_id != run.act_id]


@dataclass
class Books:
    """All rows of one company; facts in the order they were added."""

    company: Company
    catalogue: Catalogue
    acts: dict[UUID, Row]
    orders: dict[int, Row]
    licenses: dict[int, Row]
    license_statements: list[Row]
    license_entries: list[Row]
    allocation_statements: list[Row]
    allocation_entries: list[Row]
    billing_changes: list[Row]
    use_choices: list[Row]
    kept_units: list[Row]
    lines: set[int] = field(default_factory=set)
    days_compared: int = 0

    def name(self, what: str = "") -> str:
        """The company, and what in it, as messages name them."""
        company = f"{self.company.name} ({self.company.slug})"
        return f"{company}, {what}" if what else company

    def license_name(self, license_id: int) -> str:
        license = self.licenses.get(license_id)
        product = self.catalogue.products[license.product_id].name if license else "of another company"
        return self.name(f"license {license_id} ({product})")

    @cached_property
    def said_of_license(self) -> dict[int, list[Row]]:
        """license id -> its statements, in the order they were recorded."""
        return _grouped(_as_recorded(self.license_statements), "license_id")

    def history(self, license_id: int, *, before: datetime | None = None, until: datetime | None = None) -> LicenseHistory:
        """What was said about a license: in all, before an instant, or until and at one."""
        said = self.said_of_license.get(license_id, [])
        return LicenseHistory(
            [
                each
                for each in said
                if (before is None or each.recorded_at < before) and (until is None or each.recorded_at <= until)
            ]
        )

    @cached_property
    def histories(self) -> dict[int, LicenseHistory]:
        return {license_id: self.history(license_id) for license_id in self.licenses}

    @cached_property
    def terms(self) -> dict[int, list[Row]]:
        """license id -> all licenses of its term: the one that opened it, what changes of plan put in its place, top-ups."""
        found: dict[int, list[Row]] = {}
        for license in self.licenses.values():  # by id: what a license tops up or replaces comes before it
            source = license.top_up_of_id or license.replaces_id
            term = found.get(source, [])
            term.append(license)
            found[license.id] = term
        return found

    def plan(self, license_id: int) -> list[Row]:
        """The license that leads the plan this one is of, then its top-ups."""
        leader = self.licenses[license_id].top_up_of_id or license_id
        return [each for each in self.terms[license_id] if leader in (each.id, each.top_up_of_id)]

    def contract(self, license_id: int) -> list[Row]:
        """The pay-as-you-go licenses of a license's order: its renewals are the same contract."""
        order_id = self.licenses[license_id].order_id
        kinds = {pk: product.kind for pk, product in self.catalogue.products.items()}
        return [
            each for each in self.licenses.values() if each.order_id == order_id and kinds[each.product_id] == "pay-as-you-go"
        ]

    @cached_property
    def billing(self) -> dict[int, Billing]:
        """feature id -> how it is billed; a feature never switched has none."""
        changes = _grouped(self.billing_changes, "feature_id")
        return {
            feature_id: Billing(
                changes_of_feature,
                {
                    change.id: [self.histories[each.id] for each in self.contract(change.contract_id)]
                    for change in changes_of_feature
                    if change.contract_id
                },
            )
            for feature_id, changes_of_feature in changes.items()
        }


def read_catalogue() -> Catalogue:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (clock,) = cursor.fetchone()
    rate = ("id", "credits_per_unit", "valid_from", "act_id", "act__recorded_at", "recorded_at")
    conversion_rates = ConversionRate.objects.order_by("id").values_list("product_id", *rate, named=True)
    credit_rates = CreditRate.objects.order_by("id").values_list("line_id", *rate, named=True)
    prices = PayAsYouGoPrice.objects.order_by("id").values_list("id", "act__recorded_at", "recorded_at", named=True)
    return Catalogue(
        products=_by_id(Product.objects.order_by("id").values_list("id", "name", "kind", named=True)),
        lines=_by_id(
            CreditRequirement.objects.order_by("id").values_list("id", "feature_id", "feature__name", "label", "unit", named=True)
        ),
        conversion_rates=_grouped(_as_recorded(conversion_rates), "product_id"),
        credit_rates=_grouped(_as_recorded(credit_rates), "line_id"),
        prices=list(prices),
        clock=clock,
        being_applied=PriceListRun.objects.filter(under_way=True).first(),
    )


def read_books(company: Company, catalogue: Catalogue) -> Books:
    """Ten statements."""
    fact = ("id", "act_id", "recorded_at")

    def rows(model: Any, *columns: str) -> list[Row]:
        return list(model.objects.filter(company_id=company.pk).order_by("id").values_list(*fact, *columns, named=True))

    acts = Act.objects.filter(company_id=company.pk).values_list(
        "id", "name", "scope", "recorded_at", "result__undoes", named=True
    )
    orders = Order.objects.filter(company_id=company.pk).order_by("id")
    relations = ("renewal_of_id", "top_up_of_id", "replaces_id")
    of_line = ("feature_id", "line_id", "effective_on")
    return Books(
        company=company,
        catalogue=catalogue,
        acts=_by_id(acts.order_by("recorded_at", "id")),
        orders=_by_id(orders.values_list("id", "channel", "external_id", "trial", "goodwill", "activated_at", named=True)),
        licenses=_by_id(rows(License, "order_id", "kind", "product_id", "trial", *relations)),
        license_statements=rows(
            LicenseStatement,
            *("license_id", "kind", "effective_on", "units", "rate", "credits", "starts_on", "expires_on", "state"),
            *("every_day", "total_units", "withdraws_id"),
        ),
        license_entries=rows(LicenseEntry, "license_id", "effective_on", "change"),
        allocation_statements=rows(AllocationStatement, *of_line, "units", "withdraws_id"),
        allocation_entries=rows(AllocationEntry, *of_line, "units_change", "change"),
        billing_changes=rows(BillingModelChange, "feature_id", "model", "effective_on", "contract_id"),
        use_choices=rows(UseChoice, "order_id", "keeps"),
        kept_units=rows(KeptUnits, *of_line, "order_id", "units_change"),
    )


def _by_id(rows: Iterable[Row]) -> dict[Any, Row]:
    return {row.id: row for row in rows}


def _as_recorded(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.recorded_at, row.id))


def _grouped(rows: Iterable[Row], column: str) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, column)].append(row)
    return dict(groups)
