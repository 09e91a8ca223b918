"""The kinds of notices for which a person may choose how each reaches them. The apps that tell of something offer theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class KindToChoose:
    """A kind, by the name its notices have; `told_to` says in words who is told of it."""

    name: str
    label: Any
    told_to: Callable[[], str]
    may_be_off: bool


_kinds: dict[str, KindToChoose] = {}


def offer(*kinds: KindToChoose) -> None:
    _kinds.update({kind.name: kind for kind in kinds})


def kinds_to_choose() -> list[KindToChoose]:
    """In the order in which they were offered."""
    return list(_kinds.values())
