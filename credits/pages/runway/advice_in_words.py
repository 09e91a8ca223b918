"""What would help against a balance below zero, in rows: what to do, with what, and how long it lasts then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from credits.reading.annual_credits import AnnualCredits
from credits.reading.runway.advice import Advice
from credits.rules.runway.advice import Releasing, Renewing
from credits.rules.runway.renewals import NextTerm
from licensing.errors import in_words
from licensing.pages.day_shown import AsOf
from licensing.rules.units_in_words import in_units

MOST_ROWS = 50
"""Licenses that are listed, the next to end first."""


@dataclass(frozen=True)
class AdviceRow:
    """What to do, with its parts, and what comes of it."""

    what: str
    parts: tuple[tuple[str, str, str], ...]
    """(name, address, what of it)"""
    short: int
    until: date | None


def advice_rows(tab: AnnualCredits, advice: Advice, slug: str, as_of: AsOf) -> list[AdviceRow]:
    rows = []
    if advice.renew is not None and len(advice.renew.terms) > 1:
        rows.append(_renewing(tab, advice.renew, _("Renew these"), slug, as_of))
    rows += [_renewing(tab, each, _("Renew"), slug, as_of) for each in advice.each[:MOST_ROWS]]
    if advice.release is not None:
        rows.append(_releasing(tab, advice.release, slug, as_of))
    return rows


def _renewing(tab: AnnualCredits, found: Renewing, what: str, slug: str, as_of: AsOf) -> AdviceRow:
    parts = tuple((name_of_term(tab, term), address_of_term(term, slug, as_of), _worth(term)) for term in found.terms)
    return AdviceRow(what, parts, found.short, found.until)


def _releasing(tab: AnnualCredits, found: Releasing, slug: str, as_of: AsOf) -> AdviceRow:
    lines = {line.id: (feature, line) for feature in tab.features for line in feature.lines}
    parts = []
    for each in found.released:
        feature, line = lines[each.line_id]
        values = {
            "units": f"{each.units:,}",
            "all": in_units(each.before, line.unit),
            "credits": f"{each.credits:,}",
            "day": in_words(each.day),
        }
        parts.append(
            (
                f"{feature.name} ({line.label})" if line.label else feature.name,
                reverse("credits:allocation", args=[slug, feature.slug]) + as_of.query,
                _("%(units)s of %(all)s from %(day)s, %(credits)s credits") % values,
            )
        )
    return AdviceRow(_("Release"), tuple(parts), found.short, found.until)


def name_of_term(tab: AnnualCredits, term: NextTerm) -> str:
    return next((step.order_name for step in tab.ledger.supply if step.order_id == term.order_id), _("A license"))


def address_of_term(term: NextTerm, slug: str, as_of: AsOf) -> str:
    return reverse("licensing:license", args=[slug, term.license_id]) + as_of.query


def _worth(term: NextTerm) -> str:
    return _("%(credits)s credits from %(day)s") % {"credits": f"{term.credits:,}", "day": in_words(term.ends_on)}
