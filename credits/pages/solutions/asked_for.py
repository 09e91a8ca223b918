"""What an address of the calculator says: everything that a person entered, so that it can be shared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from credits.pages.allocation.form import LINE_FIELD, UnitsField

MOST_LINES = 1_000
DEAREST_CREDIT = 1_000_000
PRICE = re.compile(r"[0-9]{1,7}([.][0-9]{0,6})?")


@dataclass(frozen=True)
class Asked:
    """What was entered, as it was typed; `units` is line id -> text, in the order of the address."""

    units: dict[int, str]
    from_today: bool = False
    price: str = ""
    purchase: bool = True
    """Whether the recommended purchase is shown."""
    search: str = ""
    shown_as: tuple[tuple[str, str], ...] = ()
    """The day and the instant shown as an address names them; empty for today."""

    def pairs(self, **changed: object) -> list[tuple[str, str]]:
        """Parameters of the address that says this, or this with something `changed`; what is searched for is left out."""
        said = replace(self, **changed)  # type: ignore[arg-type]
        pairs = [*said.shown_as, *([("start", "today")] if said.from_today else [])]
        pairs += [(f"units_{line}", text) for line, text in said.units.items()]
        if said.price or not said.purchase:
            pairs.append(("price", said.price))
            pairs += [("purchase", "1")] if said.purchase else []
        return pairs

    def query(self, **changed: object) -> str:
        """The same, "?" in front; empty where there is nothing to say."""
        pairs = self.pairs(**changed)
        return f"?{urlencode(pairs)}" if pairs else ""

    def with_lines(self, lines: Iterable[int]) -> dict[int, str]:
        return {**self.units, **{line: self.units.get(line, "") for line in lines}}


def asked_for(given: QueryDict, *, shown_as: Mapping[str, str]) -> Asked:
    """A form that was sent always says its `price`: there an unticked box is a choice, elsewhere it was never asked."""
    units: dict[int, str] = {}
    for name, value in given.items():
        if (found := LINE_FIELD.fullmatch(name)) and len(units) < MOST_LINES:
            units[int(found[1])] = str(value).strip()[:30]
    return Asked(
        units,
        from_today=given.get("start") == "today",
        price=given.get("price", "").strip()[:20],
        purchase="purchase" in given or "price" not in given,
        search=given.get("add", "").strip()[:200],
        shown_as=tuple(shown_as.items()),
    )


def units_written(text: str) -> tuple[int, str]:
    """The units that a text names, and what is wrong with it; nothing written is 0."""
    try:
        return UnitsField(required=False).clean(text) or 0, ""
    except forms.ValidationError as error:
        return 0, " ".join(error.messages)


def price_written(text: str) -> tuple[Decimal | None, str]:
    """The price of a credit that a text names, None for none, and what is wrong with it."""
    text = text.replace(",", "")
    if not text:
        return None, ""
    if not PRICE.fullmatch(text) or Decimal(text) > DEAREST_CREDIT:
        return None, _("Enter what a credit costs, such as 0.95.")
    return Decimal(text), ""
