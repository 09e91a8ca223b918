"""Acts: refuse a request of somebody else, or withdraw one's own. No figure changes."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import NotAllowed
from console.models import Act, ActInProgress, Actor
from credits.acts.approvals.request_in_hand import RequestInHand, open_request, require_another_person
from credits.models import RequestEvent
from licensing.access import require
from licensing.models import Company, Permission


@as_act
def refuse_request(company: Company, *, request: int, by: Actor, key: str, words: str = "", event: int | None = None) -> int:
    """Refuse it, in `words` that its person reads. Conflict where it was decided before, or stands otherwise than shown."""
    stated = {"request": request, "words": words}
    act = Act.begin("request.refuse", scope=company, key=key, by=by, note=words, stated=stated)
    if act.done:
        return request
    require(by, company, Permission.ALLOCATE)
    held = open_request(company, request, seen=event)
    require_another_person(held, by)
    return _close(act, held, RequestEvent.Kind.REFUSED)


@as_act
def withdraw_request(company: Company, *, request: int, by: Actor, key: str, words: str = "") -> int:
    """Withdraw one's own request. NotAllowed for another's; Conflict where it was decided before."""
    stated = {"request": request, "words": words}
    act = Act.begin("request.withdraw", scope=company, key=key, by=by, note=words, stated=stated)
    if act.done:
        return request
    require(by, company, Permission.SEE)
    held = open_request(company, request, seen=None)
    if by.user is None or held.request.act.actor_id != by.user.pk:
        raise NotAllowed(_("Only who asked for it can withdraw it."))
    return _close(act, held, RequestEvent.Kind.WITHDRAWN)


def _close(act: ActInProgress, held: RequestInHand, kind: RequestEvent.Kind) -> int:
    request = held.request.pk
    RequestEvent.objects.create(request_id=request, kind=kind, **act.stamp())
    act.finish(request=request)
    return request
