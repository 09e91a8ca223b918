"""Re-pricing: a new price list reaches what companies have allocated and planned, an act per company."""

from __future__ import annotations

from console.models import Act, ActInProgress, Actor
from credits.acts.post_demand import companies_that_stated, repost_lines
from credits.acts.price_list.load_report import LoadReport
from credits.models import CreditRequirement
from licensing.models import Company


def reprice(act: ActInProgress, lines: list[CreditRequirement], by: Actor, report: LoadReport) -> None:
    if not lines:
        return
    # All companies wait, by id: one that states its first units meanwhile would do so at the rates before this list.
    list(Company.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    companies = list(Company.objects.filter(pk__in=companies_that_stated(lines)))
    acts = Act.begin_many(
        "price-list.apply",
        companies=companies,
        key=f"price-list:{act.id}",
        by=by,
        stated={"load": act.id},
    )
    entries = repost_lines(acts, lines)
    changed: dict[int, int] = {}
    for entry in entries:
        changed[entry.company_id] = changed.get(entry.company_id, 0) + entry.change
    for each in acts:
        if each.company.pk in changed:
            report.repriced.append((str(each.company), changed[each.company.pk]))
    Act.objects.bulk_create([each.row(change=changed[each.company.pk]) for each in acts if each.company.pk in changed])
