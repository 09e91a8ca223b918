"""Reading how features are billed and how orders go on, together: what a page of figures needs of both in one statement."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from credits.reading.line_facts import SWITCHES_OF_FEATURES, switches_read
from credits.rules.billing_model import Switch
from credits.rules.runway.renewals import NextTerm, OrderTerms, next_term, rates_by_day
from licensing.models import Company, License
from licensing.rules.license_profile import LicenseFacts, Said

ORDERS = """
SELECT bought.company_id, bought.id, 'order', NULL::date, json_build_object(
           'renews', bought.renews, 'months', bought.term_months,
           'licenses', (SELECT json_agg(json_build_array(held.id, held.kind, held.product_id, held.trial, held.renewal_of_id,
                                                         held.top_up_of_id, held.replaces_id) ORDER BY held.id)
                          FROM licensing_license AS held
                         WHERE held.company_id = %(company)s AND held.order_id = bought.id
                           AND (%(known_at)s::timestamptz IS NULL OR held.recorded_at <= %(known_at)s)),
           'said', (SELECT json_agg(json_build_array(said.license_id, said.kind, said.effective_on, said.units, said.rate::text,
                                                     said.credits, said.starts_on, said.expires_on, said.state, said.every_day,
                                                     said.total_units, said.act_id, said.id,
                                                     said.withdraws_id) ORDER BY said.recorded_at, said.id)
                      FROM licensing_license AS held
                      JOIN licensing_licensestatement AS said
                        ON said.company_id = held.company_id AND said.license_id = held.id
                     WHERE held.company_id = %(company)s AND said.company_id = %(company)s AND held.order_id = bought.id
                       AND (%(known_at)s::timestamptz IS NULL OR said.recorded_at <= %(known_at)s)),
           'rates', (SELECT json_agg(json_build_array(rate.product_id, rate.valid_from, rate.credits_per_unit::text)
                                     ORDER BY rate.id)
                       FROM licensing_conversionrate AS rate
                      WHERE rate.product_id IN (SELECT held.product_id FROM licensing_license AS held
                                                 WHERE held.company_id = %(company)s AND held.order_id = bought.id)
                        AND (%(known_at)s::timestamptz IS NULL OR rate.recorded_at <= %(known_at)s))
       ), NULL::timestamptz, NULL::bigint
  FROM licensing_order AS bought
 WHERE bought.company_id = %(company)s
   AND (bought.id = ANY(%(orders)s)
        OR bought.id IN (SELECT held.order_id FROM licensing_license AS held
                          WHERE held.company_id = %(company)s AND held.id = ANY(%(licenses)s))
        OR ((%(all)s OR bought.renews
             OR bought.id IN (SELECT held.order_id FROM licensing_license AS held
                                JOIN licensing_licensestatement AS said
                                  ON said.company_id = held.company_id AND said.license_id = held.id
                               WHERE held.company_id = %(company)s AND said.company_id = %(company)s
                                 AND said.kind = 'renewal-on'
                                 AND (%(known_at)s::timestamptz IS NULL OR said.recorded_at <= %(known_at)s)))
            AND bought.id IN (SELECT held.order_id FROM licensing_license AS held
                                JOIN licensing_licenseentry AS entry
                                  ON entry.company_id = held.company_id AND entry.license_id = held.id
                               WHERE held.company_id = %(company)s AND entry.company_id = %(company)s
                                 AND entry.effective_on > %(on)s
                                 AND (%(known_at)s::timestamptz IS NULL OR entry.recorded_at <= %(known_at)s))))
"""
"""Orders that are to be renewed and have something that ends, those asked for, and those of the licenses asked for."""

BOTH = f"{SWITCHES_OF_FEATURES} UNION ALL {ORDERS} ORDER BY 6 NULLS LAST, 7, 2"


def switches_and_next_terms(
    company: Company,
    *,
    on: date,
    orders: Iterable[int] = (),
    licenses: Iterable[int] = (),
    every: bool = False,
    known_at: datetime | None = None,
) -> tuple[dict[tuple[int, int], list[Switch]], list[NextTerm]]:
    """(how each feature was switched, what can be renewed and what that would bring by the day it ends). One statement.

    Of the orders those that are to be renewed and have something that ends after `on`, or with `every` all of these; besides
    `orders` and those of `licenses`, by their ids.
    """
    values = {
        "companies": [company.pk],
        "features": None,
        "company": company.pk,
        "on": on,
        "orders": list(orders),
        "licenses": list(licenses),
        "all": every,
        "known_at": known_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(BOTH, values)
        rows = cursor.fetchall()
    switches = switches_read(row for row in rows if row[2] != "order")
    found = (_next_term(order_id, read, on) for _company, order_id, kind, _day, read, *_ in rows if kind == "order")
    return switches, sorted((term for term in found if term is not None), key=lambda term: (term.ends_on, term.license_id))


def _next_term(order_id: int, read: str | dict[str, Any], on: date) -> NextTerm | None:
    order: dict[str, Any] = json.loads(read) if isinstance(read, str) else read
    said: dict[int, list[Said]] = defaultdict(list)
    for license_id, *statement in order["said"] or []:
        said[license_id].append(_said(*statement))
    licenses = tuple(
        License(
            id=pk,
            order_id=order_id,
            kind=kind,
            product_id=product,
            trial=trial,
            renewal_of_id=renewal_of,
            top_up_of_id=top_up_of,
            replaces_id=replaces,
        )
        for pk, kind, product, trial, renewal_of, top_up_of, replaces in order["licenses"] or []
    )
    rates: dict[int, list[tuple[date, Decimal | None]]] = defaultdict(list)
    for product, valid_from, rate in order["rates"] or []:
        rates[product].append((date.fromisoformat(valid_from), None if rate is None else Decimal(rate)))
    facts = {pk: LicenseFacts(tuple(each)) for pk, each in said.items()}
    licenses = tuple(each for each in licenses if not facts[each.id].withdrawn)
    terms = OrderTerms(order_id, order["renews"], order["months"], licenses, facts)
    return next_term(terms, on=on, rate_of=rates_by_day(rates))


def _said(
    kind: str,
    day: str,
    units: int | None,
    rate: str | None,
    credits: int | None,
    starts_on: str | None,
    expires_on: str | None,
    state: str,
    every_day: bool,
    total: int | None,
    act: str,
    id: int,
    withdraws: int | None,
) -> Said:
    return Said(
        kind=kind,
        day=date.fromisoformat(day),
        units=units,
        rate=None if rate is None else Decimal(rate),
        credits=credits,
        starts_on=date.fromisoformat(starts_on) if starts_on else None,
        expires_on=date.fromisoformat(expires_on) if expires_on else None,
        state=state,
        every_day=every_day,
        total=total,
        act=UUID(act),
        id=id,
        withdraws=withdraws,
    )
