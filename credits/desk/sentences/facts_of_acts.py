"""What sentences say beside an act's own row: the names it is about and what it wrote, of many acts by one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from console.models import Act, User
from console.models.actor import person_acted_for
from licensing.models import Company

MOST = 3
"""So many rows of a kind are told of an act; the others are counted."""

FACTS = f"""
SELECT 'company', company.id::text, 1::bigint, jsonb_build_object('name', company.name, 'slug', company.slug,
       'business_id', company.business_id, 'zones', (SELECT jsonb_agg(jsonb_build_object(
           'id', zone.id, 'at', zone.effective_at, 'zone', zone.time_zone) ORDER BY zone.id)
         FROM licensing_companytimezone AS zone WHERE zone.company_id = company.id))
  FROM licensing_company AS company WHERE company.id = ANY(%(companies)s::bigint[])
UNION ALL
SELECT 'person', person.id::text, 1, jsonb_build_object('name', coalesce(nullif(person.name, ''), person.email),
       'staff', person.is_staff)
  FROM console_user AS person WHERE person.id = ANY(%(people)s::bigint[])
UNION ALL
SELECT 'order', bought.id::text, 1, jsonb_build_object('id', bought.id, 'number', bought.external_id,
       'name', coalesce(nullif(bought.name, ''), product.name), 'units', bought.units, 'unit', product.unit,
       'channel', bought.channel, 'trial', bought.trial, 'issued_by', bought.act_id)
  FROM licensing_order AS bought JOIN licensing_product AS product ON product.id = bought.product_id
 WHERE bought.id = ANY(%(orders)s::bigint[])
UNION ALL
SELECT 'successor', old.act_id::text, 1, jsonb_build_object('id', moved.id,
       'company', holder.name, 'slug', holder.slug)
  FROM (SELECT DISTINCT statement.act_id, license.order_id FROM licensing_licensestatement AS statement
          JOIN licensing_license AS license
            ON license.company_id = statement.company_id AND license.id = statement.license_id
         WHERE statement.company_id = ANY(%(companies)s::bigint[]) AND statement.act_id = ANY(%(transfers)s::uuid[])) AS old
  JOIN licensing_order AS moved ON moved.transferred_from_id = old.order_id
  JOIN console_act AS moving ON moving.id = old.act_id
  JOIN console_act AS issuing ON issuing.id = moved.act_id AND issuing.key = moving.key || ':order'
  JOIN licensing_company AS holder ON holder.id = moved.company_id
UNION ALL
SELECT 'activation', attempt.id::text, 1, jsonb_build_object('number', purchase.external_id,
       'name', coalesce(nullif(purchase.name, ''), bought.external_id, purchase.external_id), 'order', bought.id)
  FROM licensing_activation AS attempt
  LEFT JOIN licensing_subscription AS purchase ON purchase.id = attempt.subscription_id
  LEFT JOIN licensing_order AS bought ON bought.id = coalesce(attempt.order_id, purchase.order_id)
 WHERE attempt.id = ANY(%(activations)s::uuid[])
UNION ALL
SELECT 'delivery', delivery.act_id::text, 1, jsonb_build_object('kind', notice.kind,
       'person', coalesce(nullif(person.name, ''), person.email))
  FROM licensing_noticedelivery AS delivery
  JOIN licensing_notice AS notice ON notice.company_id = delivery.company_id AND notice.id = delivery.notice_id
  JOIN console_user AS person ON person.id = delivery.user_id
 WHERE delivery.company_id = ANY(%(companies)s::bigint[]) AND delivery.act_id = ANY(%(acts)s::uuid[])
UNION ALL
SELECT 'provider', company.id::text, 1, jsonb_build_object('name', company.name)
  FROM licensing_company AS company WHERE company.id = ANY(%(providers)s::bigint[])
UNION ALL
SELECT 'invitation', invitation.id::text, 1, jsonb_build_object('address', invitation.email, 'at', invitation.invited_at,
       'roles', invitation.roles)
  FROM licensing_invitation AS invitation
 WHERE invitation.company_id = ANY(%(companies)s::bigint[]) AND invitation.id = ANY(%(invitations)s::bigint[])
UNION ALL
SELECT 'difference', difference.id::text, 1, jsonb_build_object('number', difference.external_id)
  FROM licensing_difference AS difference WHERE difference.id = ANY(%(differences)s::bigint[])
UNION ALL
SELECT 'event', event.id::text, 1, jsonb_build_object('number', event.subscription_id_said)
  FROM licensing_marketplaceevent AS event WHERE event.id = ANY(%(events)s::bigint[])
UNION ALL
SELECT 'statement', said.act_id::text, said.number, said.facts FROM (
       SELECT statement.act_id, count(*) OVER of_act AS number,
              row_number() OVER (of_act ORDER BY statement.kind <> 'total', statement.id) AS place,
              jsonb_build_object('kind', statement.kind, 'day', statement.effective_on, 'units', statement.units,
                'credits', CASE WHEN statement.rate IS NULL THEN NULL ELSE statement.credits END,
                'starts_on', statement.starts_on, 'expires_on', statement.expires_on, 'state', statement.state,
                'total', statement.total_units, 'every_day', statement.every_day, 'trial', license.trial,
                'license', license.id, 'order', license.order_id, 'unit', product.unit, 'product', product.name,
                'number', bought.external_id, 'channel', bought.channel,
                'name', coalesce(nullif(bought.name, ''), ordered.name)) AS facts
         FROM licensing_licensestatement AS statement
         JOIN licensing_license AS license
           ON license.company_id = statement.company_id AND license.id = statement.license_id
         JOIN licensing_product AS product ON product.id = license.product_id
         JOIN licensing_order AS bought ON bought.company_id = license.company_id AND bought.id = license.order_id
         JOIN licensing_product AS ordered ON ordered.id = bought.product_id
        WHERE statement.company_id = ANY(%(companies)s::bigint[]) AND statement.act_id = ANY(%(acts)s::uuid[])
       WINDOW of_act AS (PARTITION BY statement.act_id)) AS said
 WHERE said.place <= {MOST}
UNION ALL
SELECT 'supply', first.act_id::text, 1, jsonb_build_object('day', first.effective_on, 'change', first.change) FROM (
       SELECT DISTINCT ON (entry.act_id) entry.act_id, entry.effective_on, sum(entry.change) AS change
         FROM licensing_licenseentry AS entry
        WHERE entry.company_id = ANY(%(companies)s::bigint[]) AND entry.act_id = ANY(%(acts)s::uuid[])
        GROUP BY entry.act_id, entry.effective_on HAVING sum(entry.change) <> 0
        ORDER BY entry.act_id, entry.effective_on) AS first
UNION ALL
SELECT 'demand', first.act_id::text, 1, jsonb_build_object('day', first.effective_on, 'change', first.change) FROM (
       SELECT DISTINCT ON (entry.act_id) entry.act_id, entry.effective_on, sum(entry.change) AS change
         FROM credits_allocationentry AS entry
        WHERE entry.company_id = ANY(%(companies)s::bigint[]) AND entry.act_id = ANY(%(acts)s::uuid[])
        GROUP BY entry.act_id, entry.effective_on HAVING sum(entry.change) <> 0
        ORDER BY entry.act_id, entry.effective_on) AS first
UNION ALL
SELECT 'undone', done.id::text, 1, jsonb_build_object('name', done.name, 'scope', done.scope, 'key', done.key,
       'company_id', done.company_id, 'recorded_at', done.recorded_at, 'result', done.result, 'actor_id', done.actor_id,
       'actor_kind', done.actor_kind, 'actor_label', done.actor_label, 'on_behalf_of', done.on_behalf_of,
       'person', person.name, 'email', person.email,
       'staff', person.is_staff)
  FROM console_act AS done LEFT JOIN console_user AS person ON person.id = done.actor_id
 WHERE done.company_id = ANY(%(companies)s::bigint[]) AND done.id = ANY(%(undone)s::uuid[])
UNION ALL
SELECT 'switch', said.act_id::text, said.number, said.facts FROM (
       SELECT change.act_id, count(*) OVER of_act AS number, row_number() OVER (of_act ORDER BY change.id) AS place,
              jsonb_build_object('feature', feature.name, 'model', change.model, 'day', change.effective_on) AS facts
         FROM credits_billingmodelchange AS change JOIN credits_feature AS feature ON feature.id = change.feature_id
        WHERE change.company_id = ANY(%(companies)s::bigint[]) AND change.act_id = ANY(%(acts)s::uuid[])
       WINDOW of_act AS (PARTITION BY change.act_id)) AS said
 WHERE said.place <= {MOST}
UNION ALL
SELECT 'observed', said.act_id::text, said.number, jsonb_build_object('feature', feature.name, 'label', line.label,
       'unit', line.unit, 'units', said.units, 'day', said.observed_on, 'before', (SELECT known.units
         FROM credits_unitsinuse AS known
        WHERE known.company_id = said.company_id AND known.line_id = said.line_id AND known.id < said.id
          AND known.observed_on <= said.observed_on
        ORDER BY known.observed_on DESC, known.id DESC LIMIT 1))
  FROM (SELECT observed.*, count(*) OVER of_act AS number, row_number() OVER (of_act ORDER BY observed.id) AS place
          FROM credits_unitsinuse AS observed
         WHERE observed.company_id = ANY(%(companies)s::bigint[]) AND observed.act_id = ANY(%(acts)s::uuid[])
        WINDOW of_act AS (PARTITION BY observed.act_id)) AS said
  JOIN credits_creditrequirement AS line ON line.id = said.line_id
  JOIN credits_feature AS feature ON feature.id = line.feature_id
 WHERE said.place <= {MOST}
UNION ALL
SELECT 'request', doing.id::text, 1, jsonb_build_object('day', asked.effective_on,
       'person', coalesce(nullif(asker.name, ''), asker.email), 'staff', asker.is_staff,
       'number', (SELECT count(*) FROM jsonb_object_keys(said.units)),
       'lines', (SELECT jsonb_agg(of_line.facts) FROM (
           SELECT jsonb_build_object('feature', feature.name, 'label', line.label, 'unit', line.unit,
                    'units', of.units::bigint, 'before', (earlier.units ->> of.line)::bigint) AS facts
             FROM jsonb_each_text(said.units) AS of (line, units)
             JOIN credits_creditrequirement AS line ON line.id = of.line::bigint
             JOIN credits_feature AS feature ON feature.id = line.feature_id
            ORDER BY of.units = (earlier.units ->> of.line), feature.name, line.position LIMIT {MOST}) AS of_line))
  FROM console_act AS doing
  JOIN credits_unitsrequest AS asked
    ON asked.company_id = doing.company_id AND asked.id = (doing.result ->> 'request')::bigint
  JOIN console_act AS asking ON asking.company_id = asked.company_id AND asking.id = asked.act_id
  LEFT JOIN console_user AS asker ON asker.id = asking.actor_id
 CROSS JOIN LATERAL (SELECT coalesce((
       SELECT event.units FROM credits_requestevent AS event
        WHERE event.company_id = asked.company_id AND event.request_id = asked.id AND event.kind = 'lowered'
          AND event.act_id <> doing.id AND event.recorded_at <= doing.recorded_at
        ORDER BY event.id DESC LIMIT 1), asked.units) AS units) AS earlier
 CROSS JOIN LATERAL (SELECT coalesce((
       SELECT event.units FROM credits_requestevent AS event
        WHERE event.company_id = asked.company_id AND event.request_id = asked.id AND event.act_id = doing.id),
       earlier.units) AS units) AS said
 WHERE doing.company_id = ANY(%(companies)s::bigint[]) AND doing.id = ANY(%(acts)s::uuid[])
   AND starts_with(doing.name, 'request.')
UNION ALL
SELECT 'approvals', said.act_id::text, 1, (
       SELECT jsonb_build_object('from_credits', held.from_credits, 'below_zero', held.below_zero)
         FROM credits_approvalrule AS held
        WHERE held.company_id = said.company_id AND held.id < said.id ORDER BY held.id DESC LIMIT 1)
  FROM credits_approvalrule AS said
 WHERE said.company_id = ANY(%(companies)s::bigint[]) AND said.act_id = ANY(%(acts)s::uuid[])
UNION ALL
SELECT 'threshold', said.act_id::text, 1, jsonb_build_object('kind', said.kind, 'credits', said.credits,
       'day', said.effective_on, 'customer', customer.name, 'is_customer', customer.parent_id = said.company_id,
       'before', (SELECT jsonb_build_object('kind', held.kind, 'credits', held.credits)
         FROM credits_thresholdstatement AS held
        WHERE held.company_id = said.company_id AND held.customer_id = said.customer_id AND held.id < said.id
          AND held.effective_on <= said.effective_on
        ORDER BY held.id DESC LIMIT 1))
  FROM credits_thresholdstatement AS said JOIN licensing_company AS customer ON customer.id = said.customer_id
 WHERE said.company_id = ANY(%(companies)s::bigint[]) AND said.act_id = ANY(%(acts)s::uuid[])
"""
"""Rows: what, of which act (or of which row), of how many, the facts."""


OF_ONE_ACT = {"statement", "switch", "supply", "demand", "delivery", "successor", "threshold", "observed", "request", "approvals"}
"""What is told by the act that wrote it; all else by the id of its own row."""


@dataclass
class FactsOfAct:
    """What one act wrote, at most MOST rows of a kind; `number` says how many there are."""

    statements: list[dict[str, Any]] = field(default_factory=list)
    switches: list[dict[str, Any]] = field(default_factory=list)
    observed: list[dict[str, Any]] = field(default_factory=list)
    supply: dict[str, Any] | None = None
    """Of the first day on which its entries change the valid credits: `day` and `change`."""
    demand: dict[str, Any] | None = None
    """The same of the allocated credits."""
    delivery: dict[str, Any] | None = None
    successor: dict[str, Any] | None = None
    threshold: dict[str, Any] | None = None
    request: dict[str, Any] | None = None
    """The request that it is about, with its units then; for one that lowered it with those before."""
    approvals: dict[str, Any] | None = None
    """The rule before the one that it stated."""
    number: dict[str, int] = field(default_factory=dict)


@dataclass
class FactsOfActs:
    """By id: acts as text, the others as their table has them."""

    acts: dict[str, FactsOfAct] = field(default_factory=dict)
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    companies: dict[int, Company] = field(default_factory=dict)
    undone: dict[str, Act] = field(default_factory=dict)
    """What the acts of an undo undid, with `actor` read."""

    def row(self, what: str, pk: Any) -> dict[str, Any] | None:
        return self.rows.get(what, {}).get(str(pk))

    def acted_for(self, act: Act, *, to_customers: bool = False) -> str:
        """The name of the person for whom a machine did it; empty for nobody. What a machine said of it is for staff alone."""
        pk = person_acted_for(act.on_behalf_of)
        if pk is None:
            return "" if to_customers else act.on_behalf_of
        found = self.row("person", pk)
        return str(found["name"]) if found else ""


def facts_of_acts(acts: Iterable[Act]) -> FactsOfActs:
    """One statement, however many acts there are; none for no acts."""
    wanted = list(acts)
    found = FactsOfActs()
    if not wanted:
        return found
    with connection.cursor() as cursor:
        cursor.execute(FACTS, _asked(wanted))
        rows = cursor.fetchall()
    for what, key, number, facts in rows:
        facts = json.loads(facts or "null")
        if what == "company":
            found.companies[int(key)] = _company(int(key), facts)
        elif what == "undone":
            found.undone[key] = _act(key, facts)
        elif what in OF_ONE_ACT:
            of_act = found.acts.setdefault(key, FactsOfAct())
            of_act.number[what] = number
            if what == "statement":
                of_act.statements.append(facts)
            elif what == "switch":
                of_act.switches.append(facts)
            elif what == "observed":
                of_act.observed.append(facts)
            else:
                setattr(of_act, what, facts)
        else:
            found.rows.setdefault(what, {})[key] = facts
    return found


def _asked(acts: list[Act]) -> dict[str, list[Any]]:
    def results(key: str, *names: str) -> list[Any]:
        found = [act for act in acts if act.result.get(key) is not None and (not names or act.name in names)]
        return [act.result[key] for act in found]

    users = [int(act.scope[5:]) for act in acts if act.scope.startswith("user:") and act.scope[5:].isdecimal()]
    undone = [UUID(each) for each in results("undoes")]
    transfers = [UUID(act.result["undoes"]) for act in acts if act.result.get("undoes_name") == "order.transfer"]
    return {
        "acts": [*(act.pk for act in acts), *undone],
        "undone": undone,
        "transfers": [*(act.pk for act in acts if act.name == "order.transfer"), *transfers],
        "companies": [
            *(act.company_id for act in acts if act.company_id is not None),
            *results("company", "company.register", "company.register-own"),
        ],
        "people": [*users, *results("user"), *_acted_for(acts)],
        "providers": results("provider", "company.provider-access"),
        "orders": results("order"),
        "invitations": results("invitation"),
        "activations": [UUID(each) for each in results("activation")],
        "differences": results("row", "difference.read"),
        "events": results("row", "event.read"),
    }


def _acted_for(acts: list[Act]) -> list[int]:
    return [found for act in acts if (found := person_acted_for(act.on_behalf_of)) is not None]


def _company(pk: int, facts: dict[str, Any]) -> Company:
    company = Company(pk=pk, name=facts["name"], slug=facts["slug"], business_id=facts["business_id"])
    company.__dict__["zone_rows"] = facts["zones"] or []
    return company


def _act(pk: str, facts: dict[str, Any]) -> Act:
    person = {"name": facts.pop("person"), "email": facts.pop("email"), "is_staff": bool(facts.pop("staff"))}
    act = Act(pk=UUID(pk), **{**facts, "recorded_at": datetime.fromisoformat(facts["recorded_at"])})
    if act.actor_id is not None:
        act.actor = User(pk=act.actor_id, **person)
    return act


def day_of(text: str | None) -> date | None:
    """A day as results and facts have it; None for none."""
    return date.fromisoformat(text) if text else None
