"""The journal of a company in sentences, by person, kind of act and day."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db import connection

from console.errors import DomainError
from console.models import Act
from credits.desk.sentences import label_of, sentences_of
from licensing.models import Company
from licensing.pages.day_shown import day_written

ON_ONE_PAGE = 40
CHOICES = """
SELECT (SELECT json_agg(DISTINCT act.name) FROM console_act AS act WHERE act.company_id = %(company)s),
       (SELECT json_agg(json_build_array(person.id, coalesce(nullif(person.name, ''), person.email)))
          FROM console_user AS person WHERE person.id IN (
               SELECT actor_id FROM console_act WHERE company_id = %(company)s AND actor_id IS NOT NULL))
"""


def journal_shown(asked: Any) -> dict[str, Any]:
    """Four statements, however many acts there are."""
    company, values = asked.company, asked.request.GET
    names, people = _choices(company)
    who, what, day = values.get("who", ""), values.get("act", ""), values.get("day", "").strip()
    found = Act.objects.for_company(company).select_related("actor")
    if asked.as_of.known_at is not None:
        found = found.filter(recorded_at__lte=asked.as_of.known_at)
    if who in people:
        found = found.filter(actor=int(who))
    if what in names:
        found = found.filter(name=what)
    wrong = ""
    if day:
        try:
            first, end = _hours_of(company, day)
            found = found.filter(recorded_at__gte=first, recorded_at__lt=end)
        except DomainError as error:
            wrong = str(error)
    page = Paginator(found.order_by("-recorded_at", "-pk"), ON_ONE_PAGE).get_page(values.get("page"))
    kept = {"tab": "journal", **{name: value for name, value in (("who", who), ("act", what), ("day", day)) if value}}
    return {
        "page": page,
        "sentences": sentences_of(page.object_list, reader=asked.reader),
        "people": sorted(people.items(), key=lambda each: each[1].casefold()),
        "names": sorted(((name, label_of(name)) for name in names), key=lambda each: each[1].casefold()),
        "who": who,
        "what": what,
        "day": day,
        "wrong_day": wrong,
        "is_filtered": len(kept) > 1,
        "base": f"{asked.request.path}?{urlencode(kept)}",
    }


def _choices(company: Company) -> tuple[list[str], dict[str, str]]:
    """Names of acts, and people by their ids as an address has them."""
    with connection.cursor() as cursor:
        cursor.execute(CHOICES, {"company": company.pk})
        names, people = (found if isinstance(found, list) else json.loads(found or "[]") for found in cursor.fetchone())
    return names, {str(pk): name for pk, name in people}


def _hours_of(company: Company, text: str) -> tuple[datetime, datetime]:
    """When a day of the company begins and ends. Raises DomainError for what is no day."""
    day = day_written(text)
    noon = datetime.combine(day, time(12), UTC)
    zone = company.zone_at(noon)
    first = datetime.combine(day, time(0), zone)
    return first, datetime.combine(day + timedelta(days=1), time(0), zone)
