"""What an explanation consists of: a sentence, entries in groups or steps of arithmetic, and a foot that is the figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

LONG = 24
"""A group of more entries than this is told by month."""


@dataclass(frozen=True)
class Entry:
    """One dated change, as customers read it.

    `units` at `rate` is what it leaves of its license or line on its day; `late`: recorded after its day. Before and after are
    running sums in the order of days, of one day as recorded: of the entry's group, and of the whole figure.
    """

    id: int
    day: date
    change: int | Decimal
    why: str
    by: str = ""
    recorded_at: datetime | None = None
    late: bool = False
    units: int | None = None
    rate: Decimal | None = None
    rate_from: date | None = None
    rate_source: str = ""
    line: str = ""
    line_slug: str = ""
    line_id: int | None = None
    license_id: int | None = None
    order_id: int | None = None
    converted: bool = False
    """Of a license that was converted: it has a receipt."""
    feature: str = ""
    statement_id: int | None = None
    group_before: int | Decimal = 0
    group_after: int | Decimal = 0
    before: int | Decimal = 0
    after: int | Decimal = 0


@dataclass(frozen=True)
class Group:
    """The entries of a license, a feature, a line or a day; `kind` says which, `key` is its id or slug."""

    kind: str
    key: str
    name: str
    entries: tuple[Entry, ...]
    note: str = ""
    slot: int = 0
    parent: str = ""
    """Of a feature: the slug of its offering."""
    order: str = ""
    """Of a license: the number of its order."""

    @property
    def total(self) -> Any:
        """A whole number, or of rates a Decimal."""
        return sum(each.change for each in self.entries)

    @property
    def months(self) -> list[tuple[date, list[Entry]]]:
        """First day of a month -> its entries, where the group is long; else nothing."""
        if len(self.entries) <= LONG:
            return []
        found: dict[date, list[Entry]] = defaultdict(list)
        for each in self.entries:
            found[each.day.replace(day=1)].append(each)
        return list(found.items())


@dataclass(frozen=True)
class Step:
    """A step of arithmetic: a number or a day, with how it comes about; `figure` names its own explanation."""

    label: str
    value: int | Decimal | date
    how: str = ""
    figure: str = ""
    on: date | None = None
    """The day of that explanation, where it is another."""


@dataclass(frozen=True)
class ShareStep:
    """A share on its way to one decimal: cut down first, then 0.1 more for the largest remainders (`gains`)."""

    key: str
    name: str
    slot: int
    credits: int
    exact: Fraction
    gains: bool
    asked: bool

    @property
    def down(self) -> Decimal:
        return Decimal(int(self.exact * 10)).scaleb(-1)

    @property
    def remainder(self) -> Decimal:
        """What was cut off, in percent, to four decimals."""
        rest = self.exact - Fraction(int(self.exact * 10), 10)
        return Decimal(int(rest * 10_000)).scaleb(-4)

    @property
    def share(self) -> Decimal:
        return self.down + (Decimal("0.1") if self.gains else Decimal(0))


@dataclass(frozen=True)
class Explanation:
    """A figure explained as of a day. `value` is None where the page says a word in place of a number.

    `check` says how the foot comes about: "sum" of the entries, "difference" (the steps together), "product" of the steps
    rounded up, "quotient" (percent, half up), "remainder" (largest remainder over the shares), "days" between the last two
    steps, to which the entries lead from the first.
    """

    figure: str
    title: str
    value: int | Decimal | None
    sentence: str
    check: str = "sum"
    groups: tuple[Group, ...] = ()
    steps: tuple[Step, ...] = ()
    shares: tuple[ShareStep, ...] = ()
    not_in_it: str = ""
    percent: bool = False
    on: date | None = None

    @property
    def entries(self) -> int:
        return sum(len(group.entries) for group in self.groups)


@dataclass(frozen=True)
class Posted:
    """An entry as it was read, with the group that it belongs to."""

    group: Group
    entry: Entry


def in_groups(posted: Sequence[Posted], *, start: int = 0) -> tuple[Group, ...]:
    """Entries in their groups with what was before and after each. `posted` is by day.

    Licenses come first, the largest sum first; then features by offering, the largest offering and in it the largest feature
    first, as the legend of the offerings has them.

    `start` is what was there before the first.
    """
    whole: Any = start
    entries: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    sums: dict[tuple[str, str], Any] = defaultdict(lambda: start)
    heads: dict[tuple[str, str], Group] = {}
    for each in posted:
        key = each.group.kind, each.group.key
        change = each.entry.change
        entries[key].append(
            replace(
                each.entry,
                group_before=sums[key],
                group_after=sums[key] + change,
                before=whole,
                after=whole + change,
            )
        )
        heads[key] = each.group
        whole, sums[key] = whole + change, sums[key] + change
    found = [replace(heads[key], entries=tuple(each)) for key, each in entries.items()]
    offerings: dict[str, Any] = defaultdict(int)
    for group in found:
        offerings[group.parent] += abs(group.total)

    def place(group: Group) -> tuple[Any, ...]:
        feature = bool(group.parent)
        return (feature, -offerings[group.parent] if feature else 0, group.parent, -abs(group.total), group.entries[0].day)

    return tuple(sorted(found, key=place))


def total_of(groups: Iterable[Group]) -> int:
    return int(sum(group.total for group in groups))
