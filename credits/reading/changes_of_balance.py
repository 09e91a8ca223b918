"""By how much the balance changes on which days, all that is recorded, what is to come included."""

from __future__ import annotations

from datetime import date

from django.db import connection

from licensing.models import Company

CHANGES = """
SELECT effective_on, sum(change)
  FROM (
        SELECT effective_on, change FROM licensing_licenseentry WHERE company_id = %(company)s
        UNION ALL
        SELECT effective_on, -change FROM credits_allocationentry WHERE company_id = %(company)s
       ) AS changes
 GROUP BY effective_on
"""


def changes_of_balance(company: Company) -> dict[date, int]:
    """Day -> change of valid minus allocated credits. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGES, {"company": company.pk})
        return {day: int(change) for day, change in cursor.fetchall()}
