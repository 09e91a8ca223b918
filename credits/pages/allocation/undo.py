"""Undo a change of an allocation: from its status message, or from its row in the feature's history."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import reswap, retarget

from console.errors import DomainError
from console.htmx import render_page, wants_part
from credits.acts.feature_in_hand import feature_in_hand
from credits.acts.undo.undo_allocation import undo_allocation
from credits.errors import NeedsConfirmation, NothingToUndo
from credits.models import Feature
from credits.pages.allocation.form import ConfirmedBalance
from credits.pages.allocation.panel import allocation_panel, form_for
from credits.pages.allocation.person_and_feature import feature_of, person_of, today_of
from credits.pages.allocation.what_came_of_it import answer, not_undone, undo_address, undone
from licensing.access import of_company
from licensing.models import Company, Permission
from licensing.pages.day_shown import day_known_asked_for, require_today


@require_POST
@of_company(Permission.ALLOCATE)
def undo(request: HttpRequest, company: Company, feature: str, act: UUID) -> HttpResponse:
    """`confirm` is the balance below zero that is confirmed, which is asked for where the undo brings it there."""
    day_known_asked_for(request, company, page=reverse("credits:allocation", args=[company.slug, feature]))
    require_today(request)
    try:
        done = undo_allocation(
            company,
            undoes=act,
            feature=feature,
            today=today_of(request),
            by=person_of(request),
            key=request.POST.get("key", "").replace("\0", ""),
            below_zero_confirmed=ConfirmedBalance().clean(request.POST.get("confirm")),
        )
    except NeedsConfirmation as asked:
        found = feature_of(feature)
        return ask_below_zero(request, company, found, asked, url=undo_address(company, found.slug, act))
    except NothingToUndo as refused:
        raise Http404(str(refused)) from None
    except DomainError as refused:
        return _refused(request, company, feature_of(feature), refused)
    return answer(request, company, feature, undone(company, done, today_of(request)))


def ask_below_zero(
    request: HttpRequest,
    company: Company,
    feature: Feature,
    asked: NeedsConfirmation,
    *,
    url: str,
    plan: dict[str, str] | None = None,
) -> HttpResponse:
    """The panel, or the page, with the box to tick; where it was sent unticked, it is said beside the box.

    `plan` is what a form at `url` sends of the plan that it withdraws; without one it undoes.
    """
    context = {
        "feature": feature,
        "balance_after": asked.balance_after,
        "undo_url": url,
        "plan": plan,
        "key": uuid4(),
        "error": str(asked) if "asked" in request.POST else "",
        "close_url": reverse("credits:annual-credits", args=[company.slug]) + "#features",
    }
    response = render_page(request, "credits/undo_below_zero.html", context, partial="panel", status=asked.status)
    return reswap(retarget(response, "#panel"), "innerHTML") if wants_part(request) else response


def _refused(request: HttpRequest, company: Company, feature: Feature, refused: DomainError) -> HttpResponse:
    """Said where it was pressed: in the panel, or as a message; without htmx the feature's page says it."""
    if wants_part(request) and request.htmx.target != "panel":  # type: ignore[attr-defined]
        said = not_undone(company, feature.slug, str(refused))
        return render(request, "includes/status_message.html", {"said": said, "oob": True}, status=refused.status)
    held = feature_in_hand(company, feature)
    form = form_for(held, today_of(request))
    words = _("Not undone: %(why)s") % {"why": refused}
    return allocation_panel(request, company, held, form, status=refused.status, refusal=words)
