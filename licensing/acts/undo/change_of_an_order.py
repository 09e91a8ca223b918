"""What one act said of an order's licenses, with all that was said of the order since: what decides whether it is undone."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from console.models import Act
from licensing import credit_questions
from licensing.errors import in_words
from licensing.models import Company, LicenseStatement, Order, Subscription, UseChoice
from licensing.reading.entries_in_words import name_in_words
from licensing.rules.undo.undone_acts import ActOnLines, holding_back, undone_by

UNDO_ORDER = "order.undo"
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

    @property
    def why_not(self) -> str:
        """One sentence, or two: why it cannot be undone and what to do instead; empty where it can. At most two statements."""
        if self.act.name not in BY_WITHDRAWING:
            return why_never(self.act.name, self.order)
        known = [_as_rule(each) for each in self.acts]
        if undo := self._act(undone_by(known).get(self.act.pk)):
            return _("%(who)s undid this already on %(day)s. Nothing is left to undo.") % self._who(undo)
        if later := self._act(next(iter(reversed(holding_back(self.act.pk, known))), None)):
            said = {**self._who(later), "what": name_in_words(later.name)}
            if later.name in UNDOES:
                return _("%(who)s brought this back on %(day)s: undo that instead.") % said
            return _("Order %(order)s was changed since (%(what)s, %(who)s, %(day)s): undo that first.") % said
        if self.act.actor_kind in (Act.ActorKind.JOB, Act.ActorKind.SYSTEM) and self._follows():
            return _(
                "Order %(order)s follows its purchase, and the next comparison would do this again. Change the purchase at the "
                "marketplace instead."
            ) % {"order": self.order.external_id}
        if credit_questions.switched_under(self.company, self.order, self.act.recorded_at):
            return _(
                "A feature was switched to pay-as-you-go under order %(order)s since. Switch it back first, or correct the order."
            ) % {"order": self.order.external_id}
        return ""

    def _follows(self) -> bool:
        return Subscription.objects.filter(order=self.order).exists()

    def _who(self, act: Act) -> dict[str, str]:
        day = in_words(self.company.day_of(act.recorded_at))
        return {"who": act.by_whom, "day": day, "order": self.order.external_id}

    def _act(self, id: UUID | None) -> Act | None:
        return next((each for each in self.acts if each.pk == id), None)


def _as_rule(act: Act) -> ActOnLines:
    return ActOnLines(act.pk, UUID(act.result["undoes"]) if act.name in UNDOES else None)


def why_never(name: str, order: Order) -> str:
    """Of acts whose facts do not allow an undo."""
    said = {"order": order.external_id}
    if name == "order.activate":
        return _("An order is activated once and for good. Cancel order %(order)s, or transfer it to another company.") % said
    if name == "order.transfer":
        return _("Order %(order)s belongs to another company since. Transfer its successor back instead.") % said
    return _("This changed no license and no allocation: there is nothing to undo.")


def order_of_act(company: Company, act: UUID) -> int | None:
    """The id of the order of whose licenses an act said something. One statement."""
    said = LicenseStatement.objects.for_company(company).filter(act=act)
    return said.values_list("license__order", flat=True).first()


def change_of_an_order(company: Company, order: Order, act: UUID) -> ChangeOfAnOrder:
    """Two statements. The act has said something of a license of the order."""
    of_order = list(
        LicenseStatement.objects.for_company(company)
        .filter(license__order=order, license__company=company)
        .select_related("act__actor", "license__product", "license__order")
        .order_by("recorded_at", "id")
    )
    rows = [each for each in of_order if each.act_id == act]
    doing = rows[0].act
    choices = UseChoice.objects.for_company(company).filter(order=order, recorded_at__gt=doing.recorded_at)
    about = [*(each.act for each in of_order), *(each.act for each in choices.select_related("act__actor"))]
    since = {each.pk: each for each in about if each.recorded_at >= doing.recorded_at}
    acts = sorted(since.values(), key=lambda each: each.recorded_at)
    return ChangeOfAnOrder(doing, company, order, rows, of_order, acts)
