"""Act: an order that was registered with a registration key gets its activation code then."""

from __future__ import annotations

from uuid import uuid4

from console.company_in_hand import as_act
from console.models import Act, Actor
from licensing.codes.issue_code import add_code
from licensing.models import ActivationCode, Order


@as_act
def complete_registration(order: Order, by: Actor) -> None:
    """The activation code an order gets once its registration key is used; only once, since the order is locked."""
    assert order.company is not None
    if order.codes.filter(kind=ActivationCode.Kind.ACTIVATION_CODE).exists():
        return
    act = Act.begin("code.issue", scope=order.company, key=f"registration:{uuid4()}", by=by, stated={"order": order})
    code = add_code(act, order, ActivationCode.Kind.ACTIVATION_CODE, None)
    act.finish(code=code.pk, order=order.pk)
