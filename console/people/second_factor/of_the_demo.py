"""The second factor of the demo's support: its secret is public like the demo password, and its code is shown at sign-in.

Whoever has them must not be reachable from elsewhere: see `console.people.demo_password`.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value

from console.people.demo_password import RESERVED
from console.people.sealed_factors import MFAAdapter
from console.security.sealing import NotOurs

DEMO_SECRET = "ALLOTMENTDEMOSECRETOFSUPPORTONLY"


def give_demo_factor(person: Any) -> None:
    """An authenticator app with the public secret."""
    TOTP.activate(person, DEMO_SECRET)


def has_demo_factor(person: Any) -> bool:
    """Whether it is still the demo's. One statement."""
    return person is not None and person.pk is not None and _is_public(Authenticator.objects.filter(user=person))


def have_demo_factor() -> bool:
    """Whether any demo person who may sign in has it."""
    return _is_public(Authenticator.objects.filter(user__is_active=True, user__email__iendswith=RESERVED))


def code_of(secret: str = DEMO_SECRET) -> str:
    """What an authenticator app with this secret shows now; good for up to half a minute."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // app_settings.TOTP_PERIOD)))


def _is_public(factors: Any) -> bool:
    return any(_secret(each) == DEMO_SECRET for each in factors.filter(type=Authenticator.Type.TOTP))


def _secret(factor: Authenticator) -> str:
    try:
        return MFAAdapter().decrypt(factor.data["secret"])
    except NotOurs:
        return ""
