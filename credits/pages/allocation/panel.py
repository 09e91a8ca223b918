"""The allocation panel: everything the form shows, as a part for htmx or as a page."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from console.htmx import render_page
from console.templatetags.formats import credits as written
from console.templatetags.formats import moment_in_words
from credits.acts.days_that_may_be_stated import LATEST_PLAN_MONTHS
from credits.acts.feature_in_hand import FeatureInHand
from credits.acts.undo.undo_allocation import who_did
from credits.acts.withdraw_plan import plans_after
from credits.errors import ChangedMeanwhile
from credits.pages.allocation.form import AllocationForm, line_label
from credits.pages.allocation.history import feature_history
from credits.pages.allocation.person_and_feature import person_of
from credits.pages.usage.form import ObserveForm
from credits.reading.allocation_notes import NoteShown, notes_of_statements
from credits.reading.allocation_preview import Preview, line_credits, preview
from credits.reading.approvals.requests import rule_known
from credits.rules.billing_model import billed_pay_as_you_go_on
from credits.rules.rate_of_a_line import rate_on
from credits.rules.statements_that_stand import standing
from licensing.access import may, why_only_to_look
from licensing.errors import in_words
from licensing.models import Company, Permission
from licensing.pages.day_shown import AsOf
from licensing.rules.calendar_arithmetic import add_months
from licensing.rules.units_in_words import plural
from licensing.rules.units_times_rate import credits_for


def form_for(held: FeatureInHand, today: date, data: Any = None, typed: dict[int, int] | None = None) -> AllocationForm:
    """The form of a feature's lines with the units of today; bound to `data`, or with `typed` preselected."""
    return AllocationForm(data, today=today, units=held.units_on(today), seen=held.latest_statement, typed=typed)


def allocation_panel(
    request: HttpRequest,
    company: Company,
    held: FeatureInHand,
    form: AllocationForm,
    *,
    on: date | None = None,
    status: int = 200,
    conflict: ChangedMeanwhile | None = None,
    refusal: str = "",
    partial: str = "panel",
) -> HttpResponse:
    """The panel with the form, as a part for htmx or as a page."""
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    day = on or as_of.today
    if form.is_bound and not form.errors.get("on"):
        day = form.day
    reason = why_only_to_look(request) or _read_only_reason(company, held, as_of)
    asks = not reason and not may(request, Permission.ALLOCATE)
    if form.is_bound:
        typed = form.units_typed()
    elif reason:
        typed = held.units_on(day)
    else:
        typed = {line.pk: form.fields[f"units_{line.pk}"].initial for line in held.rates}
    if conflict is not None:
        # The next attempt starts from what holds now; what was typed stays, and what was not touched follows.
        data = request.POST.copy()
        form.data = data
        data["seen"] = str(held.latest_statement)
        seen = form.seen_units()
        for line_id, now in held.units_on(as_of.today).items():
            data[f"seen_{line_id}"] = str(now)
            if typed.get(line_id) == seen[line_id]:
                form.data[f"units_{line_id}"] = str(now)
                typed[line_id] = now
    feature = held.feature
    address = [company.slug, feature.slug]
    save_url = reverse("credits:allocation", args=address)
    releasable = any(held.units_on(as_of.today).values())
    shown = None
    if _all_units_are_numbers(form):
        shown = preview(company, held, _changed(form, held, typed), day, known_at=as_of.known_at)
    context = {
        "feature": {
            "slug": feature.slug,
            "name": feature.name,
            "offering_name": feature.offering.name,
            "slot": feature.offering.chart_slot,
            "description": feature.description,
            "help_text": feature.help_text,
        },
        "form": form,
        "refusal": refusal,
        "lines": _lines(held, form, typed, day),
        "preview": shown,
        "plans": _plans(held, as_of.day, address),
        # Asked for by the parts alone that show them, as the notes are.
        "history": cache(
            lambda: feature_history(
                company, held, as_of, may_change=not (reason or asks), complete=request.GET.get("history") == "all"
            )
        ),
        "notes": cache(lambda: _notes(company, held, as_of.day)),
        "conflict": _conflict(request, company, held, form, conflict) if conflict else None,
        "over_time_url": reverse("credits:feature-history", args=address) + as_of.query,
        "observe": cache(lambda: _observing(company, held, as_of, may_change=may(request, Permission.ALLOCATE))),
        "read_only": bool(reason),
        "asks": asks,
        "second_person": None if asks else _second_person(request, shown),
        "read_only_reason": reason,
        "lacks_role": not may(request, Permission.ALLOCATE),
        "save_url": reverse("credits:ask-for-units", args=address) if asks else save_url,
        "release_url": f"{save_url}?release=1" if releasable and not asks else "",
        "released_credits": held.credits_on(as_of.today),
        "history_url": f"{save_url}{as_of.query}{'&' if as_of.query else '?'}history=all#feature-history",
        "days": {
            "first": (as_of.today + timedelta(days=1)).isoformat(),
            "last": add_months(as_of.today, LATEST_PLAN_MONTHS).isoformat(),
        },
        "preview_url": reverse("credits:preview-allocation", args=address),
        "close_url": reverse("credits:annual-credits", args=[company.slug]) + as_of.query + "#features",
    }
    return render_page(request, "credits/allocation_form.html", context, partial=partial, status=status)


def _all_units_are_numbers(form: AllocationForm) -> bool:
    """A sum of lines, one of which is not a number, is nothing to decide on."""
    return not any(name.startswith("units_") for name in form.errors)


def _changed(form: AllocationForm, held: FeatureInHand, typed: dict[int, int]) -> dict[int, int]:
    if form.is_bound:
        return form.units_stated()
    return {line: units for line, units in typed.items() if units != held.units_on(form.today).get(line)}


def _lines(held: FeatureInHand, form: AllocationForm, typed: dict[int, int], day: date) -> list[dict[str, Any]]:
    now = held.units_on(day)
    return [
        {
            "field": form[f"units_{line.pk}"],
            "label": line_label(line),
            "unit": capfirst(plural(line.unit)) if line.label else _("Units"),
            "value": _grouped(form[f"units_{line.pk}"].value(), wrong=f"units_{line.pk}" in form.errors),
            "is_empty": not str(form[f"units_{line.pk}"].value() or "").strip(),
            "rate": rate_on(rates, day),
            "units_now": now[line.pk],
            "credits": line_credits(held, line.pk, typed.get(line.pk, -1), day),
        }
        for line, rates in held.rates.items()
    ]


def _grouped(value: Any, *, wrong: bool) -> str:
    """Units as they are read, 1,400; what cannot be units stays as it was typed."""
    text = "" if value is None else str(value)
    return f"{int(text):,}" if text.isdecimal() and not wrong else text


def _plans(held: FeatureInHand, day: date, address: list[str]) -> list[dict[str, Any]]:
    url = reverse("credits:withdraw-plan", args=address)
    return [
        {
            "day": plan.day,
            "on": plan.day.isoformat(),
            "line": line.pk,
            "label": line_label(line),
            "units": plan.units,
            "credits": credits_for(plan.units or 0, rate_on(held.rates[line], plan.day)),
            "withdraw_url": url,
            "key": str(uuid4()),
        }
        for line, plan in plans_after(held, day)
    ]


def _notes(company: Company, held: FeatureInHand, day: date) -> list[NoteShown]:
    """Of what holds on a day, of what is planned after it, and of the latest statement. One statement."""
    wanted = {held.latest_statement}
    for said in held.statements.values():
        before = [each.id for each in standing(said) if each.day <= day]
        wanted |= {*before[-1:], *(each.id for each in standing(said) if each.day > day)}
    return notes_of_statements(company, wanted)


def _observing(company: Company, held: FeatureInHand, as_of: AsOf, *, may_change: bool) -> dict[str, Any]:
    """The form that records what is in use; nothing on another day than today, and for those who may not. Free."""
    if not (as_of.is_today and may_change):
        return {}
    form = ObserveForm(lines=held.rates, today=as_of.today)
    address = reverse("credits:observe-feature", args=[company.slug, held.feature.slug])
    return {"form": form, "lines": form.lines_shown(), "url": address}


def _conflict(
    request: HttpRequest, company: Company, held: FeatureInHand, form: AllocationForm, conflict: ChangedMeanwhile
) -> dict[str, Any]:
    """What the form showed, what holds now and what was typed, per line."""
    seen, typed = form.seen_units(), form.units_typed()
    latest = held.latest_act(company)
    return {
        "by": who_did(latest, person_of(request)) if latest else _("Somebody"),
        "rows": [
            {
                "label": line_label(line),
                "shown": seen[line.pk],
                "now": conflict.units_now[line.pk],
                "typed": written(typed[line.pk]) if line.pk in typed and typed[line.pk] != seen[line.pk] else "",
            }
            for line in held.rates
        ],
    }


def _second_person(request: HttpRequest, shown: Preview | None) -> bool:
    """Whether another person confirms what the preview shows, as far as it alone tells: the act counts the day's small steps."""
    if shown is None:
        return False
    rule = rule_known(request.membership)  # type: ignore[attr-defined]
    return rule.by_credits(shown.change, so_far=0) or rule.by_balance(shown.change, balance_after=shown.balance_after)


def _read_only_reason(company: Company, held: FeatureInHand, as_of: AsOf) -> str:
    if as_of.known_at:
        said = {"day": in_words(as_of.day), "known": moment_in_words(as_of.known_at, company.zone_at(as_of.known_at))}
        return _("This is the allocation of %(day)s as known at %(known)s. Changes are made on today’s page.") % said
    if not as_of.is_today:
        return _("This is the allocation of %(day)s. Changes are made on today’s page.") % {"day": in_words(as_of.day)}
    if billed_pay_as_you_go_on(held.switches, as_of.today):
        return _("This feature is billed pay-as-you-go and takes no credits.")
    return ""
