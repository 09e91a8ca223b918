"""The summary in words: what its figures are made of, in the tense of the day shown, and what the runway ends with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.templatetags.formats import credits as written
from credits.pages.runway.causes_in_words import cause_in_words, help_in_words
from credits.reading.annual_credits import AnnualCredits
from credits.rules.balance_over_days import total_on
from licensing.errors import in_words
from licensing.pages.day_shown import AsOf
from licensing.rules.a_year_before import a_year_before


@dataclass(frozen=True)
class SummaryInWords:
    """Notes below the figures; `below_zero` is (what is so, what that means), empty at zero and above."""

    valid: str
    allocated: str
    balance: str
    below_zero: tuple[str, str] | None
    runway: str
    """A word in place of a number of days."""
    runway_until: str
    runway_note: str | SafeString


def summary_in_words(tab: AnnualCredits, as_of: AsOf, slug: str) -> SummaryInWords:
    return SummaryInWords(
        valid=_valid(tab),
        allocated=_allocated(tab, as_of),
        balance=_balance(tab, as_of),
        below_zero=_below_zero(tab, as_of) if tab.summary.current_balance < 0 else None,
        **_runway(tab, as_of, slug),
    )


def _tense(as_of: AsOf, *, today: str, past: str, future: str) -> str:
    return today if as_of.is_today else past if as_of.is_past else future


def _valid(tab: AnnualCredits) -> str:
    summary = tab.summary
    if summary.converted_credits:
        return _("%(purchased)s purchased and %(converted)s converted from licenses") % {
            "purchased": written(summary.purchased_credits),
            "converted": written(summary.converted_credits),
        }
    return _("All purchased") if summary.purchased_credits else _("No valid credits on this day")


def _allocated(tab: AnnualCredits, as_of: AsOf) -> str:
    """Before the share of valid credits, which the page writes as a figure."""
    summary = tab.summary
    if not summary.features_allocated:
        return _tense(
            as_of,
            today=_("Nothing is allocated yet"),
            past=_("Nothing was allocated on this day"),
            future=_("Nothing is allocated for this day"),
        )
    return _("%(features)s in %(offerings)s") % {
        "features": ngettext("%(number)s feature", "%(number)s features", summary.features_allocated)
        % {"number": summary.features_allocated},
        "offerings": ngettext("%(number)s offering", "%(number)s offerings", summary.offerings_allocated)
        % {"number": summary.offerings_allocated},
    }


def _balance(tab: AnnualCredits, as_of: AsOf) -> str:
    summary = tab.summary
    if as_of.is_today and tab.plans:
        day = min(each.day for each in tab.plans)
        return _("%(balance)s from %(day)s, as planned") % {"balance": written(_balance_on(tab, day)), "day": in_words(day)}
    if summary.current_balance < 0:
        return _tense(
            as_of,
            today=_("More is allocated than valid"),
            past=_("More was allocated than valid"),
            future=_("More will be allocated than valid"),
        )
    if summary.current_balance == 0 and summary.total_valid_credits:
        return _tense(
            as_of,
            today=_("Every valid credit is allocated"),
            past=_("Every valid credit was allocated"),
            future=_("Every valid credit will be allocated"),
        )
    if summary.current_balance == 0:
        return _tense(
            as_of,
            today=_("Nothing to allocate yet"),
            past=_("Nothing was there to allocate"),
            future=_("Nothing will be there to allocate"),
        )
    return _tense(
        as_of,
        today=_("Available to allocate to any feature"),
        past=_("Was available to allocate to any feature"),
        future=_("Will be available to allocate to any feature"),
    )


def _balance_on(tab: AnnualCredits, day: date) -> int:
    return total_on(tab.ledger.supply_by_day, day) - total_on(tab.ledger.demand_by_day, day)


def _below_zero(tab: AnnualCredits, as_of: AsOf) -> tuple[str, str]:
    values = {"short": written(tab.summary.shortfall), "day": in_words(as_of.day)}
    if as_of.is_today:
        since = tab.summary.below_zero_since
        if since is not None and since > a_year_before(tab.on):
            told = _("The balance is %(short)s credits below zero, since %(since)s.") % {**values, "since": in_words(since)}
        else:
            told = _("The balance is %(short)s credits below zero.") % values
        return (
            told,
            _(
                "Nothing is blocked and every feature keeps working; to return to zero, add at least %(short)s credits or lower"
                " allocations. If a feature cannot be used, the balance is not the reason: try again, or contact support."
            )
            % values,
        )
    if as_of.is_past:
        back = _first_day_covered(tab, as_of)
        rest = _("Nothing was blocked and every feature kept working.")
        if back:
            rest += " " + _("From %(day)s on it was at zero or above again.") % {"day": in_words(back)}
        return _("On %(day)s the balance was %(short)s credits below zero.") % values, rest
    return (
        _("On %(day)s the balance will be %(short)s credits below zero, as contracted and planned so far.") % values,
        _(
            "Nothing will be blocked and every feature will keep working; renewals, further credits or lower allocations"
            " change it."
        ),
    )


def _first_day_covered(tab: AnnualCredits, as_of: AsOf) -> date | None:
    """The first day after the one shown, up to today, on which the balance was not below zero."""
    days = sorted(
        day for day in tab.ledger.supply_by_day.keys() | tab.ledger.demand_by_day.keys() if as_of.day < day <= as_of.today
    )
    return next((day for day in days if _balance_on(tab, day) >= 0), None)


def _runway(tab: AnnualCredits, as_of: AsOf, slug: str) -> dict[str, str]:
    summary = tab.summary
    if not summary.total_valid_credits and not summary.allocated_credits:
        return {
            "runway": _("No credits yet"),
            "runway_until": "",
            "runway_note": _("Counts once credits are valid and allocated"),
        }
    found = tab.runway
    if found is None:
        return {
            "runway": _("No end in sight"),
            "runway_until": "",
            "runway_note": _("What is contracted covers what is allocated for as long as it runs"),
        }
    if summary.current_balance < 0 and not found.causes:
        note = _tense(
            as_of,
            today=_("The balance is below zero now"),
            past=_("The balance was below zero on this day"),
            future=_("The balance will be below zero on this day"),
        )
        return {"runway": "", "runway_until": "", "runway_note": note}
    until = _("until %(day)s") % {"day": in_words(found.day)} if found.day > tab.on else ""
    note = format_html("{} {}", cause_in_words(tab, found, as_of, slug), help_in_words(tab, found))
    return {"runway": "", "runway_until": until, "runway_note": note}
