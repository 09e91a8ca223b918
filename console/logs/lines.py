"""How a line of the log looks: when, how grave, by which part, for whom, what."""

from __future__ import annotations

import logging
import time

from console.logs.request_answered import person_asking


class LineFormatter(logging.Formatter):
    """`2026-11-29T12:00:00.123Z WARNING django.request person=7 Not Found: /x`; `person=-` is nobody. A traceback follows."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s person=%(person)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """On one line, whatever a message repeats: none can pass for another."""
        record.person = person_asking() or "-"
        record.message = record.message.replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)
