"""What becomes of the requests of somebody who is no member any more: they end in the act with which the person goes."""

from __future__ import annotations

from console.models import ActInProgress, User
from credits.models import RequestEvent, UnitsRequest


def end_requests_of(act: ActInProgress, person: User) -> None:
    """Under the lock of the company. At most two statements."""
    open_ones = UnitsRequest.objects.for_company(act.company).open().filter(act__actor=person).values_list("pk", flat=True)
    RequestEvent.objects.bulk_create(
        RequestEvent(request_id=pk, kind=RequestEvent.Kind.WITHDRAWN, **act.stamp()) for pk in open_ones.order_by("pk")
    )
