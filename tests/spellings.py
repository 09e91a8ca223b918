"""How a secret may be spelled in words of somebody else's, and whether a piece of it stands in a text.

Written apart from the code under test.
"""

from __future__ import annotations

import base64
import html
import json
import random
from collections.abc import Callable
from urllib.parse import quote, quote_plus

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
PIECE = 8


def random_token(chance: random.Random, least: int = 40, most: int = 120) -> str:
    """Base64 of random bytes, so that it has + / and = where real ones have them."""
    return base64.b64encode(chance.randbytes(chance.randint(least, most))).decode()


def _in_base64(offset: int, encode: Callable[[bytes], bytes]) -> Callable[[str], str]:
    return lambda token: encode(b"." * offset + token.encode()).decode()[4 if offset else 0 :]


def _escaped(token: str, characters: str = "+/=") -> str:
    return "".join(f"\\u{ord(each):04x}" if each in characters else each for each in token)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda token: token,
    "percent": lambda token: quote(token, safe=""),
    "percent in small letters": lambda token: quote(token, safe="").lower(),
    "percent but for slashes": quote,
    "percent for slashes alone": lambda token: token.replace("/", "%2F"),
    "percent twice": lambda token: quote(quote(token, safe=""), safe=""),
    "percent three times": lambda token: quote(quote(quote(token, safe=""), safe=""), safe=""),
    "a space for each plus": lambda token: token.replace("+", " "),
    "a space for each plus, percent": lambda token: quote(token.replace("+", " "), safe=""),
    "form": lambda token: quote_plus(token.replace("+", " ")),
    "in JSON": _escaped,
    "in JSON, pluses alone": lambda token: _escaped(token, "+"),
    "in JSON, slashes": lambda token: token.replace("/", "\\/"),
    "in JSON in JSON": lambda token: json.dumps(_escaped(token))[1:-1],
    "in HTML": lambda token: html.escape(token).replace("+", "&#43;").replace("/", "&#x2F;").replace("=", "&equals;"),
    "in HTML in JSON": lambda token: json.dumps(token.replace("+", "&plus;"))[1:-1],
    "percent in HTML": lambda token: html.escape(quote(token, safe="")).replace("%", "&#37;"),
    "hexadecimal": lambda token: token.encode().hex(),
    "hexadecimal in capitals": lambda token: token.encode().hex().upper(),
    "capitals": str.upper,
    **{f"base64 at {offset}": _in_base64(offset, base64.b64encode) for offset in range(3)},
    **{f"base64 for addresses at {offset}": _in_base64(offset, base64.urlsafe_b64encode) for offset in range(3)},
    "base64 of percent": lambda token: base64.b64encode(quote(token, safe="").encode()).decode(),
    "base64, percent": lambda token: quote(base64.b64encode(token.encode()).decode(), safe=""),
    "for addresses": lambda token: token.replace("+", "-").replace("/", "_"),
}
DIGITS = ("hexadecimal", "hexadecimal in capitals")
INNER = {name: say for name, say in SPELLINGS.items() if "base64 at" in name or "addresses at" in name}


def pieces(token: str) -> set[str]:
    """All runs of eight characters of any spelling, in small letters; of base64 those that the token alone decides.

    Of hexadecimal digits runs of sixteen, which are as much of the token: eight digits stand in other ids by chance.
    """
    found = set()
    for name, say in SPELLINGS.items():
        said = say(token).lower()
        said = said[4:-4] if name in INNER else said
        length = 2 * PIECE if name in DIGITS else PIECE
        found.update(said[at : at + length] for at in range(len(said) - length + 1))
    return found


def left_of(token: str, text: str, known: set[str] | None = None) -> list[str]:
    """What a text tells of a token; `known` are its pieces where they have been made already."""
    small, known = text.lower(), known if known is not None else pieces(token)
    runs = (small[at : at + length] for length in (PIECE, 2 * PIECE) for at in range(len(small) - length + 1))
    return [run for run in runs if run in known]
