"""The two totals of a company on a day, for the paths that ask for nothing else."""

from __future__ import annotations

from datetime import date

from django.db import connection

from licensing.models import Company

VALID = """coalesce((SELECT sum(change) FROM licensing_licenseentry
                  WHERE company_id = %(company)s AND effective_on <= %(day)s), 0)"""
ALLOCATED = """coalesce((SELECT sum(change) FROM credits_allocationentry
                  WHERE company_id = %(company)s AND effective_on <= %(day)s), 0)"""


def totals_on(company: Company, day: date) -> tuple[int, int]:
    """(total valid credits, allocated credits) at the end of a day. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {VALID}, {ALLOCATED}", {"company": company.pk, "day": day})
        valid, allocated = cursor.fetchone()
    return int(valid), int(allocated)
