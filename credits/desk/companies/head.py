"""What every tab of a company's page stands under: who it is, who looks after it, and how much each tab has."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.http import Http404
from django.utils.translation import gettext as _

from licensing.models import Company

COMPANY = """
SELECT company.id, company.name, company.slug, company.business_id, provider.name, provider.slug,
       (SELECT jsonb_agg(jsonb_build_object('id', zone.id, 'at', zone.effective_at, 'zone', zone.time_zone) ORDER BY zone.id)
          FROM licensing_companytimezone AS zone WHERE zone.company_id = company.id),
       (SELECT jsonb_agg(jsonb_build_object('name', child.name, 'slug', child.slug) ORDER BY child.name)
          FROM licensing_company AS child WHERE child.parent_id = company.id)
  FROM licensing_company AS company LEFT JOIN licensing_company AS provider ON provider.id = company.parent_id
 WHERE company.slug = %(slug)s
"""

COUNTS = """
SELECT (SELECT count(*) FROM licensing_license WHERE company_id = %(company)s
           AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)),
       (SELECT count(*) FROM (SELECT DISTINCT feature_id FROM credits_allocationentry
          WHERE company_id = %(company)s AND effective_on <= %(day)s
            AND (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)
          GROUP BY feature_id, line_id HAVING sum(units_change) <> 0) AS allocated),
       (SELECT count(*) FROM licensing_membership WHERE company_id = %(company)s),
       (SELECT count(*) FROM licensing_notice WHERE company_id = %(company)s),
       (SELECT count(*) FROM console_act WHERE company_id = %(company)s),
       (SELECT min(recorded_at) FROM console_act WHERE company_id = %(company)s),
       (SELECT json_agg(latest.case_number) FROM (
          SELECT case_number FROM console_act WHERE company_id = %(company)s AND case_number <> ''
           GROUP BY case_number ORDER BY max(recorded_at) DESC LIMIT 3) AS latest)
"""
"""Of a day, as known at an instant, where these are asked for."""


@dataclass(frozen=True)
class Head:
    """A company; `provider` looks after it and `customers` are looked after by it: (name, address name)."""

    company: Company
    provider: tuple[str, str] | None
    customers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Counts:
    """How much each tab has, the latest cases of its acts, and since when there is something."""

    licenses: int
    allocations: int
    people: int
    notices: int
    acts: int
    since: datetime | None
    cases: tuple[str, ...]


def head_of(slug: str) -> Head:
    """One statement. Raises Http404 where there is no such company."""
    with connection.cursor() as cursor:
        cursor.execute(COMPANY, {"slug": slug})
        row = cursor.fetchone()
    if row is None:
        raise Http404(_("There is no company with this address name."))
    pk, name, slug, business_id, provider, provider_slug, zones, customers = row
    company = Company(pk=pk, name=name, slug=slug, business_id=business_id)
    company.__dict__["zone_rows"] = json.loads(zones) if zones else []
    return Head(
        company,
        (provider, provider_slug) if provider_slug else None,
        tuple((each["name"], each["slug"]) for each in json.loads(customers or "[]")),
    )


def counts_of(company: Company, day: date, known_at: datetime | None) -> Counts:
    """One statement."""
    values: dict[str, Any] = {"company": company.pk, "day": day, "known_at": known_at}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, values)
        licenses, allocations, people, notices, acts, since, cases = cursor.fetchone()
    found = cases if isinstance(cases, list) else json.loads(cases or "[]")
    return Counts(licenses, allocations, people, notices, acts, since, tuple(found))
