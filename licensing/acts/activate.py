"""Act: activate a purchase, once and for good, for one company."""

from __future__ import annotations

from datetime import date

from console.company_in_hand import as_act
from console.models import Act, Actor, Reason
from licensing.access import require
from licensing.acts.conditions.goodwill_is_given_once import first_kind
from licensing.acts.days.term_as_bought import term_of
from licensing.acts.order_in_hand import OrderInHand, license_of, lock_order, settle
from licensing.errors import AlreadyActivated, ReservedForAnother, TermIsOver
from licensing.models import Company, License, LicenseStatement, Order, Permission
from licensing.rules.license_profile import Said


@as_act
def activate_order(
    order: Order,
    *,
    company: Company,
    today: date,
    by: Actor,
    key: str,
    keeps_use: bool | None = True,
    last_total: Said | None = None,
    reason: Reason = "",
    note: str = "",
) -> License:
    """Bind a purchase to `company` and issue its license; the same company gets the same license again.

    `keeps_use` is what was chosen for seats that are converted: kept in use, or their credits left available; None where it is
    chosen by itself. `last_total` is what was stated last of its units in all where it was transferred: what is recorded late
    for a day before that one changes nothing, here as there.
    Raises AlreadyActivated for a second company, ReservedForAnother, and TermIsOver for a term that ended.
    """
    order = lock_order(order)
    require(by, company, Permission.LICENSING)
    act = Act.begin(
        "order.activate",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"order": order, **({} if keeps_use else {"keeps_use": keeps_use})},
    )
    if act.done:
        return license_of(act)
    if order.company_id not in (None, company.pk):
        raise AlreadyActivated(order)
    if order.company_id == company.pk:
        license = License.objects.of_order(order).get(kind__in=["initial", "goodwill"])
        act.finish(license=license.pk, order=order.pk)
        return license
    if order.reserved_for_id not in (None, company.pk):
        raise ReservedForAnother(order)
    starts_on, expires_on = term_of(order, today)
    if expires_on <= today:
        raise TermIsOver(expires_on)
    order.company, order.activated_at = act.company, act.recorded_at
    order.save(update_fields=["company", "activated_at"])
    held = OrderInHand(order, [], {})
    license = held.issue(
        act,
        kind=first_kind(order),
        units=order.units,
        starts_on=starts_on,
        expires_on=expires_on,
        today=today,
    )
    if last_total is not None:
        held.say(act, license, LicenseStatement.Kind.TOTAL, last_total.day, total_units=last_total.total)
    settle(act, held, [license], today, keeps_use=keeps_use)
    act.finish(license=license.pk, order=order.pk)
    return license
