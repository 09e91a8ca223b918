"""OpenID Connect providers, as the environment names them, in the form django-allauth reads.

`OIDC_PROVIDERS=contoso` and, for each name, `OIDC_CONTOSO_ISSUER`, `OIDC_CONTOSO_CLIENT_ID`,
`OIDC_CONTOSO_CLIENT_SECRET` (or `..._FILE`), `OIDC_CONTOSO_DOMAINS=contoso.com,contoso.de` and, if wanted,
`OIDC_CONTOSO_LABEL` for the button and `OIDC_CONTOSO_STAFF=1`. In the place of domains `OIDC_CONTOSO_TENANTS=1`, where many
organizations sign in by it, such as Microsoft Entra's `organizations`: it then vouches for no address, and for no staff.

Whoever runs a provider can be anybody whom it vouches for: so it vouches for addresses of its domains alone, and for staff only
where that is stated.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from console.settings_from_environment import Environment


def identity_providers(env: Environment) -> tuple[dict[str, Any], list[str]]:
    """`SOCIALACCOUNT_PROVIDERS`, and the origins that the sign-in form is redirected to."""
    apps: list[dict[str, Any]] = []
    origins: list[str] = []
    for name in env.items("OIDC_PROVIDERS"):
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,29}", name):
            env.wrong(
                "OIDC_PROVIDERS",
                f'"{name}" is not a name of lowercase letters, digits and hyphens',
                fix="For example OIDC_PROVIDERS=contoso",
            )
            continue
        prefix = f"OIDC_{name.upper().replace('-', '_')}"
        issuer = env.address(f"{prefix}_ISSUER", None, ends="path")
        tenants = env.flag(f"{prefix}_TENANTS")
        if tenants:
            _demand_no_trust(env, prefix)
        apps.append(
            {
                "provider_id": name,
                "name": env.text(f"{prefix}_LABEL", name.title()),
                "client_id": env.text(f"{prefix}_CLIENT_ID", None),
                "secret": env.secret(f"{prefix}_CLIENT_SECRET", None),
                "settings": {
                    "server_url": issuer,
                    "fetch_userinfo": True,
                    "domains": _domains(env, f"{prefix}_DOMAINS"),
                    "staff": env.flag(f"{prefix}_STAFF"),
                    "tenants": tenants,
                },
            }
        )
        parts = urlsplit(issuer)
        origins.append(f"{parts.scheme}://{parts.netloc}")
    _demand_names(env)
    providers = {"openid_connect": {"APPS": apps, "OAUTH_PKCE_ENABLED": True}} if apps else {}
    return providers, origins


def _domains(env: Environment, name: str) -> list[str]:
    found = [each.lower().removeprefix("@").rstrip(".") for each in env.items(name)]
    for each in found:
        if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", each):
            env.wrong(name, f'"{each}" is not a domain', fix=f"Name whole domains, for example {name}=contoso.com,contoso.de")
    return found


def _demand_no_trust(env: Environment, prefix: str) -> None:
    """The administrators of all tenants write what they like into addresses."""
    for name in (f"{prefix}_DOMAINS", f"{prefix}_STAFF"):
        if env.values.get(name, "").strip():
            fix = f"Unset it, or {prefix}_TENANTS: people of many organizations are known by their account there alone"
            env.wrong(name, f"does not go with {prefix}_TENANTS", fix=fix)


def demand_domains(env: Environment, providers: Mapping[str, Any]) -> None:
    """Production lets no provider vouch for addresses of whatever domain."""
    for app in providers.get("openid_connect", {}).get("APPS", []):
        if not app["settings"]["domains"] and not app["settings"]["tenants"]:
            name = f"OIDC_{app['provider_id'].upper().replace('-', '_')}_DOMAINS"
            fix = f"Name the domains of the addresses that it may vouch for, for example {name}=contoso.com"
            env.wrong(name, "is not set, so whoever runs the provider could sign in as anybody", fix=fix)


def vouches_for(provider: Mapping[str, Any], address: str) -> bool:
    """Whether a provider, given by its settings, may say whose address this is."""
    return address.strip().lower().rpartition("@")[2].rstrip(".") in provider.get("domains", [])


def _demand_names(env: Environment) -> None:
    """Note what is set for a provider that OIDC_PROVIDERS does not name: nobody could sign in by it, and nothing tells why."""
    known = tuple(f"OIDC_{name.upper().replace('-', '_')}_" for name in env.items("OIDC_PROVIDERS"))
    for name, value in env.values.items():
        if name.startswith("OIDC_") and name != "OIDC_PROVIDERS" and value.strip() and not name.startswith(known):
            env.wrong(name, "belongs to no provider that OIDC_PROVIDERS names", fix="Add its name there, or unset it")
