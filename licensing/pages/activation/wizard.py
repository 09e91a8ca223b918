"""The activation wizard at /activate/: find the purchase, review it and choose a company, follow what happens."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from console.errors import DomainError, NotAllowed
from console.htmx import render_page, wants_part
from console.models import Actor, User
from console.security.arriving.who_and_how import client_address
from console.status_message import StatusMessage, tell
from licensing.access import of_person
from licensing.codes.activate_by_code import activate_code
from licensing.codes.redeem_code import redeem
from licensing.marketplaces.contract import MarketplaceError, Problem, PurchaseStatus
from licensing.models import Activation, License
from licensing.pages.activation.companies.companies_to_choose_from import companies_for
from licensing.pages.activation.companies.purchase_of_another_organization import tenant_differs
from licensing.pages.activation.companies.taken_by_another_company import owner_of_purchase, taken
from licensing.pages.activation.companies.who_may_create_a_company import may_create_company
from licensing.pages.activation.offer import months_in_words, offer_of
from licensing.pages.activation.steps import steps
from licensing.pages.activation.timeline import timeline
from licensing.pages.activation.what_came_of_it import what_came_of_it
from licensing.pages.activation.who_may_open_an_activation import (
    activation_for,
    companies_of_person,
    company_to_activate_for,
    is_theirs,
    licenses_for,
    may_license,
    remember_memberships,
    show_company,
    today_of,
    zone_shown,
)
from licensing.purchases.activation.begin_activation import begin_activation
from licensing.purchases.activation.exchange_token import GONE, look_up
from licensing.purchases.activation.not_found import READINGS
from licensing.purchases.order_in_charge import successor_of
from licensing.queueing import CARRY_ON_ACTIVATION, after_commit

logger = logging.getLogger("allotment.marketplace")

State = Activation.State
SLOW = timedelta(minutes=1)
"""After so long the page says that it takes longer than usual."""


# --- Step 1: find the purchase


@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@of_person
def start(request: HttpRequest) -> HttpResponse:
    """Type a code, or take up what was begun."""
    assert isinstance(request.user, User)
    typed, problem, status = "", None, 200
    slug = company_to_activate_for(request)
    if request.method == "POST":
        typed = request.POST.get("code", "").replace("\0", "")[:200]
        try:
            activation = redeem(typed, person=request.user, source=client_address(request))
        except DomainError as error:
            problem, status = error, error.status
        else:
            return redirect(_with_company(reverse("activation:review", args=[activation.pk]), slug))
    begun = (
        Activation.objects.filter(Q(person=request.user) | Q(handed_over_by=request.user))
        .exclude(state=State.KNOWN)
        .select_related("subscription", "order", "company", "person")
        .order_by("-brought_at")[:10]
    )
    shown = [each for each in begun if each.person_id != request.user.pk or is_theirs(request, each)]
    theirs = {each.company_id: each.company for each in remember_memberships(request)}
    for each in shown:
        each.zone = theirs.get(each.company_id or 0) or zone_shown(request)  # type: ignore[attr-defined]
    context = {
        "steps": steps(None, at=1),
        "typed": typed,
        "problem": problem,
        "begun": shown,
        "may_license": any(licenses_for(each) for each in remember_memberships(request)),
        "query": urlencode({"company": slug}) if slug else "",
    }
    return render(request, "licensing/activation/start.html", context, status=status)


@require_safe
@of_person
def step(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where the activation stands now: looks the purchase up if that is still to be done, and goes on to its page."""
    activation = activation_for(request, pk)
    try:
        activation = look_up(activation)
    except MarketplaceError as error:
        return not_found_yet(request, activation, error)
    address = address_of(request, activation)
    if address == reverse("activation:review", args=[pk]):
        address = _with_company(address, request.GET.get("company", ""))
    return redirect(address)


def _with_company(address: str, slug: str) -> str:
    return f"{address}?{urlencode({'company': slug})}" if slug else address


def not_found_yet(request: HttpRequest, activation: Activation, error: MarketplaceError) -> HttpResponse:
    """The purchase could not be looked up: what that means for the person, and what to do."""
    gone = error.problem in GONE
    if error.problem == Problem.CONFIGURATION:
        logger.error("%s: a purchase could not be looked up, our configuration is refused: %s", activation.channel, error.detail)
    elif not gone:
        logger.warning("%s: a purchase could not be looked up: %s", activation.channel, error)
    context = {
        "steps": steps(activation, at=1),
        "activation": activation,
        "gone": gone,
        "kept": bool(activation.token_sealed) and error.status is not None and len(activation.missed_at) < READINGS,
        "ours": error.problem == Problem.CONFIGURATION,
        "seconds": int(error.retry_after or 0),
        "channel": activation.get_channel_display(),
    }
    return render(request, "licensing/activation/not_found.html", context, status=404 if gone else 503)


def address_of(request: HttpRequest, activation: Activation) -> str:
    """The page of the wizard, or of the license, where this activation belongs."""
    if activation.is_open or activation.state == State.KNOWN:
        address = _license_page(request, activation) or _attempt_under_way(request, activation)
        return address or reverse("activation:review", args=[activation.pk])
    return reverse("activation:status", args=[activation.pk])


def _license_page(request: HttpRequest, activation: Activation) -> str:
    """The license, where the purchase was activated already for a company of the person's; empty otherwise."""
    row = activation.subscription
    first = row.order if row else activation.order
    if first is None or first.company_id is None:
        return ""
    order = successor_of(first)
    license = License.objects.filter(order=order, company=order.company_id).order_by("id").first()
    if license is None or order.company is None or order.company_id not in companies_of_person(request):
        return ""
    match row and row.status:
        case PurchaseStatus.SUSPENDED:
            text = _("The marketplace has suspended this subscription, usually because a payment failed. Settle that there.")
            messages.warning(request, text)
        case PurchaseStatus.UNSUBSCRIBED:
            messages.warning(request, _("This subscription was cancelled at the marketplace."))
    return reverse("licensing:license", args=[order.company.slug, license.pk])


def _attempt_under_way(request: HttpRequest, activation: Activation) -> str:
    """Where another attempt at the same purchase can be followed, if there is one that the person may see; empty otherwise."""
    if activation.subscription_id is None:
        return ""
    others = Activation.objects.filter(subscription=activation.subscription_id, state=State.ACTIVATING).select_related("company")
    for each in others:
        if is_theirs(request, each) or may_license(request, each.company):
            return reverse("activation:status", args=[each.pk])
    return ""


# --- Step 2: review it, choose a company


@require_http_methods(["GET", "HEAD", "POST"])
@of_person
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    activation = activation_for(request, pk)
    if activation.state == State.BROUGHT:
        return redirect("activation:step", pk=pk)
    if not activation.is_open and activation.state not in (State.FAILED, State.KNOWN):
        chosen = request.POST.get("company", "")
        if chosen and activation.company and chosen != activation.company.slug:
            text = _("this purchase was activated for %(company)s before, and is activated once.")
            tell(request, StatusMessage(_("Your choice was not used"), text % {"company": activation.company}, refused=True))
        if _chose_otherwise(request, activation):
            text = _("it was activated before. It can be changed on the license’s page.")
            tell(request, StatusMessage(_("Your choice for its use was not taken"), text, refused=True))
        return redirect("activation:status", pk=pk)
    if request.method == "POST":
        return _activate(request, activation)
    if elsewhere := _license_page(request, activation) or _attempt_under_way(request, activation):
        return redirect(elsewhere)
    keeps_use = request.GET.get("keeps_use", "1") != "0"
    return _review(request, activation, chosen=request.GET.get("company", ""), keeps_use=keeps_use)


def _activate(request: HttpRequest, activation: Activation) -> HttpResponse:
    """Write down the wish, and leave the rest to the worker; a code needs nobody else, and is done at once."""
    assert isinstance(request.user, User)
    chosen, key = request.POST.get("company", ""), request.POST.get("key", "").replace("\0", "")
    company = next((each.company for each in remember_memberships(request) if each.company.slug == chosen), None)
    if company is None:
        return _review(request, activation, problem=_("Choose the company that receives the license."), status=422)
    other_tenant, keeps_use = bool(request.POST.get("tenant_confirmed")), request.POST.get("keeps_use", "1") != "0"
    by = Actor.person(request.user)
    try:
        if activation.subscription is None:
            activate_code(activation, company=company, by=by, key=key, keeps_use=keeps_use)
        else:
            if tenant_differs(request, activation) and not other_tenant:
                raise NotAllowed(
                    _("Confirm that the purchase of another organization is meant for this company."), field="tenant"
                )
            with transaction.atomic():
                shown: dict[str, object] = {
                    "plan_id": request.POST.get("plan_id", "").replace("\0", "")[:100],
                    "units": _whole(request.POST.get("units", "")),
                }
                begun = begin_activation(
                    activation,
                    company=company,
                    by=by,
                    key=key,
                    shown=shown,
                    keeps_use=keeps_use,
                    tenant_confirmed=other_tenant,
                )
                if begun.state == State.ACTIVATING:
                    after_commit(CARRY_ON_ACTIVATION, activation=str(begun.pk))
    except DomainError as error:
        activation = activation_for(request, activation.pk)
        return _review(request, activation, chosen=chosen, keeps_use=keeps_use, problem=str(error), status=error.status)
    return redirect("activation:status", pk=activation.pk)


def _chose_otherwise(request: HttpRequest, activation: Activation) -> bool:
    """Whether a form says another thing of the use of the seats than was chosen when the purchase was activated."""
    said = request.POST.get("keeps_use", "")
    in_seats = activation.license is not None and activation.license.product.kind == "seats"
    return in_seats and said in ("0", "1") and (said == "1") is not activation.keeps_use


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 20 else None


def _review(
    request: HttpRequest,
    activation: Activation,
    *,
    chosen: str = "",
    keeps_use: bool = True,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    held = remember_memberships(request)
    show_company(request, next((each.company for each in held if each.company.slug == chosen), activation.company))
    offer = offer_of(activation, today_of(request))
    if taken(activation, held):
        owner = owner_of_purchase(activation)
        ours = owner if owner is not None and owner.pk in companies_of_person(request) else None
        context = {"steps": steps(activation, at=2), "offer": offer, "ours": ours}
        return render(request, "licensing/activation/taken.html", context, status=409)
    reserved = activation.order.reserved_for if activation.order else None
    chosen = chosen or getattr(activation.company, "slug", "")
    offered = companies_for(request, held, offer, chosen=chosen, keeps_use=keeps_use, reserved=reserved)
    chosen_one = next((each for each in offered.choices if each.chosen), None)
    if chosen_one:
        show_company(request, chosen_one.company)
    context = {
        "steps": steps(activation, at=2, note="" if offer.credits else _("Valid at once")),
        "activation": activation,
        "offer": offer,
        "zone": zone_shown(request),
        "term": months_in_words(offer.months),
        "offered": offered,  # `companies` are those of the frame
        "chosen": chosen_one,
        "keeps_use": keeps_use,
        "problem": problem or activation.problem,
        "status": status,
        "key": uuid4(),
        "other_tenant": tenant_differs(request, activation),
        "may_create_company": may_create_company(held),
        "recovers": offer.status == PurchaseStatus.SUBSCRIBED and activation.subscription is not None,
    }
    return render_page(request, "licensing/activation/review.html", context, partial="form", status=status)


# --- Step 3: what happens, and what came of it


@require_safe
@of_person
def status(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Progress while the worker is at it, then the result. Asks nobody: it shows what was written down."""
    activation = activation_for(request, pk)
    running = activation.state == State.ACTIVATING
    if wants_part(request) and not running:
        # The whole page has changed, its title and steps too; and a refusal belongs on the review page.
        return HttpResponseClientRedirect(address_of(request, activation))
    if activation.is_open or activation.state == State.KNOWN:
        return redirect("activation:step", pk=pk)
    offer = offer_of(activation, today_of(request))
    context: dict[str, Any] = {"activation": activation, "offer": offer, "running": running}
    context["slow"] = running and activation.confirmed_at and timezone.now() - activation.confirmed_at > SLOW
    if activation.state == State.ACTIVE:
        context |= what_came_of_it(activation, offer, remember_memberships(request))
    note = context.get("note") or (_("In progress") if running else _("Not activated"))
    context["steps"] = steps(activation, at=4 if activation.state == State.ACTIVE else 3, note=note)
    context["happened"] = timeline(activation, offer)
    context["zone"] = zone_shown(request)
    return render_page(request, "licensing/activation/status.html", context, partial="progress")
