"""The address of a table: what it asks for, and the links that change one thing of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from licensing.pages.page_links import page_links

ON_ONE_PAGE = 50


@dataclass(frozen=True)
class Head:
    """A column's head. `sort` is what sorts by it, upwards; empty where nothing does. `first_down`: as a press sorts first."""

    key: str
    label: Any
    sort: str = ""
    numeric: bool = False
    first_down: bool = False


class ListAddress:
    """`chosen` are the filters, each by its name, empty where it is not set; `q` the search; `sort` a key of a head, after "-"
    downwards. What is none of them counts as not said."""

    def __init__(self, request: HttpRequest, filters: Mapping[str, Iterable[str]], heads: Iterable[Head], first: str) -> None:
        asked = request.GET
        self.path, self.first = request.path, first
        self.heads = list(heads)
        self.q = " ".join(asked.get("q", "").split())[:200]
        self.chosen = {name: value if (value := asked.get(name, "")) in set(known) else "" for name, known in filters.items()}
        sort = asked.get("sort", "")
        self.sort = sort if sort.removeprefix("-") in {each.key for each in self.heads if each.sort} else first
        self.asked_page = asked.get("page")

    def with_(self, *, page: int = 1, sort: str = "", q: str | None = None, **changed: str) -> str:
        """The address with this changed, on its first page unless another is named."""
        sort = sort or self.sort
        values = {"q": self.q if q is None else q, **self.chosen, **changed}
        kept = {name: value for name, value in values.items() if value}
        kept |= {"sort": sort} if sort != self.first else {}
        kept |= {"page": str(page)} if page > 1 else {}
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    @property
    def is_narrowed(self) -> bool:
        return bool(self.q or any(self.chosen.values()))

    def hidden(self) -> dict[str, str]:
        """What a form for the search carries along."""
        kept = {name: value for name, value in self.chosen.items() if value}
        return kept | ({"sort": self.sort} if self.sort != self.first else {})

    def ordering(self) -> list[str]:
        """As `order_by` wants it; ids decide between equals."""
        head = next(each for each in self.heads if each.key == self.sort.removeprefix("-"))
        down = "-" if self.sort.startswith("-") else ""
        return [f"{down}{head.sort}", *([f"{down}pk"] if head.sort != "pk" else [])]

    def columns(self) -> list[dict[str, Any]]:
        """The heads for the template, each with the address that sorts by it."""
        found = []
        for each in self.heads:
            up, down = each.key, f"-{each.key}"
            direction = {up: "ascending", down: "descending"}.get(self.sort, "")
            following = (up if direction == "descending" else down) if direction else (down if each.first_down else up)
            url = self.with_(sort=following) if each.sort else ""
            found.append({"key": each.key, "label": each.label, "numeric": each.numeric, "aria_sort": direction, "url": url})
        return found

    def paged(self, rows: QuerySet[Any] | Sequence[Any]) -> tuple[Page, dict[str, Any]]:
        """The page asked for, and the links to the others. One statement that counts."""
        page = Paginator(rows, ON_ONE_PAGE).get_page(self.asked_page)
        return page, page_links(page, lambda number: self.with_(page=number))
