"""When credits of companies expire next: for several companies at once, so that people can choose between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

FALLS = """
WITH asked(company_id, day) AS (SELECT * FROM unnest(%(companies)s::bigint[], %(days)s::date[])),
     step(company_id, day, change) AS (
        SELECT entry.company_id, entry.effective_on, sum(entry.change)
          FROM licensing_licenseentry AS entry JOIN asked ON asked.company_id = entry.company_id
         WHERE entry.company_id = ANY(%(companies)s) AND entry.effective_on > asked.day
           AND (%(known_at)s::timestamptz IS NULL OR entry.recorded_at <= %(known_at)s)
         GROUP BY entry.company_id, entry.license_id, entry.effective_on
     )
SELECT DISTINCT ON (company_id) company_id, day, -sum(change) FILTER (WHERE change < 0), sum(change)
  FROM step
 GROUP BY company_id, day
HAVING bool_or(change < 0)
 ORDER BY company_id, day
"""
"""Per company the first day after its own on which a license counts less than before: by how much, and what all licenses together
do on that day."""


@dataclass(frozen=True)
class NextExpiration:
    """`credits` of licenses end on `on`; `change` is what the valid credits do on that day, renewals included."""

    on: date
    credits: int
    change: int

    @property
    def renewed(self) -> bool:
        """Whether at least as much begins on the same day."""
        return self.change >= 0


def next_expirations(days: Mapping[int, date], *, known_at: datetime | None = None) -> dict[int, NextExpiration]:
    """For companies, by their ids, each after its own day; those without one are left out. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(FALLS, {"companies": list(days), "days": list(days.values()), "known_at": known_at})
        return {pk: NextExpiration(on, int(credits), int(change)) for pk, on, credits, change in cursor.fetchall()}
