"""What an activation code and a registration key look like, and how one is read from what a person typed.

    XXXXX-XXXXX-XXXXX-XXXXX-XXXXX         an activation code
    RK-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX      a registration key

The last character is a check: since the alphabet has a prime number of characters, one wrong character and two that changed
places are always noticed. The rest is chance, some 118 bits of it.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from enum import Enum

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without 0, O, 1, I and L, which look alike."""
GROUP = 5
LENGTH = 5 * GROUP
KEY_PREFIX = "RK"
LONGEST = 200
"""More than this nobody typed from an e-mail."""

LIKE_A_CODE = re.compile(rf"\b(?:{KEY_PREFIX}-?)?(?:[0-9A-Z]{{{GROUP}}}-?){{4}}[0-9A-Z]{{{GROUP}}}\b", re.IGNORECASE)
"""What may be a code within a text."""

_VALUES = {character: value for value, character in enumerate(ALPHABET)}


class Slip(Enum):
    """Why a text is no code."""

    NOTHING = "nothing typed"
    CHARACTERS = "characters that no code has"
    LENGTH = "too many or too few"
    CHECK = "the check character does not fit"


def new_code(prefix: str = "") -> str:
    """A code nobody can guess, without dashes."""
    body = prefix + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + _check(body)


def read_code(text: str) -> str | Slip:
    """The code in `text` without dashes, whatever its case, spaces, dashes and quotes; else what is wrong with it."""
    if len(text) > LONGEST:
        return Slip.LENGTH
    typed = "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each)[0] not in "CPSZ").upper()
    if not typed:
        return Slip.NOTHING
    if not set(typed) <= _VALUES.keys():
        return Slip.CHARACTERS
    if len(typed) != LENGTH and not (len(typed) == LENGTH + len(KEY_PREFIX) and typed.startswith(KEY_PREFIX)):
        return Slip.LENGTH
    return typed if _check(typed[:-1]) == typed[-1] else Slip.CHECK


def grouped(code: str) -> str:
    """As it is written: groups of five, the prefix apart."""
    prefix, body = code[:-LENGTH], code[-LENGTH:]
    return "-".join([*([prefix] if prefix else []), *(body[at : at + GROUP] for at in range(0, LENGTH, GROUP))])


def masked(last_four: str, prefix: str = "") -> str:
    """As it is shown to everybody: only its last four characters."""
    return "-".join([*([prefix] if prefix else []), "•••••", "…", last_four])


def without_codes(text: str) -> str:
    """The text with each whole code in it masked: for what is kept of what somebody typed."""
    if isinstance(code := read_code(text), str):
        return _masked(code)

    def hide(found: re.Match[str]) -> str:
        code = read_code(found[0])
        return _masked(code) if isinstance(code, str) else found[0]

    return LIKE_A_CODE.sub(hide, text)


def _masked(code: str) -> str:
    return masked(code[-4:], code[:-LENGTH])


def _check(body: str) -> str:
    """The character that makes the sum of all, each times its place, a multiple of 31."""
    total = sum(place * _VALUES[character] for place, character in enumerate(body, start=1))
    return ALPHABET[-total * pow(len(body) + 1, -1, len(ALPHABET)) % len(ALPHABET)]
