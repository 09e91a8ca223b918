"""Secrets at rest: sealed so that only this installation opens them, and found again without being opened.

The first of SEALING_KEYS seals, all of them open, and so do the keys derived from SECRET_KEY and SECRET_KEY_BEFORE, which do
everything where SEALING_KEYS is not set. `manage.py seal_anew` brings what is kept under the first one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.views.decorators.debug import sensitive_variables


class Secret:
    """A text that no log line and no error report shows, though it is passed around: only `reveal()` gives it."""

    __slots__ = ("reveal",)

    def __init__(self, text: str) -> None:
        self.reveal = lambda: text

    def __repr__(self) -> str:
        return "<secret>"


class NotOurs(ValueError):
    """Sealed with a key that is not known here, or damaged."""


@sensitive_variables()
def keys() -> list[str]:
    """The first seals, all open."""
    return list(dict.fromkeys([*settings.SEALING_KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]))


@sensitive_variables()
@lru_cache(maxsize=32)
def _derived(purpose: bytes, key: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"allotment:" + purpose).derive(key.encode())


@sensitive_variables()
def _boxes() -> list[Fernet]:
    return [Fernet(base64.urlsafe_b64encode(_derived(b"seal", key))) for key in keys()]


def _box() -> MultiFernet:
    return MultiFernet(_boxes())


@sensitive_variables()
def seal(text: str) -> str:
    """The text, encrypted and authenticated; twice the same text looks different."""
    return _box().encrypt(text.encode()).decode()


@sensitive_variables()
def unseal(sealed: str) -> str:
    """What was sealed. Raises NotOurs."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise NotOurs(
            "The key that this was kept under is not known any more: put it back behind the others in SEALING_KEYS,"
            " or as SECRET_KEY_BEFORE."
        ) from error


@sensitive_variables()
def is_under_the_first_key(sealed: str) -> bool:
    """Whether it would still open if all other keys were gone."""
    try:
        _boxes()[0].decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


@sensitive_variables()
def fingerprints(text: str) -> list[str]:
    """Keyed hashes by which a secret is found, 64 hexadecimal digits each; the first is the one to keep."""
    return [hmac.new(_derived(b"find", key), text.encode(), hashlib.sha256).hexdigest() for key in keys()]


@sensitive_variables()
def digest(secret: str) -> str:
    """What a secret is found by that nobody can guess, of 32 random bytes or so: it hangs on no key, so it outlives them all."""
    return hashlib.sha256(secret.encode()).hexdigest()
