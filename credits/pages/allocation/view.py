"""Set up or manage an allocation: the form, its preview, saving, releasing, and withdrawing a plan."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from console.errors import DomainError
from console.htmx import wants_part
from console.models import Actor
from console.serving.prepared_queries import prepared
from console.status_message import StatusMessage, tell
from console.templatetags.formats import credits as written
from credits.acts.feature_in_hand import feature_in_hand
from credits.acts.set_allocation import AllocationSet, set_allocation
from credits.acts.withdraw_plan import withdraw_plan
from credits.errors import ChangedMeanwhile
from credits.models import CreditRequirement, Feature
from credits.pages.allocation.form import AllocationForm
from credits.pages.allocation.panel import allocation_panel, form_for
from credits.pages.annual_credits.view import annual_credits_context, filters_of_page, page_open
from credits.reading.annual_credits import annual_credits
from licensing.access import of_company
from licensing.errors import in_words
from licensing.models import Company, Permission
from licensing.pages.day_shown import day_asked_for, require_today


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(to_post=Permission.ALLOCATE)
def allocation(request: HttpRequest, company: Company, feature: str) -> HttpResponse:
    on = day_asked_for(request)
    found = _feature(feature)
    if request.method == "POST":
        return _save(request, company, found)
    held = feature_in_hand(company, found)
    return allocation_panel(request, company, held, form_for(held, _today(request), typed=_preselected(request)), on=on)


def _preselected(request: HttpRequest) -> dict[int, int]:
    """`?line=…&units=…`, as "keep using it" links it: line id -> units."""
    line, units = request.GET.get("line", ""), request.GET.get("units", "")
    fits = line.isascii() and line.isdecimal() and len(line) < 19 and units.isascii() and units.isdecimal() and len(units) < 11
    return {int(line): int(units)} if fits else {}


def _save(request: HttpRequest, company: Company, feature: Feature) -> HttpResponse:
    """Reads nothing before the act: what holds is read under its lock, and again only to show what was refused."""
    require_today(request)
    form = AllocationForm.sent(request.POST, today=_today(request))
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
            by=_person(request),
            key=form.cleaned_data["key"],
            note=form.cleaned_data["note"],
            seen=form.cleaned_data["seen"],
            below_zero_confirmed=form.cleaned_data["confirm"],
        )
    except DomainError as error:
        return _refused(request, company, feature, error)
    return _saved(request, company, feature, done)


def _refused(request: HttpRequest, company: Company, feature: Feature, error: DomainError | None = None) -> HttpResponse:
    """The form as it was sent, with what is wrong beside its field; nothing was written."""
    held = feature_in_hand(company, feature)
    form = form_for(held, _today(request), request.POST)
    form.is_valid()
    if error is None:
        return allocation_panel(request, company, held, form, status=422)
    if isinstance(error, ChangedMeanwhile):
        return allocation_panel(request, company, held, form, status=error.status, conflict=error)
    form.add_refusal(error.field, error)
    return allocation_panel(request, company, held, form, status=error.status)


def _saved(request: HttpRequest, company: Company, feature: Feature, done: AllocationSet) -> HttpResponse:
    """One answer for all parts that changed; from elsewhere or without htmx the page itself, with the sentence on top."""
    when = _("from today") if done.day == _today(request) else _("from %(day)s") % {"day": in_words(done.day)}
    words = _("%(feature)s %(when)s. Balance then: %(balance)s credits.") % {
        "feature": feature.name,
        "when": when,
        "balance": written(done.balance_after),
    }
    said = StatusMessage(_("Saved"), words)
    address = reverse("credits:annual-credits", args=[company.slug])
    if not wants_part(request):
        tell(request, said)
        return redirect(f"{address}#features")
    if page_open(request).path not in ("", address):  # a license's page, say, has none of the parts
        tell(request, said)
        return HttpResponseClientRedirect(f"{address}#features")
    tab = annual_credits(company, on=_today(request))
    context = annual_credits_context(request, tab, company.slug, filters_of_page(request))
    return render(request, "credits/allocation_saved.html", {**context, "said": said})


@require_POST
@of_company(Permission.ALLOCATE)
def preview_allocation(request: HttpRequest, company: Company, feature: str) -> HttpResponse:
    """The result of what is typed so far: for htmx the part that shows it, else the form with it."""
    day_asked_for(request, page=_address(company.slug, feature))
    require_today(request)
    held = feature_in_hand(company, _feature(feature))
    form = form_for(held, _today(request), request.POST)
    form.is_valid()
    status = 200 if wants_part(request) or not form.errors else 422
    return allocation_panel(request, company, held, form, status=status, partial="preview_answer")


@require_POST
@of_company(Permission.ALLOCATE)
def withdraw(request: HttpRequest, company: Company, feature: str) -> HttpResponse:
    day_asked_for(request, page=_address(company.slug, feature))
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
            today=_today(request),
            by=_person(request),
            key=request.POST.get("key", "").replace("\0", ""),
        )
    except DomainError as error:
        held = feature_in_hand(company, found)
        form = form_for(held, _today(request))
        return allocation_panel(request, company, held, form, status=error.status, refusal=str(error))
    return _saved(request, company, found, done)


def _address(slug: str, feature: str) -> str:
    return reverse("credits:allocation", args=[slug, feature])


def _feature(slug: str) -> Feature:
    found = _features(slug=slug)
    if not found:
        raise Http404
    return found[0]


@prepared
def _features(slug: str) -> QuerySet[Feature]:
    return Feature.objects.filter(slug=slug).select_related("offering")


def _today(request: HttpRequest) -> date:
    return request.today  # type: ignore[attr-defined]


def _person(request: HttpRequest) -> Actor:
    if not request.user.is_authenticated:
        raise PermissionDenied
    return Actor.person(request.user)
