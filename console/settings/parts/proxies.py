"""What stands in front: how many proxies are trusted, and under which origin browsers send the forms."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.http.request import split_domain_port, validate_host

from console.settings_from_environment import Environment

DEFAULT_PORTS = {"https": 443, "http": 80}


def trusted_proxies(env: Environment) -> int:
    """How many proxies, counted from this process outwards, write X-Forwarded-For and X-Forwarded-Proto; 0 without any."""
    if env.text("BEHIND_PROXY"):
        env.wrong(
            "BEHIND_PROXY",
            "does not say how many proxies there are",
            fix="Unset it, and set TRUSTED_PROXIES to their number, for example TRUSTED_PROXIES=1; each has to add the address"
            " that asked it to X-Forwarded-For, and the one that ends TLS has to set X-Forwarded-Proto",
        )
    return env.number("TRUSTED_PROXIES", 0, highest=10)


def demand_hosts(env: Environment, hosts: list[str], console_url: str) -> None:
    """Note what is no host name, and a CONSOLE_URL that would be refused as soon as somebody opens it."""
    if not all(re.fullmatch(r"\.?[\w-]+(\.[\w-]+)*\.?|\[[0-9A-Fa-f:.]+\]", host) for host in hosts):
        env.wrong(
            "ALLOWED_HOSTS",
            f'"{",".join(hosts)}" is not a list of host names',
            fix="Name each host by itself, without https://, without a port and without *, for example allotment.example.com",
        )
        return
    name = origin_of(console_url).partition("://")[2]
    if name and hosts and not validate_host(split_domain_port(name)[0], hosts):
        env.wrong(
            "ALLOWED_HOSTS",
            f'"{",".join(hosts)}" lacks the host of CONSOLE_URL',
            fix=f"Add {split_domain_port(name)[0]} to it, or set CONSOLE_URL to where people open the console",
        )


def origin_of(address: str) -> str:
    """As browsers write it: scheme://host, with a port where it is not the scheme's own. Empty where there is none."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    if not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != DEFAULT_PORTS.get(parts.scheme) else "")
