"""No password is made of the words that everybody tries first at this product. `docs/security.md` lists them too."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

WORDS = (
    *("allotment", "license", "licence", "credit", "credits", "console", "support", "admin", "account", "azure", "marketplace"),
    *("vision", "trend", "password", "passphrase", "welcome", "letmein", "qwerty"),
)
OTHER_LETTERS = 4
"""So many letters besides these words make a password of its own; digits and signs are what people put around a word."""
LOOKALIKES = str.maketrans("013457@$!", "oieastasi")

_ANY = re.compile("|".join(sorted(WORDS, key=len, reverse=True)))


class FirstWordsTriedValidator:
    """One of AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError, with what to do instead."""
        small = password.casefold()
        for spelled in (small, small.translate(LOOKALIKES)):
            without = _ANY.sub(" ", spelled)
            if without != spelled and sum(character.isalpha() for character in without) < OTHER_LETTERS:
                raise ValidationError(
                    _("This password is made of words others try first. Add words that have nothing to do with this console."),
                    code="first_words_tried",
                )

    def get_help_text(self) -> str:
        """Beside the field."""
        return _("Your password can’t be made of words that others would try first, such as the name of this console.")
