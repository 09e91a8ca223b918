"""The lines of a company's audit log by time, found and counted in the database: what, who, when; not yet in words.

Sign-ins are those of its people while they were its people: from the act that gave them roles to the one that took them all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.urls import reverse

from credits.reading.audit.kinds import (
    EXPORTS,
    KIND_OF_FAMILY,
    LABELS,
    LEFT_OUT,
    OF_MEMBERS,
    OTHERS,
    PEOPLE,
    PROVIDER,
    SIGN_INS,
    SUPPORT,
)
from licensing.models import Company

LINES = """
WITH given AS (
    SELECT (act.result ->> 'user')::bigint AS person, act.recorded_at AS at, act.result -> 'roles' AS roles
      FROM console_act AS act
     WHERE act.company_id = %(company)s AND act.result ? 'user' AND (act.name = 'company.roles' OR act.result ? 'roles')
    UNION ALL
    SELECT member.user_id, min(act.recorded_at), NULL
      FROM licensing_membership AS member
      JOIN console_act AS act ON act.actor_id = member.user_id AND act.name <> 'company.ask-to-join'
       AND (act.company_id = member.company_id
            OR act.scope = 'user:' || member.user_id AND act.result ->> 'company' = member.company_id::text)
     WHERE member.company_id = %(company)s
     GROUP BY member.user_id
), spans AS (
    SELECT given.person, given.at AS since, lead(given.at) OVER of_person AS until,
           CASE WHEN given.roles IS NOT NULL THEN given.roles <> '[]'::jsonb
                ELSE lead(given.at) OVER of_person IS NOT NULL OR EXISTS (
                     SELECT 1 FROM licensing_membership AS member
                      WHERE member.company_id = %(company)s AND member.user_id = given.person) END AS belongs
      FROM given WINDOW of_person AS (PARTITION BY given.person ORDER BY given.at)
), families AS (
    SELECT * FROM unnest(%(families)s::text[], %(kinds)s::text[]) AS known (family, kind)
), lines AS (
    SELECT 'act' AS what, act.id::text AS key, act.recorded_at AS at, act.actor_id AS person, act.name,
           coalesce(families.kind, %(others)s) AS kind, coalesce(person.is_staff, false) AS by_support,
           act.note_for_customer || ' ' ||
           jsonb_path_query_array(act.result, 'strict $.** ? (@.type() == "string")')::text AS words
      FROM console_act AS act
      LEFT JOIN console_user AS person ON person.id = act.actor_id
      LEFT JOIN families ON families.family = split_part(act.name, '.', 1)
     WHERE act.company_id = %(company)s AND act.name <> ALL(%(left_out)s)
    UNION ALL
    SELECT 'act', act.id::text, act.recorded_at, act.actor_id, act.name, %(people)s, coalesce(person.is_staff, false), ''
      FROM spans
      JOIN console_act AS act ON act.company_id IS NULL AND act.scope = 'user:' || spans.person
       AND act.recorded_at >= spans.since AND (spans.until IS NULL OR act.recorded_at < spans.until)
      LEFT JOIN console_user AS person ON person.id = act.actor_id
     WHERE spans.belongs AND act.name = ANY(%(of_members)s)
    UNION ALL
    SELECT 'export', taken.id::text, taken.exported_at, taken.person_id, taken.sheet, %(exports)s,
           person.is_staff OR starts_with(taken.page, %(desk)s) OR EXISTS (
               SELECT 1 FROM licensing_supportview AS looked
                WHERE looked.company_id = %(company)s AND looked.person_id = taken.person_id
                  AND taken.exported_at BETWEEN looked.begun_at AND looked.ends_at),
           taken.format
      FROM console_export AS taken JOIN console_user AS person ON person.id = taken.person_id
     WHERE taken.company_id = %(company)s
    UNION ALL
    SELECT 'view', looked.id::text, looked.begun_at, looked.person_id, looked.purpose, %(support)s, true, ''
      FROM licensing_supportview AS looked WHERE looked.company_id = %(company)s
    UNION ALL
    SELECT 'look', looked.id::text, looked.seen_at, looked.person_id, looked.name, %(provider)s, false, looked.name
      FROM licensing_providerlook AS looked WHERE looked.company_id = %(company)s
    UNION ALL
    SELECT 'sign-in', signed.id::text, signed.signed_in_at, signed.person_id, 'sign-in', %(sign_ins)s, false,
           signed.device || ' ' || signed.address
      FROM spans
      JOIN console_signin AS signed ON signed.person_id = spans.person AND signed.signed_in_at >= spans.since
       AND (spans.until IS NULL OR signed.signed_in_at < spans.until)
      JOIN console_user AS person ON person.id = signed.person_id AND NOT person.is_staff
     WHERE spans.belongs
), asked AS (
    SELECT lines.* FROM lines LEFT JOIN console_user AS who ON who.id = lines.person
     WHERE (%(since)s::timestamptz IS NULL OR lines.at >= %(since)s)
       AND (%(who)s::bigint IS NULL OR lines.person = %(who)s AND NOT lines.by_support)
       AND (%(q)s = '' OR lines.words ILIKE %(q)s OR lines.name = ANY(%(names)s)
            OR NOT lines.by_support AND who.name ILIKE %(q)s
            OR lines.what = 'act' AND lines.key IN (
               SELECT statement.act_id::text FROM licensing_licensestatement AS statement
                 JOIN licensing_license AS license
                   ON license.company_id = statement.company_id AND license.id = statement.license_id
                 JOIN licensing_order AS bought ON bought.id = license.order_id
                WHERE statement.company_id = %(company)s
                  AND (bought.name ILIKE %(q)s OR bought.external_id ILIKE %(q)s)))
)
"""
COUNTED = f"""{LINES}
SELECT json_build_object('', count(*), '{SUPPORT}', count(*) FILTER (WHERE by_support)),
       (SELECT json_object_agg(kind, number) FROM (SELECT kind, count(*) AS number FROM asked GROUP BY kind) AS of_kind),
       (SELECT json_agg(DISTINCT lines.person) FROM lines WHERE NOT by_support AND person IS NOT NULL)
  FROM asked
"""
FOUND = f"""{LINES}
SELECT what, key, at, person, name, kind, by_support FROM asked
 WHERE %(kind)s = '' OR kind = %(kind)s OR (%(kind)s = '{SUPPORT}' AND by_support)
 ORDER BY at DESC, key DESC LIMIT %(limit)s OFFSET %(offset)s
"""
NETWORKS = """
SELECT asked.number, min(signed.address)
  FROM unnest(%(people)s::bigint[], %(instants)s::timestamptz[]) WITH ORDINALITY AS asked (person, at, number)
  JOIN console_signin AS signed ON signed.person_id = asked.person AND signed.signed_in_at <= asked.at
   AND (signed.ended_at IS NULL OR signed.ended_at >= asked.at) AND signed.address <> ''
 GROUP BY asked.number HAVING count(DISTINCT signed.address) = 1
"""


@dataclass(frozen=True)
class Asked:
    """Which lines: since an instant, of a person, of a kind, with words; `names` are acts whose own words have them."""

    since: datetime | None = None
    who: int | None = None
    kind: str = ""
    q: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """`what` is act, export, view, look or sign-in, `key` its id; `name` an act's name, a sheet, a purpose, a page."""

    what: str
    key: str
    at: datetime
    person: int | None
    name: str
    kind: str
    by_support: bool


@dataclass(frozen=True)
class Counts:
    """Lines by kind, under "" all of them and under SUPPORT those of support; and the ids of who acted, support left out."""

    by_kind: dict[str, int]
    people: list[int]


def counts_of(company: Company, asked: Asked) -> Counts:
    """One statement."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, _values(company, asked))
        in_all, by_kind, people = (each if not isinstance(each, str) else json.loads(each) for each in cursor.fetchone())
    found = {kind: (by_kind or {}).get(kind, 0) for kind in LABELS} | in_all
    return Counts(found, people or [])


def lines_of(company: Company, asked: Asked, *, limit: int, offset: int = 0) -> list[Line]:
    """The latest first. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(FOUND, {**_values(company, asked), "limit": limit, "offset": offset})
        return [Line(*row) for row in cursor.fetchall()]


def networks_of(lines: Iterable[Line]) -> dict[Line, str]:
    """From where each was done: the network address of the one session that its person had then, as far as it is kept.

    Nothing of support, nor where sessions in several networks were open. One statement.
    """
    wanted = [each for each in lines if each.person is not None and not each.by_support]
    with connection.cursor() as cursor:
        cursor.execute(NETWORKS, {"people": [each.person for each in wanted], "instants": [each.at for each in wanted]})
        return {wanted[number - 1]: address for number, address in cursor.fetchall()}


def _values(company: Company, asked: Asked) -> dict[str, Any]:
    pattern = asked.q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return {
        "company": company.pk,
        "families": list(KIND_OF_FAMILY),
        "kinds": list(KIND_OF_FAMILY.values()),
        "left_out": list(LEFT_OUT),
        "of_members": list(OF_MEMBERS),
        "others": OTHERS,
        "people": PEOPLE,
        "exports": EXPORTS,
        "support": SUPPORT,
        "provider": PROVIDER,
        "sign_ins": SIGN_INS,
        "desk": reverse("admin:index"),
        "since": asked.since,
        "who": asked.who,
        "kind": asked.kind,
        "q": f"%{pattern}%" if pattern else "",
        "names": list(asked.names),
    }
