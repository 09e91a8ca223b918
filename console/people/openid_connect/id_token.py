"""What an ID token says, believed only if it is signed by its issuer, for this client and for this very sign-in."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

import jwt

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Those with a key pair: whoever knows the client's secret, or the public key, can sign nothing."""

SECONDS_OF_CLOCKS = 60
"""By which the provider's clock may differ from ours."""


class NotBelieved(Exception):
    """A provider's answer that is not used; its text is for logs."""


def claims_of(id_token: str, *, key_set: Mapping[str, Any], issuer: str, client: str, nonce: str) -> dict[str, Any]:
    """The claims of a token, `sub`, `iss`, `aud`, `exp`, `iat` and `nonce` among them. Raises NotBelieved.

    `key_set` is what the issuer publishes (RFC 7517); `nonce` is what this browser was sent to the provider with.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key=_key(id_token, key_set),
            algorithms=ALGORITHMS,
            issuer=issuer,
            audience=client,
            leeway=SECONDS_OF_CLOCKS,
            options={"require": ["sub", "iss", "aud", "exp", "iat"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise NotBelieved(f"the ID token is not valid: {type(error).__name__}") from error
    if claims["aud"] not in (client, [client]) or claims.get("azp", client) != client:
        raise NotBelieved("the ID token is for others too")
    if not nonce or not hmac.compare_digest(str(claims.get("nonce") or "").encode(), nonce.encode()):
        raise NotBelieved("the ID token answers another sign-in (nonce)")
    return claims


def _key(id_token: str, key_set: Mapping[str, Any]) -> jwt.PyJWK:
    """The published key that the token names; the only one, where it names none."""
    keys = [each for each in jwt.PyJWKSet.from_dict(dict(key_set)).keys if each.public_key_use in (None, "sig")]
    named = jwt.get_unverified_header(id_token).get("kid")
    found = [each for each in keys if each.key_id == named] if named else keys
    if len(found) != 1:
        raise NotBelieved("the ID token names no key of its issuer")
    return found[0]
