"""What became of the codes of an order: used by whom and when, withdrawn, over, or still to be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from licensing.codes.journal_of_a_code import day_of
from licensing.codes.last_day_of_a_code import require_in_time
from licensing.codes.refusals import CodeExpired
from licensing.models import ActivationCode, Order


@dataclass(frozen=True)
class CodeShown:
    """`at` is when it was used or withdrawn; `last_day` is None where it is that of its order's term."""

    masked: str
    kind: str
    says: str
    at: datetime | None
    last_day: date | None
    url: str


def codes_shown(order: Order) -> list[CodeShown]:
    """The latest first. One statement for orders of the channel of codes, none for others."""
    if order.channel != Order.Channel.CODE:
        return []
    return [_shown(each, order) for each in ActivationCode.objects.filter(order=order).order_by("-pk")]


def _shown(code: ActivationCode, order: Order) -> CodeShown:
    says, at, last_day = _state(code, order)
    url = reverse("admin:licensing_activationcode_change", args=[code.pk])
    return CodeShown(code.masked, str(code.get_kind_display()), says, at, last_day, url)


def _state(code: ActivationCode, order: Order) -> tuple[str, datetime | None, date | None]:
    if code.withdrawn_at is not None:
        return _("Withdrawn"), code.withdrawn_at, code.valid_until
    if order.company is not None:
        return _("Used by %(company)s") % {"company": order.company}, order.activated_at, code.valid_until
    try:
        require_in_time(code, order, day_of(order, timezone.now()))
    except CodeExpired as expired:
        by_itself = expired.last_day == code.valid_until
        words = _("Expired. Withdraw it, then issue another.") if by_itself else _("Expired: the term of its order is over.")
        return words, None, expired.last_day
    return _("Not used yet"), None, code.valid_until
