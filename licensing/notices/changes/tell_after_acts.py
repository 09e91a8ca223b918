"""Telling at once: with each act that may change an order a job is queued that tells its company.

The job is there after the commit, or neither is: nothing is lost, and what is told twice is told once, see `telling`.
"""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save
from django.utils import timezone

from console.models import Act
from licensing.notices.changes.acts_to_tell import ORDERS, RECENTLY
from licensing.notices.to_vendor.queued import tell_vendor_of_act
from licensing.queueing import TELL_COMPANY, after_commit

_told_of = set(ORDERS)


def tell_at_once_of(*names: str) -> None:
    """Acts of these names are told of at once, too: some source of news says what there is to tell of them."""
    _told_of.update(names)


def tell_after_acts() -> None:
    """From now on: whoever writes an act writes the job. One statement; none for history, which is no news."""
    post_save.connect(_queue, sender=Act, dispatch_uid="tell-after-acts")


def _queue(instance: Act, created: bool, raw: bool = False, **_what: Any) -> None:
    if raw or not created or instance.name not in _told_of or instance.company_id is None:
        return
    if instance.recorded_at > timezone.now() - RECENTLY:
        tell_vendor_of_act(instance)
        after_commit(TELL_COMPANY, company=instance.company_id)
