"""Manage billing model: a window in steps of plain forms. Choose for each feature, review what it does, confirm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from console.errors import Conflict, DomainError, Refused
from console.htmx import render_page, wants_part
from console.status_message import StatusMessage, tell
from credits.acts.billing_model.changes_lie_30_days_apart import DAYS_BETWEEN_SWITCHES
from credits.acts.billing_model.switch_several_features import switch_several_features
from credits.models import BillingModelChange, Feature
from credits.pages.allocation.person_and_feature import person_of, today_of
from credits.pages.pay_as_you_go.features_shown import features_shown
from credits.pages.pay_as_you_go.view import RUNNING, contracts_on
from credits.reading.billing.switch_preview import switch_preview
from credits.reading.billing.switchable_features import switchable_features
from licensing.access import of_company
from licensing.errors import in_words
from licensing.models import Company, Permission
from licensing.pages.day_shown import AsOf, day_known_asked_for, day_written, require_today

TEMPLATE = "credits/pay_as_you_go/manage.html"
ANNUAL, PAY_AS_YOU_GO = BillingModelChange.Model.ANNUAL.value, BillingModelChange.Model.PAY_AS_YOU_GO.value


@dataclass(frozen=True)
class Chosen:
    """What the form says: the model chosen for each feature by its slug where it differs from the one shown, and from which day.

    `starting` is the day as it was typed; `day` is None for today.
    """

    models: dict[str, str]
    starting: str
    today: date

    @classmethod
    def sent(cls, request: HttpRequest) -> Chosen:
        typed = request.POST
        slugs = [name.removeprefix("to_") for name in typed if name.startswith("to_") and "\0" not in name]
        models = {slug: typed.get(f"to_{slug}", "")[:20] for slug in slugs if typed.get(f"to_{slug}") != typed.get(f"was_{slug}")}
        return cls(models, typed.get("from", "").strip()[:20], today_of(request))

    @property
    def day(self) -> date:
        """Raises Refused for what is no day."""
        if not self.starting:
            return self.today
        try:
            return day_written(self.starting)
        except DomainError as wrong:
            raise Refused(str(wrong), field="on") from None

    def features(self) -> dict[Feature, str]:
        """One statement. Raises Refused where nothing was chosen, or a feature that is not there."""
        found = {each.slug: each for each in Feature.objects.filter(slug__in=self.models)}
        if not self.models or set(found) != set(self.models):
            raise Refused(_("Nothing changes yet. Choose another billing model for at least one feature."), field="model")
        return {found[slug]: model for slug, model in self.models.items()}


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(Permission.ALLOCATE)
def manage_billing(request: HttpRequest, company: Company) -> HttpResponse:
    """GET and `step=choose` show the choice, `step=review` what it does, `step=confirm` does it."""
    day_known_asked_for(request, company)
    as_of: AsOf = request.as_of  # type: ignore[attr-defined]
    if request.method != "POST":
        if not as_of.is_today:  # nothing is switched on the page of another day
            return redirect(_back(company) + as_of.query)
        return _choose(request, company)
    require_today(request)
    chosen = Chosen.sent(request)
    step = request.POST.get("step")
    try:
        if step == "confirm":
            return _confirm(request, company, chosen)
        if step == "review":
            return _review(request, company, chosen)
    except DomainError as refused:
        return _choose(request, company, chosen, refused)
    return _choose(request, company, chosen)


def _choose(
    request: HttpRequest, company: Company, chosen: Chosen | None = None, refused: DomainError | None = None
) -> HttpResponse:
    today = today_of(request)
    shown = features_shown(switchable_features(company, on=today), today)
    statuses = {each.status for each in contracts_on(company, today)}
    choices = []
    for each in sorted(shown, key=lambda each: not each.pay_as_you_go):
        now = PAY_AS_YOU_GO if each.pay_as_you_go else ANNUAL
        choices.append({"feature": each, "now": now, "to": chosen.models.get(each.slug, now) if chosen else now})
    context = {
        **_frame(request, company, "choose"),
        "choices": choices,
        "starting": chosen.starting if chosen else "",
        "today": today,
        "has_contract": bool(statuses & set(RUNNING)),
        "metered": any(each.pay_as_you_go for each in shown),
        "refusal": str(refused) if refused else "",
        "refused_field": getattr(refused, "field", ""),
        "again_from": today + timedelta(days=DAYS_BETWEEN_SWITCHES),
    }
    return render_page(request, TEMPLATE, context, partial="window", status=refused.status if refused else 200)


def _review(
    request: HttpRequest, company: Company, chosen: Chosen, *, key: str = "", conflict: DomainError | None = None
) -> HttpResponse:
    found = switch_preview(company, chosen.features(), on=chosen.day, today=chosen.today)
    context = {
        **_frame(request, company, "review"),
        "review": found,
        "now_in_words": _("today") if found.on == chosen.today else in_words(found.on),
        "is_today": found.on == chosen.today,
        "models": chosen.models,
        "was": {slug: ANNUAL if model == PAY_AS_YOU_GO else PAY_AS_YOU_GO for slug, model in chosen.models.items()},
        "starting": chosen.starting,
        "key": key or str(uuid4()),
        "again_from": found.on + timedelta(days=DAYS_BETWEEN_SWITCHES),
        "conflict": str(conflict) if conflict else "",
    }
    return render_page(request, TEMPLATE, context, partial="window", status=conflict.status if conflict else 200)


def _confirm(request: HttpRequest, company: Company, chosen: Chosen) -> HttpResponse:
    features = chosen.features()
    key = request.POST.get("key", "").replace("\0", "")
    try:
        changes = switch_several_features(
            company,
            models=features,
            today=chosen.today,
            on=None if chosen.day == chosen.today else chosen.day,
            by=person_of(request),
            key=key,
            seen=request.POST.get("seen", "")[:64] or None,
        )
    except DomainError as refused:
        if refused.status != 409:
            raise
        try:
            return _review(request, company, chosen, conflict=refused)  # what holds now
        except DomainError as now:  # or why it is not possible any more
            return _choose(request, company, chosen, Conflict(f"{refused} {now}"))
    tell(request, _switched(changes, chosen.today))
    back = _back(company)
    return HttpResponseClientRedirect(back) if wants_part(request) else redirect(back)


def _switched(changes: list[BillingModelChange], today: date) -> StatusMessage:
    day = changes[0].effective_on
    words = []
    for model, label in BillingModelChange.Model.choices:
        names = sorted(str(each.feature) for each in changes if each.model == model)
        if len(names) > MOST_NAMES:
            names = [ngettext("%(n)s feature", "%(n)s features", len(names)) % {"n": len(names)}]
        if names:
            words.append(_("%(features)s to %(model)s") % {"features": get_text_list(names, _("and")), "model": label.lower()})
    again = in_words(day + timedelta(days=DAYS_BETWEEN_SWITCHES))
    said = _("%(what)s.") if day == today else _("%(what)s from %(day)s.")
    text = said % {"what": "; ".join(words), "day": in_words(day)}
    return StatusMessage(_("Switched"), text + " " + _("Next change possible from %(again)s.") % {"again": again})


MOST_NAMES = 3


def _frame(request: HttpRequest, company: Company, step: str) -> dict[str, Any]:
    return {"step": step, "page_url": request.path, "close_url": _back(company)}


def _back(company: Company) -> str:
    return reverse("credits:pay-as-you-go", args=[company.slug])
