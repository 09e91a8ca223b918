"""The requests of a company, and one of them with its effect: approved, lowered, refused or withdrawn where it is looked at."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from console.errors import Conflict, DomainError, NotAllowed, Refused
from console.exports.export_of import export_of, wants_export
from console.status_message import tell
from credits.acts.approvals.approve_request import approve_request
from credits.acts.approvals.lower_request import lower_request
from credits.acts.approvals.refuse_or_withdraw import refuse_request, withdraw_request
from credits.acts.approvals.request_in_hand import RequestInHand, request_in_hand
from credits.acts.approvals.second_person import who_may_allocate
from credits.errors import NeedsConfirmation, PlanOutOfDate
from credits.pages.allocation.person_and_feature import person_of, today_of
from credits.pages.planning.bar import figure_in_words
from credits.pages.planning.what_came_of_it import set_together
from credits.pages.requests.form import DecisionForm
from credits.pages.requests.rows import shown
from credits.pages.requests.sheets import requests_sheet
from credits.pages.requests.what_came_of_it import lowered, refused, withdrawn
from credits.reading.approvals.requests import requests_of, rule_known
from licensing.access import may, needs_role, of_company, why_only_to_look
from licensing.models import Company, Permission
from licensing.pages.day_shown import AsOf, day_known_asked_for, require_today


@require_safe
@of_company()
def requests(request: HttpRequest, company: Company) -> HttpResponse:
    """All of the company for whoever may decide them, else one's own, with what each would do today. Six statements."""
    day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    if not as_of.is_today:  # what would come is told from today on
        return redirect(reverse("credits:annual-credits", args=[company.slug]) + as_of.query)
    decides = may(request, Permission.ALLOCATE)
    found = requests_of(company, asked_by=None if decides else request.user.pk)
    all_shown = shown(company, [*found.open, *found.decided], today=as_of.today)
    if wants_export(request):
        return export_of(request, requests_sheet(all_shown))
    rule = rule_known(request.membership)  # type: ignore[attr-defined]
    context = {
        "open": all_shown[: len(found.open)],
        "decided": all_shown[len(found.open) :],
        "left_out": found.left_out,
        "decides": decides,
        "rule": rule,
        "may_state_rule": may(request, Permission.PEOPLE),
        "approvals_url": reverse("credits:approvals", args=[company.slug]),
        "features_url": reverse("credits:annual-credits", args=[company.slug]) + "#features",
    }
    return render(request, "credits/requests/requests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@of_company()
def request_page(request: HttpRequest, company: Company, pk: int) -> HttpResponse:
    """One with its effect; POST decides about it as `decision` says. Another person's is for whoever may decide it."""
    day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    if not as_of.is_today and request.method != "POST":
        return redirect(reverse("credits:annual-credits", args=[company.slug]) + as_of.query)
    try:
        held = request_in_hand(company, pk)
    except Conflict:
        raise Http404(_("There is no such request.")) from None
    if held.request.act.actor_id != request.user.pk and not may(request, Permission.ALLOCATE):
        raise NotAllowed(why_only_to_look(request) or needs_role(Permission.ALLOCATE))
    if request.method == "POST":
        require_today(request)
        return _decide(request, company, held)
    return _page(request, company, held)


def _decide(request: HttpRequest, company: Company, held: RequestInHand) -> HttpResponse:
    """What is refused shows the page again, as it stands by now, with what was typed."""
    form = DecisionForm(request.POST, lines=held.units)
    if not form.is_valid():
        return _page(request, company, held, form=form, status=422)
    pk, said = held.request.pk, form.cleaned_data
    does: dict[str, Any] = {"request": pk, "by": person_of(request), "key": said["key"], "words": said["words"]}
    today = today_of(request)
    try:
        if said["decision"] == "approve":
            stands = held.closed_by is None and said["event"] == held.latest_event
            if stands and {**held.units, **form.units_typed()} != held.units:
                raise Refused(_("You typed other units than are asked for. Lower the request first, look at it, then approve."))
            if form.looked_at is None:
                raise Refused(_("The figures that were shown did not arrive. Nothing was written. Look again, then approve."))
            does |= {"seen": form.seen, "shown": form.looked_at, "below_zero_confirmed": said["confirm"]}
            done = approve_request(company, today=today, event=said["event"], **does)
            tell(request, set_together(company, done, today, verb=_("Approved")))
        elif said["decision"] == "lower":
            lower_request(company, units=form.units_typed(), today=today, event=said["event"], **does)
            tell(request, lowered())
        elif said["decision"] == "refuse":
            refuse_request(company, event=said["event"], **does)
            tell(request, refused())
        else:
            withdraw_request(company, **does)
            tell(request, withdrawn())
    except DomainError as error:
        return _page(request, company, request_in_hand(company, pk), form=form, error=error, status=error.status)
    return redirect("credits:request", company.slug, pk)


def _page(
    request: HttpRequest,
    company: Company,
    held: RequestInHand,
    *,
    form: DecisionForm | None = None,
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    """Five statements; one more for an open one."""
    today = today_of(request)
    it = shown(company, [held], today=today)[0]
    is_open = held.closed_by is None
    own = held.request.act.actor_id == request.user.pk
    decides = is_open and not own and may(request, Permission.ALLOCATE)
    form = form or DecisionForm(lines=held.units)
    if error is not None and error.field in form.fields:
        form.add_error(error.field, str(error))
    conflict = error if isinstance(error, PlanOutOfDate) else None
    stale = isinstance(error, Conflict)
    typed = {} if stale else form.typed
    rows = it.rows(typed, form.errors_of_lines())
    context = {
        "it": it,
        "rows": rows,
        "may_be_lowered": any(each["may_be_lowered"] for each in rows),
        "form": form,
        "is_open": is_open,
        "own": own,
        "decides": decides,
        "nobody_else": is_open and not who_may_allocate(company, beside=held.request.act.actor_id),
        "refusal": str(error) if error is not None and error.field not in form.fields else "",
        "conflict": {"lines": conflict.lines, "figures": [figure_in_words(each, today) for each in conflict.figures]}
        if conflict
        else None,
        "asks_to_confirm": isinstance(error, NeedsConfirmation),
        "below_zero": it.balance if it.balance < 0 else None,
        "event": held.latest_event,
        "seen": it.seen.items(),
        "figures_written": it.figures.written(),
        "key": uuid4(),
        "today": today,
        "list_url": reverse("credits:requests", args=[company.slug]),
        "page_url": it.url,
    }
    return render(request, "credits/requests/request.html", context, status=status)
