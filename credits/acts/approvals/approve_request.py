"""Act: approve a request: its units are stated by this act, once, on the word of two people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from console.company_in_hand import as_act
from console.models import Act, Actor
from credits.acts.approvals.request_in_hand import open_request, require_another_person
from credits.acts.planning.set_many import ManySet, carry_out
from credits.models import RequestEvent
from credits.rules.planning.figures_of_a_plan import PlanFigures
from licensing.access import require
from licensing.models import Company, Permission


@as_act
def approve_request(
    company: Company,
    *,
    request: int,
    today: date,
    by: Actor,
    key: str,
    words: str = "",
    event: int | None = None,
    seen: Mapping[int, int] | None = None,
    shown: PlanFigures | None = None,
    below_zero_confirmed: bool = False,
) -> ManySet:
    """State what is asked for, from its day or from today once that has come.

    `event` is the latest event that the form was shown with; `seen` and `shown` are as in `set_many`, whose refusals are these
    too. NotAllowed for whoever asked and for whoever may not allocate at this instant; Conflict where it was decided before, or
    stands otherwise than shown. Fifteen statements.
    """
    act = Act.begin("request.approve", scope=company, key=key, by=by, note=words, stated={"request": request, "words": words})
    if act.done:
        return ManySet.of(act)
    require(by, company, Permission.ALLOCATE)  # under the lock: whoever was demoted meanwhile approves nothing
    held = open_request(company, request, seen=event)
    require_another_person(held, by)
    RequestEvent.objects.create(request_id=request, kind=RequestEvent.Kind.APPROVED, **act.stamp())
    return carry_out(
        act,
        held.units,
        day=held.day(today),
        today=today,
        seen=seen,
        shown=shown,
        confirmed=below_zero_confirmed,
        scenario=held.request.scenario,
        request=request,
    )
