"""The orders of License Information: which licenses are asked for, under which orders, in which sequence. No words yet.

    found  = licenses_on(company, on=...)          every license of the company, as of the day
    asked  = Asked.of(request.GET)                 search, the status chosen, the column sorted by
    orders = asked.orders(asked.searched(found))   OrderOnDay: what is left of each order, in the order of the page

Only what a page shows is then put into words (rows.py).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy

from console.allowed_text import as_shown_alike
from console.names import in_order_of_names
from licensing.models import ActivationCode, License
from licensing.reading.licenses_on_day import LicenseOnDay
from licensing.rules.license_status import STATUSES

COUNTS, SUSPENDED = frozenset({"valid", "expires-soon"}), frozenset({"suspended"})
AHEAD, OVER, TAKEN_BACK = frozenset({"not-yet-valid"}), frozenset({"expired"}), frozenset({"cancelled"})
PHASES = (COUNTS, SUSPENDED, AHEAD, OVER, TAKEN_BACK)
"""What an order is told by: the first of these in which it has a license."""

STATUS_ORDER = ("valid", "expires-soon", "not-yet-valid", "suspended", "expired", "cancelled")
assert set(STATUS_ORDER) == set(STATUSES)
ATTENTION = "needs-attention"
CHOICES = ("", ATTENTION, *STATUS_ORDER)
"""What the chips choose; the empty one is all."""


@dataclass(frozen=True)
class OrderOnDay:
    """What is shown of an order: its `licenses` that were asked for, the one that leads them first."""

    licenses: tuple[LicenseOnDay, ...]

    @property
    def id(self) -> int:
        return self.lead.license.order_id

    @property
    def lead(self) -> LicenseOnDay:
        return self.licenses[0]

    @cached_property
    def told_by(self) -> tuple[LicenseOnDay, ...]:
        """The licenses whose sum the order is told by: those that count on the day; where none does, those that are
        suspended; else the next to begin; else the last to have ended."""
        for phase in PHASES:
            found = [each for each in self.licenses if each.status in phase]
            if not found:
                continue
            if phase is AHEAD:
                found = [each for each in found if each.starts_on == min(every.starts_on for every in found)]
            elif phase in (OVER, TAKEN_BACK):
                found = [each for each in found if each.expires_on == max(every.expires_on for every in found)]
            return tuple(found)
        return self.licenses

    @cached_property
    def next_to_expire(self) -> LicenseOnDay:
        return min(self.told_by, key=lambda each: (each.expires_on, each.starts_on, each.id))

    @property
    def status(self) -> str:
        return self.next_to_expire.status

    @property
    def starts_on(self) -> date:
        return min(each.starts_on for each in self.told_by)

    @property
    def expires_on(self) -> date:
        return self.next_to_expire.expires_on

    @cached_property
    def units(self) -> dict[str, int]:
        """The sum of the units, by what they are units of."""
        found: dict[str, int] = defaultdict(int)
        for each in self.told_by:
            found[each.license.product.unit] += each.units
        return dict(found)

    @cached_property
    def credits(self) -> int | None:
        """The sum of the credits; None where nothing of it converts."""
        found = [each.credits for each in self.told_by if each.credits is not None]
        return sum(found) if found else None

    @cached_property
    def needs_attention(self) -> bool:
        return any(each.needs_attention for each in self.licenses)

    @property
    def has_ended(self) -> bool:
        return self.status in OVER | TAKEN_BACK


def name_of(license: License) -> str:
    """What an order is called: as its buyer named it, else as its product."""
    return license.order.name or license.product.name


@dataclass(frozen=True)
class Column:
    """A head of the table that sorts, by this value of an order."""

    key: str
    label: Any
    value: Callable[[OrderOnDay], Any]
    numeric: bool = False


COLUMNS = (
    Column("name", gettext_lazy("Order"), lambda order: in_order_of_names(name_of(order.lead.license))),
    Column("status", gettext_lazy("Status"), lambda order: STATUS_ORDER.index(order.status)),
    Column("units", gettext_lazy("Units"), lambda order: sum(order.units.values()), numeric=True),
    Column("credits", gettext_lazy("Credits"), lambda order: -1 if order.credits is None else order.credits, numeric=True),
    Column("starts", gettext_lazy("Term"), lambda order: order.starts_on),
    Column("expires", gettext_lazy("Expiration"), lambda order: order.expires_on),
)


def by_need(order: OrderOnDay) -> tuple[bool, bool, int, int]:
    """As the page opens: what needs attention, then the next to expire; what has ended comes last, the latest first."""
    day = order.expires_on.toordinal()
    return not order.needs_attention, order.has_ended, -day if order.has_ended else day, -(order.credits or 0)


@dataclass(frozen=True)
class Asked:
    """What the address asks for. What is no choice or no column counts as not said."""

    q: str = ""
    status: str = ""
    sort: str = ""

    @classmethod
    def of(cls, values: QueryDict) -> Asked:
        status, sort = values.get("status", ""), values.get("sort", "")
        return cls(
            q=values.get("q", "").strip()[:200],
            status=status if status in CHOICES else "",
            sort=sort if sort.removeprefix("-") in {each.key for each in COLUMNS} else "",
        )

    def searched(
        self, found: Iterable[LicenseOnDay], kinds: Callable[[LicenseOnDay], str], codes: Mapping[int, ActivationCode]
    ) -> list[LicenseOnDay]:
        """The licenses that mention every word: in name, product, order, channel or kind; or as the last four of `codes`,
        which holds what this person may see, by order id."""
        words = as_shown_alike(self.q).split()
        if not words:
            return list(found)
        shown = []
        for each in found:
            license, order = each.license, each.license.order
            code = codes.get(order.pk)
            last_four = as_shown_alike(code.last_four) if code else ""
            told = f"{order.name} {license.product.name} {order.external_id} {order.get_channel_display()} {kinds(each)}"
            text = as_shown_alike(told)
            if all(word in text or word == last_four for word in words):
                shown.append(each)
        return shown

    def orders(self, searched: Iterable[LicenseOnDay]) -> list[OrderOnDay]:
        """The orders of the licenses that have the status chosen, in the sequence asked for."""
        licenses: dict[int, list[LicenseOnDay]] = defaultdict(list)
        for each in searched:
            if not self.status or each.status == self.status or (self.status == ATTENTION and each.needs_attention):
                licenses[each.license.order_id].append(each)
        orders = [OrderOnDay(_ended_last(each)) for each in licenses.values()]
        column = next((each for each in COLUMNS if each.key == self.sort.removeprefix("-")), None)
        if column is None:
            orders.sort(key=by_need)
        else:
            orders.sort(key=column.value, reverse=self.sort.startswith("-"))
        return orders


def _ended_last(licenses: list[LicenseOnDay]) -> tuple[LicenseOnDay, ...]:
    lead, *others = licenses
    return (lead, *sorted(others, key=lambda each: each.status in OVER | TAKEN_BACK))


def counted(searched: Iterable[LicenseOnDay]) -> Counter[str]:
    """How many licenses each choice leaves."""
    counts: Counter[str] = Counter()
    for each in searched:
        counts[""] += 1
        counts[each.status] += 1
        counts[ATTENTION] += each.needs_attention
    return counts


def codes_of(found: Iterable[LicenseOnDay]) -> dict[int, ActivationCode]:
    """order id -> the code it is known by, of orders that came by one. One statement; none where there are none."""
    asked = {each.license.order_id for each in found if each.license.order.channel == each.license.order.Channel.CODE}
    codes: dict[int, ActivationCode] = {}
    if asked:
        for code in ActivationCode.objects.live().filter(order__in=asked).order_by("order", "-kind", "pk"):
            codes[code.order_id] = code  # last comes the one to show first
    return codes
