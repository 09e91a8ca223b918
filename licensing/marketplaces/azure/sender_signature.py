"""Whether a notification was sent by Azure Marketplace, and is meant for us: by the token it brings.

The word of a genuine sender is confirmed by asking the marketplace all the same.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from licensing.marketplaces.azure.signing_keys import KEY_ID, KeySet
from licensing.marketplaces.contract import Forged, NotForUs

LARGEST_HEADER = 16 * 1024
LONGEST_LIFE = 48 * 3600
"""Seconds from a token's issue to its expiry; the sign-in service's live for a day at most."""

_PART = re.compile(r"[0-9A-Za-z_-]+")

REASONS: tuple[tuple[type[Exception], type[Forged], str], ...] = (
    (jwt.ExpiredSignatureError, NotForUs, "it has expired"),
    (jwt.ImmatureSignatureError, NotForUs, "it is not valid yet"),
    (jwt.InvalidAudienceError, NotForUs, "it is for somebody else (aud)"),
    (jwt.InvalidIssuerError, NotForUs, "it was issued by somebody else (iss)"),
    (jwt.InvalidSignatureError, Forged, "its signature is wrong"),
    (jwt.MissingRequiredClaimError, Forged, "a claim is missing"),
)
"""What the library finds wrong; it checks the signature first."""


@dataclass(frozen=True)
class Expected:
    """What a genuine token says. The ids are in small letters."""

    tenant_id: str
    client_id: str
    caller_id: str
    issuers: tuple[str, ...]
    leeway: int


def check_sender(authorization: str, *, expected: Expected, keys: KeySet) -> dict[str, Any]:
    """The claims of a genuine token. Raises Forged for any other, and MarketplaceError where the keys cannot be had."""
    token, kid = _open(authorization)
    key = keys.key(kid)
    forged: Forged | None = None
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=expected.client_id,
            issuer=list(expected.issuers),
            leeway=expected.leeway,
            options={"require": ["exp", "iat", "aud", "iss"], "strict_aud": True},
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        wrong = f"it is refused ({type(error).__name__})"
        forged = next((kind(words) for fault, kind, words in REASONS if isinstance(error, fault)), Forged(wrong))
    if forged:
        raise forged
    if int(claims["exp"]) - int(claims["iat"]) > LONGEST_LIFE:
        raise Forged("it lives too long (exp)")
    if _said(claims, "tid") != expected.tenant_id:
        raise NotForUs("it is of another tenant (tid)")
    callers = [_said(claims, name) for name in ("azp", "appid") if name in claims]
    if not callers:
        raise Forged("it names no caller (azp, appid)")
    if any(caller != expected.caller_id for caller in callers):
        raise Forged("its caller is not the marketplace (azp, appid)")
    return claims


def _open(authorization: str) -> tuple[str, str]:
    """The token of an Authorization header and its key id. Nothing of it is trusted but what is compared here."""
    if not isinstance(authorization, str) or not authorization:
        raise Forged("there is no Authorization header")
    if len(authorization) > LARGEST_HEADER:
        raise Forged("its Authorization header is too large")
    scheme, _, token = authorization.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer":
        raise Forged("its scheme is not Bearer")
    parts = token.split(".")
    if len(parts) != 3 or not all(_PART.fullmatch(part) for part in parts):
        raise Forged("its token does not have three parts")
    header = _json_of(parts[0])
    if not isinstance(header, dict):
        raise Forged("its token's header cannot be read")
    if header.get("alg") != "RS256":
        raise Forged("its token is not signed with RS256")
    if "crit" in header:
        raise Forged("its token asks for extensions")
    kid = header.get("kid")
    if not isinstance(kid, str) or not KEY_ID.fullmatch(kid):
        raise Forged("its token names no usable key id")
    return token, kid


def _json_of(part: str) -> Any:
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError, binascii.Error):
        return None


def _said(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip().lower() if isinstance(value, str) else ""
