"""Looking only: what runs inside writes nothing, and the database itself refuses it.

    with looking_only():
        ...                              # each statement is a transaction, or a part of one, that is READ ONLY
        with recorded_meanwhile():       # what has to be written of the looking itself, and locks that are let go
            ...

Nobody else pays for it: a wrapper stands around the statements of one connection, for as long as the block runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import InternalError, connection, transaction
from django.utils.translation import gettext as _

_looks: ContextVar[bool] = ContextVar("looking_only", default=False)
OF_TRANSACTIONS = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")
READ_ONLY_TRANSACTION = "25006"


class LooksOnly(Exception):
    """Something was to be written while somebody only looks. No refusal of an act, which a form would show beside a field."""

    status = 403

    def __str__(self) -> str:
        return _("You view this company as its people see it, so nothing can be changed. End the view first.")


def looks_only() -> bool:
    """Whether nothing may be written now. Free."""
    return _looks.get()


@contextmanager
def looking_only() -> Iterator[None]:
    """Raises LooksOnly for a statement that writes or locks."""
    token = _looks.set(True)
    try:
        with connection.execute_wrapper(_read_only):
            yield
    finally:
        _looks.reset(token)


@contextmanager
def recorded_meanwhile() -> Iterator[None]:
    """For the record of the looking; what it is about stays as it is. Free where nobody only looks."""
    token = _looks.set(False)
    try:
        yield
    finally:
        _looks.reset(token)


def _read_only(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
    if not _looks.get() or (isinstance(sql, str) and sql.startswith(OF_TRANSACTIONS)):
        return execute(sql, params, many, context)
    try:
        # A savepoint's end gives back what held before it, so a transaction around it is not read-only for good.
        with transaction.atomic(using=context["connection"].alias):
            with context["connection"].connection.cursor() as other:
                other.execute("SET TRANSACTION READ ONLY")
            return execute(sql, params, many, context)
    except InternalError as error:
        if getattr(error.__cause__, "sqlstate", "") == READ_ONLY_TRANSACTION:
            raise LooksOnly from error
        raise
