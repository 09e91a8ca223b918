"""What acts did to licenses, in words, for entries of supply."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

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
}
"""Name of an act -> what it did."""
