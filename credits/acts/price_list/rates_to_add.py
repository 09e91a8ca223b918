"""Which rates of a catalogue are not recorded yet. Reads nothing: for the act that adds them, and for its preview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from credits.acts.price_list.a_rate_is_listed_once import require_rates_listed_once
from credits.acts.price_list.lines_no_longer_listed import RateToAdd, rates_of_lines_that_come_and_go
from credits.catalogue.files_and_rows import Catalogue
from credits.models import CreditRate, CreditRequirement
from licensing.models import ConversionRate

ConversionToAdd = tuple[int, date, Decimal, str]
"""Product id, valid from, rate, source."""


def credit_rates_to_add(
    catalogue: Catalogue, lines: dict[tuple[str, str], CreditRequirement], found: list[CreditRate], *, correction: bool
) -> list[RateToAdd]:
    """In the order in which they are to be added; `found` are the rates there are, in the order they were recorded.

    Rows of lines that are not among `lines` are left out. Raises Refused for another rate than the one listed for a day.
    """
    rows = tuple(row for row in catalogue.requirements if (row.feature, row.line) in lines)
    if not correction:
        require_rates_listed_once(replace(catalogue, requirements=rows), lines, found)
    wanted: list[RateToAdd] = [
        (lines[row.feature, row.line].pk, row.valid_from, row.credits_per_unit, row.valid_to, row.source) for row in rows
    ]
    if catalogue.requirements:
        wanted += rates_of_lines_that_come_and_go(catalogue, lines, found)
    holds = {(row.line_id, row.valid_from): (row.credits_per_unit, row.valid_to) for row in found}
    return [each for each in wanted if holds.get(each[:2]) != (each[2], each[3])]


def conversion_rates_to_add(
    catalogue: Catalogue, products: Mapping[str, int], found: Iterable[ConversionRate]
) -> list[ConversionToAdd]:
    """Those of products (by SKU, to their ids) whose rate is not what it says already; `found` as above."""
    holds = {(each.product_id, each.valid_from): each.credits_per_unit for each in found}
    return [
        (products[row.sku], row.valid_from, row.credits_per_unit, row.source)
        for row in catalogue.products
        if row.sku in products
        and row.credits_per_unit is not None
        and holds.get((products[row.sku], row.valid_from)) != row.credits_per_unit
    ]
