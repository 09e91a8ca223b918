"""Acts: take in a code that somebody typed, and activate its order; or complete a registration with a key."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from console.company_in_hand import as_act, for_company
from console.errors import Refused
from console.models import Act, Actor, User, locked_row
from console.security.sealing import fingerprints
from licensing import credit_questions
from licensing.access import memberships_of, require
from licensing.acts.activate import activate_order
from licensing.acts.days.term_as_bought import term_of
from licensing.acts.order_in_hand import lock_order
from licensing.codes.code_format import Slip, read_code
from licensing.codes.guessing_limit import Attempt
from licensing.codes.issue_code import Kind, add_code, day_of
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
from licensing.models import Activation, ActivationCode, Company, License, Order, Permission
from licensing.purchases.activation.exchange_token import end_other_attempts

State = Activation.State


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
    require_in_time(code, order, day_of(order, timezone.now()))
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


@as_act
def activate_code(activation: Activation, *, company: Company, by: Actor, key: str, keeps_use: bool = True) -> Activation:
    """Activate the order of the code for `company`, and end the activation. Repeating it finds the license that is there.

    Lock order: activation, order, company. Raises NotAllowed, CodeForeign, CodeReserved, CodeWithdrawn, CodeExpired, and what
    `activate_order` raises.
    """
    activation = locked_row(activation, "order")
    require(by, company, Permission.LICENSING)
    if activation.state == State.ACTIVE:
        if activation.company_id != company.pk:
            raise CodeForeign
        return activation
    if activation.order is None or activation.code_id is None:
        raise Refused(_("Enter the code again."))
    order = lock_order(activation.order)
    code = ActivationCode.objects.get(pk=activation.code_id)
    now = timezone.now()
    today = company.day_of(now)
    before = None
    if order.company_id is None:
        if code.withdrawn_at is not None:
            raise CodeWithdrawn
        if order.reserved_for_id not in (None, company.pk):
            raise CodeReserved
        require_in_time(code, order, today)
        with for_company(company):
            before = credit_questions.free_balance(company, today)
    elif order.company_id != company.pk:
        raise CodeForeign
    license = activate_order(order, company=company, today=today, by=by, key=key, keeps_use=keeps_use)
    order.refresh_from_db(fields=["company", "activated_at"])
    if code.kind == Kind.REGISTRATION_KEY:
        complete_registration(order, by)
    activation.order, activation.company, activation.license = order, company, license
    activation.state, activation.problem, activation.keeps_use = State.ACTIVE, "", keeps_use
    activation.confirmed_at = activation.issued_at = now
    activation.balance_before = before
    activation.save()
    end_other_attempts(activation)
    return activation


def complete_registration(order: Order, by: Actor) -> None:
    """The activation code an order gets once its registration key is used; only once, since the order is locked."""
    assert order.company is not None
    if order.codes.filter(kind=Kind.ACTIVATION_CODE).exists():
        return
    act = Act.begin("code.issue", scope=order.company, key=f"registration:{uuid4()}", by=by, stated={"order": order})
    code = add_code(act, order, Kind.ACTIVATION_CODE, None)
    act.finish(code=code.pk, order=order.pk)


def require_in_time(code: ActivationCode, order: Order, today: date) -> None:
    """Raise CodeExpired if the code's last day has passed, or the last day of the term it is for."""
    _starts_on, expires_on = term_of(order, today)
    last_day = expires_on - timedelta(days=1)
    if code.valid_until is not None:
        last_day = min(last_day, code.valid_until)
    if last_day < today:
        raise CodeExpired(last_day)


def _license_of(order: Order) -> License:
    assert order.company_id is not None
    with for_company(order.company_id):
        return License.objects.of_order(order).get(kind__in=[License.Kind.INITIAL, License.Kind.GOODWILL])
