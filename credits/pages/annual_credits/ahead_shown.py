"""How far the graph looks ahead, and under which suppositions: `?ahead=` months, `?suppose=<license>:renewed` or `:not`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.templatetags.formats import credits as written
from credits.charts.ahead.parts import Ahead
from credits.reading.annual_credits import AnnualCredits
from credits.reading.runway.rows_ahead import rows_ahead
from credits.rules.runway.forecast import to_be_renewed
from licensing.errors import in_words
from licensing.pages.day_shown import LAST_DAY, AsOf
from licensing.rules.calendar_arithmetic import add_months

MONTHS, MOST_MONTHS = 6, 12
RENEWED, NOT = "renewed", "not"
MOST_SUPPOSITIONS = 50


def months_ahead(filters: Mapping[str, Any]) -> int:
    """`?ahead=` of the address in whole months, 0 to 12; else 6."""
    asked = filters.get("ahead", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 2 and int(asked) <= MOST_MONTHS else MONTHS


def suppositions(filters: QueryDict) -> dict[int, bool]:
    """License id -> whether it is supposed to be renewed; what says neither is left out."""
    found: dict[int, bool] = {}
    for each in filters.getlist("suppose")[:MOST_SUPPOSITIONS]:
        license_id, _colon, says = each.partition(":")
        if license_id.isascii() and license_id.isdigit() and len(license_id) <= 18 and says in (RENEWED, NOT):
            found[int(license_id)] = says == RENEWED
    return found


def in_address(supposed: Mapping[int, bool]) -> list[str]:
    """The values of `suppose` that say this."""
    return [f"{pk}:{RENEWED if renewed else NOT}" for pk, renewed in supposed.items()]


@dataclass(frozen=True)
class Supposition:
    text: str
    without_url: str


def ahead_shown(
    tab: AnnualCredits, filters: QueryDict, url: Callable[..., str], as_of: AsOf
) -> tuple[Ahead | None, dict[str, Any]]:
    """(what the graph draws, None where it is switched off; context of the history's card)."""
    months, supposed = months_ahead(filters), suppositions(filters)
    context: dict[str, Any] = {
        "months": months,
        "label": ngettext("Ahead, %(months)s month", "Ahead, %(months)s months", months or MONTHS) % {"months": months or MONTHS},
        "switch_url": url(ahead="" if not months else "0") + "#history",
        "other_url": url(ahead="" if months == MOST_MONTHS else str(MOST_MONTHS)) + "#history",
        "other_label": _("6 months ahead") if months == MOST_MONTHS else _("1 year ahead"),
        "suppositions": _named(tab, supposed, url) if months else [],
    }
    if not months:
        return None, context
    last = min(add_months(tab.on, months), LAST_DAY)  # no page shows a later one
    points = tab.ahead(last, supposed)
    rows = rows_ahead(tab, points, to_be_renewed(tab.next_terms, supposed, on=tab.on))
    end = points[-1]
    context["in_words"] = _("Known of %(day)s: %(valid)s contracted and %(allocated)s allocated.") % {
        "day": in_words(end.day),
        "valid": written(end.valid),
        "allocated": written(end.allocated),
    }
    if end.renewed != end.valid:
        context["in_words"] += " " + _("If what is to be renewed is renewed: %(valid)s valid.") % {"valid": written(end.renewed)}
    label = _("Today") if as_of.is_today else date_format(tab.on, "M j, Y")
    after = _("Known future") if tab.on >= as_of.today else _("What came after")
    return Ahead(tuple(points), tuple(rows), str(label), after), context


def _named(tab: AnnualCredits, supposed: Mapping[int, bool], url: Callable[..., str]) -> Sequence[Supposition]:
    """Each supposition that concerns a license that can be renewed, in a sentence, with the address without it."""
    names = {step.order_id: step.order_name for step in tab.ledger.supply}
    found = []
    for pk, renewed in supposed.items():
        term = next((each for each in tab.next_terms if pk in each.licenses), None)
        if term is None:
            continue
        says = (
            _("%(name)s, which ends on %(day)s, is renewed") if renewed else _("%(name)s, which ends on %(day)s, is not renewed")
        )
        others = {other: said for other, said in supposed.items() if other != pk}
        found.append(
            Supposition(
                says % {"name": names.get(term.order_id, ""), "day": in_words(term.ends_on)},
                url(suppose=in_address(others)) + "#history",
            )
        )
    return found
