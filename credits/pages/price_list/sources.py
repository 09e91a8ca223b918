"""Where figures were published, as numbered notes: most rows of a table share one source, which is then written once."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Sources:
    """Numbers sources from 1 in the order in which they are met."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, source: str) -> int | None:
        """The number of a source; None for none."""
        return self.numbers.setdefault(source, len(self.numbers) + 1) if source else None

    @property
    def rows(self) -> list[dict[str, object]]:
        return [{"number": number, "text": text} for text, number in self.numbers.items()]
