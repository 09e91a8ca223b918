"""What an ID token has to be before anything in it is believed (OpenID Connect Core 1.0, 3.1.3.7). Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from hmac import compare_digest
from typing import Any

import jwt
from allauth.socialaccount.providers.oauth2.client import OAuth2Error

from console.people.openid_connect.issuer import GUID, TENANT_ID

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures by a key of the provider's own. None, and those by a secret that we hold too, prove nothing."""
LEEWAY = 60
"""Seconds by which clocks may differ."""


def verified_claims(token: str, *, keys: Mapping[str, Any], issuer: str, audience: str, nonce: str) -> dict[str, Any]:
    """The claims of a token that `issuer` signed for us (`audience`), in answer to the request that had this `nonce`.

    `keys` are the provider's, as it publishes them. Where `issuer` names a tenant by `{tenantid}`, the token's own tenant has to
    be the one that its issuer names. Raises OAuth2Error.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key=_key_of(token, keys),
            algorithms=list(ALGORITHMS),
            audience=audience,
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        raise OAuth2Error("The ID token cannot be believed") from error
    others = claims["aud"] if isinstance(claims["aud"], list) else []
    if claims.get("azp", audience) != audience or (len(others) > 1 and "azp" not in claims):
        raise OAuth2Error("The ID token is for somebody else")
    if claims["iss"] != issuer.replace(TENANT_ID, tenant_in(claims)):
        raise OAuth2Error("The ID token is another issuer's")
    if not nonce or not compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise OAuth2Error("The ID token answers another request")
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise OAuth2Error("The ID token is about nobody")
    return claims


def tenant_in(claims: Mapping[str, Any]) -> str:
    """The tenant that a token says it is of; empty where that is none."""
    said = str(claims.get("tid") or "").lower()
    return said if GUID.fullmatch(said) else ""


def _key_of(token: str, keys: Mapping[str, Any]) -> Any:
    header = jwt.get_unverified_header(token)
    if header.get("alg") not in ALGORITHMS:
        raise OAuth2Error("The ID token is not signed by a key of the provider's own")
    of_signatures = [each for each in keys["keys"] if each.get("use", "sig") == "sig"]
    for each in of_signatures:
        if each.get("kid") == header.get("kid") and each.get("alg", header["alg"]) == header["alg"]:
            return jwt.PyJWK(each, algorithm=header["alg"]).key
    raise OAuth2Error("The ID token names a key that the provider does not publish")
