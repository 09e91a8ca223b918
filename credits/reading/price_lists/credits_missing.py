"""What the entries of lines lack, or have too much, once other rates hold: for many companies in one statement.

A price list changes no units. So what a line takes by it on a day is what its entries say in units up to that day, times the
rate of the day, rounded up; the profile that acts compute one by one from statements.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

Listed = tuple[int, date, Decimal | None]
"""Line id, valid from, credits per unit; None says that the line is no longer listed, whose last rate then stays."""

MISSING = """
WITH listed AS (
    SELECT line_id, valid_from, rate, lead(valid_from, 1, 'infinity') OVER (PARTITION BY line_id ORDER BY valid_from) AS until
      FROM unnest(%(lines)s::bigint[], %(days)s::date[], %(rates)s::numeric[]) AS rate (line_id, valid_from, rate)
), posted AS (
    SELECT company_id, feature_id, line_id, effective_on AS day, sum(units_change) AS units, sum(change) AS credits
      FROM credits_allocationentry
     WHERE company_id = ANY(%(companies)s) AND line_id = ANY(%(changed)s)
     GROUP BY 1, 2, 3, 4
), days AS (
    SELECT * FROM posted
    UNION ALL
    SELECT of_company.company_id, of_company.feature_id, of_company.line_id, listed.valid_from, 0, 0
      FROM (SELECT DISTINCT company_id, feature_id, line_id FROM posted) AS of_company
      JOIN listed USING (line_id)
), per_day AS (
    SELECT company_id, feature_id, line_id, day, sum(units) AS units, sum(credits) AS credits FROM days GROUP BY 1, 2, 3, 4
), in_all AS (
    SELECT *, sum(units) OVER (PARTITION BY company_id, line_id ORDER BY day) AS units_then FROM per_day
), wanted AS (
    SELECT in_all.*, ceil(units_then * coalesce(listed.rate, 0)) AS credits_then
      FROM in_all
      LEFT JOIN listed ON listed.line_id = in_all.line_id AND in_all.day >= listed.valid_from AND in_all.day < listed.until
), steps AS (
    SELECT company_id, feature_id, line_id, day,
           credits_then - lag(credits_then, 1, 0) OVER (PARTITION BY company_id, line_id ORDER BY day) - credits AS change
      FROM wanted
)
SELECT company_id, feature_id, line_id, day, change::bigint AS change FROM steps WHERE change <> 0
"""
"""Rows of (company, feature, line, day, change), in no order."""


def values_of(companies: Iterable[int], changed: Iterable[int], rates: Iterable[Listed]) -> dict[str, list[Any]]:
    """The parameters of MISSING; `rates` are in the order they were recorded, of one day the last recorded holds."""
    holds = {(line_id, day): rate for line_id, day, rate in rates if rate is not None}
    return {
        "companies": list(companies),
        "changed": list(changed),
        "lines": [line_id for line_id, _day in holds],
        "days": [day for _line_id, day in holds],
        "rates": list(holds.values()),
    }
