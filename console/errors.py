"""Refusals that people read. Every one says what is wrong and what to do next; none is a crash."""

from typing import Any


class DomainError(Exception):
    """An act was refused; nothing was written. `status` is the HTTP status a page answers with.

    `field` names the form field the message belongs beside, empty for the form as a whole.
    """

    status = 422

    def __init__(self, message: Any, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return str(self.message)


class Refused(DomainError):
    """The facts do not allow it: wrong day, wrong state, wrong company, wrong number."""


class NotAllowed(DomainError):
    """The person does not have the role for it in this company."""

    status = 403


class Conflict(DomainError):
    """Somebody or something else came first."""

    status = 409


class KeyUsedForSomethingElse(Conflict):
    """The idempotency key was already used, with other arguments."""
