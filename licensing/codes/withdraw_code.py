"""Act: take back a code that nobody has used."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Conflict
from console.models import Act, Actor, Reason
from licensing.access import require_support
from licensing.acts.order_in_hand import lock_order
from licensing.codes.journal_of_a_code import journal_of
from licensing.models import ActivationCode


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
