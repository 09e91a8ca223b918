"""What came of an act on an allocation, in its own words, with the way to undo it; and the answer that shows it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from console.htmx import wants_part
from console.status_message import StatusMessage, WayOn, tell
from console.templatetags.formats import credits as written
from console.templatetags.formats import signed
from credits.acts.set_allocation import AllocationSet, LineAfter
from credits.pages.annual_credits.ahead_shown import suppositions
from credits.pages.annual_credits.charts_shown import first_to_read
from credits.pages.annual_credits.view import annual_credits_context, filters_of_page, page_open
from credits.reading.annual_credits import annual_credits
from licensing.errors import in_words
from licensing.models import Company
from licensing.pages.day_shown import AsOf
from licensing.rules.units_in_words import in_units


def units_in_words(lines: Iterable[LineAfter]) -> str:
    """ "956 user accounts", "1,400 user accounts (Standard) and 1,200 user accounts (Advanced)"."""
    said = [f"{in_units(each.units, each.unit)}{f' ({each.label})' if each.label else ''}" for each in lines]
    return get_text_list(said, _("and"))


def _balance(done: AllocationSet, today: date) -> str:
    """ "Balance 32,250."; of a later day "Balance then 26,170."."""
    words = _("Balance %(credits)s.") if done.day == today else _("Balance then %(credits)s.")
    return words % {"credits": written(done.balance_after)}


def _effect(done: AllocationSet) -> str:
    return _("%(change)s credits") % {"change": signed(done.change)} if done.change else _("credits as before")


def saved(company: Company, done: AllocationSet, today: date, *, released: bool = False) -> StatusMessage:
    """Of units that were set, planned or released."""
    said = {
        "feature": done.feature,
        "units": units_in_words(done.lines),
        "effect": _effect(done),
        "balance": _balance(done, today),
        "day": in_words(done.day),
        "credits": written(-done.change),
    }
    if released and done.day == today:
        verb, words = _("Released"), _("%(credits)s credits of %(feature)s. %(balance)s")
    elif done.day != today:
        verb, words = _("Plan saved"), _("%(feature)s, %(units)s from %(day)s. %(balance)s")
    else:
        verb, words = _("Saved"), _("%(feature)s, %(units)s, %(effect)s. %(balance)s")
    return StatusMessage(verb, words % said, way_to_undo(company, done.slug, done.act))


def plan_withdrawn(company: Company, done: AllocationSet, today: date) -> StatusMessage:
    words = _("%(feature)s, %(day)s: it stays at %(units)s. %(balance)s") % {
        "feature": done.feature,
        "day": in_words(done.day),
        "units": units_in_words(done.lines),
        "balance": _balance(done, today),
    }
    return StatusMessage(_("Plan withdrawn"), words, way_to_undo(company, done.slug, done.act))


def undone(company: Company, done: AllocationSet, today: date) -> StatusMessage:
    if done.features > 1:
        words = _("%(features)s features are as before. %(balance)s") % {
            "features": f"{done.features:,}",
            "balance": _balance(done, today),
        }
        return StatusMessage(_("Undone"), words, way_to_undo(company, done.slug, done.act, label=_("Redo")))
    words = (
        _("%(feature)s is at %(units)s again. %(balance)s")
        if done.day == today
        else _("%(feature)s is at %(units)s again from %(day)s. %(balance)s")
    ) % {
        "feature": done.feature,
        "units": units_in_words(done.lines),
        "balance": _balance(done, today),
        "day": in_words(done.day),
    }
    return StatusMessage(_("Undone"), words, way_to_undo(company, done.slug, done.act, label=_("Redo")))


def not_undone(company: Company, feature: str, why: str) -> StatusMessage:
    address = reverse("credits:allocation", args=[company.slug, feature])
    return StatusMessage(_("Not undone"), why, WayOn(_("See it"), f"{address}#feature-history"), refused=True)


def way_to_undo(company: Company, feature: str, act: UUID, *, label: str = "") -> WayOn:
    return WayOn(label or _("Undo"), undo_address(company, feature, act), {"key": str(uuid4())})


def undo_address(company: Company, feature: str, act: UUID) -> str:
    return reverse("credits:undo-allocation", args=[company.slug, feature, act])


def answer(request: HttpRequest, company: Company, feature: str, said: StatusMessage) -> HttpResponse:
    """One answer for all parts that changed; from elsewhere or without htmx the page itself, with the message."""
    address = reverse("credits:annual-credits", args=[company.slug])
    if not wants_part(request):
        tell(request, said)
        return redirect(f"{address}#features")
    if page_open(request).path not in ("", address):  # a license's page, say, has none of the parts
        tell(request, said)
        return HttpResponseClientRedirect(f"{address}#features")
    filters = filters_of_page(request)
    today = request.today  # type: ignore[attr-defined]
    # The parts are those of the page that is open, and so are the addresses in them.
    others = tuple((name, value) for name, values in filters.lists() for value in values)
    request.as_of = AsOf(today, today, address, others)  # type: ignore[attr-defined]
    tab = annual_credits(company, on=today, first=first_to_read(filters), supposed=suppositions(filters))
    context = annual_credits_context(request, tab, company.slug, filters, just_saved=feature)
    return render(request, "credits/allocation_saved.html", {**context, "said": said})
