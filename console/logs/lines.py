"""How a line of the log looks: when, how grave, by which part, for whom, what. As text for people, as JSON for machines.

What is logged with `extra=fields(route=…, ms=…)` stands in both: as `route=…` behind the words, and as members of the object.
"""

from __future__ import annotations

import json
import logging
import re
import time
from functools import lru_cache
from typing import Any

from console.logs.request_answered import person_asking
from console.logs.under_way import under_way


def fields(**named: Any) -> dict[str, Any]:
    """What a line says besides its words: numbers, and names that we made; never what somebody typed."""
    return {"fields": named}


PART = r"""[^\s@<>()\[\]{}"'`,;:=|\\]"""
ADDRESS = re.compile(rf"""(?:(?<!{PART}){PART}+|(?<=["']))@{PART}+""")
"""An e-mail address, without its name's quotes."""
VALUES = re.compile(
    r"""^[ |]*(?:DETAIL|CONTEXT|QUERY|LINE\ \d+):.*?
        (?=^[ |]*HINT:|\n[ |]*\n[ |]*(?:The\ above\ exception|During\ handling\ of)|^[ |]*\+-|\Z)""",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
"""What PostgreSQL adds to an error: values of a row, on as many lines as they have, and the statement."""


def without_addresses(text: str) -> str:
    """With `…` in the place of each e-mail address."""
    return ADDRESS.sub("…", text) if "@" in text else text


class _Formatter(logging.Formatter):
    def formatException(self, ei: Any) -> str:
        """The traceback, without the values of a row that the database names, and without addresses of people."""
        return without_addresses(VALUES.sub("", super().formatException(ei)).rstrip())


class LineFormatter(_Formatter):
    """`2026-11-29T12:00:00.123Z WARNING django.request person=7 Not Found: /x`; `person=-` is nobody. A traceback follows."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s person=%(person)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """On one line, whatever a message repeats: none can pass for another."""
        record.person = person_asking() or "-"
        named: dict[str, Any] = getattr(record, "fields", {})
        words = " ".join(
            [without_addresses(record.message), *(f"{name}={'-' if value is None else value}" for name, value in named.items())]
        )
        record.message = words.replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)


class JsonFormatter(_Formatter):
    """An object a line: `at`, `level`, `part`, `message`; `request` (or the job's id), `person`, `company` where there are any;
    the fields of the line; `traceback`."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "at": f"{_second(int(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "part": record.name,
            "message": without_addresses(record.getMessage()),
        }
        if (found := under_way.get()) is not None:
            said["request"] = found.id
            if found.company is not None:
                said["company"] = found.company
        if (person := person_asking()) is not None:
            said["person"] = person
        said.update(getattr(record, "fields", {}))
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        if record.stack_info:
            said["stack"] = record.stack_info
        return _encode(said)


_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


@lru_cache(2)
def _second(instant: int) -> str:
    """Many lines are of the same second."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(instant))
