"""A request in hand: what is asked for as it stands, who asked, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from console.errors import Conflict, NotAllowed
from console.models import Actor
from credits.models import CLOSING, RequestEvent, UnitsRequest
from licensing.models import Company


@dataclass(frozen=True)
class RequestInHand:
    """With its events, in the order they were recorded."""

    request: UnitsRequest
    events: list[RequestEvent]

    @property
    def units(self) -> dict[int, int]:
        """line id -> units, as they were asked for or lowered last."""
        lowered = [each.units for each in self.events if each.units is not None]
        return {int(line): count for line, count in (lowered[-1] if lowered else self.request.units).items()}

    @property
    def closed_by(self) -> RequestEvent | None:
        """The event that decided it, None while it is open."""
        return next((each for each in self.events if each.kind in CLOSING), None)

    @property
    def latest_event(self) -> int:
        """Id of the latest event, 0 without any: what a form was shown with."""
        return max((each.pk for each in self.events), default=0)

    def day(self, today: date) -> date:
        """From when it holds if it is approved today: its own day, or today once that has come."""
        return max(self.request.effective_on or today, today)


def request_in_hand(company: Company, pk: int) -> RequestInHand:
    """Two statements. Conflict where the company has no such request."""
    found = UnitsRequest.objects.for_company(company).filter(pk=pk).select_related("act__actor").first()
    if found is None:
        raise Conflict(_("There is no such request. Reload the page."))
    events = RequestEvent.objects.for_company(company).filter(request=pk).select_related("act__actor").order_by("pk")
    return RequestInHand(found, list(events))


def open_request(company: Company, pk: int, *, seen: int | None) -> RequestInHand:
    """The same of one that is open and stands as it was shown: `seen` is its latest event then, None for whatever it is."""
    held = request_in_hand(company, pk)
    closed = held.closed_by
    if closed is not None:
        if closed.ended:
            raise Conflict(_("Who asked is no member any more, so it has ended. Nothing was written."))
        said = {"who": closed.act.by_whom, "what": closed.state.lower()}
        raise Conflict(_("%(who)s came first: it is %(what)s. Nothing was written.") % said)
    if seen is not None and seen != held.latest_event:
        raise Conflict(_("Somebody lowered this request meanwhile. Nothing was written. Look at it again, then decide."))
    return held


def require_another_person(held: RequestInHand, by: Actor) -> None:
    """Raise NotAllowed for whoever asked: they can withdraw it, another person decides."""
    if by.user is not None and by.user.pk == held.request.act.actor_id:
        raise NotAllowed(_("You asked for this yourself: another person decides. You can withdraw it."))
