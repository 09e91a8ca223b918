"""What acts did to licenses, in words, for entries of supply."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from console.models import Act

EXTENDED = gettext_lazy("Extended")
ENTRY_TEXTS = {
    "order.activate": gettext_lazy("Activated"),
    "order.top-up": gettext_lazy("Topped up"),
    "order.units": gettext_lazy("Number of units changed"),
    "order.reduce": gettext_lazy("Reduced"),
    "order.renew": gettext_lazy("Renewed"),
    "order.suspend": gettext_lazy("Suspended"),
    "order.reinstate": gettext_lazy("Reinstated"),
    "order.undo-cancellation": gettext_lazy("Cancellation undone"),
    "order.cancel": gettext_lazy("Cancelled"),
    "order.transfer": gettext_lazy("Transferred"),
    "order.change-plan": gettext_lazy("Plan changed"),
    "license.correct": gettext_lazy("Corrected"),
    "license.extend": EXTENDED,
    "order.undo": gettext_lazy("Change withdrawn"),
    "import.rows": gettext_lazy("Imported"),
}
"""Name of an act -> what it did."""
FURTHER_TEXTS = {
    "order.issue": gettext_lazy("Order issued"),
    "order.switch-renewal": gettext_lazy("Renewal switched"),
    "order.choose-use": gettext_lazy("Use of seats chosen"),
    "allocation.set": gettext_lazy("Allocation set"),
    "request.approve": gettext_lazy("Allocation approved"),
    "allocation.set-many": gettext_lazy("Allocations set"),
    "allocation.withdraw": gettext_lazy("Plan withdrawn"),
    "allocation.undo": gettext_lazy("Undone"),
    "usage.observe": gettext_lazy("Units in use recorded"),
    "scenario.apply": gettext_lazy("Scenario applied"),
    "billing.switch": gettext_lazy("Billing model switched"),
}
WITHDRAWN_TEXTS = {
    "license.correct": gettext_lazy("Correction withdrawn"),
    "license.extend": gettext_lazy("Extension withdrawn"),
    "order.top-up": gettext_lazy("Top-up withdrawn"),
    "order.units": gettext_lazy("Number of units withdrawn"),
    "order.reduce": gettext_lazy("Reduction withdrawn"),
    "order.suspend": gettext_lazy("Suspension withdrawn"),
    "order.reinstate": gettext_lazy("Reinstatement withdrawn"),
    "order.undo-cancellation": gettext_lazy("Undo of the cancellation withdrawn"),
    "order.cancel": gettext_lazy("Cancellation withdrawn"),
    "order.change-plan": gettext_lazy("Change of plan withdrawn"),
    "order.renew": gettext_lazy("Renewal withdrawn"),
    "order.switch-renewal": gettext_lazy("Switch of the renewal withdrawn"),
    "order.transfer": gettext_lazy("Transfer withdrawn"),
    "order.activate": gettext_lazy("Order that was transferred here withdrawn"),
    "order.carry-use": gettext_lazy("Use of seats that was carried over withdrawn"),
    "order.undo": gettext_lazy("Undo withdrawn"),
}
"""Name of an act -> what its undo says of it."""


def name_in_words(name: str) -> str:
    return str(ENTRY_TEXTS.get(name) or FURTHER_TEXTS.get(name) or gettext_lazy("another change"))


def withdrawn_in_words(act: Act) -> str:
    """What an undo took back: "Correction withdrawn"."""
    return str(WITHDRAWN_TEXTS.get(act.result.get("undoes_name", ""), ENTRY_TEXTS["order.undo"]))
