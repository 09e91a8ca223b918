"""What an act takes of numbers and texts; anything else is refused beside its field."""

from __future__ import annotations

import unicodedata
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


def require_visible(text: str, *, field: str) -> None:
    """Refuse characters that nobody sees: line breaks, controls, and those that turn the direction of what follows."""
    if any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in text) or not text.strip():
        raise Refused(_("Enter a text without line breaks and invisible characters."), field=field)


def require_text(text: str, *, most: int, field: str, required: bool = True) -> None:
    """Refuse a text that is empty, though required, or longer than `most` characters."""
    if required and not text.strip():
        raise Refused(_("Enter a text."), field=field)
    if len(text) > most:
        raise Refused(_("Enter at most %(most)s characters.") % {"most": most}, field=field)
