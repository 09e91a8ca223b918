"""Reading what decides a line's profile: its statements, its rates, and how its feature is billed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from console.serving.prepared_queries import prepared
from credits.models import AllocationStatement, CreditRate, CreditRequirement
from credits.rules.billing_model import Contract, Switch
from credits.rules.line_profile import LineFacts
from credits.rules.rate_of_a_line import RateFrom
from credits.rules.statements_that_stand import Allotted
from licensing.rules.license_profile import LicenseFacts, Said


def statements_of_lines(
    company_ids: Iterable[int], line_ids: Iterable[int], *, known_at: datetime | None = None
) -> dict[tuple[int, int], list[Allotted]]:
    """(company id, line id) -> its allocation statements in the order they were recorded. One statement."""
    found: dict[tuple[int, int], list[Allotted]] = defaultdict(list)
    companies, lines = tuple(company_ids), tuple(line_ids)
    if not companies or not lines:
        return found
    few = len(companies) + len(lines) <= A_FEATURE
    for row in (_statements if few else _statements.build)(companies=companies, lines=lines, known_at=known_at):
        found[row.company_id, row.line_id].append(row.said)
    return found


A_FEATURE = 12
"""A company and a feature's lines; a price list concerns all of them in many companies."""


@prepared
def _statements(companies: tuple[int, ...], lines: tuple[int, ...], known_at: datetime | None) -> QuerySet[AllocationStatement]:
    rows = AllocationStatement.objects.filter(company__in=companies, line__in=lines).known_at(known_at)
    return rows.order_by("recorded_at", "id")


def rates_of_lines(line_ids: Iterable[int], *, known_at: datetime | None = None) -> dict[int, list[RateFrom]]:
    """line id -> its rates in the order they were recorded, see `rates_known`. One statement."""
    rows: dict[int, list[CreditRate]] = defaultdict(list)
    for row in CreditRate.objects.filter(line__in=list(line_ids)).order_by("recorded_at", "id"):
        rows[row.line_id].append(row)
    return defaultdict(list, {line: rates_known(of_line, known_at) for line, of_line in rows.items()})


def rates_known(rows: list[CreditRate], known_at: datetime | None) -> list[RateFrom]:
    """Of a line's rates, in the order they were recorded, those recorded by an instant; all without one.

    An imported history may be older than the price list: then those that were listed first. Free.
    """
    if known_at is not None and rows:
        until = max(known_at, rows[0].recorded_at)
        rows = [row for row in rows if row.recorded_at <= until]
    return [RateFrom(row.valid_from, row.credits_per_unit, row.valid_to) for row in rows]


@prepared
def _rates_of_feature(feature: str) -> QuerySet[CreditRate]:
    rows = CreditRate.objects.filter(line__feature__slug=feature).select_related("line__feature__offering")
    return rows.order_by("line__position", "line_id", "recorded_at", "id")


def lines_with_rates(feature: str, *, known_at: datetime | None = None) -> dict[CreditRequirement, list[RateFrom]]:
    """The lines of the feature with a slug in their order, each with its rates, see `rates_known`. One statement.

    A line without any rate is left out.
    """
    rows: dict[CreditRequirement, list[CreditRate]] = {}
    for row in _rates_of_feature(feature=feature):
        rows.setdefault(row.line, []).append(row)
    return {line: rates_known(of_line, known_at) for line, of_line in rows.items()}


def lines_with_rates_of(
    *, features: Iterable[int] | None = None, lines: Iterable[int] | None = None
) -> dict[CreditRequirement, list[RateFrom]]:
    """All lines of several features with their rates, in the order of the catalogue. One statement.

    Of the features named, of those that the `lines` named belong to, else of all.
    """
    rows = CreditRate.objects.select_related("line__feature__offering")
    if features is not None:
        rows = rows.filter(line__feature__in=list(features))
    if lines is not None:
        rows = rows.filter(line__feature__in=CreditRequirement.objects.filter(pk__in=list(lines)).values("feature"))
    found: dict[CreditRequirement, list[RateFrom]] = {}
    order = ("line__feature__offering__chart_slot", "line__feature__name", "line__feature_id", "line__position", "line_id")
    for row in rows.order_by(*order, "recorded_at", "id"):
        found.setdefault(row.line, []).append(RateFrom(row.valid_from, row.credits_per_unit, row.valid_to))
    return found


SWITCHES_OF_FEATURES = """
SELECT change.company_id, change.feature_id, change.model, change.effective_on,
       CASE WHEN change.contract_id IS NOT NULL THEN (
           SELECT json_agg(json_build_array(said.license_id, said.kind, said.effective_on, said.starts_on,
                                            said.expires_on, said.state, said.id, said.withdraws_id)
                         ORDER BY said.recorded_at, said.id)
             FROM licensing_license AS contract
             JOIN licensing_license AS license
               ON license.company_id = contract.company_id AND license.order_id = contract.order_id
             JOIN licensing_product AS product ON product.id = license.product_id AND product.kind = 'pay-as-you-go'
             JOIN licensing_licensestatement AS said
               ON said.company_id = license.company_id AND said.license_id = license.id
            WHERE contract.company_id = change.company_id AND contract.id = change.contract_id
              AND (%(known_at)s::timestamptz IS NULL OR said.recorded_at <= %(known_at)s)
       ) END, change.recorded_at, change.id
  FROM credits_billingmodelchange AS change
 WHERE change.company_id = ANY(%(companies)s)
   AND (%(features)s::bigint[] IS NULL OR change.feature_id = ANY(%(features)s))
   AND (%(known_at)s::timestamptz IS NULL OR change.recorded_at <= %(known_at)s)
"""
SWITCHES = f"{SWITCHES_OF_FEATURES} ORDER BY 6, 7"


def switches_of_features(
    company_ids: Iterable[int], feature_ids: Iterable[int] | None = None, *, known_at: datetime | None = None
) -> dict[tuple[int, int], list[Switch]]:
    """(company id, feature id) -> how the feature was switched, with the contracts' periods. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            SWITCHES,
            {
                "companies": list(company_ids),
                "features": None if feature_ids is None else list(feature_ids),
                "known_at": known_at,
            },
        )
        return switches_read(cursor.fetchall())


def switches_read(rows: Iterable[tuple[Any, ...]]) -> dict[tuple[int, int], list[Switch]]:
    """The rows of that statement, in the order in which they were recorded."""
    found: dict[tuple[int, int], list[Switch]] = defaultdict(list)
    for company_id, feature_id, model, day, said, *_ in rows:
        contract = _contract(said) if model == "pay-as-you-go" else None
        found[company_id, feature_id].append(Switch(day, contract))
    return found


def _contract(rows: str | list[list[Any]] | None) -> Contract:
    """The periods of a contract and its renewals, from the statements about the licenses of its order."""
    found: list[list[Any]] = json.loads(rows) if isinstance(rows, str) else rows or []
    said: dict[int, list[Said]] = defaultdict(list)
    for license_id, kind, day, starts_on, expires_on, state, id, withdraws in found:
        said[license_id].append(
            Said(
                kind=kind,
                day=date.fromisoformat(day),
                starts_on=date.fromisoformat(starts_on) if starts_on else None,
                expires_on=date.fromisoformat(expires_on) if expires_on else None,
                state=state,
                id=id,
                withdraws=withdraws,
            )
        )
    facts = [LicenseFacts(tuple(each)) for each in said.values()]
    return Contract(
        tuple(sorted(period for each in facts for period in each.running_periods())),
        tuple(sorted(period for each in facts for period in each.suspended_periods())),
    )


def line_facts(statements: list[Allotted], rates: list[RateFrom], switches: list[Switch]) -> LineFacts:
    return LineFacts(tuple(statements), tuple(rates), tuple(switches))
