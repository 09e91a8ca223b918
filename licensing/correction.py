"""Act: correct what was recorded about a license, by a further statement."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from console.errors import Refused
from console.models import Act, Actor
from licensing.access import require_support
from licensing.conversion import credits_for
from licensing.limits import whole_units
from licensing.models import License, LicenseStatement
from licensing.order_terms import activated, in_hand, post_and_tell, say


@transaction.atomic
def correct_license(
    license: License,
    *,
    today: date,
    by: Actor,
    key: str,
    reason: str,
    units: int | None = None,
    starts_on: date | None = None,
    expires_on: date | None = None,
    on: date | None = None,
) -> License:
    """State other units (from the day `on`, else from the first day), other dates, or both. Support only.

    The rate stays the one it was issued at. Dates hold for every day.
    """
    require_support(by, reason=reason)
    order, company = activated(license.order)
    act = Act.begin(
        "license.correct",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        stated={"license": license, "units": units, "starts_on": starts_on, "expires_on": expires_on, "on": on},
    )
    if act.done:
        return license
    if units is None and starts_on is None and expires_on is None:
        raise Refused(_("State what to correct: the units, the dates, or both."), field="units")
    held = in_hand(order)
    facts = held.facts[license.pk]
    begins, ends = starts_on or facts.starts_on, expires_on or facts.expires_on
    if not begins < ends:
        raise Refused(_("A license must start before it expires."), field="expires_on")
    days = facts.days_to_state(on or min(begins, facts.issued.day), begins)
    what: dict[str, object] = {}
    if units is not None:
        whole_units(units, least=0)
        rate = facts.issued.rate
        what |= {"units": units, "rate": rate, "credits": 0 if rate is None else credits_for(units, rate)}
        for day in days[1:]:
            say(act, license, LicenseStatement.Kind.CORRECTED, day, **what)
    if starts_on is not None or expires_on is not None:
        what |= {"starts_on": begins, "expires_on": ends}
    say(act, license, LicenseStatement.Kind.CORRECTED, days[0], **what)
    post_and_tell(act, [license], today)
    act.finish(license=license.pk)
    return license
