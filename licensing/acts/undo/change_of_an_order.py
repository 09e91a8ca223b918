"""What one act said of an order's licenses, with all that was said of the order since: what decides whether it is undone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from console.models import Act
from licensing import credit_questions
from licensing.acts.undo.withdraw import statements_of
from licensing.errors import in_words
from licensing.models import Company, LicenseStatement, Order, UseChoice
from licensing.purchases.bought_at import bought_at
from licensing.reading.entries_in_words import name_in_words
from licensing.rules.undo.undone_acts import ActOnLines, holding_back, undone_by

UNDO_ORDER = "order.undo"
PART_OF_AN_UNDO = re.compile(r":part:\d+$")
UNDOES = frozenset({"allocation.undo", UNDO_ORDER})
"""The acts whose result names the one that they undid."""
BY_WITHDRAWING = frozenset(
    {
        "license.correct",
        "license.extend",
        "order.cancel",
        "order.change-plan",
        "order.reduce",
        "order.reinstate",
        "order.renew",
        "order.suspend",
        "order.switch-renewal",
        "order.top-up",
        "order.undo-cancellation",
        "order.units",
        UNDO_ORDER,
    }
)


@dataclass(frozen=True)
class ChangeOfAnOrder:
    """The statements of one act, all of its order in the order recorded, and the acts about the order from it on."""

    act: Act
    company: Company
    order: Order
    rows: list[LicenseStatement]
    of_order: list[LicenseStatement]
    acts: list[Act]
    followed: bool | None = None
    switched: bool | None = None
    """Whether a purchase is followed, and a feature was switched since, where that is known already."""

    @property
    def why_not(self) -> str:
        """One sentence, or two: why it cannot be undone and what to do instead; empty where it can. At most four statements."""
        if _is_part_of_a_transfer(self.act, self.order):
            return _("This is part of the transfer by which order %(order)s came here: undo that transfer instead.") % {
                "order": self.order.number
            }
        if self.act.name not in BY_WITHDRAWING or self.act.result.get("successor"):
            return why_never(self.act.name, self.order)
        if held_back := self.held_back:
            return held_back
        if self.act.actor_kind in (Act.ActorKind.JOB, Act.ActorKind.SYSTEM) and self._follows():
            return _(
                "Order %(order)s follows its purchase, and the next comparison would do this again. Change the purchase at the "
                "marketplace instead."
            ) % {"order": self.order.number}
        return ""

    @property
    def held_back(self) -> str:
        """The same of what was said since, whatever the act is. At most two statements."""
        known = [known_as(each) for each in self.acts]
        if undo := self._act(undone_by(known).get(self.act.pk)):
            return _("%(who)s undid this already on %(day)s. Nothing is left to undo.") % self._who(undo)
        if later := self._act(next(iter(reversed(holding_back(self.act.pk, known))), None)):
            said = {**self._who(later), "what": name_in_words(later.name)}
            if later.name in UNDOES:
                return _("%(who)s brought this back on %(day)s: undo that instead.") % said
            return _("Order %(order)s was changed since (%(what)s, %(who)s, %(day)s): undo that first.") % said
        if self._was_switched():
            return _(
                "A feature was switched to pay-as-you-go under order %(order)s since. Switch it back first, or correct the order."
            ) % {"order": self.order.number}
        return ""

    def _follows(self) -> bool:
        return bought_at([self.order])[self.order.pk].followed if self.followed is None else self.followed

    def _was_switched(self) -> bool:
        if self.switched is not None:
            return self.switched
        return credit_questions.switched_under(self.company, self.order, self.act.recorded_at)

    def _who(self, act: Act) -> dict[str, str]:
        day = in_words(self.company.day_of(act.recorded_at))
        return {"who": act.by_whom, "day": day, "order": self.order.number}

    def _act(self, id: UUID | None) -> Act | None:
        return next((each for each in self.acts if each.pk == id), None)


def known_as(act: Act) -> ActOnLines:
    return ActOnLines(act.pk, UUID(act.result["undoes"]) if act.name in UNDOES else None)


def _is_part_of_a_transfer(act: Act, order: Order) -> bool:
    """Whether a transfer, or an undo of one, called it for the receiving company. One statement for an order transferred."""
    if order.transferred_from_id is None:
        return False
    called = order.act.key.removesuffix("order")
    return act.key.startswith(called) or (act.name == UNDO_ORDER and PART_OF_AN_UNDO.search(act.key) is not None)


def why_never(name: str, order: Order) -> str:
    """Of acts whose facts do not allow an undo."""
    said = {"order": order.number}
    if name == "order.activate":
        return _("An order is activated once and for good. Cancel order %(order)s, or transfer it to another company.") % said
    if name in ("order.transfer", UNDO_ORDER):
        return _("Order %(order)s is moved for both companies together. Transfer it to the other one instead.") % said
    return _("This changed no license and no allocation: there is nothing to undo.")


def order_of_act(company: Company, act: UUID) -> int | None:
    """The id of the order of whose licenses an act said something. One statement."""
    said = LicenseStatement.objects.for_company(company).filter(act=act)
    return said.values_list("license__order", flat=True).first()


def change_of_an_order(company: Company, order: Order, act: UUID) -> ChangeOfAnOrder:
    """Two statements. The act has said something of a license of the order."""
    of_order, choosing = statements_of(order, company), _choosing(company, order)
    return _change(company, order, next(each.act for each in of_order if each.act_id == act), of_order, choosing)


def why_not_each(company: Company, order: Order) -> dict[UUID, str]:
    """Of each act that said something of the order's licenses, as `why_not`; transfers are judged by this order alone.

    At most five statements, however many acts there are; one more for each where a feature was switched under the order.
    """
    of_order, choosing = statements_of(order, company), _choosing(company, order)
    acts = {each.act_id: each.act for each in of_order}
    if not acts:
        return {}
    followed = bought_at([order])[order.pk].followed
    since = min(each.recorded_at for each in acts.values())
    switched = None if credit_questions.switched_under(company, order, since) else False
    found = {}
    for pk, act in acts.items():
        change = _change(company, order, act, of_order, choosing, followed=followed, switched=switched)
        found[pk] = change.held_back if act.name == "order.transfer" or act.result.get("successor") else change.why_not
    return found


def _choosing(company: Company, order: Order) -> list[Act]:
    """The acts that chose what its seats are used for. One statement."""
    return [each.act for each in UseChoice.objects.for_company(company).filter(order=order).select_related("act__actor")]


def _change(
    company: Company, order: Order, act: Act, of_order: list[LicenseStatement], choosing: list[Act], **known: bool | None
) -> ChangeOfAnOrder:
    about = {each.pk: each for each in [*(each.act for each in of_order), *choosing] if each.recorded_at >= act.recorded_at}
    acts = sorted(about.values(), key=lambda each: each.recorded_at)
    return ChangeOfAnOrder(act, company, order, [each for each in of_order if each.act_id == act.pk], of_order, acts, **known)
