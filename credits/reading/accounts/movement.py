"""What moves in an account, in words: an entry with what it did, who recorded it and why, and where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from credits.reading.explanations.demand_entries import demand_in_words
from credits.reading.explanations.supply_entries import supply_in_words
from credits.reading.explanations.who_and_why import COLUMNS, NUMBER, who_and_why
from credits.rules.accounts.months import is_correction, stands_on
from licensing.errors import in_words
from licensing.models import Company, Order
from licensing.models.order import number_of

COLUMNS_OF_A_MOVEMENT = f"""entry.id, entry.side, entry.key, entry.effective_on, entry.change, entry.units, entry.had,
       entry.line_id, bought.external_id, bought.channel, coalesce(nullif(bought.name, ''), ordered.name), product.kind = 'seats',
       dated.expires_on, undone.id, feature.slug, feature.name, line.slug, line.label, line.unit, {COLUMNS}"""
JOINS_OF_A_MOVEMENT = """LEFT JOIN console_act AS act ON act.company_id = %(company)s AND act.id = entry.act_id
  LEFT JOIN console_user AS person ON person.id = act.actor_id
  LEFT JOIN licensing_license AS license
    ON entry.side = 'supply' AND license.company_id = %(company)s AND license.id = entry.key
  LEFT JOIN licensing_product AS product ON product.id = license.product_id
  LEFT JOIN licensing_order AS bought ON bought.company_id = %(company)s AND bought.id = license.order_id
  LEFT JOIN licensing_product AS ordered ON ordered.id = bought.product_id
  LEFT JOIN LATERAL (
       SELECT one.expires_on FROM licensing_licensestatement AS one
        WHERE one.company_id = %(company)s AND one.license_id = license.id AND one.expires_on IS NOT NULL
          AND one.recorded_at <= entry.recorded_at
        ORDER BY one.recorded_at DESC, one.id DESC LIMIT 1) AS dated ON true
  LEFT JOIN LATERAL (
       SELECT one.id FROM licensing_licensestatement AS one
         JOIN licensing_licensestatement AS other ON other.company_id = %(company)s AND other.id = one.withdraws_id
        WHERE one.company_id = %(company)s AND one.license_id = license.id AND other.kind = 'issued' LIMIT 1) AS undone ON true
  LEFT JOIN credits_feature AS feature ON entry.side = 'demand' AND feature.id = entry.key
  LEFT JOIN credits_creditrequirement AS line ON line.id = entry.line_id"""


@dataclass(frozen=True)
class Movement:
    """An entry as it stands in the account, in whole credits: `valid_change` of a license, `allocated_change` of a line.

    `stands_on` is the later of its `day` and the day on which it was recorded; `is_correction` where the month of its day was
    over by then. `figure` is what explains it.
    """

    id: int
    day: date
    stands_on: date
    recorded_at: datetime
    name: str
    did: str
    note: str
    by: str
    source: str
    figure: str
    valid_change: int
    allocated_change: int
    is_correction: bool

    @property
    def balance_change(self) -> int:
        return self.valid_change - self.allocated_change

    @property
    def is_late(self) -> bool:
        """Whether it was recorded after its day."""
        return self.stands_on > self.day


def movements_in(company: Company, rows: Sequence[tuple[Any, ...]]) -> list[Movement]:
    """The movements of the rows of a statement, which has COLUMNS_OF_A_MOVEMENT, in the order in which they stand. Free."""
    placed = sorted((stands_on(row[3], company.day_of(row[-1])), row[-1], row[1] != "supply", row[0], row) for row in rows)
    held: dict[int, int] = {}
    return [_movement(company, day, row, held) for day, *_order, row in placed]


def _movement(company: Company, stands: date, row: tuple[Any, ...], held: dict[int, int]) -> Movement:
    """`held` is line id -> units so far in this account, kept as movements are told."""
    who = who_and_why(row[-NUMBER:])
    entry_id, side, key, day, change, units, had, line_id, *bought = row[:-NUMBER]
    external_id, channel, order, converted, end, undone, *rest = bought
    recorded_on = company.day_of(who.recorded_at)
    about: dict[str, Any] = {
        "id": entry_id,
        "day": day,
        "stands_on": stands,
        "recorded_at": who.recorded_at,
        "note": who.note,
        "by": who.by,
        "is_correction": is_correction(day, recorded_on),
    }
    if side == "supply":
        return Movement(
            **about,
            name=order,
            did=_("Expires") if day == end and change < 0 else supply_in_words(who.act, converted),
            source=f"{number_of(channel, external_id)}, {Order.Channel(channel).label}",
            # A license that was taken back has no figures of its own any more.
            figure="total-valid-credits" if undone else f"license-credits.{key}",
            valid_change=int(change),
            allocated_change=0,
        )
    slug, feature, line, label, unit = rest
    before = held.get(line_id, int(had))
    held[line_id] = after = before + int(units)
    priced = before == after and who.act != "billing.switch"
    return Movement(
        **about,
        name=f"{feature}, {label}" if label else feature,
        did=demand_in_words(who.act, before, after, unit),
        source=_("Credit requirement of %(day)s") % {"day": in_words(day)}
        if priced
        else _("Allocation of %(day)s") % {"day": in_words(day)},
        figure=f"credit-requirement.{slug}.{line}" if priced else f"feature-credits.{slug}",
        valid_change=0,
        allocated_change=int(change),
    )
