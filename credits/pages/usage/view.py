"""Units in use: what is known of each line beside what is allocated; recorded from a file, or typed for a feature."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from console.errors import DomainError
from console.exports.export_of import export_of, wants_export
from console.forms.key_form import key_sent
from console.status_message import StatusMessage, WayOn, tell
from credits.acts.usage.observe import Observation, observe
from credits.models import CreditRequirement
from credits.pages.allocation.person_and_feature import feature_of, person_of, today_of
from credits.pages.usage.file import MOST_BYTES, FileRead, read_file
from credits.pages.usage.form import ObserveForm
from credits.pages.usage.rows import use_rows, use_sheet
from credits.reading.annual_credits import annual_credits
from credits.reading.usage.observed import observed_of_lines
from licensing.access import may, of_company
from licensing.models import Company, Permission
from licensing.pages.day_shown import AsOf, day_known_asked_for, require_today

MOST_SHOWN = 200
"""Lines of a file that are told one by one; those that are wrong come first."""


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(to_post=Permission.ALLOCATE)
def usage(request: HttpRequest, company: Company) -> HttpResponse:
    """The table, and the file: POST looks at it, and with `record` records it where nothing in it is wrong."""
    on = day_known_asked_for(request, company)
    if request.method != "POST":
        return _page(request, company, on)
    require_today(request)
    content, typed = _content_of(request)
    today = today_of(request)
    if typed is not None and request.FILES.get("file") is not None:
        words = _("You chose a file and typed lines. Choose it again and clear the lines, or look at these alone.")
        return _page(request, company, on, text=typed, looked=FileRead(refused=words), status=422)
    looked = _read(company, content, today)
    text = looked.text if typed is None else typed
    if looked.refused or looked.faults or "record" not in request.POST:
        wrong = bool(looked.refused or looked.faults)
        return _page(request, company, on, text=text, looked=looked, of_a_file=typed is None, status=422 if wrong else 200)
    try:
        recorded = observe(
            company,
            observations=looked.observations,
            today=today,
            by=person_of(request),
            key=key_sent(request),
            source="file",
        )
    except DomainError as error:
        return _page(request, company, on, text=text, looked=FileRead(refused=str(error)), status=error.status)
    tell(request, _recorded(recorded))
    return redirect("credits:usage", company.slug)


@require_POST
@of_company(Permission.ALLOCATE)
def observe_feature(request: HttpRequest, company: Company, feature: str) -> HttpResponse:
    """What was typed in the feature's panel: of one or more of its lines, on a day."""
    address = reverse("credits:feature-history", args=[company.slug, feature])
    day_known_asked_for(request, company, page=address)
    require_today(request)
    found, today = feature_of(feature), today_of(request)
    form = ObserveForm(request.POST, lines=found.lines.all(), today=today)
    if form.is_valid():
        try:
            recorded = observe(
                company,
                observations=[Observation(line, form.cleaned_data["observed_on"], units) for line, units in form.units().items()],
                today=today,
                by=person_of(request),
                key=form.cleaned_data["key"],
            )
        except DomainError as error:
            form.refuse(error)
        else:
            tell(request, _recorded(recorded, WayOn(_("Units in use"), reverse("credits:usage", args=[company.slug]))))
            return redirect(address)
    context = {
        "feature": found,
        "form": form,
        "lines": form.lines_shown(),
        "observe_url": request.path,
        "close_url": address,
        "today": today,
    }
    return render(request, "credits/usage/observe.html", context, status=422)


def _recorded(number: int, way_on: WayOn | None = None) -> StatusMessage:
    if not number:
        return StatusMessage(_("Nothing new"), _("All of it was recorded already."), way_on)
    words = ngettext(
        "%(number)s observation of units in use. No credits have changed.",
        "%(number)s observations of units in use. No credits have changed.",
        number,
    )
    return StatusMessage(_("Recorded"), words % {"number": f"{number:,}"}, way_on)


def _content_of(request: HttpRequest) -> tuple[bytes, str | None]:
    """What the file that was chosen holds, else what was typed; the second is what was typed, None for a file alone.

    Lines that stand in the field because a file was looked at before were typed by nobody: another file takes their place.
    """
    file: Any = request.FILES.get("file")
    typed = request.POST.get("text", "")[: MOST_BYTES + 1]
    if file is not None:
        of_a_file = not typed.strip() or _mark_of(typed) == request.POST.get("of_a_file")
        return file.read(MOST_BYTES + 1), None if of_a_file else typed
    return typed.encode(errors="replace"), typed


def _mark_of(text: str) -> str:
    """What tells a text from another, however a browser ends its lines."""
    return sha256("\n".join(text.split()).encode(errors="replace")).hexdigest()


def _read(company: Company, content: bytes, today: date) -> FileRead:
    """Two statements, however many lines."""
    lines: dict[str, list[CreditRequirement]] = defaultdict(list)
    for each in CreditRequirement.objects.select_related("feature").order_by("feature_id", "position"):
        lines[each.feature.slug].append(each)
    observed = observed_of_lines(company, until=today)
    known = {(line, each.day): each.units for line, found in observed.items() for each in found}
    return read_file(content, lines, known, today=today)


def _page(
    request: HttpRequest,
    company: Company,
    on: date,
    *,
    text: str = "",
    looked: FileRead | None = None,
    of_a_file: bool = False,
    status: int = 200,
) -> HttpResponse:
    """`of_a_file` says that nobody typed the text: it is that of the file that was looked at."""
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    tab = annual_credits(company, on=on, known_at=as_of.known_at, looks_ahead=False)
    observed = observed_of_lines(company, until=on, known_at=as_of.known_at)
    rows = use_rows(company, tab.features, observed, on, as_of)
    known = [each for each in rows if each.known]
    if wants_export(request):
        return export_of(request, use_sheet(known))
    may_change = as_of.is_today and may(request, Permission.ALLOCATE)
    told = [] if looked is None else [*looked.faults, *(each for each in looked.lines if not each.fault)][:MOST_SHOWN]
    context = {
        "annual_url": reverse("credits:annual-credits", args=[company.slug]) + as_of.query,
        "page_url": request.path,
        "rows": known,
        "lower_url": reverse("credits:plan", args=[company.slug]) + "?lower=peak"
        if may_change and any(each.known and each.known.lower_to is not None for each in known)
        else "",
        "may_change": may_change,
        "looked": looked,
        "told": told,
        "untold": len(looked.lines) - len(told) if looked else 0,
        "text": text,
        "of_a_file": _mark_of(text) if text and looked and of_a_file else "",
        "key": uuid4(),
        "example": next(((each.slug, each.allocated) for each in rows), ("email-sensor", 250)),
        "today": on,
    }
    return render(request, "credits/usage/page.html", context, status=status)
