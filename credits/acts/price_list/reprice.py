"""Act: re-price the next slice of companies by the price list that is being applied, an act per company.

A slice is a transaction: killed, it has written nothing, and the next run begins with the same companies. Two processes
at once take turns, since the row that says how far it is stays locked for a slice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Max
from django.db.models.functions import Now

from console.company_in_hand import as_act
from console.models import Act, ActInProgress, Actor
from credits.models import CreditRate, PriceListRun
from credits.reading.price_lists.credits_missing import MISSING, values_of
from licensing.access import require_support
from licensing.models import Company

SLICE = 500
"""Companies that wait for one transaction: some tens of milliseconds."""

POST_MISSING = f"""
WITH missing AS ({MISSING}), added AS (
    INSERT INTO credits_allocationentry
           (company_id, act_id, recorded_at, feature_id, line_id, effective_on, units_change, change)
    SELECT missing.company_id, act.id, act.recorded_at, missing.feature_id, missing.line_id, missing.day, 0, missing.change
      FROM missing
      JOIN unnest(%(companies)s::bigint[], %(acts)s::uuid[], %(instants)s::timestamptz[]) AS act (company_id, id, recorded_at)
        ON act.company_id = missing.company_id
     ORDER BY missing.company_id, missing.line_id, missing.day
    RETURNING company_id, change
)
SELECT company_id, sum(change) FROM added GROUP BY company_id
"""


@dataclass(frozen=True)
class Slice:
    """How far a price list is after a slice; `repriced`: company and the sum of the credits its entries change."""

    done: int
    companies: int
    repriced: list[tuple[Company, int]]


@as_act(for_all="a price list concerns every company")
def reprice(*, by: Actor, companies_at_once: int = SLICE) -> Slice | None:
    """Re-price the next companies, by id; None where no price list is being applied. Ten statements, however many.

    Their own acts wait meanwhile, and what they stated before is seen. Support and machines only.
    """
    require_support(by)
    run = PriceListRun.objects.select_for_update().filter(under_way=True).first()
    if run is None:
        return None
    if run.last is None:
        _count_companies(run)
    rest = Company.objects.filter(pk__gt=run.through, pk__lte=run.last or 0)
    companies = list(rest.select_for_update(no_key=True).order_by("pk")[:companies_at_once])
    repriced = _post(run, companies, by)
    run.done += len(companies)
    run.through = companies[-1].pk if companies else run.last or 0
    if len(companies) < companies_at_once or run.through == run.last:
        run.under_way, run.finished_at = False, Now()
    run.save()
    return Slice(run.done, run.companies, repriced)


def _count_companies(run: PriceListRun) -> None:
    """Up to which company the list is applied: whoever registers later states units at its rates already.

    A company that is being registered right now may have read the rates before it: such transactions are waited for.
    """
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE licensing_company IN SHARE MODE")
    run.companies = Company.objects.count()
    run.last = Company.objects.aggregate(last=Max("pk"))["last"] or 0


def _post(run: PriceListRun, companies: list[Company], by: Actor) -> list[tuple[Company, int]]:
    acts = Act.begin_many(
        "price-list.apply",
        companies=companies,
        key=f"price-list:{run.act_id}",
        by=by,
        stated={"load": run.act_id},
    )
    if not acts:
        return []
    changes = _post_missing(run, acts)
    changed = [each for each in acts if each.company.pk in changes]
    Act.objects.bulk_create([each.row(change=changes[each.company.pk]) for each in changed])
    return [(each.company, changes[each.company.pk]) for each in changed]


def _post_missing(run: PriceListRun, acts: list[ActInProgress]) -> dict[int, int]:
    """Company id -> the sum of what its new entries change. Two statements."""
    listed = CreditRate.objects.filter(line__in=run.lines).order_by("recorded_at", "id")
    rates = listed.values_list("line_id", "valid_from", "credits_per_unit")
    values = values_of([each.company.pk for each in acts], run.lines, rates)
    more: dict[str, Any] = {"acts": [each.id for each in acts], "instants": [each.recorded_at for each in acts]}
    with connection.cursor() as cursor:
        cursor.execute(POST_MISSING, {**values, **more})
        return {company_id: int(change) for company_id, change in cursor.fetchall()}
