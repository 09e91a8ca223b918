"""Set up or manage an allocation: the form, its preview, saving, releasing, and withdrawing a plan."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from console.errors import DomainError
from console.exports.export_of import export_of, wants_export
from console.exports.sheet import Sheet
from console.htmx import wants_part
from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.feature_in_hand import FeatureInHand, feature_called, feature_in_hand
from credits.acts.set_allocation import set_allocation
from credits.acts.withdraw_plan import withdraw_plan
from credits.errors import ChangedMeanwhile, NeedsApproval, NeedsConfirmation
from credits.models import CreditRequirement, Feature
from credits.pages.allocation.form import MAX_LINES, AllocationForm, ConfirmedBalance
from credits.pages.allocation.history import feature_history, history_sheet
from credits.pages.allocation.panel import allocation_panel, form_for
from credits.pages.allocation.person_and_feature import feature_of, person_of, today_of
from credits.pages.allocation.undo import ask_below_zero
from credits.pages.allocation.what_came_of_it import answer, plan_withdrawn, saved
from credits.pages.requests.what_came_of_it import asked_for
from licensing.access import of_company
from licensing.models import Company, Permission
from licensing.pages.day_shown import AsOf, day_known_asked_for, require_today


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(to_post=Permission.ALLOCATE)
def allocation(request: HttpRequest, company: Company, feature: str) -> HttpResponse:
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    if request.method == "POST":
        return _save(request, company, feature_of(feature))
    known_at = as_of.known_at
    held = feature_called(company, feature, known_at=known_at) or feature_in_hand(company, feature_of(feature), known_at=known_at)
    if wants_export(request):
        return export_of(request, whole_history(company, held, as_of))
    return allocation_panel(request, company, held, form_for(held, as_of.today, typed=_preselected(request)), on=on)


def whole_history(company: Company, held: FeatureInHand, as_of: AsOf) -> Sheet:
    """Every act about the feature that holds until the day shown, however many the panel shows."""
    told = feature_history(company, held, as_of, may_change=False, complete=True)
    return history_sheet(told)


def _preselected(request: HttpRequest) -> dict[int, int]:
    """`?line=…&units=…`, as "keep using it" links it, or `?units_<line>=…` as the history does: line id -> units."""
    asked = [(request.GET.get("line", ""), request.GET.get("units", ""))]
    asked += [(name.removeprefix("units_"), request.GET.get(name, "")) for name in request.GET if name.startswith("units_")]
    return {int(line): int(units) for line, units in asked[:MAX_LINES] if _is_number(line, 18) and _is_number(units, 10)}


def _is_number(text: str, digits: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= digits


def _save(request: HttpRequest, company: Company, feature: Feature) -> HttpResponse:
    """Reads nothing before the act: what holds is read under its lock, and again only to show what was refused."""
    require_today(request)
    form = AllocationForm.sent(request.POST, today=today_of(request))
    releases = "release" in request.GET
    if releases:
        form.ignore_units()
    if not form.is_valid():
        return _refused(request, company, feature)
    stated = form.units_released() if releases else form.units_stated()
    try:
        done = set_allocation(
            company,
            feature=feature,
            units=stated,
            today=form.today,
            on=form.day_stated,
            by=person_of(request),
            key=form.cleaned_data["key"],
            note=form.cleaned_data["note"],
            seen=form.cleaned_data["seen"],
            below_zero_confirmed=form.cleaned_data["confirm"],
        )
    except NeedsApproval:
        return _ask_instead(request, company, feature, form, stated)
    except DomainError as error:
        return _refused(request, company, feature, error)
    return answer(request, company, feature.slug, saved(company, done, today_of(request), released=releases))


def _ask_instead(
    request: HttpRequest, company: Company, feature: Feature, form: AllocationForm, stated: dict[int, int]
) -> HttpResponse:
    """Another person has to confirm it: it is asked for, and nothing is allocated."""
    try:
        asked = ask_for_units(
            company,
            units=stated,
            today=form.today,
            on=form.day_stated,
            by=person_of(request),
            key=f"ask:{form.cleaned_data['key']}",
            words=form.cleaned_data["note"],
        )
    except DomainError as error:
        return _refused(request, company, feature, error)
    return answer(request, company, feature.slug, asked_for(company, asked))


def _refused(request: HttpRequest, company: Company, feature: Feature, error: DomainError | None = None) -> HttpResponse:
    """The form as it was sent, with what is wrong beside its field; nothing was written."""
    held = feature_in_hand(company, feature)
    form = form_for(held, today_of(request), request.POST)
    form.is_valid()
    if error is None:
        return allocation_panel(request, company, held, form, status=422)
    if isinstance(error, ChangedMeanwhile):
        return allocation_panel(request, company, held, form, status=error.status, conflict=error)
    form.refuse(error)
    return allocation_panel(request, company, held, form, status=error.status)


@require_POST
@of_company()
def preview_allocation(request: HttpRequest, company: Company, feature: str) -> HttpResponse:
    """The result of what is typed so far: for htmx the part that shows it, else the form with it."""
    day_known_asked_for(request, company, page=_address(company.slug, feature))
    require_today(request)
    held = feature_in_hand(company, feature_of(feature))
    form = form_for(held, today_of(request), request.POST)
    form.is_valid()
    status = 200 if wants_part(request) or not form.errors else 422
    return allocation_panel(request, company, held, form, status=status, partial="preview_answer")


@require_POST
@of_company(Permission.ALLOCATE)
def withdraw(request: HttpRequest, company: Company, feature: str) -> HttpResponse:
    day_known_asked_for(request, company, page=_address(company.slug, feature))
    require_today(request)
    lines = CreditRequirement.objects.filter(feature__slug=feature).select_related("feature__offering")
    try:
        on = date.fromisoformat(request.POST.get("on", ""))
        line = get_object_or_404(lines, pk=int(request.POST.get("line", "")[:18]))
    except ValueError:
        raise Http404(_("There is no such plan.")) from None
    found = line.feature
    try:
        done = withdraw_plan(
            company,
            feature=found,
            line=line,
            on=on,
            today=today_of(request),
            by=person_of(request),
            key=request.POST.get("key", "").replace("\0", ""),
            below_zero_confirmed=ConfirmedBalance().clean(request.POST.get("confirm")),
        )
    except NeedsConfirmation as asked:
        url = reverse("credits:withdraw-plan", args=[company.slug, found.slug])
        return ask_below_zero(request, company, found, asked, url=url, plan={"line": str(line.pk), "on": on.isoformat()})
    except DomainError as error:
        held = feature_in_hand(company, found)
        form = form_for(held, today_of(request))
        return allocation_panel(request, company, held, form, status=error.status, refusal=str(error))
    return answer(request, company, found.slug, plan_withdrawn(company, done, today_of(request)))


def _address(slug: str, feature: str) -> str:
    return reverse("credits:allocation", args=[slug, feature])
