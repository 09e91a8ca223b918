"""The part of the health report about what is sealed: whether a former key may go."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from console.security.at_rest.seal_anew import on_former_keys
from licensing.health.items import Item, State


def secrets_at_rest(now: datetime) -> list[Item]:
    """Reads everything that is sealed: a statement for each column, and for each 500 rows of it."""
    label, found = _("Would not open without a former key"), on_former_keys()
    if not found:
        return [Item(label, _("None."))]
    fix = _("Run manage.py seal_anew before a former key is taken out of SEALING_KEYS or SECRET_KEY_BEFORE.")
    return [Item(label, ", ".join(f"{each.label}: {each.rows:,}" for each in found), State.LOOK, fix)]
