"""Secrets at rest: sealed so that only this installation opens them, and found again without being opened.

The keys are derived from SECRET_KEY; with SECRET_KEY_BEFORE what an earlier key had sealed still opens.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

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


def _derived(purpose: bytes) -> list[bytes]:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [HKDF(SHA256(), 32, salt=None, info=b"allotment:" + purpose).derive(secret.encode()) for secret in secrets]


def _box() -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in _derived(b"seal")])


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
        raise NotOurs("SECRET_KEY has changed since this was kept: put the former one into SECRET_KEY_BEFORE.") from error


@sensitive_variables()
def fingerprints(text: str) -> list[str]:
    """Keyed hashes by which a secret is found, 64 hexadecimal digits each; the first is the one to keep."""
    return [hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for key in _derived(b"find")]
