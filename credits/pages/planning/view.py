"""Planning mode: several features changed together, looked at before anything is written, saved as one act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from console.errors import DomainError
from console.htmx import render_page
from console.status_message import StatusMessage, WayOn, tell
from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.days_that_may_be_stated import LATEST_PLAN_MONTHS
from credits.acts.feature_in_hand import features_in_hand
from credits.acts.planning.apply_scenario import day_of_scenario
from credits.acts.planning.keep_scenario import keep_scenario
from credits.acts.planning.plan_in_hand import Plan
from credits.acts.planning.set_many import set_many
from credits.errors import NeedsApproval, PlanOutOfDate
from credits.models import Scenario
from credits.pages.allocation.person_and_feature import person_of, today_of
from credits.pages.planning.bar import facts_of, figure_in_words
from credits.pages.planning.form import PlanForm, digest_of_plan, fields_of
from credits.pages.planning.table import ALLOCATED, STATES, days_of_plans, plan_table
from credits.pages.planning.what_came_of_it import set_together
from credits.pages.requests.what_came_of_it import asked_for
from credits.reading.changes_of_balance import balance_and_lines
from credits.reading.usage.lowered_to_peak import lowered_to_peak
from credits.rules.planning.figures_of_a_plan import first_day_after
from licensing.access import of_company
from licensing.models import Company, Permission
from licensing.pages.day_shown import AsOf, day_known_asked_for, require_today
from licensing.rules.calendar_arithmetic import add_months


def _address(company: Company) -> str:
    return reverse("credits:plan", args=[company.slug])


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(Permission.ALLOCATE)
def plan_changes(request: HttpRequest, company: Company) -> HttpResponse:
    """The table to plan in, perhaps started from a scenario; POST saves it as one act."""
    day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    if request.method == "POST":
        return _save(request, company)
    if not as_of.is_today:  # nothing is planned on the page of another day
        return redirect(reverse("credits:annual-credits", args=[company.slug]) + as_of.query)
    return _planning_page(request, company, PlanForm(_to_start_with(request, company), today=today_of(request)))


def _to_start_with(request: HttpRequest, company: Company) -> Any:
    """Nothing changed, or what the scenario of the address says, or what `?lower=peak` comes to."""
    if request.GET.get("lower") == "peak":
        return _started(lowered_to_peak(company, today_of(request), feature=request.GET.get("feature", "")[:60]))
    asked = request.GET.get("scenario", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) <= 18):
        return fields_of({})
    scenario = get_object_or_404(Scenario.objects.for_company(company), pk=int(asked))
    day = day_of_scenario(scenario, today_of(request))
    return _started(scenario.units_of_lines, on=day)


def _started(units: Mapping[int, int], **further: Any) -> Any:
    """With these units of lines. What each showed is unknown yet: every one counts as changed until the table says what holds."""
    typed = {f"units_{line}": count for line, count in units.items()}
    return fields_of({**typed, **{f"was_{line}": count + 1 for line, count in units.items()}, **further})


def _save(request: HttpRequest, company: Company) -> HttpResponse:
    """Reads nothing before the act. What was not looked at is shown with its figures first, and nothing is written."""
    require_today(request)
    form = PlanForm(request.POST, today=today_of(request))
    if not form.is_valid():
        return _planning_page(request, company, form, status=422, refusal=form.refusal_of_hidden_fields())
    units, shown = form.units_changed(), form.looked_at
    if units and shown is None:
        words = _("Nothing is written yet. These are the figures of what you typed: look at them, then save.")
        return _planning_page(request, company, form, status=422, refusal=words)
    try:
        done = set_many(
            company,
            units=units,
            today=form.today,
            on=form.day_stated,
            by=person_of(request),
            key=form.cleaned_data["key"],
            seen=form.seen,
            shown=shown,
            below_zero_confirmed=form.cleaned_data["confirm"],
        )
    except NeedsApproval:
        return _ask_instead(request, company, form)
    except DomainError as error:
        return _refused(request, company, form, error)
    tell(request, set_together(company, done, form.today))
    return redirect(reverse("credits:annual-credits", args=[company.slug]) + "#features")


def _ask_instead(request: HttpRequest, company: Company, form: PlanForm) -> HttpResponse:
    """Another person has to confirm the plan as a whole: it is asked for, and nothing is allocated."""
    key = f"ask:{form.cleaned_data['key']}"
    try:
        asked = ask_for_units(
            company, units=form.units_changed(), today=form.today, on=form.day_stated, by=person_of(request), key=key
        )
    except DomainError as error:
        return _refused(request, company, form, error)
    tell(request, asked_for(company, asked))
    return redirect("credits:request", company.slug, asked.pk)


def _refused(request: HttpRequest, company: Company, form: PlanForm, error: DomainError) -> HttpResponse:
    if error.field in form.fields:
        form.add_error(error.field, str(error))
        return _planning_page(request, company, form, status=error.status)
    conflict = error if isinstance(error, PlanOutOfDate) else None
    return _planning_page(request, company, form, status=error.status, refusal=str(error), conflict=conflict)


@require_POST
@of_company(Permission.ALLOCATE)
def preview_plan(request: HttpRequest, company: Company) -> HttpResponse:
    """The figures of what is typed so far, and the table narrowed as was asked for; nothing is written."""
    day_known_asked_for(request, company, page=_address(company))
    require_today(request)
    form = PlanForm(request.POST, today=today_of(request))
    form.is_valid()
    return _planning_page(request, company, form)


@require_POST
@of_company(Permission.ALLOCATE)
def keep(request: HttpRequest, company: Company) -> HttpResponse:
    """Keep what is typed under a name."""
    day_known_asked_for(request, company, page=_address(company))
    require_today(request)
    form = PlanForm(request.POST, today=today_of(request))
    if not form.is_valid():
        return _planning_page(request, company, form, status=422, refusal=form.refusal_of_hidden_fields())
    try:
        kept = keep_scenario(
            company,
            name=form.cleaned_data["name"],
            units=form.units_changed(),
            today=form.today,
            on=form.day_stated,
            by=person_of(request),
            key=f"keep:{form.cleaned_data['key']}",
        )
    except DomainError as error:
        return _refused(request, company, form, error)
    if kept is None:
        return redirect("credits:scenarios", company.slug)
    tell(
        request,
        StatusMessage(
            _("Kept"),
            _("%(name)s. Everybody in the company can look at it; nothing is allocated yet.") % {"name": kept.name},
            WayOn(_("Plan on"), f"{_address(company)}?scenario={kept.pk}"),
        ),
    )
    return redirect("credits:scenario", company.slug, kept.pk)


def _planning_page(
    request: HttpRequest,
    company: Company,
    form: PlanForm,
    *,
    status: int = 200,
    refusal: str = "",
    conflict: PlanOutOfDate | None = None,
) -> HttpResponse:
    """The page, or for htmx its form, with the figures of what is typed. Five statements."""
    today = today_of(request)
    form.is_valid()
    held = features_in_hand(company)
    wrong = form.lines_wrong()
    plan = Plan(held, form.units_changed(), form.day)
    balance = balance_and_lines(company, [line.pk for each in held.values() for line in each.rates])
    asked = request.POST.get("show", "") or request.POST.get("state", "") or request.GET.get("state", "")
    state = asked if asked in STATES else ALLOCATED
    q = "" if request.POST.get("show") else request.POST.get("q", "").strip()[:200]
    table = plan_table(plan, posted=balance.lines, today=today, state=state, q=q, typed=form.typed, wrong=wrong)
    metered = plan.metered
    stated = {row.line: row.units for group in table.groups for row in group.rows if row.changed}
    stated |= {row.line: row.units for row in table.hidden if row.changed}
    plan = Plan(held, stated, form.day)
    comes = first_day_after([*days_of_plans(held.values(), today), form.day], today)
    figures = plan.figures(balance, today=today, days={today, form.day, *([comes] if comes and form.day == today else [])})
    scenarios_kept = Scenario.objects.for_company(company).count()
    context = {
        "form": form,
        "awaits": balance.awaits,
        "metered": get_text_list(metered, _("and")),
        "table": table,
        "chips": [{"value": each, "label": label, "count": table.counts[each]} for each, label in STATES.items()],
        "state": state,
        "q": q,
        "day": form.day,
        "facts": facts_of(figures, day=form.day),
        "changes": len(stated),
        "wrong": len(wrong),
        "below_zero": figures.on(form.day).after if figures.on(form.day).after < 0 and stated else None,
        "figures": figures.written(),
        "plan_digest": digest_of_plan(stated, form.day),
        "key": uuid4(),
        "refusal": refusal,
        "conflict": {
            "lines": conflict.lines,
            "figures": [figure_in_words(each, today) for each in conflict.figures],
        }
        if conflict
        else None,
        "days": {"first": today.isoformat(), "last": add_months(today, LATEST_PLAN_MONTHS).isoformat()},
        "scenarios_kept": scenarios_kept,
        "plan_url": _address(company),
        "preview_url": reverse("credits:preview-plan", args=[company.slug]),
        "keep_url": reverse("credits:keep-scenario", args=[company.slug]),
        "scenarios_url": reverse("credits:scenarios", args=[company.slug]),
        "close_url": reverse("credits:annual-credits", args=[company.slug]) + "#features",
    }
    return render_page(request, "credits/planning/page.html", context, partial="plan", status=status)
