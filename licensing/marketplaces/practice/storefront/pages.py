"""The pages of the practice marketplace: offers, buying, what one has bought, what happened to it, and ordering trouble.

No sign-in: it plays somebody else's website. Every form works once, however often it is sent.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from licensing.marketplaces.practice import changes, faults, sending, tokens
from licensing.marketplaces.practice.changes import Refused
from licensing.marketplaces.practice.models import PracticeCall, PracticeFault, PracticeOperation, PracticeSubscription
from licensing.marketplaces.practice.offers import OFFERS, Plan, plans_of
from licensing.marketplaces.practice.storefront.forms import FaultForm, KeyForm, PlanForm, PurchaseForm, UsersForm

LANDING = "/marketplace/azure/landing"
ACTIONS = {
    "users": PracticeOperation.Action.CHANGE_QUANTITY,
    "plan": PracticeOperation.Action.CHANGE_PLAN,
    "renew": PracticeOperation.Action.RENEW,
    "suspend": PracticeOperation.Action.SUSPEND,
    "reinstate": PracticeOperation.Action.REINSTATE,
    "unsubscribe": PracticeOperation.Action.UNSUBSCRIBE,
}


# --- Buying


@login_not_required
@require_safe
def offers(request: HttpRequest) -> HttpResponse:
    """Search; without words, everything."""
    words = request.GET.get("q", "").strip()
    found: dict[str, list[Plan]] = {}
    for plan in OFFERS:
        text = f"{plan.offer_title} {plan.title} {plan.about} {plan.kind}".casefold()
        if all(word in text for word in words.casefold().split()):
            found.setdefault(plan.offer_id, plans_of(plan.offer_id))
    return render(request, "practice/offers.html", {"words": words, "found": found})


@login_not_required
@require_safe
def offer(request: HttpRequest, offer_id: str) -> HttpResponse:
    return render(request, "practice/offer.html", {"plans": plans_or_404(offer_id)})


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def purchase(request: HttpRequest, offer_id: str) -> HttpResponse:
    """Fill in, review, subscribe: one form, sent on from step to step."""
    plans = plans_or_404(offer_id)
    if request.method != "POST":
        wanted = request.GET.get("plan")
        form = PurchaseForm(offer_id=offer_id, initial={"plan": wanted} if wanted in [plan.plan_id for plan in plans] else {})
        return render(request, "practice/purchase.html", {"form": form, "plans": plans})
    form = PurchaseForm(request.POST, offer_id=offer_id)
    step = request.POST.get("step", "review")
    if not form.is_valid():
        return render(request, "practice/purchase.html", {"form": form, "plans": plans}, status=422)
    if step == "edit":
        return render(request, "practice/purchase.html", {"form": form, "plans": plans})
    if step != "subscribe":
        return render(request, "practice/review.html", {"form": form, "plan": form.chosen(), "plans": plans})
    stated = form.cleaned_data
    bought = changes.buy(
        form.chosen(),
        name=stated["name"],
        quantity=stated["users"],
        form_key=stated["key"],
        email=stated["email"],
        tenant_id=stated["tenant_id"],
        renews=stated["renews"],
        by_reseller=stated["by_reseller"],
        purchaser_email="orders@reseller.example" if stated["by_reseller"] else "",
    )
    return redirect("practice:subscription", bought.pk)


def plans_or_404(offer_id: str) -> list[Plan]:
    if plans := plans_of(offer_id):
        return plans
    raise Http404("There is no such offer.")


# --- What was bought


@login_not_required
@require_safe
def subscriptions(request: HttpRequest) -> HttpResponse:
    changes.settle_due()
    newest_first = PracticeSubscription.objects.order_by("-bought_at")
    return render(request, "practice/subscriptions.html", {"subscriptions": newest_first})


@login_not_required
@require_safe
def subscription(request: HttpRequest, pk: UUID) -> HttpResponse:
    changes.settle_due()
    return subscription_page(request, get_object_or_404(PracticeSubscription, pk=pk))


def subscription_page(request: HttpRequest, shown: PracticeSubscription, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page of one subscription; `more` brings a form with its errors, or a refusal."""
    operations = list(shown.operations.prefetch_related("calls"))
    about = next((each for each in operations if str(each.pk) == request.GET.get("about")), None)
    possible = {name for name, action in ACTIONS.items() if shown.status in changes.POSSIBLE_IN[action]}
    context = {
        "subscription": shown,
        "operations": operations,
        "about": about,
        "possible": possible,
        "users_form": UsersForm(subscription=shown),
        "plan_form": PlanForm(subscription=shown),
        "key_form": KeyForm(auto_id=False),
        "undelivered": any(call.due_at for operation in operations for call in operation.calls.all()),
        **more,
    }
    return render(request, "practice/subscription.html", context, status=status)


@login_not_required
@require_POST
def configure(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Configure account, Manage account: to the publisher's landing page, with a fresh token."""
    bought = get_object_or_404(PracticeSubscription, pk=pk)
    token = tokens.purchase_token(bought, expired=faults.take("landing") is not None)
    return HttpResponseRedirect(f"{LANDING}?{urlencode({'token': token})}")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: UUID, action: str) -> HttpResponse:
    """Begin a change, tell the publisher at once, and show what it answered. Reloaded, it leads back to the subscription."""
    if action not in ACTIONS:
        raise Http404("There is no such change.")
    if request.method != "POST":
        return redirect("practice:subscription", pk)
    changes.settle_due()
    shown = get_object_or_404(PracticeSubscription, pk=pk)
    asked: dict[str, Any] = {}
    form: UsersForm | PlanForm | KeyForm
    key = KeyForm(request.POST)
    if key.is_valid() and (done := PracticeOperation.objects.filter(form_key=key.cleaned_data["key"]).first()):
        return HttpResponseRedirect(page_about(done))
    if action == "users":
        form = UsersForm(request.POST, subscription=shown)
    elif action == "plan":
        form = PlanForm(request.POST, subscription=shown)
    else:
        form = key
    if not form.is_valid():
        return subscription_page(request, shown, status=422, **{f"{action}_form": form} if form is not key else {})
    if action == "users":
        asked = {"quantity": form.cleaned_data["users"]}
    elif action == "plan":
        asked = {"plan_id": form.cleaned_data["plan"]}
    try:
        operation = changes.start(shown.pk, ACTIONS[action], form_key=form.cleaned_data["key"], **asked)
    except Refused as refused:
        return subscription_page(request, shown, status=409, refusal=str(refused))
    sending.deliver(sending.call_of(operation), first=True)
    return HttpResponseRedirect(page_about(operation))


def page_about(operation: PracticeOperation) -> str:
    return f"{reverse('practice:subscription', args=[operation.subscription_id])}?about={operation.pk}"


@login_not_required
@require_POST
def recurring(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Recurring billing on or off: says which, so that sending it twice does not turn it back."""
    shown = get_object_or_404(PracticeSubscription, pk=pk)
    try:
        changes.set_recurring(shown.pk, renews=request.POST.get("renews") == "on")
    except Refused as refused:
        return subscription_page(request, shown, status=409, refusal=str(refused))
    return redirect("practice:subscription", pk)


@login_not_required
@require_POST
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """One more attempt, also of what was answered: real marketplaces repeat themselves too."""
    call = get_object_or_404(PracticeCall.objects.select_related("operation"), pk=pk)
    sending.deliver(call, again=True)
    return HttpResponseRedirect(page_about(call.operation))


# --- Trouble


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def misbehave(request: HttpRequest) -> HttpResponse:
    """Order trouble for the next calls, or call it off."""
    form = FaultForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and "behave" in request.POST:
        faults.behave()
        return redirect("practice:misbehave")
    if request.method == "POST" and form.is_valid():
        call, how = form.cleaned_data["fault"].split(":")
        faults.misbehave(call=call, how=how, times=form.cleaned_data["times"], seconds=form.cleaned_data["seconds"])
        return redirect("practice:misbehave")
    context = {"form": form, "ordered": [(fault, *faults.words(fault)) for fault in PracticeFault.objects.all()]}
    return render(request, "practice/misbehave.html", context, status=422 if form.errors else 200)
