"""The steps of the activation wizard."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from licensing.models import Activation, Order


@dataclass(frozen=True)
class Step:
    label: str
    note: str
    state: str
    """done, current or ahead."""


def steps(activation: Activation | None, *, at: int, note: str = "") -> list[Step]:
    """The three steps, `at` counting from 1; 4 is past the last."""
    labels = [_("Find the purchase"), _("Review and choose a company"), _("Done")]
    channel = str(Order.Channel(activation.channel).label) if activation else ""
    notes = [
        channel if at > 1 else _("Step 1 of 3"),
        (str(activation.company) if activation and activation.company else "") if at > 2 else _("Step 2 of 3"),
        note or _("Credits count at once"),
    ]
    states = ["done" if number < at else "current" if number == at else "ahead" for number in (1, 2, 3)]
    return [Step(*each) for each in zip(labels, notes, states, strict=True)]
