"""The receipt of a converted license: units times rate, its source, its end, and what renewals make of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from console.exports.export_of import export_of, wants_export
from licensing.access import of_company
from licensing.errors import in_words
from licensing.models import Company
from licensing.pages.day_shown import AsOf, day_known_asked_for
from licensing.pages.license.sheets import terms_sheet
from licensing.pages.license_information.rows import license_row
from licensing.reading.licenses_on_day import licenses_on
from licensing.reading.rates_with_versions import ListedRate
from licensing.reading.receipts import Conversion, Receipt, is_converted, receipt_of
from licensing.rules.units_in_words import in_units


@require_safe
@of_company()
def receipt(request: HttpRequest, company: Company, pk: int) -> HttpResponse:
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    of_order = licenses_on(company, on=on, known_at=as_of.known_at, with_license=pk)
    found = next((each for each in of_order if each.id == pk), None)
    if found is None or not is_converted(found):
        raise Http404(_("There is no such license in this company, or it was not converted. Look at License Information."))
    made = receipt_of(found, of_order, known_at=as_of.known_at)
    row = license_row(found, company.slug)
    terms = _terms(made, company.slug, as_of, found.license.product.unit)
    if wants_export(request):
        return export_of(request, terms_sheet(terms))
    context = {
        "license": row,
        "license_url": row.url + as_of.query,
        "conversion": made.conversion,
        "rate_said": said_of(made.conversion.listed),
        "rounding": _rounding(made.conversion),
        "terms": terms,
        "renewed": made.renewed_by is not None,
    }
    return render(request, "licensing/receipt.html", context)


def said_of(listed: ListedRate | None) -> dict[str, Any] | None:
    """Where a rate was published, for a page; None where no row of a price list says it."""
    if listed is None:
        return None
    version = listed.version
    return {
        "valid_from": listed.valid_from,
        "source": listed.source,
        "version": (_("No. %(number)s, %(label)s") if version.label else _("No. %(number)s"))
        % {"number": version.number, "label": version.label}
        if version
        else "",
        "loaded_at": version.recorded_at if version else listed.recorded_at,
    }


def _rounding(conversion: Conversion) -> str:
    exact = f"{conversion.exact.normalize():,f}"
    if not conversion.rounded_by:
        return _("None: %(exact)s is a whole number") % {"exact": exact}
    return _("%(exact)s, rounded up once to %(credits)s") % {"exact": exact, "credits": f"{conversion.credits:,}"}


@dataclass(frozen=True)
class TermRow:
    """A conversion in the comparison of terms."""

    label: str
    note: str
    number: int
    unit: str
    rate: Decimal
    credits: int
    change: int | None
    """What the credits of the term differ by from the term before."""
    url: str = ""
    this: bool = False

    @property
    def units(self) -> str:
        return in_units(self.number, self.unit)


def _terms(made: Receipt, slug: str, as_of: AsOf, unit: str) -> list[TermRow]:
    """The term before, this license, and what follows; a row for each conversion there is to compare with."""
    own, rows = made.conversion, []
    for each in made.before:
        rows.append(_row(_("The term before"), each, unit))
    change = own.credits - made.credits_before if made.before and len(made.term) == 1 else None
    rows.append(_row(_("This license"), own, unit, change=change, this=True))
    if made.after is not None:
        change = made.after.credits - made.credits_of_term
        if made.renewed_by is not None:
            url = reverse("licensing:receipt", args=[slug, made.renewed_by]) + as_of.query
            rows.append(_row(_("Its renewal"), made.after, unit, change=change, url=url))
        else:
            label = (
                _("A renewal, by the rates listed now") if as_of.known_at is None else _("A renewal, by the rates listed then")
            )
            rows.append(_row(label, made.after, unit, change=change))
    return rows


def _row(label: str, each: Conversion, unit: str, *, change: int | None = None, url: str = "", this: bool = False) -> TermRow:
    if each.expires_on is None:
        note = _("from %(first)s") % {"first": in_words(each.starts_on)}
    else:
        note = _("from %(first)s, expires %(end)s") % {"first": in_words(each.starts_on), "end": in_words(each.expires_on)}
    return TermRow(label, note, each.units, unit, each.rate, each.credits, change, url, this)
