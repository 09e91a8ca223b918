"""Act: activate the order of a code for a company."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from console.company_in_hand import as_act, for_company
from console.errors import Refused
from console.models import Actor, locked_row
from licensing import credit_questions
from licensing.access import require
from licensing.acts.activate import activate_order
from licensing.acts.order_in_hand import lock_order
from licensing.codes.complete_registration import complete_registration
from licensing.codes.last_day_of_a_code import require_in_time
from licensing.codes.refusals import (
    CodeForeign,
    CodeReserved,
    CodeWithdrawn,
)
from licensing.models import Activation, ActivationCode, Company, Permission
from licensing.purchases.activation.other_attempts_end import end_other_attempts

State = Activation.State


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
    if code.kind == ActivationCode.Kind.REGISTRATION_KEY:
        complete_registration(order, by)
    activation.order, activation.company, activation.license = order, company, license
    activation.state, activation.problem, activation.keeps_use = State.ACTIVE, "", keeps_use
    activation.confirmed_at = activation.issued_at = now
    activation.balance_before = before
    activation.save()
    end_other_attempts(activation)
    return activation
