"""The tenant of a provider of several tenants that somebody signed in from, such as their organization in Microsoft Entra.

Kept in their session. It gives nothing by itself; whoever makes something of a tenant offers what it opens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.socialaccount.signals import social_account_added
from django.conf import settings
from django.http import HttpRequest

from console.people.openid_connect.id_token import tenant_in

SIGNED_IN_FROM = "signed_in_from"
"""In the session: provider, issuer and ID of the tenant that a provider vouched for."""


@dataclass(frozen=True)
class SignedInFrom:
    """A tenant: at which provider of the installation, the issuer of its tokens, which names it, and its ID there."""

    provider: str
    issuer: str
    tenant: str


def providers_of_tenants() -> dict[str, str]:
    """The installation's providers of several tenants: name of each -> what its button says. Free."""
    apps = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", [])
    return {each["provider_id"]: each["name"] for each in apps if each["settings"].get("tenants")}


Opens = Callable[[SignedInFrom], bool]
_opens: list[Opens] = []


def offer(opens: Opens) -> None:
    """Let somebody who comes from a tenant of which this is true make an account."""
    _opens.append(opens)


def may_make_an_account(found: SignedInFrom | None) -> bool:
    """A statement at most for each that was offered."""
    return found is not None and any(opens(found) for opens in _opens)


def tenant_of_login(sociallogin: Any) -> SignedInFrom | None:
    """The tenant that this sign-in came from; None for guests, whose own organization is another one."""
    said = getattr(getattr(getattr(sociallogin, "provider", None), "app", None), "settings", None) or {}
    claims = (getattr(getattr(sociallogin, "account", None), "extra_data", None) or {}).get("id_token")
    if not said.get("tenants") or not isinstance(claims, dict) or not tenant_in(claims):
        return None
    guest = str(claims.get("acct", "0")) != "0" or claims.get("idp", claims.get("iss")) != claims.get("iss")
    return None if guest else SignedInFrom(str(sociallogin.provider.app.provider_id), str(claims["iss"]), tenant_in(claims))


def note(request: HttpRequest, found: SignedInFrom | None) -> None:
    """In the session, in the place of an earlier one."""
    if found is None:
        request.session.pop(SIGNED_IN_FROM, None)
    else:
        request.session[SIGNED_IN_FROM] = [found.provider, found.issuer, found.tenant]


def listen() -> None:
    """Once, when all applications are there."""
    social_account_added.connect(_connected, dispatch_uid="signed_in_from")


def _connected(request: Any = None, sociallogin: Any = None, **kwargs: Any) -> None:
    """Somebody who is signed in has shown that an account at a provider is theirs."""
    if request is not None:
        note(request, tenant_of_login(sociallogin))


def noted(request: HttpRequest) -> SignedInFrom | None:
    """Where the person of this session signed in from. Free."""
    said = request.session.get(SIGNED_IN_FROM)
    return SignedInFrom(*said) if said else None
