"""What came of asking for units and of deciding about it, in words, with the way on."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from console.status_message import StatusMessage, WayOn
from credits.models import UnitsRequest
from licensing.models import Company


def asked_for(company: Company, asked: UnitsRequest) -> StatusMessage:
    """Of a request that was made: nothing is allocated yet."""
    see = WayOn(_("See it"), reverse("credits:request", args=[company.slug, asked.pk]))
    if asked.kind == UnitsRequest.Kind.CONFIRMATION:
        words = _("Another person who may allocate confirms it. Until then nothing is allocated.")
        return StatusMessage(_("Sent to be confirmed"), words, see)
    words = _("Credit managers and owners decide, and you are told. Until then nothing is allocated.")
    return StatusMessage(_("Asked for"), words, see)


def lowered() -> StatusMessage:
    return StatusMessage(_("Lowered"), _("Look at what is left of it, then approve it. Nothing is allocated yet."))


def refused() -> StatusMessage:
    return StatusMessage(_("Refused"), _("Whoever asked is told, in your words. Nothing was allocated."))


def withdrawn() -> StatusMessage:
    return StatusMessage(_("Withdrawn"), _("Nobody has to decide about it any more. Nothing was allocated."))
