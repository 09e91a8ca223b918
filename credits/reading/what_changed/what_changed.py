"""What changed between two states of a company's credits: figures and entries by one statement, so that no act comes between."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from credits.reading.explanations.who_and_why import COLUMNS, NUMBER, WhoAndWhy, who_and_why
from credits.reading.what_changed.difference import Changed, Difference, Seen, Sides, WhatChanged
from licensing.errors import in_words
from licensing.models import Company
from licensing.reading.entries_in_words import ENTRY_TEXTS
from licensing.rules.units_in_words import in_units

COUNTS = """(effective_on <= %(day_{0})s::date
          AND (%(known_{0})s::timestamptz IS NULL OR recorded_at <= %(known_{0})s)) AS {0}"""
BOTH = ", ".join(COUNTS.format(which) for which in ("was", "now"))
SUPPLY, DEMAND = "supply", "demand"

CHANGED = f"""
WITH supply AS (
     SELECT id, license_id AS key, effective_on, change, act_id, recorded_at, NULL::bigint AS line_id, 0::bigint AS units, {BOTH}
       FROM licensing_licenseentry WHERE company_id = %(company)s),
demand AS (
     SELECT id, feature_id AS key, effective_on, change, act_id, recorded_at, line_id, units_change::bigint AS units, {BOTH}
       FROM credits_allocationentry WHERE company_id = %(company)s),
entries AS (
     SELECT '{SUPPLY}' AS side, supply.* FROM supply WHERE was OR now
      UNION ALL
     SELECT '{DEMAND}' AS side, demand.* FROM demand WHERE was OR now),
sums AS (
     SELECT side, key, coalesce(sum(change) FILTER (WHERE was), 0) AS was, coalesce(sum(change) FILTER (WHERE now), 0) AS now,
            bool_or(was <> now) AS differs
       FROM entries GROUP BY GROUPING SETS ((side, key), (side)))
SELECT {COLUMNS},
       sums.side, sums.key, sums.was, sums.now, entry.id, entry.effective_on, entry.change, entry.units, entry.was,
       bought.external_id, product.name, coalesce(nullif(bought.name, ''), ordered.name), product.kind = 'seats',
       dated.expires_on, feature.slug, feature.name, offering.name, offering.chart_slot, line.unit
  FROM sums
  LEFT JOIN entries AS entry ON entry.side = sums.side AND entry.key = sums.key AND entry.was <> entry.now
  LEFT JOIN console_act AS act ON act.company_id = %(company)s AND act.id = entry.act_id
  LEFT JOIN console_user AS person ON person.id = act.actor_id
  LEFT JOIN licensing_license AS license
    ON sums.side = '{SUPPLY}' AND license.company_id = %(company)s AND license.id = sums.key
  LEFT JOIN licensing_product AS product ON product.id = license.product_id
  LEFT JOIN licensing_order AS bought ON bought.company_id = %(company)s AND bought.id = license.order_id
  LEFT JOIN licensing_product AS ordered ON ordered.id = bought.product_id
  LEFT JOIN LATERAL (
       SELECT one.expires_on FROM licensing_licensestatement AS one
        WHERE one.company_id = %(company)s AND one.license_id = license.id AND one.expires_on IS NOT NULL
          AND one.recorded_at <= entry.recorded_at
        ORDER BY one.recorded_at DESC, one.id DESC LIMIT 1) AS dated ON true
  LEFT JOIN credits_feature AS feature ON sums.side = '{DEMAND}' AND feature.id = sums.key
  LEFT JOIN credits_offering AS offering ON offering.id = feature.offering_id
  LEFT JOIN credits_creditrequirement AS line ON line.id = entry.line_id
 WHERE sums.key IS NULL OR sums.differs
 ORDER BY sums.side, sums.key, entry.effective_on, entry.recorded_at, entry.id
"""
"""A row for each entry that only one of the two counts, and one for each side's total, which has no key."""


def what_changed(company: Company, first: Seen, second: Seen) -> WhatChanged:
    """From `first` to `second`, whichever is the later. One statement, which reads every entry that one of them counts.

    Of an instant that acts under way may still change, `hold_still` is called before.
    """
    values: dict[str, Any] = {
        "company": company.pk,
        "day_was": first.day,
        "known_was": first.known_at,
        "day_now": second.day,
        "known_now": second.known_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, values)
        rows = cursor.fetchall()
    totals: dict[str, tuple[int, int]] = {SUPPLY: (0, 0), DEMAND: (0, 0)}
    heads: dict[tuple[str, int], dict[str, Any]] = {}
    entries: dict[tuple[str, int], list[Difference]] = defaultdict(list)
    for row in rows:
        side, key, was, now, entry_id, day, change, units, only_was, *names = row[NUMBER:]
        if key is None:
            totals[side] = int(was), int(now)
            continue
        number, product, order, converted, end, slug, feature, offering, slot, unit = names
        who = who_and_why(row[:NUMBER])
        heads[side, key] = {
            "key": str(key) if side == SUPPLY else slug,
            "name": order if side == SUPPLY else feature,
            "note": _of_order(number, order, product, end) if side == SUPPLY else offering,
            "slot": slot or 0,
            "was": int(was),
            "now": int(now),
        }
        expires = day == end and change < 0
        other = second if only_was else first
        entries[side, key].append(
            Difference(
                id=entry_id,
                day=day,
                change=int(-change if only_was else change),
                why=_of_license(who, converted, expires) if side == SUPPLY else _of_units(who, int(units), unit),
                by=who.by,
                recorded_at=who.recorded_at,
                gone=only_was,
                since=not other.knew(who.recorded_at),
                late=company.day_of(who.recorded_at) > day,
            )
        )
    changed = {
        side: tuple(
            sorted(
                (Changed(entries=tuple(entries[found]), **head) for found, head in heads.items() if found[0] == side),
                key=lambda each: (-abs(each.difference), each.name, each.key),
            )
        )
        for side in totals
    }
    return WhatChanged(
        first,
        second,
        valid=_sides(totals[SUPPLY], changed[SUPPLY]),
        allocated=_sides(totals[DEMAND], changed[DEMAND]),
        licenses=changed[SUPPLY],
        features=changed[DEMAND],
    )


def _sides(total: tuple[int, int], changed: tuple[Changed, ...]) -> Sides:
    listed = [each for group in changed for each in group.entries]
    return Sides(*total, listed=sum(each.change for each in listed), entries=len(listed))


def _of_order(number: str, order: str, product: str, end: date | None) -> str:
    """What tells the licenses of an order apart: the end of each, as stated when its last entry here was recorded."""
    named = number if order == product else f"{number}, {product}"
    return _("%(license)s, until %(day)s") % {"license": named, "day": in_words(end)} if end else named


def _of_license(who: WhoAndWhy, converted: bool, expires: bool) -> str:
    if expires:
        return _("Expires")
    if who.note:
        return who.note
    return _("Converted to credits") if who.act == "order.activate" and converted else str(ENTRY_TEXTS.get(who.act, who.act))


def _of_units(who: WhoAndWhy, units: int, unit: str) -> str:
    if who.note:
        return who.note
    if not units:
        return _("Re-priced")
    told = {"units": in_units(abs(units), unit)}
    return _("%(units)s added") % told if units > 0 else _("%(units)s removed") % told
