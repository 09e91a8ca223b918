"""The bar of planning mode: balances and runway, before and after, as they are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.templatetags.formats import credits as written
from credits.errors import FigureChanged
from credits.rules.planning.figures_of_a_plan import PlanFigures, days_left
from licensing.errors import in_words


@dataclass(frozen=True)
class Fact:
    """One figure before and after; `value` is the exact number after, None for what is no number."""

    name: str
    label: str
    before: str
    after: str
    value: int | None
    below_zero: bool = False

    @property
    def changed(self) -> bool:
        return self.before != self.after


def facts_of(figures: PlanFigures, *, day: date) -> list[Fact]:
    """The balance of today, of the day on which the plan or what is planned comes, and the runway."""
    facts = [
        Fact(
            "balance-after" if each.day == day else "balance-today" if each.day == figures.today else "balance-planned",
            _("Balance today") if each.day == figures.today else _("From %(day)s, plans included") % {"day": in_words(each.day)},
            written(each.before),
            written(each.after),
            each.after,
            each.after < 0,
        )
        for each in figures.balances
    ]
    return [
        *facts,
        Fact(
            "runway-after",
            _("Runway"),
            runway_in_words(figures.runway_before, figures.today),
            runway_in_words(figures.runway_after, figures.today),
            None,
        ),
    ]


def runway_in_words(until: date | None, today: date) -> str:
    """ "102 days", "Below zero", or that it never is."""
    days = days_left(until, today)
    if days is None:
        return _("No end")
    if days <= 0:
        return _("Below zero")
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": f"{days:,}"}


def figure_in_words(changed: FigureChanged, today: date) -> tuple[str, str, str]:
    """What it is, its value as it was shown, and as it is now."""
    if changed.day is None:
        shown, now = (each if isinstance(each, date) else None for each in (changed.shown, changed.now))
        return _("Runway"), runway_in_words(shown, today), runway_in_words(now, today)
    label = _("Balance today") if changed.day == today else _("Balance on %(day)s") % {"day": in_words(changed.day)}
    shown_credits, credits_now = (each if isinstance(each, int) else 0 for each in (changed.shown, changed.now))
    return label, written(shown_credits), written(credits_now)
