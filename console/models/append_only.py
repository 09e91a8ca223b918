"""Rows that are written once: the refusal in Python, where the message is kinder; the database refuses by itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from django.db import models


class FactsAreNeverEdited(TypeError):
    """Code tried to change or delete a recorded fact. Record a further statement instead."""

    def __init__(self, what: object) -> None:
        super().__init__(f"{what} is a recorded fact: it is never edited or deleted. Record a further statement instead.")


class AppendOnlyQuerySet(models.QuerySet):
    """Reads and adds; refuses the rest before the database has to."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise FactsAreNeverEdited(self.model._meta.verbose_name)

    def delete(self) -> NoReturn:
        raise FactsAreNeverEdited(self.model._meta.verbose_name)

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> NoReturn:
        raise FactsAreNeverEdited(self.model._meta.verbose_name)


class AppendOnly(models.Model):
    """A row that is written once. Its table carries guards against UPDATE, DELETE and TRUNCATE."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise FactsAreNeverEdited(self)
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise FactsAreNeverEdited(self)
