"""One thing that is not as it must be, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Difference:
    """What `check` found: where (company or table, then license, line or act), on which day, expected and found."""

    check: str
    where: str
    expected: str
    found: str
    day: date | None = None

    def __str__(self) -> str:
        on = f", {self.day.isoformat()}" if self.day else ""
        return f"{self.where}{on}: expected {self.expected}, found {self.found} [{self.check}]"
