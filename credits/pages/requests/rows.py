"""Requests as they are read: what each asks for, from when, by whom, what it would do, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from credits.acts.approvals.request_in_hand import RequestInHand
from credits.acts.feature_in_hand import FeatureInHand, features_in_hand
from credits.acts.planning.plan_in_hand import Plan
from credits.models import RequestEvent, UnitsRequest
from credits.pages.planning.bar import Fact, facts_of, runway_in_words
from credits.reading.approvals.requests import asked_in_words
from credits.reading.changes_of_balance import BalanceAndLines, balance_and_lines
from credits.rules.balance_over_days import total_on
from credits.rules.planning.figures_of_a_plan import PlanFigures
from licensing.models import Company
from licensing.rules.units_in_words import in_units, plural

STATES = {
    RequestEvent.Kind.APPROVED: ("badge-positive", "circle-check"),
    RequestEvent.Kind.REFUSED: ("badge-danger", "ban"),
    RequestEvent.Kind.WITHDRAWN: ("badge-outline", "arrow-back-up"),
}


@dataclass(frozen=True)
class Happened:
    """What was done to a request: by whom, when, in which words."""

    what: str
    by: str
    at: datetime
    words: str


@dataclass(frozen=True)
class RequestShown:
    """A request with what it would do if it was approved today."""

    held: RequestInHand
    plan: Plan
    figures: PlanFigures
    posted: BalanceAndLines
    url: str

    @property
    def day(self) -> date:
        return self.plan.day

    @property
    def keeps_its_day(self) -> bool:
        """Whether it holds from the day that was asked for; else from that of the approval."""
        return self.held.request.effective_on == self.day

    @property
    def name(self) -> str:
        """The features it is about."""
        return self._in_words(self.plan.units)[1]

    @property
    def units(self) -> str:
        """As they were asked for: "60 endpoints"; of several lines how many they are."""
        return self._in_words(self.held.request.units_of_lines)[0]

    @property
    def is_lowered(self) -> bool:
        return any(each.units is not None for each in self.held.events)

    @property
    def lowered_to(self) -> str:
        """The same as somebody else lowered it; empty where nobody did, and of several lines, which the page tells one by one."""
        return self._in_words(self.plan.units)[0] if self.is_lowered and len(self.plan.lines) == 1 else ""

    def _in_words(self, units: Mapping[int, int]) -> tuple[str, str]:
        return asked_in_words(units, [line for _feature, line in self.plan.lines])

    @property
    def by(self) -> str:
        return self.held.request.act.by_whom

    @property
    def words(self) -> str:
        return self.held.request.act.note_shown

    @property
    def asked_at(self) -> datetime:
        return self.held.request.recorded_at

    @property
    def balance_before(self) -> int:
        return self.figures.on(self.day).before

    @property
    def balance(self) -> int:
        return self.figures.on(self.day).after

    @property
    def change(self) -> int:
        """Credits that it allocates more on its day."""
        return self.balance_before - self.balance

    @property
    def runway_before(self) -> str:
        return runway_in_words(self.figures.runway_before, self.figures.today)

    @property
    def runway(self) -> str:
        return runway_in_words(self.figures.runway_after, self.figures.today)

    @property
    def facts(self) -> list[Fact]:
        return facts_of(self.figures, day=self.day)

    @property
    def state(self) -> str:
        closed = self.held.closed_by
        if closed is not None:
            return closed.state
        if self.held.events:
            return _("Lowered, open")
        kind = self.held.request.kind
        return _("To be confirmed") if kind == UnitsRequest.Kind.CONFIRMATION else _("Open")

    @property
    def badge(self) -> str:
        closed = self.held.closed_by
        return "badge-warning" if closed is None else STATES[RequestEvent.Kind(closed.kind)][0]

    @property
    def icon(self) -> str:
        closed = self.held.closed_by
        return "clock" if closed is None else STATES[RequestEvent.Kind(closed.kind)][1]

    @property
    def seen(self) -> dict[int, int]:
        return {feature.feature.pk: feature.latest_statement for feature, _line in self.plan.lines}

    @property
    def lines_gone(self) -> int:
        """How many of its lines the catalogue no longer has."""
        return len(self.plan.units) - len(self.plan.lines)

    @property
    def happened(self) -> list[Happened]:
        asked = Happened(_("Asked for"), self.by, self.asked_at, self.words)
        return [
            asked,
            *(Happened(self._what(each), each.act.by_whom, each.recorded_at, each.act.note_shown) for each in self.held.events),
        ]

    def _what(self, event: RequestEvent) -> str:
        if event.ended:
            return _("Ended: who asked is no member any more")
        if event.units is None or len(self.plan.lines) != 1:
            return event.state
        line = self.plan.lines[0][1]
        return _("Lowered to %(units)s") % {"units": in_units(event.units[str(line.pk)], line.unit)}

    def rows(self, typed: Mapping[int, str], wrong: Mapping[int, list[str]]) -> list[dict[str, Any]]:
        """Its lines: units on its day without it, as asked for and as it stands, and the credits that it adds.

        `typed` and `wrong` are what stands in the fields, and what is wrong with it.
        """
        asked, found = self.held.request.units_of_lines, []
        for feature, line in self.plan.lines:
            before = total_on(self.posted.lines[line.pk], self.day)
            after = self.plan.after(feature, line).credits_on(self.day)
            units = self.plan.units[line.pk]
            found.append(
                {
                    "line": line.pk,
                    "name": feature.feature.name,
                    "slot": feature.feature.offering.chart_slot,
                    "label": line.label,
                    "unit": plural(line.unit),
                    "now": feature.units_on(self.day)[line.pk],
                    "asked": asked[line.pk],
                    "units": units,
                    "typed": typed.get(line.pk, f"{units:,}"),
                    "errors": wrong.get(line.pk, []),
                    "change": after - before,
                    "may_be_lowered": feature.units_on(self.day)[line.pk] < units,
                }
            )
        return found


def shown(company: Company, requests: Iterable[RequestInHand], *, today: date) -> list[RequestShown]:
    """Requests with what they would do today. Four statements, however many there are; none for none."""
    wanted = list(requests)
    lines = {line for each in wanted for line in each.units}
    if not lines:
        return []
    held: dict[int, FeatureInHand] = features_in_hand(company, lines=lines)
    balance = balance_and_lines(company, lines)
    found = []
    for each in wanted:
        plan = Plan(held, each.units, each.day(today))
        figures = plan.figures(balance, today=today, days={today, plan.day})
        url = reverse("credits:request", args=[company.slug, each.request.pk])
        found.append(RequestShown(each, plan, figures, balance, url))
    return found
