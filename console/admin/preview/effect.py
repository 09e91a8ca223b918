"""What an act of support does, in words and figures as its form shows them; read by whoever knows the books.

reads_effects.register(reader)      # when an app starts
Effect(companies=(…), lines=(…), unusual=(…), tick="…").fingerprint
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from console.admin.act_forms import ActForm


@dataclass(frozen=True)
class Figure:
    """A figure before and after, in `unit`: credits, days, or a day. None where there is none."""

    name: str
    label: str
    before: Any
    after: Any
    unit: str = "credits"

    @property
    def change(self) -> int | None:
        """None where nothing changes, or where the difference is no number."""
        if self.unit == "day" or self.before is None or self.after is None or self.before == self.after:
            return None
        return int(self.after - self.before)

    @property
    def is_same(self) -> bool:
        return bool(self.before == self.after)


@dataclass(frozen=True)
class Step:
    """A day on which a total changes, before the act or after it: (valid, allocated) each."""

    day: date
    valid_before: int
    valid_after: int
    allocated_before: int
    allocated_after: int


@dataclass(frozen=True)
class OnCompany:
    """What the act does to one company. `chart` is a picture of `history`, which says the same."""

    id: int
    name: str
    today: date
    figures: tuple[Figure, ...]
    history: tuple[Step, ...]
    chart: Any = None


@dataclass(frozen=True)
class Line:
    """A sentence about what else happens: `what` it is about, then the words."""

    icon: str
    what: str
    words: str


@dataclass(frozen=True)
class Effect:
    """`unusual` is what has to be looked at twice, and `tick` the sentence that says it is meant."""

    companies: tuple[OnCompany, ...] = ()
    lines: tuple[Line, ...] = ()
    unusual: tuple[str, ...] = ()
    tick: str = ""

    @property
    def fingerprint(self) -> str:
        """Another one for every other effect. What a picture shows stands in the figures."""
        said = asdict(self)
        for each in said["companies"]:
            del each["chart"]
        return hashlib.sha256(json.dumps(said, default=str, sort_keys=True).encode()).hexdigest()[:32]


class ReadsEffects(Protocol):
    """Whoever knows the books. It writes nothing and locks nothing."""

    def before(self, form: ActForm) -> Any:
        """What it will compare with, read before the act."""

    def after(self, form: ActForm, before: Any, acts: Collection[UUID]) -> Effect:
        """What these acts did, read in their transaction."""

    def frame(self, form: ActForm) -> dict[str, Any]:
        """What the page of the form shows around itself, and `back`, `back_url` where support has a page of its target."""

    def way_on(self, row: Any, acts: Collection[UUID]) -> tuple[str, str]:
        """Addresses where support reads on once it is done: the row's page, and that of the act. Empty where there is none."""


class _Registered:
    reader: ReadsEffects | None = None

    def register(self, reader: ReadsEffects) -> None:
        self.reader = reader


reads_effects = _Registered()
