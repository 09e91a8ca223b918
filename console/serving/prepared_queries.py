"""Queries that the pages ask over and over: put together once, asked with other values ever after.

    @prepared
    def _licenses(company: int, known_at: datetime | None) -> QuerySet[License]:
        return License.objects.for_company(company).known_at(known_at)

    _licenses(company=company.pk, known_at=None)    # a list, as of the queryset evaluated

Putting a queryset together and turning it into SQL takes Python longer than PostgreSQL needs to answer, and comes out the same
each time. The function is called once for each combination of values that are None, and of lengths of tuples, with stand-ins for
the values; whatever it decides by another value than None would stay decided, so it must not: it may only hand values on to the
database. An empty tuple is a mistake of whoever asks: nothing could be found.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connections
from django.db.models import QuerySet

Value = int | str | date | datetime | tuple[int, ...] | None


@dataclass(frozen=True)
class Place:
    """Where a parameter comes from: a value by its name, perhaps one of a tuple."""

    name: str
    index: int | None = None

    def of(self, values: dict[str, Any]) -> Any:
        value = values[self.name]
        return value if self.index is None else value[self.index]


@dataclass(frozen=True)
class _Compiled:
    """SQL with the parameters that stay, and the names of those that are handed in."""

    compiler: Any
    sql: str
    parameters: tuple[Any, ...]
    places: tuple[Place | None, ...]
    """By position; None where the parameter stays."""
    rows: QuerySet[Any, Any]

    def ask(self, values: dict[str, Value]) -> list[Any]:
        parameters = tuple(
            parameter if place is None else _as(parameter, place.of(values))
            for place, parameter in zip(self.places, self.parameters, strict=True)
        )
        compiler = copy.copy(self.compiler)
        compiler.connection = connections[self.rows.db]
        compiler.as_sql = lambda *args, **kwargs: (self.sql, parameters)
        rows_of: Any = self.rows._iterable_class
        return list(rows_of(_Asked(self.rows, _Query(compiler))))


class _Query:
    """What Django's iterables want of a query: the compiler, and what else is read off it."""

    def __init__(self, compiler: Any) -> None:
        self._compiler = compiler

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        return self._compiler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiler.query, name)


class _Asked:
    """The queryset that was put together, with another query in it; copying one would evaluate it."""

    def __init__(self, rows: Any, query: _Query) -> None:
        self._rows, self.query = rows, query

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rows, name)


class Prepared[T]:
    """What `prepared` makes: called, it asks; `build` is the function as it was written, for tuples that are long."""

    def __init__(self, build: Callable[..., QuerySet[Any, T]]) -> None:
        self.build = build
        self._compiled: dict[tuple[Any, ...], _Compiled] = {}

    def __call__(self, **values: Value) -> list[T]:
        key = tuple((name, type(value), len(value) if isinstance(value, tuple) else 0) for name, value in values.items())
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = _compile(self.build, values)
        return found.ask(values)


def prepared[T](build: Callable[..., QuerySet[Any, T]]) -> Prepared[T]:
    """What `build` returns, evaluated. Its parameters are given by name: int, str, date, datetime, tuple of few int, None."""
    return Prepared(build)


def _compile(build: Callable[..., QuerySet[Any, Any]], values: dict[str, Value]) -> _Compiled:
    stand_ins = {name: _stand_in(value, number) for number, (name, value) in enumerate(values.items())}
    rows = build(**stand_ins)
    if rows._prefetch_related_lookups:  # type: ignore[attr-defined]
        raise TypeError("A prepared query is one statement: it cannot prefetch.")
    compiler = rows.query.get_compiler(using=rows.db)
    sql, parameters = compiler.as_sql()
    wanted: dict[Any, Place] = {}
    for name, stand_in in stand_ins.items():
        if isinstance(stand_in, tuple):
            wanted |= {each: Place(name, index) for index, each in enumerate(stand_in)}
        elif stand_in is not None:
            wanted[stand_in] = Place(name)
    places = tuple(_place_of(parameter, wanted) for parameter in parameters)
    if lost := sorted({each.name for each in set(wanted.values()) - set(places)}):
        raise TypeError(f"{build.__qualname__} does not hand {', '.join(lost)} on to the database as it came.")
    return _Compiled(compiler, sql, tuple(parameters), places, rows)


def _place_of(parameter: Any, wanted: dict[Any, Place]) -> Place | None:
    return next(
        (place for stand_in, place in wanted.items() if isinstance(parameter, type(stand_in)) and parameter == stand_in), None
    )


def _as(parameter: Any, value: Any) -> Any:
    """The value as the database wants it: Django tells it how wide a whole number is by a type of its own."""
    return value if type(parameter) is type(value) else type(parameter)(value)


def _stand_in(value: Value, number: int) -> Value:
    """A value of the same type that nothing else would ever be."""
    match value:
        case None:
            return None
        case datetime():
            return datetime(1, 1, 2, 3, 4, 5, 678900, tzinfo=UTC) + timedelta(days=number)
        case date():
            return date(1, 1, 2) + timedelta(days=number)
        case bool():
            raise TypeError("A truth value decides what is asked; write two queries.")
        case int():
            return 1_870_305_417 + number
        case tuple():
            return tuple(1_871_000_000 + 1_000 * number + index for index in range(len(value)))
        case str():
            return f"\N{REPLACEMENT CHARACTER} stand-in {number}"
    raise TypeError(f"{type(value).__name__} cannot be handed to a prepared query.")
