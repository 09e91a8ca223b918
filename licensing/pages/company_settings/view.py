"""Company settings: for owners, a page of parts, each a form that is an act of its own; a refusal stands beside its field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.errors import DomainError
from console.models import Actor
from console.people.second_factor.set_up import has_factor, people_without
from console.people.sessions.forget_old_sessions import kept_after_the_end
from console.status_message import StatusMessage, tell
from console.templatetags.formats import moment_in_words, zone_name
from licensing.access import of_company
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.acts.company_settings.notices_of_new_members import state_notices_of_new_members, way_of_new_members
from licensing.acts.company_settings.rename import rename_company
from licensing.acts.company_settings.second_factor import require_no_second_factor, require_second_factor
from licensing.errors import in_words
from licensing.forget_old_rows import KEPT_OF_STRANGERS
from licensing.models import Company, JoinRequest, Membership, Permission, SignInTenant
from licensing.models.company_settings.statement import factor_required_from
from licensing.pages.company_settings.forms import FORMS, FactorForm, NameForm, NoFactorForm, NoticesForm, Part, TimeZoneForm
from licensing.rules.zones.company_day import ZoneSpan

DAYS_TO_SET_UP = timedelta(days=14)
"""What is offered as the first day of a required factor: time for everybody to set one up."""

Done = Callable[[Company, dict[str, Any], date, dict[str, Any]], StatusMessage]
"""Does what a part says: the company, what was typed, the company's today, and who does it under which key."""


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(Permission.PEOPLE)
def company_settings(request: HttpRequest, company: Company) -> HttpResponse:
    """GET shows all parts; POST does what one of them says (`part`). Nine statements beside the frame's."""
    if request.method != "POST":
        return _shown(request, company)
    kind = FORMS.get(request.POST.get("part", ""))
    if kind is None:
        raise Http404
    form = kind(request.POST)
    if not form.is_valid():
        return _shown(request, company, form, status=422)
    by: Any = request.user
    act = {"by": Actor.person(by), "key": form.cleaned_data["key"]}
    try:
        said = DOES[kind.name_of_part](company, form.cleaned_data, request.today, act)  # type: ignore[attr-defined]
    except DomainError as error:
        return _shown(request, company, form, form.refuse(error))
    tell(request, said)
    return redirect("licensing:company-settings", company.slug)


def _rename(company: Company, typed: dict[str, Any], today: date, act: dict[str, Any]) -> StatusMessage:
    renamed = rename_company(company, name=typed["name"], **act)
    return StatusMessage(_("Saved"), _("the company’s name is %(name)s.") % {"name": renamed.name})


def _move(company: Company, typed: dict[str, Any], today: date, act: dict[str, Any]) -> StatusMessage:
    stated = max(company.zone_spans, key=lambda span: span.effective_at)
    if stated.time_zone != typed["time_zone"]:  # what is so already is no entry
        row = state_time_zone(company, time_zone=typed["time_zone"], **act)
        stated = ZoneSpan(row.effective_at, row.time_zone)
    zone = ZoneInfo(stated.time_zone)
    said = {"zone": zone_name(zone), "instant": moment_in_words(stated.effective_at, zone)}
    return StatusMessage(_("Saved"), _("days are counted in %(zone)s from %(instant)s on.") % said)


def _require_factor(company: Company, typed: dict[str, Any], today: date, act: dict[str, Any]) -> StatusMessage:
    row = require_second_factor(company, on=typed["on"], today=today, **act)
    said = {"day": in_words(row.effective_on)}
    return StatusMessage(_("Saved"), _("a second factor is required from %(day)s on. Who has none was told by mail.") % said)


def _require_none(company: Company, typed: dict[str, Any], today: date, act: dict[str, Any]) -> StatusMessage:
    require_no_second_factor(company, today=today, **act)
    return StatusMessage(_("Saved"), _("no second factor is required. Who has none was told by mail."))


def _state_notices(company: Company, typed: dict[str, Any], today: date, act: dict[str, Any]) -> StatusMessage:
    state_notices_of_new_members(company, told=typed["told"], today=today, **act)
    return StatusMessage(_("Saved"), _("this holds for whoever becomes a member from now on."))


DOES: dict[str, Done] = {
    NameForm.name_of_part: _rename,
    TimeZoneForm.name_of_part: _move,
    FactorForm.name_of_part: _require_factor,
    NoFactorForm.name_of_part: _require_none,
    NoticesForm.name_of_part: _state_notices,
}


def _shown(request: HttpRequest, company: Company, refused: Part | None = None, status: int = 200) -> HttpResponse:
    today: date = request.today  # type: ignore[attr-defined]
    members = Membership.objects.filter(company=company, user__is_active=True).values_list("user", flat=True)
    required = factor_required_from(company)
    forms: dict[str, Part] = {
        "name": NameForm(initial={"name": company.name}),
        "zone": TimeZoneForm(initial={"time_zone": company.time_zone}),
        "factor": FactorForm.offering(max(today, required) if required else today + DAYS_TO_SET_UP),
        "no_factor": NoFactorForm(),
        "notices": NoticesForm(initial={"told": way_of_new_members(company)}),
    }
    if refused is not None:
        forms = {name: refused if type(each) is type(refused) else each for name, each in forms.items()}
    spans = [span for span in company.zone_spans if span.effective_at > timezone.now()]
    context = {
        **{f"{name}_form": form for name, form in forms.items()},
        "zone_in_effect": zone_name(company.zone_at(timezone.now())),
        "zones_to_come": [(zone_name(ZoneInfo(span.time_zone)), span.effective_at) for span in spans],
        "required_from": required,
        "required_now": required is not None and required <= today,
        "without_factor": people_without(members),
        "has_factor": has_factor(request),
        "tenants": SignInTenant.objects.filter(company=company).stated().order_by("pk"),
        "open_requests": JoinRequest.objects.for_company(company).open().count(),
        "retention": retention(),
        "earliest": today.isoformat(),
    }
    return render(request, "licensing/company_settings/page.html", context, status=status)


def retention() -> list[tuple[str, str]]:
    """What is kept how long, in words, from the settings in force."""
    days, for_good = _("%(days)s days") % {"days": settings.RETENTION_DAYS}, _("For good")
    ended = {"days": kept_after_the_end().days}
    return [
        (_("Licenses, allocations and every change of them"), _("For good: figures of any day can be explained")),
        (_("Who did what, and when"), for_good),
        (_("Requests, and units in use"), for_good),
        (_("Tables that were exported: who, which, when"), for_good),
        (_("Pages that support or your service provider saw"), for_good),
        (_("Sign-ins: device and network address"), _("%(days)s days after the session has ended") % ended),
        (_("Invitations: address and words"), _("Until they are accepted or withdrawn, also once they have expired")),
        (_("Mails: to whom, and what they said"), days),
        (_("Messages of marketplaces, as they came"), days),
        (_("Purchases that nobody signed in for"), _("%(days)s days") % {"days": KEPT_OF_STRANGERS.days}),
    ]
