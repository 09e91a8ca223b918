"""An explanation as JSON: the same sentence, entries, steps and foot as the page. Numbers with decimals are written as text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from credits.reading.explanations.explanation import Entry, Explanation
from licensing.models import Company
from licensing.pages.day_shown import AsOf


def as_json(found: Explanation, company: Company, as_of: AsOf) -> dict[str, Any]:
    """Credits and units are whole numbers, shares and rates text such as "82.1", days and instants as ISO 8601 writes them."""
    return {
        "figure": found.figure,
        "title": found.title,
        "company": company.slug,
        "on": as_of.day.isoformat(),
        "known_at": as_of.known_at.isoformat() if as_of.known_at else None,
        "value": _plain(found.value),
        "sentence": found.sentence,
        "not_in_it": found.not_in_it,
        "check": found.check,
        "groups": [
            {
                "kind": group.kind,
                "key": group.key,
                "name": group.name,
                "note": group.note,
                "total": _plain(group.total),
                "entries": [_entry(each, company) for each in group.entries],
            }
            for group in found.groups
        ],
        "steps": [
            {"label": each.label, "value": _plain(each.value), "how": each.how, "figure": each.figure} for each in found.steps
        ],
        "shares": [
            {
                "key": each.key,
                "name": each.name,
                "credits": each.credits,
                "cut_down": _plain(each.down),
                "remainder": _plain(each.remainder),
                "gains": each.gains,
                "share": _plain(each.share),
            }
            for each in found.shares
        ],
        "foot": {"value": _plain(found.value), "sums": len(found.groups), "entries": found.entries},
    }


def _entry(entry: Entry, company: Company) -> dict[str, Any]:
    recorded = entry.recorded_at
    return {
        "id": entry.id,
        "day": entry.day.isoformat(),
        "change": _plain(entry.change),
        "group_before": _plain(entry.group_before),
        "group_after": _plain(entry.group_after),
        "before": _plain(entry.before),
        "after": _plain(entry.after),
        "units": entry.units,
        "rate": _plain(entry.rate),
        "rate_valid_from": _plain(entry.rate_from),
        "rate_source": entry.rate_source,
        "why": entry.why,
        "by": entry.by,
        "recorded_at": recorded.astimezone(company.zone_at(recorded)).isoformat() if recorded else None,
        "recorded_later": entry.late,
        "line": entry.line,
        "license": entry.license_id,
        "feature": entry.feature,
        "statement": entry.statement_id,
    }


def _plain(value: int | Decimal | date | None) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value != value.to_integral_value() else f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value
