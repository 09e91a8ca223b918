"""Keys and tokens: the key set, tokens that the publisher calls with, tokens that webhooks carry, tokens of purchases."""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from datetime import timedelta
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from licensing.marketplaces.practice.models import PracticeKey, PracticePurchaseToken, PracticeSubscription

RESOURCE_ID = "20e940b3-4c77-4b0b-9a53-9e16a1b010a7"
"""The marketplace's own application: what publishers' tokens are for, and who calls webhooks."""
SERVICE_OBJECT_ID = "5b1a7c0e-9d2f-4e7b-8a43-6c2f0d1e9b55"
TOKEN_SECONDS = 3600
PURCHASE_TOKEN_LASTS = timedelta(hours=24)
ONE_AT_A_TIME = 0x70726163


# --- Keys


def signing_key() -> PracticeKey:
    """The key in use; made when first asked for."""
    return PracticeKey.objects.first() or rotate_key(only_if_none=True)


def rotate_key(*, only_if_none: bool = False) -> PracticeKey:
    """Sign with a new key from now on; the earlier ones stay published."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        if only_if_none and (found := PracticeKey.objects.first()):
            return found
        return PracticeKey.objects.create(kid=secrets.token_urlsafe(20), private_pem=new_private_key())


def new_private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def key_set() -> dict[str, Any]:
    """The public halves, as RFC 7517 has them."""
    signing_key()
    return {"keys": [_published(key) for key in PracticeKey.objects.all()]}


@lru_cache
def _loaded(private_pem: str) -> rsa.RSAPrivateKey:
    """Checking a key takes longer than signing with it."""
    private = serialization.load_pem_private_key(private_pem.encode(), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    return private


def _published(key: PracticeKey) -> dict[str, Any]:
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_loaded(key.private_pem).public_key()))
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.kid, "n": public["n"], "e": public["e"]}


def sign(claims: dict[str, Any], *, private_pem: str = "") -> str:
    """With the key in use; with `private_pem` by somebody who only claims to have it."""
    key = signing_key()
    return jwt.encode(claims, _loaded(private_pem or key.private_pem), algorithm="RS256", headers={"kid": key.kid})


# --- Tokens of the publisher and of webhooks


def issuer(version: int = 2) -> str:
    if version == 1:
        return f"{settings.PRACTICE_MARKETPLACE_URL}/sts/{settings.PRACTICE_TENANT_ID}/"
    return f"{settings.PRACTICE_MARKETPLACE_URL}/login/{settings.PRACTICE_TENANT_ID}/v2.0"


def _claims(*, audience: str, caller: str, subject: str, version: int) -> dict[str, Any]:
    now = int(timezone.now().timestamp())
    return {
        "aud": audience,
        "iss": issuer(version),
        "iat": now,
        "nbf": now,
        "exp": now + TOKEN_SECONDS,
        ("azp" if version == 2 else "appid"): caller,
        "azpacr" if version == 2 else "appidacr": "1",
        "oid": subject,
        "sub": subject,
        "tid": settings.PRACTICE_TENANT_ID,
        "uti": secrets.token_urlsafe(16),
        "ver": f"{version}.0",
    }


def publisher_token(version: int = 2) -> str:
    """What the publisher calls the API with, for an hour."""
    subject = str(uuid.uuid5(uuid.UUID(settings.PRACTICE_TENANT_ID), settings.PRACTICE_CLIENT_ID))
    return sign(_claims(audience=RESOURCE_ID, caller=settings.PRACTICE_CLIENT_ID, subject=subject, version=version))


def is_publisher(authorization: str) -> bool:
    """Whether an Authorization header carries a token of ours, for our API, still good, of the app that the offers name."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return False
    try:
        kid = jwt.get_unverified_header(token).get("kid", "")
        key = PracticeKey.objects.filter(kid=kid).first()
        if key is None:
            return False
        claims = jwt.decode(
            token,
            _loaded(key.private_pem).public_key(),
            algorithms=["RS256"],
            audience=RESOURCE_ID,
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.InvalidTokenError:
        return False
    good = claims["iat"] - 60 <= timezone.now().timestamp() < claims["exp"]
    return good and claims.get("azp", claims.get("appid")) == settings.PRACTICE_CLIENT_ID


def webhook_token(*, version: int = 2, audience: str = "", private_pem: str = "", expired: bool = False) -> str:
    """What a webhook carries. The arguments make it one that has to be turned away."""
    claims = _claims(
        audience=audience or settings.PRACTICE_CLIENT_ID, caller=RESOURCE_ID, subject=SERVICE_OBJECT_ID, version=version
    )
    if expired:
        claims |= {name: claims[name] - 2 * TOKEN_SECONDS for name in ("iat", "nbf", "exp")}
    return sign(claims, private_pem=private_pem)


# --- Tokens of purchases


def purchase_token(subscription: PracticeSubscription, *, expired: bool = False) -> str:
    """A fresh one. It always holds `+`, `/` and `=`, so that whoever decodes it wrongly finds out."""
    text = ""
    while not ("+" in text and "/" in text and text.endswith("=")):
        text = base64.b64encode(secrets.token_bytes(64)).decode()
    ends = timezone.now() - timedelta(minutes=1) if expired else timezone.now() + PURCHASE_TOKEN_LASTS
    PracticePurchaseToken.objects.create(text=text, subscription=subscription, expires_at=ends)
    return text


def subscription_of(token: str) -> PracticeSubscription | None:
    """What a purchase token stands for; None for one that is damaged or too old."""
    if "\0" in token:
        return None
    found = PracticePurchaseToken.objects.filter(text=token, expires_at__gt=timezone.now()).select_related("subscription")
    row = found.first()
    return row.subscription if row else None
