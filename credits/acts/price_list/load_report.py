"""What loading a price list has added, changed and re-priced, for whoever loaded it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class LoadReport:
    """What loading changed: texts by kind of row, and what re-pricing did per company (name, credits today and later)."""

    added: dict[str, list[str]] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    repriced: list[tuple[str, int]] = field(default_factory=list)

    def add(self, kind: str, text: str) -> None:
        self.added.setdefault(kind, []).append(text)

    def change(self, kind: str, text: str) -> None:
        self.changed.setdefault(kind, []).append(text)

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.repriced)
