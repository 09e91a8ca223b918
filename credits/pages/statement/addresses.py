"""A month in an address: 2026-06."""

from __future__ import annotations

from datetime import date


class MonthInAddress:
    """The month's first day, of the years that pages can show."""

    regex = r"(?:20|21)[0-9]{2}-(?:0[1-9]|1[0-2])"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(f"{value}-01")

    def to_url(self, value: date | str) -> str:
        return value if isinstance(value, str) else f"{value:%Y-%m}"
