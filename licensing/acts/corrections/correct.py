"""Act: correct what was said about a license, by a further statement."""

from __future__ import annotations

from datetime import date

from console.company_in_hand import as_act
from console.models import Act, Actor, Reason
from licensing.access import require_support
from licensing.acts.corrections.say_what_is_corrected import say_what_is_corrected
from licensing.acts.order_in_hand import activated, in_hand
from licensing.models import License

CORRECT = "license.correct"


@as_act
def correct_license(
    license: License,
    *,
    today: date,
    by: Actor,
    key: str,
    reason: Reason,
    units: int | None = None,
    starts_on: date | None = None,
    expires_on: date | None = None,
    on: date | None = None,
    note: str = "",
) -> License:
    """State other units (from the day `on`, else for every day), other dates, or both. Support only.

    The rate stays the one it was issued at. Dates hold for every day, and so do units without a day: what was recorded of them
    before counts no more. Units from a day before the license begins hold from its first day. An end is stated for each license
    of the term that has not ended by itself; the act's result names all that changed. Refused where two terms would count on one
    day, and where the successor of a transfer would count before it. A license that was reduced to nothing, or whose plan was
    changed, is corrected by itself.
    """
    require_support(by, reason=reason)
    order, company = activated(license.order)
    act = Act.begin(
        CORRECT,
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"license": license, "units": units, "starts_on": starts_on, "expires_on": expires_on, "on": on},
    )
    if act.done:
        return license
    held = in_hand(order)
    say_what_is_corrected(act, held, license, units=units, starts_on=starts_on, expires_on=expires_on, on=on, today=today)
    return license
