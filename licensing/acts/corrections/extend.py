"""Act: extend a term, as agreed: it ends later than was bought."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor, Reason
from licensing.access import require_support
from licensing.acts.corrections.say_what_is_corrected import say_what_is_corrected
from licensing.acts.order_in_hand import activated, in_hand
from licensing.errors import in_words
from licensing.models import License

EXTEND = "license.extend"


@as_act
def extend_license(
    license: License, *, expires_on: date, today: date, by: Actor, key: str, reason: Reason, note: str = ""
) -> License:
    """Let the term end later than was bought, as agreed: no mistake, and customers read that it was extended. Support only.

    Says what a correction of the end says, for each license of the term. Refused where it would not end later.
    """
    require_support(by, reason=reason)
    order, company = activated(license.order)
    stated = {"license": license, "expires_on": expires_on}
    act = Act.begin(EXTEND, scope=company, key=key, by=by, reason=reason, note=note, stated=stated)
    if act.done:
        return license
    held = in_hand(order)
    ends_on = held.facts[license.pk].expires_on
    if expires_on <= ends_on:
        last = in_words(held.facts[license.pk].last_day)
        raise Refused(_("Choose a day after %(day)s, its last valid day now.") % {"day": last}, field="expires_on")
    say_what_is_corrected(act, held, license, units=None, starts_on=None, expires_on=expires_on, on=None, today=today)
    return license
