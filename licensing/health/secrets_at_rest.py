"""The part of the health report about what is sealed: whether all of it opens, and whether a former key may go."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from console.security.at_rest.seal_anew import on_former_keys
from licensing.health.items import Item, State


def secrets_at_rest(now: datetime) -> list[Item]:
    """Reads everything that is sealed: a statement for each column, and for each 500 rows of it."""
    label, found = _("Would not open without a former key"), on_former_keys()
    items = []
    if lost := ", ".join(f"{each.label}: {each.lost:,}" for each in found if each.lost):
        fix = _(
            "Put the right sealing-keys back: the key that it was sealed under, behind the others in SEALING_KEYS (a former"
            " SECRET_KEY: in SECRET_KEY_BEFORE)."
        )
        items.append(Item(_("Opens with no key that is set"), lost, State.WRONG, fix))
    if rows := ", ".join(f"{each.label}: {each.rows:,}" for each in found if each.rows):
        fix = _("Run manage.py seal_anew before a former key is taken out of SEALING_KEYS or SECRET_KEY_BEFORE.")
        items.append(Item(label, rows, State.LOOK, fix))
    return items or [Item(label, _("None."))]
