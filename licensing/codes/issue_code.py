"""Act: issue an activation code or a registration key for an order."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from console.company_in_hand import as_act
from console.errors import Conflict, Refused
from console.models import Act, ActInProgress, Actor, Reason
from console.security.sealing import fingerprints, seal
from licensing.access import require_support
from licensing.acts.order_in_hand import lock_order
from licensing.codes.code_format import KEY_PREFIX, new_code
from licensing.codes.journal_of_a_code import day_of, journal_of
from licensing.models import ActivationCode, Order

Kind = ActivationCode.Kind


@as_act
def issue_code(
    order: Order,
    *,
    kind: str,
    by: Actor,
    key: str,
    valid_until: date | None = None,
    reason: Reason = "",
    note: str = "",
) -> ActivationCode:
    """Make the code by which an order of the channel code is activated. Support only.

    Raises Refused for an order of another channel, and Conflict for one that is activated or has a code that stands.
    """
    require_support(by)
    order = lock_order(order)
    act = Act.begin(
        "code.issue",
        scope=journal_of(order),
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"order": order, "kind": kind, "valid_until": valid_until},
    )
    if act.done:
        return ActivationCode.objects.get(pk=act.result["code"])
    if kind not in Kind.values:
        raise Refused(_("Choose an activation code or a registration key."), field="kind")
    if order.channel != Order.Channel.CODE:
        raise Refused(_("Only an order of the channel “Activation code” is activated by a code."))
    if order.company_id is not None:
        raise Conflict(_("Order %(order)s is activated already; a code would have no use.") % {"order": order.number})
    if ActivationCode.objects.of_order(order).live().exists():
        raise Conflict(_("The order has a code already. Withdraw it first."))
    if valid_until is not None and valid_until < day_of(order, act.recorded_at):
        raise Refused(_("Choose today or a later day."), field="valid_until")
    code = add_code(act, order, kind, valid_until)
    act.finish(code=code.pk, order=order.pk)
    return code


@sensitive_variables("clear")
def add_code(act: ActInProgress, order: Order, kind: str, valid_until: date | None) -> ActivationCode:
    clear = new_code(KEY_PREFIX if kind == Kind.REGISTRATION_KEY else "")
    return ActivationCode.objects.create(
        order=order,
        kind=kind,
        sealed=seal(clear),
        fingerprint=fingerprints(clear)[0],
        last_four=clear[-4:],
        valid_until=valid_until,
        act_id=act.id,
    )
