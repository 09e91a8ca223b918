"""A page as people's tools read it: a small tree of elements, and on it the figures, rows, forms and data of our pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
IN_A_SENTENCE = {"strong", "em", "b", "data"}
ROW_KINDS = ("offering", "feature", "license")


@dataclass
class Element:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    parts: list[Element | str] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def __contains__(self, name: str) -> bool:
        return name in self.attributes

    @property
    def elements(self) -> Iterator[Element]:
        """Every element inside, in the order of the page."""
        for part in self.parts:
            if isinstance(part, Element):
                yield part
                yield from part.elements

    @property
    def text(self) -> str:
        """What a person reads, with single spaces; what is no part of a sentence stands apart."""
        return " ".join(self._words.split())

    @property
    def _words(self) -> str:
        if self.tag in ("script", "style"):
            return ""
        words = "".join(part if isinstance(part, str) else part._words for part in self.parts)
        return words if self.tag in IN_A_SENTENCE else f" {words} "

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """Elements by tag and attributes; `_` in a name stands for `-`, the value "*" for any."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            each
            for each in self.elements
            if (not tag or each.tag == tag) and all(name in each and value in ("*", each[name]) for name, value in wanted.items())
        ]

    def one(self, tag: str = "", **attributes: str) -> Element:
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} elements {tag} {attributes}"
        return found[0]

    def by_id(self, name: str) -> Element:
        return self.one(id=name)

    def has_id(self, name: str) -> bool:
        return bool(self.all(id=name))

    def link(self, text: str) -> str:
        """Address of the one link with this text."""
        found = {each["href"] for each in self.all("a", href="*") if each.text == text}
        assert len(found) == 1, f"{len(found)} links “{text}”"
        return found.pop()

    @property
    def said(self) -> str:
        """The first status message here, with the words of its way on: all but the button that closes it."""
        message = next(each for each in self.all("div") if "toast-line" in each.get("class", "").split())
        ways = [each for each in message.elements if "toast-action" in each.get("class", "").split()]
        return " ".join([message.one("p").text, *(each.text for each in ways)])

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.parts if isinstance(each, Element)]

    # --- Figures

    @property
    def figures(self) -> dict[str, Decimal]:
        """Name -> value of the figures here that stand in no row; each name has one value."""
        return _figures_of(self, skip_rows=True)

    def rows(self, kind: str) -> list[Row]:
        """The rows of a kind (offering, feature or license), in the order of the page."""
        return [
            Row(each[f"data-{kind}"], each.get("data-status"), _figures_of(each, skip_rows=False), each)
            for each in self.elements
            if f"data-{kind}" in each
        ]

    def data(self, name: str) -> Any:
        """What stands in the JSON of a script element."""
        script = self.one("script", id=name, type="application/json")
        return json.loads("".join(part for part in script.parts if isinstance(part, str)))

    # --- Forms

    def fields(self) -> dict[str, list[str]]:
        """What a browser would send of this form as it stands, without its buttons."""
        assert self.tag == "form"
        found: dict[str, list[str]] = {}
        for each in self.elements:
            if each.tag == "input" and "name" in each:
                if each.get("type") in ("checkbox", "radio") and "checked" not in each:
                    continue
                found.setdefault(each["name"], []).append(each.get("value", "on" if each.get("type") == "checkbox" else ""))
            elif each.tag == "select":
                chosen = [option["value"] for option in each.all("option") if "selected" in option]
                found.setdefault(each["name"], []).extend(chosen or [each.all("option")[0]["value"]])
        return found

    def values(self) -> dict[str, str]:
        """The same, where no name is sent twice."""
        fields = self.fields()
        assert all(len(values) == 1 for values in fields.values())
        return {name: values[0] for name, values in fields.items()}

    def error_beside(self, name: str) -> str:
        """The message that the field with this name is described by."""
        control = next(each for each in self.elements if each.get("name") == name)
        assert control["aria-invalid"] == "true"
        ids = [each for each in control["aria-describedby"].split() if each.endswith("error")]
        return " ".join(self.by_id(each).text for each in ids)


@dataclass
class Row:
    """A row of a table whose figures are its own."""

    key: str
    status: str
    figures: dict[str, Decimal]
    element: Element

    @property
    def text(self) -> str:
        return self.element.text


def _figures_of(element: Element, *, skip_rows: bool) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}

    def walk(each: Element) -> None:
        for part in each.parts:
            if not isinstance(part, Element):
                continue
            if skip_rows and any(f"data-{kind}" in part for kind in ROW_KINDS):
                continue
            if "data-figure" in part:
                name = part["data-figure"]
                assert name not in found, f"{name} stands twice"
                data = part.one("data")
                found[name] = Decimal(data["value"])
                assert_says_the_same(data)
            walk(part)

    walk(element)
    return found


def assert_says_the_same(data: Element) -> None:
    """What people read is the value that tools read: grouped digits, a real minus sign, perhaps a percent sign."""
    value, shown = Decimal(data["value"]), data.text
    assert shown in (written := {f"{value:,}".replace("-", "\N{MINUS SIGN}"), f"{value:,}%"}), f"{shown} is none of {written}"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _value in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].parts.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


def read(page: HttpResponse | str) -> Element:
    """The page as a tree. Fails where elements are not closed in their order, or an id stands twice."""
    reader = _Reader()
    reader.feed(page if isinstance(page, str) else page.content.decode())
    reader.close()
    assert reader.open == [reader.root], f"<{reader.open[-1].tag}> is never closed"
    ids = [each["id"] for each in reader.root.elements if "id" in each]
    assert len(ids) == len(set(ids)), f"ids twice: {sorted({each for each in ids if ids.count(each) > 1})}"
    return reader.root
