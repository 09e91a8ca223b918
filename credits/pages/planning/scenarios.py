"""Plans kept by name: the list, one beside today and perhaps beside another, applying and dropping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console.errors import DomainError, Refused
from console.exports.export_of import export_of, wants_export
from console.status_message import StatusMessage, tell
from credits.acts.approvals.ask_for_units import ask_for_scenario
from credits.acts.feature_in_hand import FeatureInHand, features_in_hand
from credits.acts.planning.apply_scenario import apply_scenario, day_of_scenario
from credits.acts.planning.drop_scenario import NoSuchScenario, drop_scenario
from credits.acts.planning.plan_in_hand import Plan
from credits.errors import NeedsApproval, NeedsConfirmation, PlanOutOfDate
from credits.models import Scenario
from credits.pages.allocation.person_and_feature import person_of, today_of
from credits.pages.planning.bar import Fact, facts_of, figure_in_words
from credits.pages.planning.sheets import comparison_sheet, scenarios_sheet
from credits.pages.planning.what_came_of_it import set_together
from credits.pages.requests.what_came_of_it import asked_for
from credits.reading.changes_of_balance import BalanceAndLines, balance_and_lines
from credits.rules.balance_over_days import total_on
from credits.rules.planning.figures_of_a_plan import PlanFigures
from licensing.access import may, of_company
from licensing.models import Company, Permission
from licensing.pages.day_shown import AsOf, day_known_asked_for, require_today
from licensing.rules.units_in_words import plural


@dataclass(frozen=True)
class ScenarioShown:
    """A scenario as it would be applied today: its day, its figures, and who kept it."""

    scenario: Scenario
    plan: Plan
    figures: PlanFigures
    url: str

    @property
    def day(self) -> date:
        return self.plan.day

    @property
    def facts(self) -> list[Fact]:
        return facts_of(self.figures, day=self.day)

    @property
    def balance(self) -> int:
        return self.figures.on(self.day).after

    @property
    def change(self) -> int:
        """Credits that it allocates more on its day."""
        return self.figures.on(self.day).before - self.balance

    @property
    def lines(self) -> int:
        return len(self.plan.units)

    @property
    def by(self) -> str:
        return self.scenario.act.by_whom

    @property
    def seen(self) -> dict[int, int]:
        return {feature.feature.pk: feature.latest_statement for feature, _line in self.plan.lines}


def _shown(
    company: Company,
    scenarios: list[Scenario],
    held: dict[int, FeatureInHand],
    balance: BalanceAndLines,
    *,
    today: date,
    days: Iterable[date] = (),
) -> list[ScenarioShown]:
    """Scenarios with their figures, on these days too."""
    found = []
    for each in scenarios:
        plan = Plan(held, each.units_of_lines, day_of_scenario(each, today))
        figures = plan.figures(balance, today=today, days={today, plan.day, *days})
        found.append(ScenarioShown(each, plan, figures, reverse("credits:scenario", args=[company.slug, each.pk])))
    return found


def _kept(company: Company) -> list[Scenario]:
    return list(Scenario.objects.for_company(company).select_related("act__actor").order_by("-kept_at", "-pk"))


@require_safe
@of_company()
def scenarios(request: HttpRequest, company: Company) -> HttpResponse:
    """All that are kept, as they would be applied today. Five statements."""
    day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    if not as_of.is_today:  # what may come is told from today on; no scenario is a fact, so none is known at an instant
        return redirect(reverse("credits:annual-credits", args=[company.slug]) + as_of.query)
    kept = _kept(company)
    lines = {line for each in kept for line in each.units_of_lines}
    held = features_in_hand(company, lines=lines)
    balance = balance_and_lines(company, lines)
    shown = _shown(company, kept, held, balance, today=today_of(request))
    if wants_export(request):
        return export_of(request, scenarios_sheet(shown))
    context = {
        "awaits": balance.awaits,
        "shown": shown,
        "may_change": may(request, Permission.ALLOCATE),
        "plan_url": reverse("credits:plan", args=[company.slug]),
        "close_url": reverse("credits:annual-credits", args=[company.slug]),
    }
    return render(request, "credits/planning/scenarios.html", context)


@require_safe
@of_company()
def scenario(request: HttpRequest, company: Company, pk: int) -> HttpResponse:
    """One beside today, and beside the one that `?with=` names."""
    day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    if not as_of.is_today:
        return redirect(reverse("credits:annual-credits", args=[company.slug]) + as_of.query)
    return _scenario_page(request, company, pk)


def _scenario_page(
    request: HttpRequest, company: Company, pk: int, *, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    """Five statements."""
    today = today_of(request)
    kept = _kept(company)
    found = next((each for each in kept if each.pk == pk), None)
    if found is None:
        raise Http404(_("There is no such scenario. It may have been dropped."))
    others = [each for each in kept if each.pk != pk]
    other = next((each for each in others if str(each.pk) == request.GET.get("with")), None)
    columns = [found, *([other] if other else [])]
    lines = {line for each in columns for line in each.units_of_lines}
    held, balance = features_in_hand(company, lines=lines), balance_and_lines(company, lines)
    days = sorted({day_of_scenario(each, today) for each in columns})
    shown = _shown(company, columns, held, balance, today=today, days=days)
    if wants_export(request):
        return export_of(request, comparison_sheet(shown, _rows(shown, held, balance.lines), _balances(shown)))
    conflict = error if isinstance(error, PlanOutOfDate) else None
    context = {
        "awaits": balance.awaits,
        "shown": shown,
        "it": shown[0],
        "other": shown[1] if other else None,
        "others": others,
        "rows": _rows(shown, held, balance.lines),
        "figures": _figure_rows(shown),
        "seen": shown[0].seen.items(),
        "figures_written": shown[0].figures.written(),
        "below_zero": shown[0].balance if shown[0].balance < 0 else None,
        "error": str(error) if error else "",
        "asks_to_confirm": isinstance(error, NeedsConfirmation),
        "conflict": {"lines": conflict.lines, "figures": [figure_in_words(each, today) for each in conflict.figures]}
        if conflict
        else None,
        "key": uuid4(),
        "drop_key": uuid4(),
        "may_change": may(request, Permission.ALLOCATE),
        "today": today,
        "plan_url": f"{reverse('credits:plan', args=[company.slug])}?scenario={pk}",
        "apply_url": reverse("credits:apply-scenario", args=[company.slug, pk]),
        "drop_url": reverse("credits:drop-scenario", args=[company.slug, pk]),
        "list_url": reverse("credits:scenarios", args=[company.slug]),
        "page_url": shown[0].url,
        "export_page": shown[0].url + (f"?with={other.pk}" if other else ""),
    }
    return render(request, "credits/planning/scenario.html", context, status=status)


def _rows(
    shown: list[ScenarioShown], held: dict[int, FeatureInHand], posted: Mapping[int, Mapping[date, int]]
) -> list[dict[str, Any]]:
    """Per line that one of them names: its units without a plan on the first one's day, and with each."""
    rows = []
    for feature in held.values():
        for line in feature.rates:
            if not any(line.pk in each.plan.units for each in shown):
                continue
            facts = feature.facts_of(line)
            cells = []
            for each in shown:
                after = each.plan.after(feature, line)
                units, credits = after.units_on(each.day), after.credits_on(each.day)
                change = credits - total_on(posted[line.pk], each.day)
                cells.append({"name": each.scenario.name, "units": units, "credits": credits, "change": change})
            rows.append(
                {
                    "name": feature.feature.name,
                    "label": line.label,
                    "unit": plural(line.unit),
                    "now": facts.units_on(shown[0].figures.today),
                    "now_credits": total_on(posted[line.pk], shown[0].figures.today),
                    "cells": cells,
                }
            )
    return rows


def _figure_rows(shown: list[ScenarioShown]) -> list[dict[str, Any]]:
    """Balances of the same days, and the runway: today's, and with each."""
    columns = [facts_of(each.figures, day=each.figures.today) for each in shown]
    return [
        {
            "label": facts[0].label,
            "now": facts[0].before,
            "cells": [{"name": each.scenario.name, "fact": fact} for each, fact in zip(shown, facts, strict=True)],
        }
        for facts in zip(*_of_the_same_days(columns), strict=True)
    ]


def _balances(shown: list[ScenarioShown]) -> list[tuple[str, list[int]]]:
    """The same balances as numbers: each day's label, today's, and with each."""
    before = [{fact.label: fact for fact in facts_of(each.figures, day=each.figures.today)} for each in shown]
    labels = [label for label in before[0] if all(label in each and each[label].value is not None for each in before)]
    now = {fact.label: balance.before for fact, balance in zip(before[0].values(), shown[0].figures.balances, strict=False)}
    return [(label, [now[label], *(each[label].value or 0 for each in before)]) for label in labels]


def _of_the_same_days(columns: list[list[Fact]]) -> list[list[Fact]]:
    labels = [{each.label for each in column} for column in columns]
    common = set.intersection(*labels)
    return [[each for each in column if each.label in common] for column in columns]


@require_POST
@of_company(Permission.ALLOCATE)
def apply(request: HttpRequest, company: Company, pk: int) -> HttpResponse:
    """Set what it says as one act, with the figures that its page showed; otherwise the page again, with both values."""
    day_known_asked_for(request, company, page=reverse("credits:scenario", args=[company.slug, pk]))
    require_today(request)
    figures = PlanFigures.read(request.POST.get("figures", "")[:4_000])
    seen = {
        int(name.removeprefix("seen_")): int(str(value))
        for name, value in request.POST.items()
        if name.startswith("seen_") and _is_id(name.removeprefix("seen_")) and _is_id(str(value))
    }
    if figures is None:
        unread = Refused(_("The figures that were shown did not arrive. Nothing was written. Look again, then apply."))
        return _scenario_page(request, company, pk, error=unread, status=unread.status)
    key = request.POST.get("key", "").replace("\0", "")
    try:
        done = apply_scenario(
            company,
            scenario=pk,
            today=today_of(request),
            by=person_of(request),
            key=key,
            seen=seen,
            shown=figures,
            below_zero_confirmed=bool(request.POST.get("confirm")),
        )
    except NeedsApproval:
        return _ask_instead(request, company, pk, key=f"ask:{key}")
    except DomainError as error:
        return _scenario_page(request, company, pk, error=error, status=error.status)
    tell(request, set_together(company, done, today_of(request)))
    return redirect(reverse("credits:annual-credits", args=[company.slug]) + "#features")


def _ask_instead(request: HttpRequest, company: Company, pk: int, *, key: str) -> HttpResponse:
    """Another person has to confirm what the scenario says by now: it is asked for, and nothing is allocated."""
    try:
        asked = ask_for_scenario(company, scenario=pk, today=today_of(request), by=person_of(request), key=key)
    except DomainError as error:
        return _scenario_page(request, company, pk, error=error, status=error.status)
    tell(request, asked_for(company, asked))
    return redirect("credits:request", company.slug, asked.pk)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18


@require_POST
@of_company(Permission.ALLOCATE)
def drop(request: HttpRequest, company: Company, pk: int) -> HttpResponse:
    day_known_asked_for(request, company, page=reverse("credits:scenario", args=[company.slug, pk]))
    require_today(request)
    key = request.POST.get("key", "").replace("\0", "")
    try:
        name = drop_scenario(company, scenario=pk, by=person_of(request), key=key)
    except NoSuchScenario as unknown:
        raise Http404 from unknown
    said = _("%(name)s. Nothing else has changed.") % {"name": name} if name else _("it was dropped before.")
    tell(request, StatusMessage(_("Dropped"), said))
    return redirect("credits:scenarios", company.slug)
