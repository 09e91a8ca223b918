"""Keep converted seats in use: what an order's seats pay for, kept after all or left available again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.errors import DomainError
from console.htmx import render_page
from console.models import Actor, User
from console.status_message import StatusMessage, tell
from console.templatetags.formats import credits as written
from credits.acts.choose_use import choose_use
from credits.acts.keep_use import Change, use_of_order
from credits.models import KeptUnits
from credits.pages.allocation.what_came_of_it import way_to_undo
from credits.rules.rate_of_a_line import rate_on
from licensing.access import may, of_company
from licensing.credit_questions import free_balance
from licensing.models import Company, License, Permission, UseChoice
from licensing.pages.day_shown import AsOf, day_known_asked_for, require_today
from licensing.rules.units_in_words import in_units
from licensing.rules.units_times_rate import credits_for


@dataclass(frozen=True)
class Effect:
    """What a choice would do to a line from today on: its units now and then, and the credits that takes, or gives back."""

    feature_name: str
    line_label: str
    units_in_words: str
    now: int
    change: int
    after: int
    credits: int
    later_on: date | None
    """The day it holds from, where that is none of today."""


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(to_post=Permission.ALLOCATE)
def keep_using(request: HttpRequest, company: Company, pk: int) -> HttpResponse:
    """What an order keeps in use, and the choice with its effect; empty where there is neither. Ten statements."""
    on = day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    keeping = UseChoice.objects.keeping().filter(company=OuterRef("company"), order=OuterRef("order"))
    licenses = License.objects.for_company(company).known_at(as_of.known_at).annotate(keeps=Exists(keeping))
    license = get_object_or_404(licenses.select_related("order", "product"), pk=pk)
    license.order.company = company  # theirs, so that nobody asks for it
    if request.method == "POST":
        return _choose(request, company, license)
    context = {
        "license": license,
        "license_url": reverse("licensing:license", args=[company.slug, pk]) + as_of.query,
        "choose_url": reverse("credits:keep-using", args=[company.slug, pk]),
        "key": uuid4(),
    }
    if as_of.is_today and not license.trial:
        use = use_of_order(license.order, on)
        keeps: bool = license.keeps  # type: ignore[attr-defined]
        context |= {
            "may_choose": may(request, Permission.ALLOCATE),
            "adds": _effects(use.afresh().added(), on),
            "takes": _effects(use.taken_back(on), on) if keeps else [],
        }
    return render_page(request, "credits/keep_using.html", context, partial="choice")


def _choose(request: HttpRequest, company: Company, license: License) -> HttpResponse:
    assert isinstance(request.user, User)
    require_today(request)
    keeps = request.POST.get("keeps") == "1"
    today: date = request.today  # type: ignore[attr-defined]
    try:
        choose_use(
            license.order,
            keeps=keeps,
            today=today,
            by=Actor.person(request.user),
            key=request.POST.get("key", "").replace("\0", ""),
        )
    except DomainError as error:
        tell(request, StatusMessage(_("Not saved"), str(error), refused=True))
    else:
        tell(request, _chosen(company, license, today))
    return redirect("licensing:license", company.slug, license.pk)


def _chosen(company: Company, license: License, today: date) -> StatusMessage:
    """What the choice that holds did, with the way to undo it. Three statements."""
    chosen = UseChoice.objects.for_company(company).filter(order=license.order).that_hold().get()
    kept = list(KeptUnits.objects.for_company(company).filter(act=chosen.act_id).select_related("line__feature").order_by("id"))
    verb = _("Kept in use") if chosen.keeps else _("Left available")
    if not kept:
        return StatusMessage(verb, _("nothing had to be changed."))
    units = abs(sum(each.units_change for each in kept if each.line_id == kept[0].line_id))
    words = _("%(units)s of %(feature)s. Balance %(balance)s.") % {
        "units": in_units(units, kept[0].line.unit),
        "feature": kept[0].line.feature.name,
        "balance": written(free_balance(company, today)),
    }
    return StatusMessage(verb, words, way_to_undo(company, kept[0].line.feature.slug, chosen.act_id))


def _effects(changes: list[Change], today: date) -> list[Effect]:
    """What each change does to its line, those of today first; what is planned for later days rises or falls with them."""
    return [_effect(each, today) for each in sorted(changes, key=lambda each: each.day) if each.effect]


def _effect(change: Change, today: date) -> Effect:
    line, rate = change.line.line, rate_on(change.line.rates, change.day)
    return Effect(
        feature_name=line.feature.name,
        line_label=line.label,
        units_in_words=in_units(abs(change.effect), line.unit),
        now=change.was,
        change=abs(change.effect),
        after=change.after,
        credits=abs(credits_for(change.after, rate) - credits_for(change.was, rate)),
        later_on=None if change.day == today else change.day,
    )
