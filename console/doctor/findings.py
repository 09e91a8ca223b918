"""A finding, and the subjects that look for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

MODULE = "subjects_of_doctor"
"""Of each app: importing it adds its subjects."""


class Severity(StrEnum):
    WRONG = "wrong"
    """Something is broken, unsafe, or will be lost."""
    WARN = "warn"
    """Nothing is broken, but somebody should see to it."""


class Needs(IntEnum):
    """What a subject has to have before it can be asked."""

    SETTINGS = 0
    DATABASE = 1
    TABLES = 2
    """A database with all migrations."""


@dataclass(frozen=True)
class Finding:
    """One deviation. `name` stays the same from version to version, so that a watcher may go by it.

    `fix` is a command or a setting, or several, a line each.
    """

    name: str
    what: str
    why: str
    fix: str
    severity: Severity = Severity.WRONG


@dataclass(frozen=True)
class Subject:
    title: str
    needs: Needs
    look: Callable[[], Iterable[Finding]]


subjects: list[Subject] = []
"""In the order in which they are told."""


def subject[F: Callable[[], Iterable[Finding]]](title: str, *, needs: Needs = Needs.SETTINGS) -> Callable[[F], F]:
    """The function yields what deviates; nothing where all is well. It may raise DatabaseError where it needs the database."""

    def add(look: F) -> F:
        subjects.append(Subject(title, needs, look))
        return look

    return add


def plain_list(names: Iterable[str], most: int = 5) -> str:
    """`a, b and 3 more`."""
    found = list(names)
    shown = ", ".join(found[:most])
    return f"{shown} and {len(found) - most} more" if len(found) > most else shown
