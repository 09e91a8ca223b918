"""Report a figure: what looks wrong on a page, sent to support with its address, its day and the instant of its figures."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from console.errors import DomainError
from console.forms.key_form import KeyForm, refuse
from console.models import Actor
from console.security.arriving.own_origin import is_own_page
from console.security.too_often import HOUR, too_often
from console.status_message import StatusMessage, tell
from licensing.access import of_company, why_only_to_look
from licensing.acts.companies.report_figure import facts_in_words, mailbox_of_support, report_figure
from licensing.models import Company
from licensing.pages.day_shown import WrongDay, day_written
from licensing.pages.page_of_company import page_of_company

MOST_IN_AN_HOUR = 10
OPEN_AT_MOST = timedelta(days=2)
"""A page is not left open for longer; an older instant is somebody's invention."""


class ReportForm(KeyForm):
    page = forms.CharField(max_length=2_000, required=False, widget=forms.HiddenInput)
    at = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    figure = forms.CharField(
        label=gettext_lazy("Which figure"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Its name and what it shows, such as “Current balance, 14,200”."),
    )
    words = forms.CharField(
        label=gettext_lazy("What looks wrong"),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 6, "class": "form-control words"}),
        help_text=gettext_lazy("What you expected, and why."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@of_company()
def report_a_figure(request: HttpRequest, company: Company) -> HttpResponse:
    """`page` is the address reported, License Information where none is given; what is no page of this company is 404.

    Who looks for a service provider sends nothing from here: they copy the facts, as where support is not reached by mail.
    """
    given = request.POST if request.method == "POST" else request.GET
    licenses = reverse("licensing:license-information", args=[company.slug])
    page = page_of_company(given.get("page") or licenses, company)
    if not page:
        raise Http404
    if request.method != "POST":
        page = _as_it_was_left(request, page, company)
    seen_at = _seen_at(given.get("at", ""))
    day = _day_of(page) or company.day_of(seen_at)
    if request.method != "POST":
        form = ReportForm(initial={"key": uuid4(), "page": page, "at": seen_at.isoformat()})
        return _shown(request, form, page, day, seen_at)
    form = ReportForm(request.POST)
    if not form.is_valid():
        return _shown(request, form, page, day, seen_at, status=422)
    if too_often(f"report:{request.user.pk}", most=MOST_IN_AN_HOUR, in_a=HOUR):
        form.add_error(None, _("Many reports came from you in this hour. Nothing was sent; send this one in an hour."))
        return _shown(request, form, page, day, seen_at, status=429)
    figure, words = form.cleaned_data["figure"], form.cleaned_data["words"]
    try:
        report_figure(
            company,
            page=page,
            day=day,
            seen_at=seen_at,
            figure=figure,
            words=words,
            by=Actor.person(request.user),  # type: ignore[arg-type]
            key=form.cleaned_data["key"],
        )
    except DomainError as error:
        status = refuse(form, error, beside="words" if error.field == "words" else "")
        return _shown(request, form, page, day, seen_at, status=status)
    email = request.user.email  # type: ignore[union-attr]
    tell(request, StatusMessage(_("Reported to support"), _("they answer to %(email)s.") % {"email": email}))
    return redirect(page)


def _shown(request: HttpRequest, form: ReportForm, page: str, day: date, seen_at: datetime, status: int = 200) -> HttpResponse:
    company: Any = request.company  # type: ignore[attr-defined]
    context = {
        "form": form,
        "page": page,
        "day": day,
        "seen_at": seen_at,
        "by_mail": bool(mailbox_of_support()) and not why_only_to_look(request),
        "facts": facts_in_words(company, page=page, day=day, seen_at=seen_at, figure=""),
    }
    return render(request, "licensing/report_a_figure.html", context, status=status)


def _as_it_was_left(request: HttpRequest, page: str, company: Company) -> str:
    """The page with the filters that the person has chosen since it was loaded, where the browser names it."""
    referer = request.headers.get("Referer", "")
    if not is_own_page(request, referer) or (left := urlsplit(referer)).path != urlsplit(page).path:
        return page
    return page_of_company(f"{left.path}?{left.query}" if left.query else left.path, company) or page


def _day_of(page: str) -> date | None:
    """The day that a page's address names."""
    text = parse_qs(urlsplit(page).query).get("on", [""])[0]
    try:
        return day_written(text) if text else None
    except WrongDay:
        raise Http404 from None


def _seen_at(text: str) -> datetime:
    """The instant that the page said its figures are of; now, where it says none that can be."""
    now = timezone.now()
    try:
        said = parse_datetime(text)
    except ValueError:
        said = None
    if said is None or said.tzinfo is None or not now - OPEN_AT_MOST <= said <= now:
        return now
    return said.astimezone(UTC)
