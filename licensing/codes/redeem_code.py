"""Act: take in a code that somebody typed: who may use it, and what is told to who may not."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from console.company_in_hand import for_company
from console.models import User
from console.security.sealing import fingerprints
from licensing.access import memberships_of
from licensing.codes.code_format import Slip, read_code
from licensing.codes.guessing_limit import Attempt
from licensing.codes.journal_of_a_code import day_of
from licensing.codes.last_day_of_a_code import require_in_time
from licensing.codes.refusals import (
    CodeForeign,
    CodeMistyped,
    CodeRefused,
    CodeReserved,
    CodeUnknown,
    CodeUsed,
    CodeWithdrawn,
)
from licensing.models import Activation, ActivationCode, License, Order, Permission

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


def _license_of(order: Order) -> License:
    assert order.company_id is not None
    with for_company(order.company_id):
        return License.objects.of_order(order).get(kind__in=[License.Kind.INITIAL, License.Kind.GOODWILL])
