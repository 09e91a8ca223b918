"""OpenID Connect providers, as the environment names them, in the form django-allauth reads.

`OIDC_PROVIDERS=contoso` and, for each name, `OIDC_CONTOSO_ISSUER`, `OIDC_CONTOSO_CLIENT_ID`,
`OIDC_CONTOSO_CLIENT_SECRET` (or `..._FILE`) and, if wanted, `OIDC_CONTOSO_LABEL` for the button.
"""

import re
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
        issuer = env.address(f"{prefix}_ISSUER", None)
        apps.append(
            {
                "provider_id": name,
                "name": env.text(f"{prefix}_LABEL", name.title()),
                "client_id": env.text(f"{prefix}_CLIENT_ID", None),
                "secret": env.secret(f"{prefix}_CLIENT_SECRET", None),
                "settings": {"server_url": issuer, "fetch_userinfo": True},
            }
        )
        parts = urlsplit(issuer)
        origins.append(f"{parts.scheme}://{parts.netloc}")
    providers = {"openid_connect": {"APPS": apps, "OAUTH_PKCE_ENABLED": True}} if apps else {}
    return providers, origins
