"""How many units an act takes; anything else is refused beside its field."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from console.errors import Refused
from licensing.rules.units_times_rate import MAX_UNITS


def whole_units(units: Any, *, field: str = "units", least: int = 1) -> int:
    """`units` as a whole number from `least` to MAX_UNITS; refused with a message beside `field` otherwise."""
    if isinstance(units, bool) or not isinstance(units, int):
        raise Refused(_("Enter a whole number of units."), field=field)
    if not least <= units <= MAX_UNITS:
        raise Refused(
            _("Enter a whole number from %(least)s to %(most)s.") % {"least": f"{least:,}", "most": f"{MAX_UNITS:,}"},
            field=field,
        )
    return units
