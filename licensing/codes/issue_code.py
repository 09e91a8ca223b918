"""Acts on activation codes and registration keys: issue, withdraw, reveal, redeem, activate.

Whoever types a code gets an Activation waiting for a company (`redeem`); `activate_code` then activates the order for it. The
clear text is made in `_new_code`, read in `redeem`, and leaves only by `reveal_code`, which the journal records each time.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from console.errors import Conflict, Refused
from console.models import Act, ActInProgress, Actor, User
from console.security.sealing import fingerprints, seal, unseal
from licensing import credit_questions
from licensing.access import Permission, memberships_of, require, require_support
from licensing.acts.activate import activate_order, term_of
from licensing.acts.order_in_hand import lock_order
from licensing.codes.code_format import KEY_PREFIX, Slip, grouped, new_code, read_code
from licensing.codes.guessing_limit import Attempt
from licensing.codes.refusals import (
    CodeExpired,
    CodeForeign,
    CodeMistyped,
    CodeRefused,
    CodeReserved,
    CodeUnknown,
    CodeUsed,
    CodeWithdrawn,
)
from licensing.models import Activation, ActivationCode, Company, License, Order

Kind = ActivationCode.Kind
State = Activation.State
Purpose = Literal["reveal", "copy"]


# --- Support


@transaction.atomic
def issue_code(order: Order, *, kind: str, by: Actor, key: str, valid_until: date | None = None) -> ActivationCode:
    """Make the code by which an order of the channel code is activated. Support only.

    Raises Refused for an order of another channel, and Conflict for one that is activated or has a code that stands.
    """
    require_support(by)
    order = lock_order(order)
    act = Act.begin(
        "code.issue", scope=_scope(order), key=key, by=by, stated={"order": order, "kind": kind, "valid_until": valid_until}
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
    code = _new_code(act, order, kind, valid_until)
    act.finish(code=code.pk, order=order.pk)
    return code


@transaction.atomic
def withdraw_code(code: ActivationCode, *, by: Actor, key: str, reason: str = "") -> ActivationCode:
    """Take back a code nobody has used; another may then be issued. Support only. Raises Conflict for a used one."""
    require_support(by)
    order = lock_order(code.order)
    act = Act.begin("code.withdraw", scope=_scope(order), key=key, by=by, stated={"code": code}, reason=reason)
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


@transaction.atomic
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
    act = Act.begin(f"code.{purpose}", scope=_scope(order), key=key, by=by, stated={"code": code, "person": by.user})
    if not act.done:
        act.finish(code=code.pk, order=order.pk)
    return grouped(unseal(code.sealed))


def code_to_show(order: Order) -> ActivationCode | None:
    """The code an order is known by: its activation code, until there is one its registration key. One statement."""
    return ActivationCode.objects.of_order(order).live().select_related("order").first()


# --- Whoever has a code


@sensitive_variables("text", "typed")
def redeem(text: str, *, person: User, source: str) -> Activation:
    """The person's activation of the order whose code was typed, waiting for a company; made or found again.

    `source` is the address the request came from. Raises one of `licensing.codes.refusals`; a wrong code is counted, for which
    this is a transaction of its own. A code that is known costs the same question as one that is not.
    """
    with transaction.atomic(durable=True):
        attempt = Attempt(person, source)
        attempt.begin()
        try:
            return _waiting(_found(text, person), person)
        except CodeRefused as error:
            refusal = error
            if error.counts:
                attempt.was_wrong()
    raise refusal


@sensitive_variables("text", "typed")
def _found(text: str, person: User) -> ActivationCode:
    """The code that was typed, if the person may use it now."""
    typed = read_code(text)
    candidates = fingerprints("" if isinstance(typed, Slip) else typed)
    found = ActivationCode.objects.filter(fingerprint__in=candidates)
    code = found.select_related("order__company", "order__reserved_for", "order__product").first()
    memberships = {each.company_id: each for each in memberships_of(person)}
    if isinstance(typed, Slip):
        raise CodeMistyped(typed)
    if code is None:
        raise CodeUnknown
    order = code.order
    if code.withdrawn_at is not None:
        raise CodeWithdrawn
    if order.company is not None:
        if order.company.pk not in memberships:
            raise CodeForeign
        raise CodeUsed(order.company, _license_of(order))
    if order.reserved_for is not None:
        membership = memberships.get(order.reserved_for.pk)
        if membership is None or not Permission.LICENSING.allowed_to(membership.roles):
            raise CodeReserved(order.reserved_for if membership else None)
    _require_in_time(code, order, day_of(order, timezone.now()))
    return code


def _waiting(code: ActivationCode, person: User) -> Activation:
    waiting = Activation.objects.filter(person=person, code=code, state=State.FOUND).order_by("-brought_at").first()
    if waiting is not None:
        return waiting
    now = timezone.now()
    return Activation.objects.create(
        channel=Order.Channel.CODE,
        state=State.FOUND,
        person=person,
        order=code.order,
        code=code,
        brought_at=now,
        found_at=now,
    )


@transaction.atomic
def activate_code(activation: Activation, *, company: Company, by: Actor, key: str) -> Activation:
    """Activate the order of the code for `company`, and end the activation. Repeating it finds the license that is there.

    Lock order: activation, order, company. Raises NotAllowed, CodeForeign, CodeReserved, CodeWithdrawn, CodeExpired, and what
    `activate_order` raises.
    """
    activation = Activation.objects.select_for_update(of=("self",)).get(pk=activation.pk)
    require(by, company, Permission.LICENSING)
    if activation.state == State.ACTIVE:
        if activation.company_id != company.pk:
            raise CodeForeign
        return activation
    if activation.order is None or activation.code is None:
        raise Refused(_("Enter the code again."))
    order = lock_order(activation.order)
    code = ActivationCode.objects.get(pk=activation.code.pk)
    now = timezone.now()
    today = company.day_of(now)
    before = None
    if order.company_id is None:
        if code.withdrawn_at is not None:
            raise CodeWithdrawn
        if order.reserved_for_id not in (None, company.pk):
            raise CodeReserved
        _require_in_time(code, order, today)
        before = credit_questions.free_balance(company, today)
    elif order.company_id != company.pk:
        raise CodeForeign
    license = activate_order(order, company=company, today=today, by=by, key=key)
    order.refresh_from_db(fields=["company", "activated_at"])
    if code.kind == Kind.REGISTRATION_KEY:
        _complete_registration(order, by)
    activation.order, activation.company, activation.license = order, company, license
    activation.state, activation.problem = State.ACTIVE, ""
    activation.confirmed_at = activation.issued_at = now
    activation.balance_before = before
    activation.save()
    return activation


def _complete_registration(order: Order, by: Actor) -> None:
    """The activation code an order gets once its registration key is used; only once, since the order is locked."""
    assert order.company is not None
    if order.codes.filter(kind=Kind.ACTIVATION_CODE).exists():
        return
    act = Act.begin("code.issue", scope=order.company, key=f"registration:{uuid4()}", by=by, stated={"order": order})
    code = _new_code(act, order, Kind.ACTIVATION_CODE, None)
    act.finish(code=code.pk, order=order.pk)


# --- What they share


def day_of(order: Order, instant: datetime) -> date:
    """The day it is for a code nobody has used: of the company its order is reserved for, else in UTC."""
    return order.reserved_for.day_of(instant) if order.reserved_for else instant.astimezone(UTC).date()


def _require_in_time(code: ActivationCode, order: Order, today: date) -> None:
    """Raise CodeExpired if the code's last day has passed, or the last day of the term it is for."""
    _starts_on, expires_on = term_of(order, today)
    last_day = expires_on - timedelta(days=1)
    if code.valid_until is not None:
        last_day = min(last_day, code.valid_until)
    if last_day < today:
        raise CodeExpired(last_day)


def _license_of(order: Order) -> License:
    return License.objects.of_order(order).get(kind__in=[License.Kind.INITIAL, License.Kind.GOODWILL])


def _scope(order: Order) -> Company | str:
    """In whose journal it stands: the company's that holds the order or has it reserved, else the channel's."""
    return order.company or order.reserved_for or f"channel:{Order.Channel.CODE}"


@sensitive_variables("clear")
def _new_code(act: ActInProgress, order: Order, kind: str, valid_until: date | None) -> ActivationCode:
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
