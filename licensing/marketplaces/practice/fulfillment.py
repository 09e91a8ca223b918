"""The fulfillment API, version 2018-08-31: eleven calls by which the publisher reads and answers. Authority: a bearer token."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from licensing.marketplaces.practice import changes, faults, tokens
from licensing.marketplaces.practice.changes import Refused
from licensing.marketplaces.practice.models import PracticeFault, PracticeOperation, PracticeSubscription
from licensing.marketplaces.practice.offers import plans_of
from licensing.marketplaces.practice.wire import operation_json, plan_json, resolved_json, subscription_json

API_VERSION = "2018-08-31"
PAGE = 100

Call = Callable[..., HttpResponse]


def api_call(**by_method: tuple[str, Call]) -> Callable[..., HttpResponseBase]:
    """One address of the API: per method the name of its call (see `faults`) and what answers it.

    The call is given the request, the parts of the address and the ordered fault.
    """

    @csrf_exempt
    @login_not_required
    def view(request: HttpRequest, **parts: str) -> HttpResponseBase:
        if request.method not in by_method:
            return HttpResponseNotAllowed(by_method)
        name, call = by_method[request.method]
        answer = refusal_of(request) or faults.answer(request, name, lambda fault: carried_out(call, request, parts, fault))
        for header in ("x-ms-requestid", "x-ms-correlationid"):
            answer.headers[header] = request.headers.get(header) or str(uuid.uuid4())
        return answer

    return view


def refusal_of(request: HttpRequest) -> HttpResponse | None:
    """The answer to a caller that is not let in."""
    if request.GET.get("api-version") != API_VERSION:
        message = "The HTTP resource does not support the API version that was asked for."
        return JsonResponse({"Error": {"Code": "UnsupportedApiVersion", "Message": message}}, status=400)
    if not tokens.is_publisher(request.headers.get("Authorization", "")):
        return JsonResponse("The caller is not authorized.", safe=False, status=403)
    return None


def carried_out(call: Call, request: HttpRequest, parts: dict[str, str], fault: PracticeFault | None) -> HttpResponse:
    changes.settle_due()
    try:
        ids = {name: UUID(part) for name, part in parts.items()}
    except ValueError:
        return error(Refused("An id in the address is not a GUID."))
    try:
        return call(request, fault=fault, **ids)
    except Refused as refused:
        return error(refused)


def error(refused: Refused) -> JsonResponse:
    """Two of the shapes that errors have."""
    if refused.status == 404:
        return JsonResponse({"message": str(refused), "target": None, "code": refused.code, "details": []}, status=404)
    return JsonResponse({"error": {"code": refused.code, "message": str(refused)}}, status=refused.status)


def with_body(call: Call) -> Call:
    """Hand the JSON object of the request's body to the call as `body`; none at all is an empty one."""

    @wraps(call)
    def reading(request: HttpRequest, **arguments: Any) -> HttpResponse:
        try:
            body = json.loads(request.body or b"{}")
        except ValueError:
            raise Refused("The body is not JSON.") from None
        if not isinstance(body, dict):
            raise Refused("The body is not a JSON object.")
        return call(request, body=body, **arguments)

    return reading


def quantity_of(body: dict[str, Any]) -> int | None:
    """A whole number, also as text; None where there is none."""
    given = body.get("quantity")
    if given is None or given == "":
        return None
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, str) and given.isascii() and given.isdecimal() and len(given) < 10:
        return int(given)
    raise Refused("The quantity is not a whole number.")


def found(sid: UUID) -> PracticeSubscription:
    subscription = PracticeSubscription.objects.filter(pk=sid).first()
    if subscription is None:
        raise Refused("There is no such subscription.", status=404, code="NotFound")
    return subscription


# --- Subscriptions


def resolve(request: HttpRequest, *, fault: PracticeFault | None) -> HttpResponse:
    subscription = tokens.subscription_of(request.headers.get("x-ms-marketplace-token", ""))
    if subscription is None or (fault and fault.how == "expired-token"):
        raise Refused("The marketplace purchase token is missing, malformed or expired.", code="BadRequest")
    return JsonResponse(resolved_json(subscription))


@with_body
def activate(request: HttpRequest, *, sid: UUID, body: dict[str, Any], fault: PracticeFault | None) -> HttpResponse:
    changes.activate(sid, plan_id=str(body.get("planId", "")), quantity=quantity_of(body))
    return HttpResponse()


def list_subscriptions(request: HttpRequest, *, fault: PracticeFault | None) -> HttpResponse:
    """Every one there ever was, a page at a time."""
    rows = list(PracticeSubscription.objects.all()[(first := _first_row(request)) : first + PAGE + 1])
    answer: dict[str, Any] = {"subscriptions": [subscription_json(row) for row in rows[:PAGE]]}
    if len(rows) > PAGE:
        token = json.dumps({"Token": first + PAGE, "Range": {"Min": "", "Max": "FF"}})
        query = urlencode({"api-version": API_VERSION, "continuationToken": token}, quote_via=quote)
        answer["@nextLink"] = request.build_absolute_uri(f"{reverse('practice:api-subscriptions')}?{query}")
    return JsonResponse(answer)


def _first_row(request: HttpRequest) -> int:
    text = request.GET.get("continuationToken", "")
    if not text:
        return 0
    try:
        number = int(json.loads(text)["Token"])
    except (ValueError, TypeError, KeyError):
        number = -1
    if not 0 <= number < 10**9:
        raise Refused("The continuation token is not one of ours.")
    return number


def get_subscription(request: HttpRequest, *, sid: UUID, fault: PracticeFault | None) -> HttpResponse:
    return JsonResponse(subscription_json(found(sid), dates=not (fault and fault.how == "no-dates")))


def list_plans(request: HttpRequest, *, sid: UUID, fault: PracticeFault | None) -> HttpResponse:
    subscription = PracticeSubscription.objects.filter(pk=sid).first()
    plans = plans_of(subscription.offer_id) if subscription else []
    wanted = request.GET.get("planId")
    return JsonResponse({"plans": [plan_json(plan) for plan in plans if wanted in (None, "", plan.plan_id)]})


@with_body
def change_subscription(request: HttpRequest, *, sid: UUID, body: dict[str, Any], fault: PracticeFault | None) -> HttpResponse:
    """Plan or quantity, one at a time."""
    if "Update" not in found(sid).allowed:
        raise Refused("The customer may not update this subscription.")
    plan_id, quantity = body.get("planId"), quantity_of(body)
    if (plan_id is None) == (quantity is None):
        raise Refused("Change either the plan or the quantity.")
    action = PracticeOperation.Action.CHANGE_QUANTITY if plan_id is None else PracticeOperation.Action.CHANGE_PLAN
    partner = PracticeOperation.Source.PARTNER
    return accepted(request, changes.start(sid, action, plan_id=str(plan_id or ""), quantity=quantity, source=partner))


def cancel(request: HttpRequest, *, sid: UUID, fault: PracticeFault | None) -> HttpResponse:
    subscription = found(sid)
    if subscription.status == PracticeSubscription.Status.UNSUBSCRIBED:
        return HttpResponse()
    if "Delete" not in subscription.allowed:
        raise Refused("The customer may not cancel this subscription.")
    partner = PracticeOperation.Source.PARTNER
    return accepted(request, changes.start(sid, PracticeOperation.Action.UNSUBSCRIBE, source=partner))


def accepted(request: HttpRequest, operation: PracticeOperation) -> HttpResponse:
    path = reverse("practice:api-operation", args=[operation.subscription_id, operation.pk])
    where = request.build_absolute_uri(f"{path}?api-version={API_VERSION}")
    return HttpResponse(status=202, headers={"Operation-Location": where})


# --- Operations


def list_operations(request: HttpRequest, *, sid: UUID, fault: PracticeFault | None) -> HttpResponse:
    """Those that wait for the publisher."""
    rows = found(sid).operations.open().select_related("subscription")
    return JsonResponse({"operations": [operation_json(row) for row in rows]})


def found_operation(sid: UUID, oid: UUID) -> PracticeOperation:
    operation = PracticeOperation.objects.filter(pk=oid, subscription=sid).select_related("subscription").first()
    if operation is None:
        raise Refused("There is no such operation.", status=404, code="NotFound")
    return operation


def get_operation(request: HttpRequest, *, sid: UUID, oid: UUID, fault: PracticeFault | None) -> HttpResponse:
    return JsonResponse(operation_json(found_operation(sid, oid)))


@with_body
def settle_operation(
    request: HttpRequest, *, sid: UUID, oid: UUID, body: dict[str, Any], fault: PracticeFault | None
) -> HttpResponse:
    operation = found_operation(sid, oid)
    if body.get("status") not in ("Success", "Failure"):
        raise Refused("The status must be Success or Failure.")
    if operation.source == PracticeOperation.Source.PARTNER:
        raise Refused("An operation of the publisher's own.", status=500, code="InternalServerError")
    taken = body["status"] == "Success"
    changes.settle(oid, accepted=taken, outcome="Accepted by the publisher" if taken else "Refused by the publisher")
    return HttpResponse()
