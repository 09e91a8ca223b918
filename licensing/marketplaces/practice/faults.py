"""Trouble on request: the next calls of a kind go wrong in a chosen way. Kept in rows, so it works across processes.

    misbehave(call="activate", how="lost-answer")            # it acts, then the connection breaks
    misbehave(call="get", how="delay", seconds=30)           # it acts, and answers too late
    misbehave(call="any", how="status-429", seconds=2, times=3)
    misbehave(call="webhook", how="twice")

`any` stands for every call of the fulfillment API.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse

from licensing.marketplaces.practice.models import PracticeFault

API_CALLS = {
    "resolve": "Resolve a purchase token",
    "activate": "Activate",
    "get": "Read a subscription",
    "list": "List subscriptions",
    "plans": "List plans",
    "change": "Change plan or quantity",
    "cancel": "Cancel",
    "operations": "List open operations",
    "operation": "Read an operation",
    "settle": "Settle an operation",
}
LOGIN_CALLS = {"token": "Issue an access token", "keys": "Publish the key set"}
CALLS = {"any": "Any call of the API", **API_CALLS, **LOGIN_CALLS}
OTHERS = {"webhook": "The next webhook", "landing": "Configure or manage account"}
ANSWERS = {
    "lost-answer": "Act, then break the connection",
    "lost-request": "Break the connection before acting",
    "delay": "Act, and answer after some seconds",
    "status-400": "Answer 400 without acting",
    "status-403": "Answer 403 without acting",
    "status-404": "Answer 404 without acting",
    "status-409": "Answer 409 without acting",
    "status-429": "Answer 429 without acting (the seconds become Retry-After)",
    "status-500": "Answer 500 without acting",
    "status-503": "Answer 503 without acting",
    "broken-answer": "Act, then answer 500",
    "unreadable": "Act, then answer something that is not JSON",
}
OF_ONE_CALL = {
    ("resolve", "expired-token"): "Take the purchase token for expired",
    ("get", "no-dates"): "Leave the dates of the term out",
    ("token", "wrong-secret"): "Refuse the client secret as wrong",
    ("token", "expired-secret"): "Refuse the client secret as expired",
}
WEBHOOKS = {
    "twice": "Send it twice",
    "skip": "Do not send it, though it counts as sent",
    "later": "Hold it back until later ones have been sent",
    "lost-answer": "Send it, and miss the answer",
    "forged": "Sign it with a stranger's key",
    "wrong-audience": "Address its token to another app",
    "expired-token": "Carry an expired token",
}
LANDING = {"expired-token": "Hand out a purchase token that has expired"}


def known(call: str, how: str) -> bool:
    if call == "webhook":
        return how in WEBHOOKS
    if call == "landing":
        return how in LANDING
    return (call in CALLS and how in ANSWERS) or (call, how) in OF_ONE_CALL


def misbehave(*, call: str, how: str, times: int = 1, seconds: float = 0) -> PracticeFault:
    """Let the next `times` calls go wrong. Raises ValueError for what there is not."""
    if not known(call, how):
        raise ValueError(f"There is no fault {how!r} of {call!r}.")
    return PracticeFault.objects.create(call=call, how=how, times=times, seconds=seconds)


def words(fault: PracticeFault) -> tuple[str, str]:
    """Call and fault, as people read them."""
    if fault.call in OTHERS:
        return OTHERS[fault.call], {"webhook": WEBHOOKS, "landing": LANDING}[fault.call][fault.how]
    return CALLS[fault.call], ANSWERS.get(fault.how) or OF_ONE_CALL[fault.call, fault.how]


def behave() -> None:
    """Forget what was ordered."""
    PracticeFault.objects.all().delete()


def take(call: str) -> PracticeFault | None:
    """The fault for this call, if one is ordered; it then has one time less."""
    names = Q(call=call) | Q(call="any") if call in API_CALLS else Q(call=call)
    with transaction.atomic():
        fault = PracticeFault.objects.select_for_update().filter(names, times__gt=0).first()
        if fault is None:
            return None
        fault.times -= 1
        if fault.times:
            fault.save(update_fields=["times"])
        else:
            fault.delete()
    return fault


def answer(request: HttpRequest, call: str, act: Callable[[PracticeFault | None], HttpResponse]) -> HttpResponseBase:
    """What `act` answers, or what the ordered fault makes of it. `act` is given the fault for those it knows itself."""
    fault = take(call)
    if fault is None:
        return act(None)
    if status := re.fullmatch(r"status-(\d+)", fault.how):
        refusal = JsonResponse({"error": {"code": "PracticeFault", "message": "Ordered to fail."}}, status=int(status[1]))
        if fault.how == "status-429":
            refusal.headers["Retry-After"] = str(int(fault.seconds))
        return refusal
    if fault.how == "lost-request":
        return LostAnswer()
    acted = act(fault)
    if fault.how == "lost-answer":
        return LostAnswer()
    if fault.how == "delay":
        hold(fault.seconds)
    elif fault.how == "broken-answer":
        return JsonResponse({"error": {"code": "InternalServerError", "message": "Ordered to fail."}}, status=500)
    elif fault.how == "unreadable":
        return HttpResponse("<!doctype html><title>Not what you asked for</title>")
    return acted


def hold(seconds: float) -> None:
    """Keep the caller waiting."""
    time.sleep(seconds)


class AnswerLost(ConnectionAbortedError):
    """Breaks the connection in the middle of an answer."""


class LostAnswer(StreamingHttpResponse):
    """An answer that announces more than it sends: the caller sees the connection break."""

    def __init__(self) -> None:
        # An encoding of its own keeps middleware from compressing it, which would take back the length that it announces.
        headers = {"Content-Length": "4096", "Content-Encoding": "identity"}
        super().__init__(self._break(), content_type="application/json", headers=headers)

    @staticmethod
    def _break() -> Iterator[bytes]:
        yield b"{"
        raise AnswerLost("The practice marketplace was ordered to lose this answer.")
