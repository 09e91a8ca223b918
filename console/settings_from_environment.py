"""Typed readers of environment variables; a wrong value is named together with its fix.

Every reader returns a usable value and notes what was wrong, so that one start-up names all mistakes at once:
`Environment.stop_if_wrong` raises them together. Secrets may come from files: `SECRET_KEY_FILE=/run/secrets/key`.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from console.contacts import CONTACT

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
GUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"


class WrongEnvironment(ImproperlyConfigured):
    """Raised once with every wrong variable, a line each: its name, what is wrong, and the fix.

    `told` holds the same as pairs: what is wrong, and the fix.
    """

    told: tuple[tuple[str, str], ...] = ()


class Environment:
    """Reads variables from `values`; `problems` collects a sentence per wrong one. Empty counts as not set."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values: Mapping[str, str] = os.environ if values is None else values
        self.problems: list[str] = []
        self.told: list[tuple[str, str]] = []

    def wrong(self, name: str, what: str, *, fix: str) -> None:
        """Note that the variable `name` is wrong: `what` and `fix` are sentences without their full stop."""
        problem = f"{name}: {what}. {fix}."
        if problem not in self.problems:  # prod reads again, more strictly, what base has read
            self.problems.append(problem)
            self.told.append((f"{name}: {what}.", f"{fix}."))

    def text(self, name: str, default: str | None = "", *, example: str = "") -> str:
        """The value, stripped. With `default=None` the variable must be set; `example` then shows how."""
        value = self.values.get(name, "").strip()
        if value:
            return value
        if default is None:
            self.wrong(name, "is not set", fix=f"Set it, for example {name}={example or '...'}")
            return ""
        return default

    def secret(self, name: str, default: str | None = "", *, example: str = "") -> str:
        """Like `text`, but also from the file named by `<name>_FILE`; the variable itself wins."""
        path = self.values.get(f"{name}_FILE", "").strip()
        if not self.values.get(name, "").strip() and path:
            try:
                value = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not text"
                self.wrong(f"{name}_FILE", f"cannot read {path}: {reason}", fix="Name a file this process may read")
                return ""
            if not value:
                self.wrong(f"{name}_FILE", f"{path} is empty", fix=f"Write the value of {name} into it")
            return value
        return self.text(name, default, example=example)

    def items(self, name: str, default: str | None = "", *, example: str = "") -> list[str]:
        """The parts between commas, stripped, empty ones left out."""
        return [part.strip() for part in self.text(name, default, example=example).split(",") if part.strip()]

    def flag(self, name: str, default: bool = False) -> bool:
        """True for 1, true, yes, on; False for 0, false, no, off; in any case of letters."""
        value = self.text(name).lower()
        if not value:
            return default
        if value not in TRUE_WORDS | FALSE_WORDS:
            self.wrong(name, f'"{value}" is neither yes nor no', fix=f"Set {name}=1 or {name}=0")
        return value in TRUE_WORDS

    def number(self, name: str, default: int, *, lowest: int = 0, highest: int = 2**31 - 1) -> int:
        """A whole number within [lowest, highest]; the default is returned in place of a wrong one."""
        value = self.text(name)
        if not value:
            return default
        if not re.fullmatch(r"-?[0-9]{1,18}", value) or not lowest <= int(value) <= highest:
            self.wrong(
                name,
                f'"{value}" is not a whole number from {lowest} to {highest}',
                fix=f"Set it to such a number, for example {name}={default}",
            )
            return default
        return int(value)

    def address(
        self,
        name: str,
        default: str | None = "",
        *,
        schemes: tuple[str, ...] = ("https", "http"),
        ends: Literal["anywhere", "path", "host"] = "anywhere",
    ) -> str:
        """An absolute address with a host, in one of `schemes`; empty where the default is.

        `ends` says after which part: what more is added to it would else stand behind a question mark, or lead elsewhere.
        """
        value = self.text(name, default, example=f"{schemes[0]}://example.com")
        if not value:
            return value
        parts = _whole_address(value, schemes)
        if parts is None:
            shown = re.sub(r"//[^/@]*@", "//…@", value)  # never a password
            self.wrong(
                name,
                f'"{shown}" is not an address that starts with {" or ".join(f"{scheme}://" for scheme in schemes)} and a host',
                fix=f"Write it in full, for example {name}={schemes[0]}://example.com",
            )
        elif ends != "anywhere" and (parts.query or parts.fragment or (ends == "host" and parts.path.strip("/"))):
            self.wrong(
                name,
                f'"{value}" goes on after its {ends}',
                fix=f"Leave the rest out: {name}={parts.scheme}://{parts.netloc}{parts.path if ends == 'path' else ''}",
            )
        return value

    def guid(self, name: str, default: str = "", *, what: str) -> str:
        """A GUID, in any case of letters; `what` it identifies, as people call it."""
        value = self.text(name, default)
        if value and not re.fullmatch(GUID, value):
            self.wrong(
                name,
                f'"{value}" is not a GUID',
                fix=f"Set it to the id of {what}, not its name, for example 7e57ab1e-0000-4000-8000-000000000001",
            )
        return value

    def contact(self, name: str, default: str | None = "") -> str:
        """Whom to ask: an e-mail address, or the https:// (also http://, tel:, mailto:) address of a page."""
        value = self.text(name, default, example="licenses@example.com")
        if value and not CONTACT.fullmatch(value):
            self.wrong(
                name,
                f'"{value}" is neither an e-mail address nor an address that starts with https://',
                fix=f"For example {name}=licenses@example.com",
            )
        return value

    def database(self, name: str = "DATABASE_URL", *, required: bool = False) -> dict[str, Any] | None:
        """Django's settings of the database that the URL names, or None where it is not set."""
        value = self.secret(name, None if required else "", example="postgresql://allotment:secret@localhost/allotment")
        if not value:
            return None
        try:
            return database_from_url(value)
        except ValueError as error:
            self.wrong(
                name,
                str(error),  # never the URL itself: it may hold a password
                fix=f"Write it as {name}=postgresql://user:password@host:5432/database",
            )
            return None

    def mailer(self, name: str = "EMAIL_URL", default: str | None = "") -> dict[str, Any]:
        """Django's settings of the mail server that the URL names; without one, mail is printed on the console.

        smtps:// encrypts from the start (port 465), smtp+tls:// by STARTTLS (587), smtp:// not at all (25).
        """
        value = self.secret(name, default, example="smtps://user:password@mail.example.com")
        console = {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
        if not value:
            return console
        ports = {"smtps": 465, "smtp+tls": 587, "smtp": 25}
        try:
            parts = urlsplit(value)
            port = parts.port
        except ValueError:
            parts, port = None, None
        if parts is None or parts.scheme not in ports or not parts.hostname:
            self.wrong(
                name,
                "is not the address of a mail server",  # never the URL itself: it may hold a password
                fix=f"Write it as {name}=smtps://user:password@mail.example.com (or smtp+tls://, or smtp://)",
            )
            return console
        return {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {
                "host": parts.hostname,
                "port": port or ports[parts.scheme],
                "username": unquote(parts.username or ""),
                "password": unquote(parts.password or ""),
                "use_ssl": parts.scheme == "smtps",
                "use_tls": parts.scheme == "smtp+tls",
                "timeout": 20,
            },
        }

    def stop_if_wrong(self) -> None:
        """Raise `WrongEnvironment` when any reader has noted a problem."""
        if self.problems:
            heading = ["Allotment cannot start with these settings:"] if len(self.problems) > 1 else []
            wrong = WrongEnvironment("\n".join([*heading, *self.problems]))
            wrong.told = tuple(self.told)
            raise wrong


def _whole_address(value: str, schemes: tuple[str, ...]) -> SplitResult | None:
    """None where it is no address: without a host, say, or with a port that there is none of, or with a password."""
    try:
        parts = urlsplit(value)
        good = parts.scheme in schemes and (parts.port is None or parts.port > 0) and "@" not in parts.netloc
    except ValueError:
        return None
    host = parts.hostname or ""
    good = good and bool(re.fullmatch(r"[\w.-]+|[0-9a-f:.]+", host)) and not re.search(r"[\s\\]", value)
    return parts if good else None


def database_from_url(url: str) -> dict[str, Any]:
    """Django's database settings for a libpq-style URL; what stands after "?" are libpq's parameters.

    `postgresql://user@/database?host=/run/postgresql` names a socket folder. Raises ValueError with a sentence that
    does not repeat the URL, which may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError("is not a valid address (is a character in the password not percent-encoded?)") from error
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError("does not start with postgresql://")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in name:
        raise ValueError("does not end with the name of one database")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or options.pop("user", "")),
        "PASSWORD": unquote(parts.password or options.pop("password", "")),
        "HOST": unquote(parts.hostname or options.pop("host", "")),
        "PORT": str(port or options.pop("port", "")),
        "OPTIONS": options,
    }
