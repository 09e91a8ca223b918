"""Whose description and whose answer it is: the issuer's that was configured (Discovery 1.0, 4.3; RFC 9207). Asks nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.providers.oauth2.client import OAuth2Error

ADDRESSES = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
"""Of a provider, in its description: where browsers and we are led."""
TENANT_ID = "{tenantid}"
"""What stands for the tenant in the issuer of a provider of several tenants."""
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def require_description(said: Mapping[str, Any], configured: str, *, tenants: bool) -> None:
    """Hold what a provider says of itself to the address under which it was found: its issuer, and TLS where that has it.

    A slash at the end of the issuer may differ. Raises OAuth2Error.
    """
    if not all(isinstance(said.get(each), str) for each in ("issuer", *ADDRESSES)):
        raise OAuth2Error(f"{configured} does not tell all addresses")
    issuer, wanted = said["issuer"], configured.partition("/.well-known/")[0].rstrip("/")
    there, here = urlsplit(issuer), urlsplit(wanted)
    if tenants:
        fits = issuer.count(TENANT_ID) == 1 and (there.scheme, there.netloc) == (here.scheme, here.netloc)
    else:
        fits = issuer.rstrip("/") == wanted
    if not fits:
        raise OAuth2Error(f"{configured} describes another issuer")
    if not {urlsplit(said[each]).scheme for each in ADDRESSES} <= ({"https"} if here.scheme == "https" else {"https", "http"}):
        raise OAuth2Error(f"{configured} names an address without TLS")


def require_answer(issuer: str | None, description: Mapping[str, Any]) -> None:
    """Hold the issuer that an answer names to the one that was asked (RFC 9207), before that one is sent the code.

    None where the answer names none, which it has to where the provider says that it does. Where the description names a tenant
    by `{tenantid}`, the answer's may be any; the token tells which. Raises OAuth2Error.
    """
    if issuer is None:
        fits = description.get("authorization_response_iss_parameter_supported") is not True
    else:
        fits = bool(re.fullmatch(re.escape(description["issuer"]).replace(re.escape(TENANT_ID), GUID.pattern), issuer))
    if not fits:
        raise OAuth2Error("The answer is another issuer's, or does not say whose")
