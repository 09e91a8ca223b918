"""Set up or manage an allocation: the panel, its preview, withdrawing a plan, keeping converted seats in use."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.errors import DomainError
from console.htmx import render_page, wants_part
from console.models import Actor
from console.templatetags.formats import credits as written
from credits.allocating import (
    AllocationSet,
    FeatureInHand,
    feature_in_hand,
    plans_after,
    set_allocation,
    withdraw_plan,
)
from credits.errors import ChangedMeanwhile
from credits.forms import AllocationForm
from credits.line_profile import billed_pay_as_you_go_on, rate_on
from credits.models import CreditRequirement, Feature, SeatUse
from credits.preview import line_credits, preview
from credits.selectors import annual_credits
from credits.views.annual_credits import annual_credits_context, filters_of_page
from licensing.access import Permission, company_for, may
from licensing.as_of import AsOf, day_asked_for
from licensing.conversion import credits_for
from licensing.errors import in_words
from licensing.models import Company, License
from licensing.selectors import licenses_on
from licensing.units import plural


@require_http_methods(["GET", "HEAD", "POST"])
def allocation(request: HttpRequest, slug: str, feature: str) -> HttpResponse:
    writes = request.method == "POST"
    company = company_for(request, slug, Permission.ALLOCATE if writes else Permission.SEE)
    on = day_asked_for(request)
    held = feature_in_hand(company, get_object_or_404(Feature.objects.select_related("offering"), slug=feature))
    if writes:
        return _save(request, company, held)
    return _form(request, company, held, _new_form(request, held), on=on)


def _new_form(request: HttpRequest, held: FeatureInHand) -> AllocationForm:
    """An unbound form; `?line=…&units=…` preselects units, as "keep using it" does."""
    typed: dict[int, int] = {}
    line, units = request.GET.get("line", ""), request.GET.get("units", "")
    if line.isdecimal() and units.isdecimal() and len(line) < 19 and len(units) < 11:
        typed[int(line)] = int(units)
    return AllocationForm(held=held, today=_today(request), typed=typed)


def _save(request: HttpRequest, company: Company, held: FeatureInHand) -> HttpResponse:
    form = AllocationForm(request.POST, held=held, today=_today(request))
    if not form.is_valid():
        return _form(request, company, held, form, status=422)
    stated = form.units_stated()
    if "release" in request.GET:
        stated = {line: 0 for line, units in form.seen_units().items() if units}
    if not stated and form.cleaned_data["seen"] == held.latest_statement:
        form.add_refusal("", _("Nothing changes: these units hold on that day already."))
        return _form(request, company, held, form, status=422)
    try:
        done = set_allocation(
            company,
            feature=held.feature,
            units=stated or form.units_typed(),
            today=form.today,
            on=form.day_stated,
            by=_person(request),
            key=form.cleaned_data["key"],
            note=form.cleaned_data["note"],
            seen=form.cleaned_data["seen"],
            below_zero_confirmed=form.cleaned_data["confirm"],
        )
    except ChangedMeanwhile as conflict:
        return _form(request, company, held, form, status=conflict.status, conflict=conflict)
    except DomainError as error:
        form.add_refusal(error.field, error)
        return _form(request, company, held, form, status=error.status)
    return _saved(request, company, held.feature, done)


def _saved(request: HttpRequest, company: Company, feature: Feature, done: AllocationSet) -> HttpResponse:
    """One answer for all parts that changed; without htmx the page itself, with the sentence on top."""
    when = _("from today") if done.day == _today(request) else _("from %(day)s") % {"day": in_words(done.day)}
    sentence = _("Saved: %(feature)s %(when)s. Balance then: %(balance)s credits.") % {
        "feature": feature.name,
        "when": when,
        "balance": written(done.balance_after),
    }
    if not wants_part(request):
        messages.success(request, sentence)
        return redirect(reverse("credits:annual-credits", args=[company.slug]) + "#features")
    tab = annual_credits(company, on=_today(request))
    context = annual_credits_context(request, tab, company.slug, filters_of_page(request))
    return render(request, "credits/allocation_saved.html", {**context, "announcement": sentence})


@require_POST
def preview_allocation(request: HttpRequest, slug: str, feature: str) -> HttpResponse:
    """The result of what is typed so far: for htmx the part that shows it, else the form with it."""
    company = company_for(request, slug, Permission.ALLOCATE)
    day_asked_for(request)
    held = feature_in_hand(company, get_object_or_404(Feature.objects.select_related("offering"), slug=feature))
    form = AllocationForm(request.POST, held=held, today=_today(request))
    form.is_valid()
    status = 200 if wants_part(request) or not form.errors else 422
    return _form(request, company, held, form, status=status, partial="preview_answer")


@require_POST
def withdraw(request: HttpRequest, slug: str, feature: str) -> HttpResponse:
    company = company_for(request, slug, Permission.ALLOCATE)
    day_asked_for(request)
    found = get_object_or_404(Feature.objects.select_related("offering"), slug=feature)
    try:
        on = date.fromisoformat(request.POST.get("on", ""))
        line_id = int(request.POST.get("line", ""))
    except ValueError:
        raise Http404(_("There is no such plan.")) from None
    line = get_object_or_404(CreditRequirement, pk=line_id, feature=found)
    try:
        done = withdraw_plan(
            company,
            feature=found,
            line=line,
            on=on,
            today=_today(request),
            by=_person(request),
            key=request.POST.get("key", ""),
        )
    except DomainError as error:
        held = feature_in_hand(company, found)
        form = AllocationForm(held=held, today=_today(request))
        return _form(request, company, held, form, status=error.status, refusal=str(error))
    return _saved(request, company, found, done)


@require_safe
def keep_using(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The offer to allocate what converted seats paid for; empty where there is nothing to offer."""
    company = company_for(request, slug)
    on = day_asked_for(request)
    license = get_object_or_404(License.objects.for_company(company).select_related("product"), pk=pk)
    found = next(each for each in licenses_on(company, on=on, with_license=pk) if each.id == pk)
    use = SeatUse.objects.select_related("line__feature").filter(product=license.product).first()
    offer = None
    if use is not None and may(request, Permission.ALLOCATE) and found.counting_credits:
        held = feature_in_hand(company, use.line.feature)
        if held.units_on(on).get(use.line.pk, 0) < found.units and not billed_pay_as_you_go_on(held.switches, on):
            rate = rate_on(held.rates.get(use.line, []), on)
            address = reverse("credits:allocation", args=[slug, use.line.feature.slug])
            offer = {
                "feature_name": use.line.feature.name,
                "line_label": use.line.label or plural(use.line.unit),
                "units": found.units,
                "credits": credits_for(found.units, rate),
                "url": f"{address}?line={use.line.pk}&units={found.units}",
            }
    if not wants_part(request):
        return redirect(offer["url"] if offer else reverse("licensing:license", args=[slug, pk]))  # type: ignore[arg-type]
    return render(request, "licensing/keep_using.html", {"keep_using": offer})


def _form(
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
    reason = _read_only_reason(request, held, as_of)
    typed = form.units_typed() if form.is_bound else {line.pk: form.fields[f"units_{line.pk}"].initial for line in held.rates}
    if conflict is not None:
        # The next attempt starts from what holds now; what was typed stays.
        form.data = form.data.copy()
        form.data["seen"] = str(held.latest_statement)
        for line_id, now in held.units_on(as_of.today).items():
            form.data[f"seen_{line_id}"] = str(now)
    feature = held.feature
    address = [company.slug, feature.slug]
    save_url = reverse("credits:allocation", args=address)
    releasable = any(held.units_on(as_of.today).values())
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
        "preview": preview(company, held, _changed(form, held, typed), day),
        "plans": _plans(held, as_of.day, address),
        "conflict": _conflict(held, form, conflict) if conflict else None,
        "read_only": bool(reason),
        "read_only_reason": reason,
        "save_url": save_url,
        "release_url": f"{save_url}?release=1" if releasable else "",
        "preview_url": reverse("credits:preview-allocation", args=address),
        "close_url": reverse("credits:annual-credits", args=[company.slug]) + as_of.query + "#features",
    }
    return render_page(request, "credits/allocation_form.html", context, partial=partial, status=status)


def _changed(form: AllocationForm, held: FeatureInHand, typed: dict[int, int]) -> dict[int, int]:
    if form.is_bound:
        return form.units_stated()
    return {line: units for line, units in typed.items() if units != held.units_on(form.today).get(line)}


def _lines(held: FeatureInHand, form: AllocationForm, typed: dict[int, int], day: date) -> list[dict[str, Any]]:
    now = held.units_on(day)
    return [
        {
            "field": form[f"units_{line.pk}"],
            "label": line.label or plural(line.unit).capitalize(),
            "unit": plural(line.unit).capitalize() if line.label else _("Units"),
            "rate": rate_on(rates, day),
            "units_now": now[line.pk],
            "credits": line_credits(held, line.pk, typed.get(line.pk, -1), day),
        }
        for line, rates in held.rates.items()
    ]


def _plans(held: FeatureInHand, day: date, address: list[str]) -> list[dict[str, Any]]:
    url = reverse("credits:withdraw-plan", args=address)
    return [
        {
            "day": plan.day,
            "on": plan.day.isoformat(),
            "line": line.pk,
            "label": line.label or plural(line.unit).capitalize(),
            "units": plan.units,
            "credits": credits_for(plan.units or 0, rate_on(held.rates[line], plan.day)),
            "withdraw_url": url,
            "key": str(uuid4()),
        }
        for line, plan in plans_after(held, day)
    ]


def _conflict(held: FeatureInHand, form: AllocationForm, conflict: ChangedMeanwhile) -> dict[str, Any]:
    """What the form showed, what holds now and what was typed, per line."""
    seen, typed = form.seen_units(), form.units_typed()
    return {
        "by": _("Somebody"),
        "rows": [
            {
                "label": line.label or plural(line.unit).capitalize(),
                "shown": seen[line.pk],
                "now": conflict.units_now[line.pk],
                "typed": written(typed[line.pk]) if line.pk in typed else "",
            }
            for line in held.rates
        ],
    }


def _read_only_reason(request: HttpRequest, held: FeatureInHand, as_of: AsOf) -> str:
    if not as_of.is_today:
        return _("This is the allocation of %(day)s. Changes are made on today’s page.") % {"day": in_words(as_of.day)}
    if not may(request, Permission.ALLOCATE):
        return _("You can see this allocation. To change it you need the role of credit manager or owner.")
    if billed_pay_as_you_go_on(held.switches, as_of.today):
        return _("This feature is billed pay-as-you-go and takes no credits.")
    return ""


def _today(request: HttpRequest) -> date:
    return request.today  # type: ignore[attr-defined, no-any-return]


def _person(request: HttpRequest) -> Actor:
    if not request.user.is_authenticated:
        raise PermissionDenied
    return Actor.person(request.user)
