"""Which columns hold sealed texts, and which of them a secret is found by: what `seal_anew` goes through.

A model says so of itself: `sealed_columns = [SealedColumn("sealed", fingerprint="fingerprint")]`. Those of other packages are
listed here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import Model, Q

from console.security.sealing import NotOurs, fingerprints, is_under_the_first_key, seal, unseal

BEGINS = "gAAAAA"
"""Every sealed text, until the year 2106."""


@dataclass(frozen=True)
class SealedColumn:
    """A column of texts or of JSON; in JSON every text that begins as sealed ones do."""

    name: str
    fingerprint: str = ""
    """The column that the secret is found by."""
    where: Q = field(default_factory=Q)
    """The rows whose column is sealed; an empty text never is."""


ELSEWHERE: dict[str, list[SealedColumn]] = {
    "mfa.Authenticator": [SealedColumn("data", where=~Q(type="webauthn"))],
    "sessions.Session": [SealedColumn("session_data", where=Q(session_data__startswith=BEGINS))],
}


def sealed_columns() -> list[tuple[type[Model], SealedColumn]]:
    """All of them, by the names of their models."""
    found = [(model, each) for model in apps.get_models() for each in model.__dict__.get("sealed_columns", [])]
    found += [(apps.get_model(name), each) for name, columns in ELSEWHERE.items() for each in columns]
    return sorted(found, key=lambda each: (each[0]._meta.label, each[1].name))


def under_the_first_key(value: Any) -> bool:
    """Whether a value, text or JSON, would still open without the other keys."""
    return all(map(is_under_the_first_key, _texts(value)))


def opens(value: Any) -> bool:
    """Whether each of its sealed texts opens, with any of the keys."""
    try:
        for text in _texts(value):
            unseal(text)
    except NotOurs:
        return False
    return True


def sealed_anew(value: Any) -> Any:
    """The value with each sealed text under the first key. Raises NotOurs for one that no key opens."""
    return _with_each(value, lambda text: text if is_under_the_first_key(text) else seal(unseal(text)))


def fingerprint_of(sealed: str) -> str:
    """What the secret is found by under the first key. Raises NotOurs."""
    return fingerprints(unseal(sealed))[0]


def _texts(value: Any) -> list[str]:
    found: list[str] = []
    _with_each(value, lambda text: found.append(text) or text)  # type: ignore[func-returns-value]
    return found


def _with_each(value: Any, change: Callable[[str], str], *, inside: bool = False) -> Any:
    if isinstance(value, str):
        return change(value) if value and (not inside or value.startswith(BEGINS)) else value
    if isinstance(value, list):
        return [_with_each(each, change, inside=True) for each in value]
    if isinstance(value, dict):
        return {name: _with_each(each, change, inside=True) for name, each in value.items()}
    return value
