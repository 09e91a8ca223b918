"""A transfer as its undo sees it, or the undo of one: both orders, and the acts that it called for the receiving company."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from console.company_in_hand import for_company
from console.models import Act
from licensing import credit_questions
from licensing.acts.undo.change_of_an_order import UNDO_ORDER, change_of_an_order, known_as
from licensing.acts.undo.withdraw import statements_of
from licensing.errors import in_words
from licensing.models import Company, Order, UseChoice
from licensing.purchases.bought_at import bought_at
from licensing.reading.entries_in_words import name_in_words
from licensing.rules.undo.undone_acts import holding_back

PART = ":part:"
"""What stands in the key of an act by which the undo of a transfer undoes one of its parts."""


@dataclass(frozen=True)
class Move:
    """`act` is the giving company's; `parts` are those that it called for the receiving one, as they were recorded."""

    act: Act
    order: Order
    successor: Order
    parts: list[Act]

    @property
    def giving(self) -> Company:
        assert self.order.company is not None
        return self.order.company

    @property
    def receiving(self) -> Company:
        assert self.successor.company is not None
        return self.successor.company

    @property
    def why_not(self) -> str:
        """As `ChangeOfAnOrder.why_not`, of both orders; empty where nothing of licenses stands in the way."""
        with for_company(self.giving):
            here = change_of_an_order(self.giving, self.order, self.act.pk).held_back
        return here or self._held_back_there()

    def _held_back_there(self) -> str:
        company, order = self.receiving, self.successor
        with for_company(company):
            choices = UseChoice.objects.for_company(company).filter(order=order).select_related("act__actor")
            about = {each.act_id: each.act for each in [*statements_of(order, company), *choices]}
            switched = credit_questions.switched_under(company, order, self.act.recorded_at)
        acts = sorted(about.values(), key=lambda each: each.recorded_at)
        parts = {each.pk for each in self.parts}
        last = max(number for number, each in enumerate(acts) if each.pk in parts)
        known = [known_as(each) for each in acts[last:]]
        later = next(iter(reversed(holding_back(acts[last].pk, known))), None)
        said = {"order": order.number, "company": company.name, "giving": self.giving.name}
        if later is not None:
            act = about[later]
            said |= {"what": name_in_words(act.name), "who": act.by_whom, "day": in_words(company.day_of(act.recorded_at))}
            if act.actor_kind in (Act.ActorKind.JOB, Act.ActorKind.SYSTEM) and bought_at([order])[order.pk].followed:
                words = _(
                    "Order %(order)s followed its purchase at %(company)s since (%(what)s, %(day)s), and the next comparison "
                    "would do that again. Transfer it back to %(giving)s instead."
                )
                return words % said
            words = _("Order %(order)s was changed at %(company)s since (%(what)s, %(who)s, %(day)s): undo that first.")
            return words % said
        if switched:
            words = _(
                "A feature was switched to pay-as-you-go under order %(order)s at %(company)s since. Switch it back first, or "
                "transfer the order back to %(giving)s."
            )
            return words % said
        return ""


def successor_moved_by(act: Act) -> Order | None:
    """The order that a transfer made, or that an undo of one took back or gave again. None for other acts. Two statements."""
    orders = Order.objects.select_related("company", "transferred_from__company")
    if act.name == "order.transfer":
        issued = Act.objects.filter(company_id=None, scope=f"channel:{Order.Channel.TRANSFER}", key=f"{act.key}:order").first()
        return orders.filter(act=issued, company__isnull=False).first() if issued else None
    if act.name == UNDO_ORDER and act.result.get("successor"):
        return orders.get(pk=act.result["successor"])
    return None


def move_of(act: Act) -> Move | None:
    """None for an act that moved no order. Three statements."""
    successor = successor_moved_by(act)
    if successor is None:
        return None
    assert successor.company is not None
    assert successor.transferred_from is not None
    scope = f"company:{successor.company_id}"
    parts = Act.objects.for_company(successor.company).filter(scope=scope, key__startswith=f"{act.key}:")
    return Move(act, successor.transferred_from, successor, list(parts.order_by("recorded_at")))
