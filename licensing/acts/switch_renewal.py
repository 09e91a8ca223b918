"""Act: switch the renewal of an order on or off."""

from __future__ import annotations

from datetime import date

from console.company_in_hand import as_act
from console.models import Act, Actor, Reason
from licensing.access import require_support
from licensing.acts.order_in_hand import activated, in_hand, settle
from licensing.models import LicenseStatement, Order


@as_act
def switch_renewal(order: Order, *, on: bool, today: date, by: Actor, key: str, reason: Reason = "", note: str = "") -> None:
    """State, for each license of the order's last term, that it renews or does not."""
    require_support(by)
    order, company = activated(order)
    act = Act.begin(
        "order.switch-renewal",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"order": order, "on": on},
    )
    if act.done:
        return
    held = in_hand(order)
    last = held.last_term()
    kind = LicenseStatement.Kind.RENEWAL_ON if on else LicenseStatement.Kind.RENEWAL_OFF
    for license in last.standing(today):
        held.say(act, license, kind, last.day_for(license, today))
    settle(act, held, [], today)
    act.finish()
