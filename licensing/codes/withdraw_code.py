"""Acts: issue an activation code for an order, withdraw it, reveal it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from console.company_in_hand import as_act
from console.errors import Conflict, Refused
from console.models import Act, ActInProgress, Actor, Reason
from console.security.sealing import fingerprints, seal, unseal
from licensing.access import require, require_support
from licensing.acts.order_in_hand import lock_order
from licensing.codes.code_format import KEY_PREFIX, grouped, new_code
from licensing.models import ActivationCode, Company, Order, Permission

Kind = ActivationCode.Kind
Purpose = Literal["reveal", "copy"]


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
        raise Conflict(_("Order %(order)s is activated already; a code would have no use.") % {"order": order.external_id})
    if ActivationCode.objects.of_order(order).live().exists():
        raise Conflict(_("The order has a code already. Withdraw it first."))
    if valid_until is not None and valid_until < day_of(order, act.recorded_at):
        raise Refused(_("Choose today or a later day."), field="valid_until")
    code = add_code(act, order, kind, valid_until)
    act.finish(code=code.pk, order=order.pk)
    return code


@as_act
def withdraw_code(code: ActivationCode, *, by: Actor, key: str, reason: Reason = "", note: str = "") -> ActivationCode:
    """Take back a code nobody has used; another may then be issued. Support only. Raises Conflict for a used one."""
    require_support(by)
    order = lock_order(code.order)
    act = Act.begin("code.withdraw", scope=journal_of(order), key=key, by=by, stated={"code": code}, reason=reason, note=note)
    code = ActivationCode.objects.select_for_update().get(pk=code.pk)
    if act.done:
        return code
    if order.company_id is not None:
        raise Conflict(_("This code was used: its order is activated. Cancel the order instead."))
    if code.withdrawn_at is not None:
        raise Conflict(_("This code was withdrawn already."))
    code.withdrawn_at = act.recorded_at
    code.save(update_fields=["withdrawn_at"])
    act.finish(code=code.pk, order=order.pk)
    return code


@as_act
def reveal_code(code: ActivationCode, *, by: Actor, key: str, purpose: Purpose = "reveal") -> str:
    """The code in clear, to show or to copy; recorded in the journal.

    For support; and where its order is activated, for those with the licensing permission in that company. The caller makes
    a key for each showing, so that each is recorded.
    """
    order = Order.objects.select_related("company", "reserved_for").get(pk=code.order_id)
    if order.company is None:
        require_support(by)
    else:
        require(by, order.company, Permission.LICENSING)
    if purpose not in ("reveal", "copy"):
        raise Refused(_("A code is revealed or copied."))
    act = Act.begin(f"code.{purpose}", scope=journal_of(order), key=key, by=by, stated={"code": code, "person": by.user})
    if not act.done:
        act.finish(code=code.pk, order=order.pk)
    return grouped(unseal(code.sealed))


def code_to_show(order: Order) -> ActivationCode | None:
    """The code an order is known by: its activation code, until there is one its registration key. One statement."""
    return ActivationCode.objects.of_order(order).live().select_related("order").first()


def journal_of(order: Order) -> Company | str:
    """In whose journal it stands: the company's that holds the order or has it reserved, else the channel's."""
    return order.company or order.reserved_for or f"channel:{Order.Channel.CODE}"


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


def day_of(order: Order, instant: datetime) -> date:
    """The day it is for a code nobody has used: of the company its order is reserved for, else in UTC."""
    return order.reserved_for.day_of(instant) if order.reserved_for else instant.astimezone(UTC).date()
