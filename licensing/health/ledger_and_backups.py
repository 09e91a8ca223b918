"""The part of the health report about the books: when they were verified and what that found; when a backup was heard of."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.models import BackupNote, LedgerVerification
from licensing.health.items import Item, State, when
from licensing.marketplaces.own_webhook import is_practice

AT_LEAST_EVERY = timedelta(hours=26)
"""Both are done each night."""


def ledger(now: datetime) -> list[Item]:
    """One statement."""
    return [_ledger(LedgerVerification.objects.order_by("-ended_at").first(), now)]


def _ledger(last: LedgerVerification | None, now: datetime) -> Item:
    label = _("Ledger verified")
    fix = _("The worker does it each night; by hand: manage.py verify_ledger.")
    if last is None:
        return Item(label, _("Never yet."), State.LOOK, fix)
    if last.differences:
        value = ngettext("%(when)s: %(n)s difference", "%(when)s: %(n)s differences", last.differences) % {
            "when": when(last.ended_at, now),
            "n": f"{last.differences:,}",
        }
        return Item(label, value, State.WRONG, _("Run manage.py verify_ledger --all-differences, and change nothing by hand."))
    value = _("%(when)s: no difference") % {"when": when(last.ended_at, now)}
    return Item(label, value, State.LOOK, fix) if now - last.ended_at > AT_LEAST_EVERY else Item(label, value)


def backups(now: datetime) -> list[Item]:
    """One statement. Whether a backup can be read back is not known here."""
    label, last = _("Last backup"), BackupNote.objects.order_by("-made_at").first()
    if last is None:
        fix = _("Let each backup end with manage.py note_backup, where it is made (docs/operations/backup-and-upgrade.md).")
        return [Item(label, _("None was heard of."), State.FINE if is_practice() else State.LOOK, fix)]
    value = when(last.made_at, now) + (f": {last.what}" if last.what else "")
    if now - last.made_at > AT_LEAST_EVERY:
        fix = _("No backup was made last night: see what makes it, and that the disk it goes to is not full.")
        return [Item(label, value, State.WRONG, fix)]
    return [Item(label, value)]
