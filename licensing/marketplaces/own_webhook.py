"""Sending our own webhook what it must refuse, and, where the practice marketplace plays along, what it must take.

Azure Marketplace sends no notification on request. So what can be proved there is that the address answers, and that it turns
away whoever is not the marketplace. Touches no model; raises nothing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.utils.translation import gettext as _

from licensing.marketplaces.azure.sender_signature import Expected

TIMEOUT = (3.0, 10.0)
TEST_ID = "7e57e7e7-0000-4000-8000-000000000001"
"""Operation and subscription of every test event: the inbox keeps one row of it, however often it is sent."""
BODY = {
    "id": TEST_ID,
    "activityId": TEST_ID,
    "subscriptionId": TEST_ID,
    "action": "TestEvent",
    "status": "Succeeded",
    "operationRequestSource": "Azure",
}
NOBODY = 0


@dataclass(frozen=True)
class Try:
    """One notification that we sent to ourselves, and the answer; `status` is 0 where none came."""

    what: str
    expected: int
    status: int
    said: str = ""

    @property
    def fine(self) -> bool:
        return self.status == self.expected

    @property
    def answer(self) -> str:
        return self.said or _("answered %(status)s") % {"status": self.status}


def forgeries(url: str, expected: Expected) -> list[Try]:
    """A notification without a token, and one whose token says all that is right but is signed by a stranger."""
    return [
        _send(url, _("A notification without a token"), 401, ""),
        _send(url, _("A notification with a forged signature"), 401, _forged(expected)),
    ]


def practice_event(url: str) -> Try:
    """A notification that the practice marketplace signs. It names a purchase that does not exist, so it changes nothing."""
    from licensing.marketplaces.practice import tokens

    return _send(url, _("A test notification signed by the practice marketplace"), 200, tokens.webhook_token())


def _send(url: str, what: str, expected: int, token: str) -> Try:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with requests.post(url, json=BODY, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
            return Try(what, expected, answer.status_code)
    except requests.exceptions.SSLError:
        said = _("the certificate was not accepted")
    except requests.exceptions.Timeout:
        said = _("no answer in time")
    except (requests.RequestException, OSError, ValueError) as error:
        said = _("no answer (%(kind)s)") % {"kind": type(error).__name__}
    return Try(what, expected, NOBODY, said)


def _forged(expected: Expected) -> str:
    now = int(time.time())
    claims: dict[str, Any] = {
        "aud": expected.client_id,
        "iss": expected.issuers[0],
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "azp": expected.caller_id,
        "tid": expected.tenant_id,
        "ver": "2.0",
    }
    return jwt.encode(claims, _strangers_key(), algorithm="RS256", headers={"kid": "test-event-of-a-stranger"})


@cache
def _strangers_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def is_practice() -> bool:
    return bool(settings.PRACTICE_MARKETPLACE)
