"""Queueing that the vendor's own people are told of something: free where nobody of them wants to know."""

from __future__ import annotations

from console.models import Act
from console.vendor.to_tell import tells_anybody
from licensing.queueing import TELL_VENDOR, after_commit

EVENT_OF_ACT = {"order.activate": "activated", "order.cancel": "cancelled"}


def tell_vendor(event: str, about: str) -> None:
    """With what is being written, or not at all. One statement; none where nobody is told of it."""
    if tells_anybody(event):
        after_commit(TELL_VENDOR, happened=event, about=about)


def tell_vendor_of_act(act: Act) -> None:
    if event := EVENT_OF_ACT.get(act.name):
        tell_vendor(event, str(act.pk))
