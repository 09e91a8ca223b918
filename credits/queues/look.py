"""Look: find all that support has to see to, and keep it as the list. By a job, every hour, and when somebody asks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from credits.models import DeskItem, DeskLook
from credits.queues.found import Found
from credits.queues.of_credits import of_credits
from credits.queues.of_health import of_health
from credits.queues.of_mail_jobs_and_people import of_mail_jobs_and_people
from credits.queues.of_marketplaces import of_marketplaces

LOOK_FOR_SUPPORT = "credits.look_for_support"
KEPT = timedelta(days=30)
"""So long what is over stays in the table."""
AT_ONCE = 5_000
"""Rows of one statement."""

KEEP = """
INSERT INTO credits_deskitem AS item (kind, subject, company_id, rank, facts, since, found_at)
SELECT kind, subject, company, rank, facts, since, %(now)s
  FROM jsonb_to_recordset(%(found)s::jsonb)
    AS found (kind text, subject text, company bigint, rank smallint, facts jsonb, since timestamptz)
    ON CONFLICT (kind, subject) WHERE ended_at IS NULL
    DO UPDATE SET rank = excluded.rank, facts = excluded.facts, company_id = excluded.company_id,
                  since = CASE excluded.kind WHEN 'health' THEN item.since ELSE excluded.since END
 WHERE (item.rank, item.facts, item.since, item.company_id)
       IS DISTINCT FROM (excluded.rank, excluded.facts, excluded.since, excluded.company_id)
"""
"""Since when something is not well is when it was first found so."""
END = """
UPDATE credits_deskitem AS item SET ended_at = %(now)s
 WHERE ended_at IS NULL AND kind = ANY(%(kinds)s)
   AND NOT EXISTS (SELECT 1 FROM unnest(%(of)s::text[], %(subjects)s::text[]) AS found (kind, subject)
                    WHERE found.kind = item.kind AND found.subject = item.subject)
"""


def look(now: datetime) -> None:
    """Everything, for the list; about forty statements, however many companies there are (more by slices of 5,000 things)."""
    began = time.monotonic()
    found = [*of_marketplaces(now), *of_credits(now), *of_mail_jobs_and_people(now), *of_health(now)]
    with transaction.atomic():
        _one_at_a_time()
        keep(found, list(DeskItem.Kind), now)
        DeskItem.objects.filter(ended_at__lt=now - KEPT).delete()
        DeskLook.objects.update_or_create(pk=1, defaults={"looked_at": now, "seconds": time.monotonic() - began})


def look_at_health(now: datetime) -> None:
    """The items of health alone."""
    found = of_health(now)
    with transaction.atomic():
        _one_at_a_time()
        keep(found, [DeskItem.Kind.HEALTH], now)


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('credits_deskitem', 0))")


def keep(found: Iterable[Found], kinds: Iterable[str], now: datetime) -> None:
    """What was found of these kinds stands; what stood and was not found ends. Within `look`'s lock."""
    rows = list({(each.kind, each.subject): each for each in found}.values())
    with connection.cursor() as cursor:
        for first in range(0, len(rows), AT_ONCE):
            told = [
                {
                    "kind": each.kind,
                    "subject": each.subject,
                    "company": each.company,
                    "rank": each.rank,
                    "facts": each.facts,
                    "since": each.since.isoformat(),
                }
                for each in rows[first : first + AT_ONCE]
            ]
            cursor.execute(KEEP, {"found": json.dumps(told), "now": now})
        ended: dict[str, Any] = {
            "kinds": [str(kind) for kind in kinds],
            "of": [str(each.kind) for each in rows],
            "subjects": [each.subject for each in rows],
            "now": now,
        }
        cursor.execute(END, ended)
