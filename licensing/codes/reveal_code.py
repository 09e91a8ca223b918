"""Act: reveal a code, to show or to copy it: for support and those with the licensing permission, recorded each time."""

from __future__ import annotations

from typing import Literal

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor
from console.security.sealing import unseal
from console.serving.prepared_queries import prepared
from licensing.access import require, require_support
from licensing.codes.code_format import grouped
from licensing.codes.journal_of_a_code import journal_of
from licensing.models import ActivationCode, Order, Permission

Purpose = Literal["reveal", "copy"]


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
    return next(iter(_live_codes(order=order.pk)), None)


@prepared
def _live_codes(order: int) -> QuerySet[ActivationCode]:
    return ActivationCode.objects.live().filter(order=order).order_by("kind", "-pk").select_related("order")[:1]
