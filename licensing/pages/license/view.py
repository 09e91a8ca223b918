"""One license: its facts, its life, what was said about it and what that does to the credits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import accumulate
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from licensing.access import may, of_company
from licensing.acts.corrections.extend import EXTEND
from licensing.codes.reveal_code import code_to_show
from licensing.errors import in_words
from licensing.models import Company, License, LicenseEntry, LicenseStatement, Order, Permission
from licensing.pages.changed_at import changed_at
from licensing.pages.day_shown import AsOf, day_known_asked_for
from licensing.pages.license.sheets import entries_sheet, statements_sheet
from licensing.pages.license_information.rows import LicenseRow, license_row
from licensing.pages.license_information.sheet import siblings_sheet
from licensing.purchases.bought_at import ELSEWHERE, BoughtAt, bought_at
from licensing.reading.entries_in_words import ENTRY_TEXTS, EXTENDED, withdrawn_in_words
from licensing.reading.licenses_on_day import LicenseOnDay, entries_of, licenses_on, statements_of
from licensing.rules.license_status import Stage, lifecycle
from licensing.rules.to_be_renewed import is_to_be_renewed
from licensing.rules.units_in_words import in_units

STAGE_LABELS = {
    "term": gettext_lazy("Term"),
    "renewed": gettext_lazy("Renewed"),
    "grace": gettext_lazy("Grace period"),
    "locked": gettext_lazy("Locked"),
    "closed": gettext_lazy("Closed"),
}


@require_safe
@of_company()
def license_page(request: HttpRequest, company: Company, pk: int) -> HttpResponse:
    """A license whose issue was withdrawn is none any more: its address leads to the page as it was known last."""
    try:
        context = license_context(request, pk)
    except Http404:
        last = None if "known" in request.GET else _known_last(company, pk)
        if last is None:
            raise
        return redirect(f"{request.path}?{urlencode({'known': last.isoformat()})}")
    if wants_export(request):
        others = {
            "entries": partial(entries_sheet, context["entries"]),
            "siblings": partial(siblings_sheet, context["siblings"].all, company.slug),
        }
        return export_of(request, partial(statements_sheet, context["statements"]), **others)
    return render(request, "licensing/license.html", context)


def _known_last(company: Company, pk: int) -> datetime | None:
    """The last instant before what issued the license was withdrawn; None where it never was. One statement."""
    rows = LicenseStatement.objects.filter(company=company, license=pk, kind=LicenseStatement.Kind.WITHDRAWN)
    at = rows.order_by("-recorded_at").values_list("recorded_at", flat=True).first()
    return None if at is None else at - timedelta(microseconds=1)


def license_context(request: HttpRequest, pk: int) -> dict[str, Any]:
    """What the page of a license of the request's company shows. 404 where it has no such license."""
    company: Company = request.company  # type: ignore[attr-defined]
    slug = company.slug
    on = day_known_asked_for(request, company, page=reverse("licensing:license", args=[slug, pk]))
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    of_order = licenses_on(company, on=on, known_at=as_of.known_at, with_license=pk)
    found = next((each for each in of_order if each.id == pk), None)
    if found is None:
        raise Http404(_("There is no such license in this company."))
    row = license_row(found, slug)
    known_at = as_of.known_at
    source = _source(found) if known_at is None else ELSEWHERE
    posted = entries_of(found.license, known_at=known_at)
    offers_use = as_of.is_today and found.license.product.kind == "seats" and not found.license.trial
    return {
        "license": row,
        "is_converted": found.license.product.kind == "seats" and row.credits is not None,
        "order_facts": _order_facts(found, source, slug, as_of),
        "changed_at": changed_at(found.license.order) if known_at is None else None,
        "siblings": _siblings(of_order, pk, slug, as_of),
        "suspended": _suspended(found, source),
        "lifecycle": _stages(found),
        "statements": [_statement(each, found.license.product.unit) for each in statements_of(found.license, known_at=known_at)],
        "entries": _entries(posted, found.expires_on),
        "took_back": bool(posted),
        "keep_using_url": reverse("credits:keep-using", args=[slug, pk]) if offers_use else "",
        "code": code_shown(request, found.license) if known_at is None else None,
    }


@dataclass(frozen=True)
class CodeShown:
    """A code as a license's page shows it: masked, unless it was asked for in clear; `url` only for those who may ask."""

    label: str
    masked: str
    url: str
    license_url: str
    clear: str = field(default="", repr=False)
    copies: bool = False


def code_shown(request: HttpRequest, license: License) -> CodeShown | None:
    """The code the license's order was activated by, masked; None for orders of other channels. One statement."""
    code = code_to_show(license.order) if license.order.channel == Order.Channel.CODE else None
    if code is None:
        return None
    address = [request.company.slug, license.pk]  # type: ignore[attr-defined]
    return CodeShown(
        label=code.get_kind_display(),
        masked=code.masked,
        url=reverse("licensing:code", args=address) if may(request, Permission.LICENSING) else "",
        license_url=reverse("licensing:license", args=address),
    )


def _source(found: LicenseOnDay) -> BoughtAt:
    """Where the order was bought, as far as the page says something of it. One statement for purchases at marketplaces."""
    order = found.license.order
    return bought_at([order])[order.pk] if found.status == "suspended" or _renews(found) else ELSEWHERE


def _renews(found: LicenseOnDay) -> bool:
    return is_to_be_renewed(found.facts.renews_on(found.on), as_bought=found.license.order.renews)


@dataclass(frozen=True)
class Siblings:
    """The order's other licenses, the first `SIBLINGS_SHOWN` of them; `all_url` finds all, where there are more."""

    rows: list[LicenseRow]
    number: int
    all: list[LicenseOnDay]
    all_url: str


SIBLINGS_SHOWN = 12


def _siblings(of_order: list[LicenseOnDay], pk: int, slug: str, as_of: AsOf) -> Siblings:
    others = [each for each in of_order if each.id != pk]
    more = len(others) > SIBLINGS_SHOWN
    address = reverse("licensing:license-information", args=[slug])
    return Siblings(
        rows=[license_row(each, slug) for each in others[:SIBLINGS_SHOWN]],
        number=len(others),
        all=others,
        all_url=as_of.with_(address, q=others[0].license.order.external_id) if more else "",
    )


def _order_facts(found: LicenseOnDay, source: BoughtAt, slug: str, as_of: AsOf) -> list[dict[str, Any]]:
    order = found.license.order
    facts = [{"label": _("Bought as"), "value": in_units(order.units, order.product.unit)}] if found.leads else []
    if order.term_months:
        facts.append({"label": _("Term"), "value": in_units(order.term_months, _("month"))})
    renewed = found.status != "cancelled" and found.renewed_by is not None
    url = reverse("licensing:license", args=[slug, found.renewed_by]) + as_of.query if renewed else ""
    facts.append({"label": _("Renewal"), "value": _renewal(found, source), "url": url})
    return facts


def _renewal(found: LicenseOnDay, source: BoughtAt) -> str:
    """What there is to expect at the end of the term: only a marketplace that is followed renews by itself."""
    if found.status == "cancelled":
        return _("Does not renew: it is cancelled")
    if found.renewed_on is not None:
        return _("Renewed from %(day)s") % {"day": in_words(found.renewed_on)}
    if not _renews(found):
        return _("Does not renew by itself")
    if not source.marketplace:
        return _("To be renewed with us; nothing renews by itself")
    if not source.followed:
        return _("To be renewed where it was bought")
    if found.status == "suspended":
        return _("Renews at its end, once it is reinstated")
    return _("Renews at its end")


def _suspended(found: LicenseOnDay, source: BoughtAt) -> dict[str, Any] | None:
    """Since when the license is suspended, and whether its marketplace lifts that by itself; None where it is not."""
    if found.status != "suspended":
        return None
    return {"since": found.facts.state_since(found.on), "marketplace": source.marketplace}


def _stages(found: LicenseOnDay) -> list[dict[str, Any]]:
    if found.status == "cancelled":
        return []
    stages = lifecycle(found.facts, trial=found.license.trial)
    if found.renewed_on is not None:
        stages = [stages[0], Stage("renewed", found.renewed_on, None)]
    return [
        {
            "label": STAGE_LABELS[stage.name],
            "starts_on": stage.starts_on,
            "ends_on": stage.ends_on,
            "current": stage.holds_on(found.on),
        }
        for stage in stages
    ]


def _kind_of(statement: LicenseStatement) -> str:
    if statement.kind == LicenseStatement.Kind.WITHDRAWN:
        return withdrawn_in_words(statement.act)
    return str(EXTENDED if statement.act.name == EXTEND else statement.get_kind_display())


def _statement(statement: LicenseStatement, unit: str) -> dict[str, Any]:
    parts = []
    if statement.units is not None:
        units = in_units(statement.units, unit)
        parts.append(_("to %(units)s") % {"units": units} if statement.kind == LicenseStatement.Kind.REDUCED else units)
        if statement.rate not in (None, 1):
            parts.append(_("%(credits)s credits") % {"credits": f"{statement.credits:,}"})
    if statement.every_day:
        parts.append(_("for every day"))
    if statement.total_units is not None:
        parts.append(_("%(units)s in all") % {"units": in_units(statement.total_units, unit)})
    if statement.starts_on is not None and statement.expires_on is not None:
        parts.append(
            _("from %(first)s, expires %(end)s") % {"first": in_words(statement.starts_on), "end": in_words(statement.expires_on)}
        )
    return {
        "id": statement.pk,
        "day": statement.effective_on,
        "kind_label": _kind_of(statement),
        "text": ", ".join(parts),
        "recorded_at": statement.recorded_at,
        "by": statement.act.by_whom,
        "note": statement.act.note_shown,
        "note_label": statement.act.note_label,
    }


def _entries(entries: list[LicenseEntry], expires_on: date) -> list[dict[str, Any]]:
    """A row for each day on which something changes. What acts posted for a day and took back later is no row of it."""
    days: dict[date, list[LicenseEntry]] = {}
    for entry in entries:
        days.setdefault(entry.effective_on, []).append(entry)
    changes = [(day, sum(each.change for each in posted)) for day, posted in sorted(days.items())]
    left = [(day, change) for day, change in changes if change]
    totals = accumulate(change for _day, change in left)
    return [
        {
            "day": day,
            "change": change,
            "balance_after": total,
            "text": _entry_text(days[day], ends=day == expires_on and change < 0),
        }
        for (day, change), total in zip(left, totals, strict=True)
    ]


def _entry_text(posted: list[LicenseEntry], ends: bool) -> str:
    if ends:
        return _("Expires")
    return ", ".join(dict.fromkeys(str(ENTRY_TEXTS.get(each.act.name, each.act.name)) for each in posted))
