"""What is under way in this thread, a request or a job: its id, the company it concerns, and how often it asked the database.

Whatever is logged meanwhile carries the id, so that lines of one request can be found together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


class UnderWay:
    """`id`: of a request as its answer says it, of a job `job-` and its number. `company`: the last one in hand."""

    __slots__ = ("company", "id", "statements")

    def __init__(self, id: str) -> None:
        self.id = id
        self.company: int | None = None
        self.statements = 0


under_way: ContextVar[UnderWay | None] = ContextVar("under_way", default=None)
"""None in a command, and while the process starts."""


def note_company(company: int) -> None:
    """By who takes it in hand."""
    if (found := under_way.get()) is not None:
        found.company = company


def count_statements(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """For the signal of a new connection."""
    if _counted not in connection.execute_wrappers:
        connection.execute_wrappers.append(_counted)


def _counted(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
    if (found := under_way.get()) is not None:
        found.statements += 1
    return execute(sql, params, many, context)
