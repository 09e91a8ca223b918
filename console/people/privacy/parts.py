"""What leads to a person: each column, with what becomes of it when they are erased, and what they are given of it.

    holds("licensing.Membership.user", _("Memberships"), _("ended"))         # a column that names a person, or an address
    mentions("credits.DeskItem", "facts")                                    # texts of ours in which a name may stand
    steps.append(leave_companies)                                            # what else there is to do, before anything is erased

A test derives all columns that lead to a person from the models: a new one fails until it stands here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from console.models import Actor, User


@dataclass(frozen=True)
class Identity:
    """Who is erased, as they were: what nobody finds any more afterwards."""

    pk: int
    name: str
    addresses: tuple[str, ...]

    @property
    def pattern(self) -> str:
        """Of PostgreSQL, to be matched whatever the case: the name as whole words, and each address; also as JSON has them."""
        words = {spelled for each in (self.name, *self.addresses) if each for spelled in (each, json.dumps(each)[1:-1])}
        return "|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in sorted(words, key=len, reverse=True))

    def is_named_in(self, text: str) -> bool:
        return any(each and re.search(rf"(?<!\w){re.escape(each)}(?!\w)", text, re.I) for each in (self.name, *self.addresses))


@dataclass(frozen=True)
class Held:
    """One column. `becomes` says what erasing does with it; `left_out` are columns that nobody is given, such as secrets.

    `found_by` is "id" where the column names the person, "address" where it holds an address of theirs.
    """

    column: str
    title: Any
    becomes: Any
    left_out: tuple[str, ...] = ()
    found_by: str = "id"


@dataclass
class Parts:
    held: dict[str, Held] = field(default_factory=dict)
    mentioned: dict[str, tuple[str, ...]] = field(default_factory=dict)


_parts = Parts()

type Step = Callable[[User, Actor, str, bool], None]
steps: list[Step] = []
"""What is done first, in the transaction of the act: told the person, who erases, the act's key, and whether companies may be
left without an owner. Raises a DomainError where it cannot be done yet."""

hindrances: list[Callable[[User], list[str]]] = []
"""Sentences that say what stands in the way of a person's erasure, and what to do first; for their page."""

type Forget = Callable[[Identity], None]
forgets: list[Forget] = []
"""What empties columns, told who it was."""


def holds(column: str, title: Any, becomes: Any, *, left_out: tuple[str, ...] = (), found_by: str = "id") -> None:
    """`column` is "app.Model.field"."""
    _parts.held[column] = Held(column, title, becomes, left_out, found_by)


def mentions(model: str, *columns: str) -> None:
    """Columns of a model whose texts may name people though nobody typed them there: names are replaced in them."""
    _parts.mentioned[model] = columns


def held() -> dict[str, Held]:
    return _parts.held


def mentioned() -> dict[str, tuple[str, ...]]:
    return _parts.mentioned
