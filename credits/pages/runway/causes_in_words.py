"""What takes the balance below zero, in a sentence, and what would help in another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.templatetags.formats import credits as written
from credits.reading.annual_credits import AnnualCredits
from credits.reading.runway.advice import renewals_that_help
from credits.rules.runway.runway import Cause, Runway
from licensing.errors import in_words
from licensing.pages.day_shown import AsOf


@dataclass(frozen=True)
class CauseRow:
    """One cause: whose it is, what it does, and where that is looked at."""

    name: str
    url: str
    what: str
    change: int
    row: str
    """license or feature: what the row is of."""
    key: str
    figure: str = ""
    """What its explanation is called after `cause-change.`; empty where there is none."""


def cause_rows(tab: AnnualCredits, runway: Runway, slug: str, query: str) -> list[CauseRow]:
    return [_row(tab, cause, runway.since or runway.day, slug, query) for cause in runway.causes]


def _row(tab: AnnualCredits, cause: Cause, day: date, slug: str, query: str) -> CauseRow:
    if cause.kind == "order":
        steps = [step for step in tab.ledger.supply if step.day == day and step.order_id == cause.id]
        name = steps[0].order_name
        what = _("ends") if all(step.ends for step in steps if step.change < 0) else _("counts less")
        if any(step.change > 0 for step in steps):
            what = _("is renewed with less")
        license = cause.licenses[0]
        address = reverse("licensing:license", args=[slug, license]) + query
        return CauseRow(name, address, what, cause.change, "license", str(license), f"license-{license}")
    for feature in tab.features:
        for line in feature.lines:
            if line.id == cause.id:
                name = f"{feature.name} ({line.label})" if line.label else feature.name
                address = reverse("credits:allocation", args=[slug, feature.slug]) + query
                figure = f"line-{line.id}"
                return CauseRow(name, address, _("takes more, as planned"), cause.change, "feature", feature.slug, figure)
    address = reverse("credits:annual-credits", args=[slug]) + query
    return CauseRow(_("A feature"), address, _("takes more"), cause.change, "feature", "")


def cause_in_words(tab: AnnualCredits, runway: Runway, as_of: AsOf, slug: str) -> SafeString:
    """What takes the balance below zero on the day of the runway, or took it there before, and by how much."""
    since = runway.since or runway.day
    is_over = since <= as_of.today
    short_words, then = _("%(short)s short"), _("Then")
    if since < runway.day:
        short_words = _("now %(short)s short") if as_of.is_today else _("%(short)s short on this day")
        then = _("On %(day)s,") % {"day": in_words(since)}
    elif since == tab.on:
        then = _("Today") if as_of.is_today else _("On this day,")
    short = format_html('<span class="negative">{}</span>', short_words % {"short": written(runway.short)})
    causes = cause_rows(tab, runway, slug, as_of.query)
    orders = [row for row, cause in zip(causes, runway.causes, strict=True) if cause.kind == "order"]
    lines = [row for row, cause in zip(causes, runway.causes, strict=True) if cause.kind == "line"]
    if not causes:
        words = _("{then} more was allocated than valid: {}.") if is_over else _("{then} more is allocated than valid: {}.")
        return format_html(words, short, then=then)
    if orders:
        amount = written(-sum(row.change for row in orders))
        whose = _whose(orders, ngettext("%(number)s order", "%(number)s orders", len(orders)))
        if lines:
            more = written(-sum(row.change for row in lines))
            words = (
                _("{then} {} credits of {} ended and {} more were allocated: {}.")
                if is_over
                else _("{then} {} credits of {} end and {} more are planned: {}.")
            )
            return format_html(words, amount, whose, more, short, then=then)
        words = _("{then} {} credits of {} ended: {}.") if is_over else _("{then} {} credits of {} end: {}.")
        return format_html(words, amount, whose, short, then=then)
    amount = written(-sum(row.change for row in lines))
    whose = _whose(lines, ngettext("%(number)s feature", "%(number)s features", len(lines)))
    words = _("{then} {} took {} credits more: {}.") if is_over else _("{then} {} takes {} credits more: {}.")
    if len(lines) > 1:
        words = _("{then} {} took {} credits more: {}.") if is_over else _("{then} {} take {} credits more: {}.")
    return format_html(words, whose, amount, short, then=then)


def _whose(rows: list[CauseRow], many: str) -> SafeString:
    if len(rows) == 1:
        return format_html('<a href="{}">{}</a>', rows[0].url, rows[0].name)
    return format_html("{}", many % {"number": len(rows)})


def help_in_words(tab: AnnualCredits, runway: Runway) -> str:
    """The least that avoids the day: renewing what ends, and how long it lasts then, else how much to release."""
    renew = renewals_that_help(tab).renew
    if renew is None or renew.short:
        if runway.day == tab.on:
            return _("Releasing %(short)s credits takes it back to zero.") % {"short": written(runway.short)}
        return _("Releasing %(short)s credits avoids it.") % {"short": written(runway.short)}
    if len(renew.terms) > 1:
        if renew.until is None:
            return _("With %(number)s of them renewed, there is no end in sight.") % {"number": len(renew.terms)}
        values = {"number": len(renew.terms), "day": in_words(renew.until)}
        return _("With %(number)s of them renewed, it lasts until %(day)s.") % values
    if renew.until is None:
        return _("Renewed, there is no end in sight.")
    return _("Renewed, it lasts until %(day)s.") % {"day": in_words(renew.until)}
