"""The entries of demand that an explanation tells, read by a statement of their own: not the one that the summary reads."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from credits.reading.explanations.explanation import Entry, Group, Posted
from credits.reading.explanations.who_and_why import COLUMNS, JOINS, NUMBER, approved_by, who_and_why
from licensing.models import Company
from licensing.rules.units_in_words import in_units

DEMAND = f"""
SELECT {COLUMNS},
       entry.id, entry.effective_on, entry.units_change, entry.change, line.id, line.slug, line.label, line.unit,
       feature.slug, feature.name, offering.slug, offering.name, offering.chart_slot,
       priced.credits_per_unit, priced.valid_from, priced.source, said.id,
       asking.note_for_customer, asker.name, asker.email, asker.is_staff
  FROM credits_allocationentry AS entry
  {JOINS}
  JOIN credits_creditrequirement AS line ON line.id = entry.line_id
  JOIN credits_feature AS feature ON feature.id = entry.feature_id
  JOIN credits_offering AS offering ON offering.id = feature.offering_id
  LEFT JOIN credits_requestevent AS approval
         ON approval.company_id = %(company)s AND approval.act_id = entry.act_id AND approval.kind = 'approved'
  LEFT JOIN credits_unitsrequest AS request ON request.company_id = %(company)s AND request.id = approval.request_id
  LEFT JOIN console_act AS asking ON asking.company_id = %(company)s AND asking.id = request.act_id
  LEFT JOIN console_user AS asker ON asker.id = asking.actor_id
  LEFT JOIN LATERAL (
       SELECT one.id FROM credits_allocationstatement AS one
        WHERE one.company_id = %(company)s AND one.act_id = entry.act_id AND one.line_id = entry.line_id
        ORDER BY one.id LIMIT 1) AS said ON true
  LEFT JOIN LATERAL (
       SELECT one.credits_per_unit, one.valid_from, one.source FROM credits_creditrate AS one
        WHERE one.line_id = entry.line_id AND one.valid_from <= entry.effective_on AND one.credits_per_unit IS NOT NULL
        ORDER BY one.recorded_at <= entry.recorded_at DESC,
                 CASE WHEN one.recorded_at > entry.recorded_at THEN one.recorded_at END,
                 one.valid_from DESC, one.id DESC LIMIT 1) AS priced ON true
 WHERE entry.company_id = %(company)s
   AND (%(known_at)s::timestamptz IS NULL OR entry.recorded_at <= %(known_at)s)
   AND (%(feature)s::text IS NULL OR feature.slug = %(feature)s)
   AND (%(offering)s::text IS NULL OR offering.slug = %(offering)s)
 ORDER BY entry.effective_on, entry.recorded_at, entry.id
"""
"""All entries of a company, those of later days too. The rate is that of the entry's day as listed when it was recorded; of an
imported history, which may be older than the list, as listed first."""


def demand_entries(
    company: Company, *, known_at: datetime | None = None, feature: str | None = None, offering: str | None = None
) -> list[Posted]:
    """Every entry of demand, by day; of one feature or offering where its slug is given. One statement."""
    with connection.cursor() as cursor:
        values = {"company": company.pk, "known_at": known_at, "feature": feature, "offering": offering}
        cursor.execute(DEMAND, values)
        rows = cursor.fetchall()
    held: dict[int, int] = defaultdict(int)
    found = []
    for row in rows:
        who = who_and_why(row[:NUMBER])
        entry_id, day, units_change, change, line_id, line, label, unit, *rest = row[NUMBER:]
        slug, name, offering_slug, offered, slot, rate, since, source, said, what_for, *asker = rest
        before = held[line_id]
        held[line_id] = after = before + int(units_change)
        entry = Entry(
            id=entry_id,
            day=day,
            change=int(change),
            why=what_for or who.note or demand_in_words(who.act, before, after, unit),
            by=approved_by(who.by, *asker),
            recorded_at=who.recorded_at,
            late=company.day_of(who.recorded_at) > day,
            units=after,
            rate=rate,
            rate_from=since,
            rate_source=source or "",
            line=label or unit,
            line_slug=line,
            line_id=line_id,
            feature=slug,
            statement_id=said,
        )
        found.append(Posted(Group("feature", slug, name, (), note=offered, slot=slot, parent=offering_slug), entry))
    return found


def demand_in_words(act: str, before: int, after: int, unit: str) -> str:
    """What an act did to a line that had `before` units and has `after`."""
    units = in_units(abs(after - before), unit)
    if act == "billing.switch":
        return _("Billing model switched")
    if act in ("allocation.undo", "order.undo"):
        return _("Undone")
    if act == "allocation.withdraw":
        return _("Plan withdrawn")
    if after == before:
        return _("Re-priced")
    if act.startswith("order."):
        return (
            _("%(units)s kept in use") % {"units": units} if after > before else _("%(units)s left available") % {"units": units}
        )
    if before == 0:
        return _("%(units)s set up") % {"units": units}
    if after == 0:
        return _("%(units)s released") % {"units": units}
    return _("%(units)s added") % {"units": units} if after > before else _("%(units)s removed") % {"units": units}
