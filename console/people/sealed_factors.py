"""Secrets of second factors at rest: sealed, so that whoever reads a backup has none of them."""

from __future__ import annotations

from allauth.mfa.adapter import DefaultMFAAdapter

from console.security.sealing import seal, unseal


class MFAAdapter(DefaultMFAAdapter):
    """What django-allauth keeps of an authenticator app and of recovery codes is sealed; of a passkey it keeps nothing secret."""

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises `NotOurs` where its key is known no more: support removes the factor, the person sets up another."""
        return unseal(encrypted_text)
