"""The entries of supply that an explanation tells, read by a statement of their own: not the one that the summary reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.db import connection
from django.utils.translation import gettext as _

from credits.reading.explanations.explanation import Entry, Group, Posted
from credits.reading.explanations.who_and_why import COLUMNS, JOINS, NUMBER, who_and_why
from licensing.models import Company
from licensing.reading.entries_in_words import ENTRY_TEXTS

SUPPLY = f"""
SELECT {COLUMNS},
       entry.id, entry.effective_on, entry.change, license.id, license.order_id, product.name, product.kind = 'seats',
       bought.external_id, coalesce(nullif(bought.name, ''), ordered.name), held.units, held.rate, priced.valid_from,
       priced.source, said.id, dated.expires_on
  FROM licensing_licenseentry AS entry
  {JOINS}
  JOIN licensing_license AS license ON license.company_id = %(company)s AND license.id = entry.license_id
  JOIN licensing_product AS product ON product.id = license.product_id
  JOIN licensing_order AS bought ON bought.company_id = %(company)s AND bought.id = license.order_id
  JOIN licensing_product AS ordered ON ordered.id = bought.product_id
  LEFT JOIN LATERAL (
       SELECT one.id FROM licensing_licensestatement AS one
        WHERE one.company_id = %(company)s AND one.license_id = entry.license_id AND one.act_id = entry.act_id
        ORDER BY one.id LIMIT 1) AS said ON true
  LEFT JOIN LATERAL (
       SELECT one.starts_on, one.expires_on FROM licensing_licensestatement AS one
        WHERE one.company_id = %(company)s AND one.license_id = entry.license_id AND one.starts_on IS NOT NULL
          AND one.recorded_at <= entry.recorded_at
        ORDER BY one.recorded_at DESC, one.id DESC LIMIT 1) AS dated ON true
  LEFT JOIN LATERAL (
       SELECT max(one.id) AS id FROM licensing_licensestatement AS one
        WHERE one.company_id = %(company)s AND one.license_id = entry.license_id AND one.units IS NOT NULL
          AND (one.every_day OR one.kind = 'issued') AND one.recorded_at <= entry.recorded_at) AS base ON true
  LEFT JOIN LATERAL (
       SELECT one.units, one.rate FROM licensing_licensestatement AS one
        WHERE one.company_id = %(company)s AND one.license_id = entry.license_id AND one.units IS NOT NULL
          AND one.recorded_at <= entry.recorded_at AND one.id >= base.id
          AND (one.id = base.id OR one.effective_on <= entry.effective_on)
        ORDER BY one.id = base.id, one.effective_on DESC, one.id DESC LIMIT 1) AS held ON true
  LEFT JOIN LATERAL (
       SELECT one.valid_from, one.source FROM licensing_conversionrate AS one
        WHERE one.product_id = license.product_id AND one.credits_per_unit = held.rate AND one.valid_from <= dated.starts_on
          AND (%(known_at)s::timestamptz IS NULL OR one.recorded_at <= greatest(%(known_at)s, entry.recorded_at, (
               SELECT min(first.recorded_at) FROM licensing_conversionrate AS first WHERE first.product_id = license.product_id)))
        ORDER BY one.recorded_at <= entry.recorded_at DESC,
                 CASE WHEN one.recorded_at > entry.recorded_at THEN one.recorded_at END,
                 one.valid_from DESC, one.id LIMIT 1) AS priced ON true
 WHERE entry.company_id = %(company)s
   AND (%(known_at)s::timestamptz IS NULL OR entry.recorded_at <= %(known_at)s)
 ORDER BY entry.effective_on, entry.recorded_at, entry.id
"""
"""All entries of a company, those of later days too. What is said of a license is what was said when the entry was recorded; so
is the list that says its rate; of an imported history, which may be older than the list, the one that said it first."""


def supply_entries(
    company: Company, *, known_at: datetime | None = None, of: Callable[[bool], bool] = lambda converted: True
) -> list[Posted]:
    """Every entry of supply, by day; `of` says whether those of converted licenses, and of others, are wanted. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(SUPPLY, {"company": company.pk, "known_at": known_at})
        rows = cursor.fetchall()
    found = []
    for row in rows:
        who = who_and_why(row[:NUMBER])
        entry_id, day, change, license_id, order_id, product, converted, number, order, *rest = row[NUMBER:]
        units, rate, rate_from, source, said, end = rest
        if not of(converted):
            continue
        entry = Entry(
            id=entry_id,
            day=day,
            change=int(change),
            why=_("Expires") if day == end and change < 0 else who.note or supply_in_words(who.act, converted),
            by=who.by,
            recorded_at=who.recorded_at,
            late=company.day_of(who.recorded_at) > day,
            units=units,
            rate=rate,
            rate_from=rate_from,
            rate_source=source or "",
            license_id=license_id,
            order_id=order_id,
            converted=converted and rate is not None,
            statement_id=said,
        )
        note = number if order == product else f"{number}, {product}"
        found.append(Posted(Group("license", str(license_id), order, (), note=note, order=number), entry))
    return found


def supply_in_words(act: str, converted: bool) -> str:
    """What an act did to the credits of a license; `converted` where it is one of seats."""
    if act == "order.activate" and converted:
        return _("Converted to credits")
    return str(ENTRY_TEXTS.get(act, act))


def up_to(posted: list[Posted], on: date) -> list[Posted]:
    return [each for each in posted if each.entry.day <= on]
