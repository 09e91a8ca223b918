"""Watching every statement: a tenant table is asked with something in hand, and for one company it names that company.

    with watched():                          # every connection from here on, those of other threads too
        ...
    assert slips() == []

It judges the applications, not the tests: what a test asks by itself is free, also through a selector or a method of a
model, which ask in the name of whoever calls them. So the one who must hold the company is the page, act, job or command.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from console.company_in_hand import InHand, in_hand_now
from console.database_roles import row_security
from licensing.models import TenantRow

ROOT = Path(__file__).resolve().parent.parent
OURS = ("console/", "licensing/", "credits/", "tests/")
ASK_FOR_THEIR_CALLER = (
    "/models/",
    "/reading/",
    "/verification/",
    "_in_hand.py",
    "/credit_questions.py",
    "/prepared_queries.py",
    "/row_security.py",
)
"""Rooms and files that answer questions: what they ask, they ask for somebody."""
WATCHES_TOO = "tests/conftest.py"
"""Stands between a statement and whoever asks it."""


class AskedOutOfHand(AssertionError):
    """The applications asked a tenant table without a company in hand, or without naming the one in hand."""


_slips: list[str] = []


def slips() -> list[str]:
    """What was noticed since the last call, as sentences. A page may have swallowed the exception."""
    found = _slips[:]
    _slips.clear()
    return found


@contextmanager
def watched() -> Iterator[None]:
    connection_created.connect(_watch, dispatch_uid="asked_in_hand")
    row_security.in_hand_for = _held_by_whoever_asks
    for each in connections.all(initialized_only=True):
        _watch(each)
    try:
        yield
    finally:
        connection_created.disconnect(dispatch_uid="asked_in_hand")


def _watch(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if _judge not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _judge)


TESTS = InHand(all_because="a test asks what it likes")


def _held_by_whoever_asks(sql: Any) -> InHand | None:
    """A test asks what it likes, also with a company in hand."""
    held = in_hand_now()
    asks = isinstance(sql, str) and (statement(sql) or "licensing_membership" in sql)
    if asks and (held is None or not held.all_because) and not _asker():
        return TESTS
    return held


def _judge(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
    if isinstance(sql, str) and (asked := statement(sql)):
        held = in_hand_now()
        problem = ""
        if held is None:
            problem = "with nothing in hand"
        elif held.company is not None and not asked.names(held.company, params):
            problem = f"without naming company {held.company}, which is in hand"
        if problem and (asker := _asker()):
            _slips.append(f"{asker} asks {', '.join(asked.tables)} {problem}: {' '.join(sql.split())[:1500]} {str(params)[:200]}")
            raise AskedOutOfHand(_slips[-1])
    return execute(sql, params, many, context)


def _asker() -> str:
    """file:line of the applications that asks; empty where a test does, a migration, or nobody of ours."""
    frame = sys._getframe(2)
    while frame is not None:
        file = _ours(frame.f_code.co_filename)
        if file and file != WATCHES_TOO and not any(room in file for room in ASK_FOR_THEIR_CALLER):
            return "" if file.startswith("tests/") or "/migrations/" in file else f"{file}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return ""


@cache
def _ours(path: str) -> str:
    """The path within the repository, empty for the code of others."""
    if not path.startswith(f"{ROOT}/"):
        return ""
    file = path.removeprefix(f"{ROOT}/")
    return file if file.startswith(OURS) else ""


# --- What a statement says


def tenant_tables() -> set[str]:
    return {model._meta.db_table for model in apps.get_models() if issubclass(model, TenantRow)}


PLACEHOLDER = r"%s|%\(\w+\)s"
COLUMN = r'(?:"?(\w+)"?\.)?"?company_id"?'
NO_ALIAS = "where|set|on|inner|left|right|full|cross|join|order|group|limit|for|using|union|values|returning|having|as|default"


@cache
def _occurrence() -> re.Pattern[str]:
    tables = "|".join(sorted(tenant_tables(), key=len, reverse=True))
    return re.compile(
        rf'(?:\bfrom|\bjoin|\bupdate|\binto|,)\s+(?:only\s+)?"?({tables})"?(?![\w".])(?:\s+(?:as\s+)?"?(?!(?:{NO_ALIAS})\b)(\w+)"?)?',
        re.IGNORECASE,
    )


EQUALS_VALUE = re.compile(
    rf"{COLUMN}\s*(?:=\s*(?:any\s*)?\(*|in\s*\()\s*((?:{PLACEHOLDER})(?:\s*,\s*(?:{PLACEHOLDER}))*)", re.IGNORECASE
)
EQUALS_OTHER = re.compile(rf"{COLUMN}\s*=\s*\(?{COLUMN}", re.IGNORECASE)
IN_PAIRS = re.compile(rf"\(\s*{COLUMN}\s*,[^()]*\)\s+in\s+\(\s*select\s+(?:distinct\s+)?{COLUMN}", re.IGNORECASE)
INSERT = re.compile(r'\s*insert\s+into\s+"?\w+"?\s*\(([^)]*)\)', re.IGNORECASE)


@dataclass(frozen=True)
class Statement:
    """Which tenant tables a statement asks, and by what each of them is bound to a company.

    `values` are (place, numbers of the placeholders its `company_id` equals), `equal` are pairs of places whose `company_id` are
    equal, `inserts` the position of `company_id` among an insert's columns and their number.
    """

    tables: tuple[str, ...]
    places: tuple[int, ...]
    values: tuple[tuple[int | str, tuple[int | str, ...]], ...]
    equal: tuple[tuple[int | str, int | str], ...]
    inserts: tuple[int, int] | None

    def names(self, company: int, params: Any) -> bool:
        """Whether every place at which a tenant table stands is bound to this company, by a value or through another place."""
        if self.inserts is not None:
            return self._inserts_only(company, params)
        bound = {place for place, numbers in self.values if all(_is(company, params[number]) for number in numbers)}
        grown = True
        while grown:
            more = {other for one, two in self.equal for here, other in ((one, two), (two, one)) if here in bound} - bound
            bound |= more
            grown = bool(more)
        return bound.issuperset(self.places)

    def _inserts_only(self, company: int, params: Any) -> bool:
        at, columns = self.inserts or (0, 1)
        if at < 0 or not isinstance(params, Sequence) or len(params) % columns:
            return False
        return all(_is(company, value) for value in params[at::columns])


def _is(company: int, value: Any) -> bool:
    return all(each == company for each in value) if isinstance(value, list | tuple) else value == company


@lru_cache(maxsize=4096)
def statement(sql: str) -> Statement | None:
    """What a statement says of tenant tables; None for one that asks none."""
    found = list(_occurrence().finditer(sql))
    if not found:
        return None
    aliases = [(match.start(), (match[2] or match[1]).lower()) for match in found]
    numbers = _placeholders(sql)

    def place(alias: str | None, at: int, comes_later: bool = False) -> int | str:
        """The tenant table that a column belongs to, by its number; the alias itself where it is another table's.

        Of several by one alias the last before the column, or the first after it.
        """
        wanted = [number for number, (_, name) in enumerate(aliases) if alias is None or name == alias.lower()]
        before = [number for number in wanted if aliases[number][0] < at]
        after = [number for number in wanted if aliases[number][0] > at]
        first, second = (after[:1], before[-1:]) if comes_later else (before[-1:], after[:1])
        return (first or second or [str(alias).lower()])[0]

    values = []
    for match in EQUALS_VALUE.finditer(sql):
        inside = [numbers[at] for at in numbers if match.start(2) <= at < match.end(2)]
        values.append((place(match[1], match.start()), tuple(inside)))
    pairs = [*EQUALS_OTHER.finditer(sql), *IN_PAIRS.finditer(sql)]
    # A subquery names its column before the table that it belongs to.
    equal = [(place(match[1], match.start()), place(match[2], match.start(2), match.re is IN_PAIRS)) for match in pairs]
    insert, inserts = INSERT.match(sql), None
    if insert:
        columns = [name.strip().strip('"') for name in insert[1].split(",")]
        inserts = (columns.index("company_id") if "company_id" in columns else -1, len(columns))
    tables = tuple(dict.fromkeys(match[1] for match in found))
    return Statement(tables, tuple(range(len(found))), tuple(values), tuple(equal), inserts)


def _placeholders(sql: str) -> dict[int, int | str]:
    """Where each placeholder stands -> its number, or its name."""
    found: dict[int, int | str] = {}
    for match in re.finditer(PLACEHOLDER, sql):
        found[match.start()] = len(found) if match[0] == "%s" else match[0][2:-2]
    return found
