"""Hiding secrets in words that somebody else wrote, however they spell them. Pure."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from urllib.parse import quote

HIDDEN = "…"
"""Stands where a secret stood. No part of any secret, which are ASCII."""
LEAST_PIECE = 8
"""So many characters of a secret's spelling, or more, are hidden; fewer tell nothing."""
MOST_DECODINGS = 6
"""So often a spelling may be spelled once more: percent-encoded within JSON within HTML, and the like."""

_ESCAPE = re.compile(
    r"%(?P<percent>[0-9A-Fa-f]{2})|\\u(?P<unicode>[0-9A-Fa-f]{4})|\\x(?P<hex>[0-9A-Fa-f]{2})|\\(?P<itself>[/\\\"'])"
    r"|(?P<html>&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,10});)"
)
_ALIKE = str.maketrans({"-": "+", " ": "+", "_": "/"})
"""A plus that became a space, and the two characters in which base64 for addresses differs."""

Units = list[tuple[int, int]]
"""For each character of a decoded text where it stands in the original: from, and up to."""


def without_secrets(words: str, *secrets: str) -> str:
    """`words` with no piece of a secret left: eight characters or more, in any case, in any of these spellings.

    Plain, percent-encoded, with spaces for pluses, in JSON and HTML, each within another too; hexadecimal, and base64 at any
    of its three offsets, in both alphabets. A secret shorter than eight characters is hidden where it stands whole.
    """
    by_length: dict[int, set[str]] = {}
    for secret in filter(None, secrets if words else ()):
        length = min(LEAST_PIECE, len(secret))
        by_length.setdefault(length, set()).update(_pieces(secret, length))
    if not by_length:
        return words
    hidden = bytearray(len(words))
    for text, units in _decoded(words):
        folded = _folded(text)
        for length, pieces in by_length.items():
            for at in range(len(folded) - length + 1):
                if folded[at : at + length] in pieces:
                    start, end = (at, at + length) if units is None else (units[at][0], units[at + length - 1][1])
                    hidden[start:end] = b"\1" * (end - start)
    return "".join(_kept(words, hidden))


def _kept(words: str, hidden: bytearray) -> Iterator[str]:
    """What stays, with one mark for each run of what is hidden."""
    at = 0
    while (start := hidden.find(1, at)) >= 0:
        end = hidden.find(0, start)
        yield words[at:start] + HIDDEN
        at = len(words) if end < 0 else end
    yield words[at:]


def _pieces(secret: str, length: int) -> set[str]:
    """All pieces of the secret's spellings, as `_folded` writes them."""
    found: set[str] = set()
    for spelling in dict.fromkeys(_spellings(secret)):
        for text, _units in _decoded(spelling):
            folded = _folded(text)
            found.update(folded[at : at + length] for at in range(len(folded) - length + 1))
    return found


def _spellings(secret: str) -> Iterator[str]:
    """Those that cannot be decoded where they stand: nothing shows where base64 begins, nor what a cut escape was."""
    yield secret
    once = quote(secret, safe="")
    in_json = re.sub(r"[^0-9A-Za-z]", lambda found: f"\\u{ord(found[0]):04x}", secret)
    yield from (once, quote(once, safe=""), in_json, in_json.replace("\\", "\\\\"))
    for each in {secret, secret.replace("+", " "), quote(secret, safe="")}:
        said = each.encode()
        yield said.hex()
        for offset in range(3):
            # The first and last digits also depend on what stands before and after.
            digits = base64.b64encode(bytes(offset) + said).decode().rstrip("=")
            yield digits[(0, 2, 3)[offset] : len(digits) - ((offset + len(said)) % 3 != 0)]


def _folded(text: str) -> str:
    """In small letters, one for one, and without the differences that spellings make."""
    small = text.lower()
    if len(small) != len(text):  # a letter of some language becomes two
        small = "".join(each.lower() if len(each.lower()) == 1 else each for each in text)
    return small.translate(_ALIKE)


def _decoded(text: str) -> Iterator[tuple[str, Units | None]]:
    """The text, and what it becomes by decoding it once, twice and so on; where each character came from."""
    units: Units | None = None
    yield text, units
    for _time in range(MOST_DECODINGS):
        if not _ESCAPE.search(text):
            return
        units = units if units is not None else [(at, at + 1) for at in range(len(text))]
        parts: list[str] = []
        places: Units = []
        at = 0
        for found in _ESCAPE.finditer(text):
            said = _character(found)
            if said is None:
                continue
            parts += [text[at : found.start()], said]
            places += [*units[at : found.start()], (units[found.start()][0], units[found.end() - 1][1])]
            at = found.end()
        if not at:
            return
        text, units = "".join([*parts, text[at:]]), [*places, *units[at:]]
        yield text, units


def _character(found: re.Match[str]) -> str | None:
    """What an escape stands for; None where that is not one character."""
    if (itself := found["itself"]) is not None:
        return itself
    if (digits := found["percent"] or found["unicode"] or found["hex"]) is not None:
        return chr(int(digits, 16))
    said = html.unescape(found[0])
    return said if len(said) == 1 else None
