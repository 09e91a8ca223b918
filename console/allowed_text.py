"""Which characters and how many a text may hold that people type or machines send; refused beside its field."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext as _

from console.errors import Refused


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
