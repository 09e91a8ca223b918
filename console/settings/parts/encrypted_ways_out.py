"""What production sends and asks elsewhere goes encrypted, or stays on the machine."""

from __future__ import annotations

import ipaddress
from typing import Any

from console.settings_from_environment import Environment

DEMANDED = ("require", "verify-ca", "verify-full")
"""What makes libpq refuse a server without TLS; the rest would take one, or prefers it only."""


def is_local(host: str) -> bool:
    """A socket, or an address that does not leave the machine."""
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def demand_encrypted_database(env: Environment, name: str, database: dict[str, Any]) -> None:
    """`database` as Django's settings; one that is not there is on this machine."""
    options = database.get("OPTIONS", {})
    hosts = [*str(database.get("HOST", "")).split(","), *str(options.get("hostaddr", "")).split(",")]
    if not all(map(is_local, hosts)) and (options.get("sslmode") or env.text("PGSSLMODE")) not in DEMANDED:
        env.wrong(
            name,
            "names a server elsewhere and does not demand TLS",
            fix="Add ?sslmode=verify-full to it (and &sslrootcert=system, or the file of its authority)",
        )


def demand_encryption(env: Environment, *, database: dict[str, Any], mailer: dict[str, Any], providers: dict[str, Any]) -> None:
    """Note each variable whose value would let something go in clear."""
    demand_encrypted_database(env, "DATABASE_URL", database)
    mail = mailer.get("OPTIONS", {})
    if mail and not (mail["use_ssl"] or mail["use_tls"]) and not is_local(mail["host"]):
        env.wrong(
            "EMAIL_URL",
            "would send mail unencrypted, the password of the account with it",
            fix="Write smtps:// (port 465), or smtp+tls:// (587)",
        )
    for app in providers.get("openid_connect", {}).get("APPS", []):
        name = f"OIDC_{app['provider_id'].upper().replace('-', '_')}_ISSUER"
        issuer = app["settings"]["server_url"]
        if issuer and not issuer.startswith("https://"):
            env.wrong(name, f'"{issuer}" does not start with https://', fix="Name the issuer's address with https://")
