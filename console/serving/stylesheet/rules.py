"""CSS as a tree of rules, read and written without loss of what a browser needs: for the cut, and for serving it small.

Knows strings, comments, brackets and nesting; nothing of what properties mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

TOKEN = re.compile(r"""/\*.*?\*/|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\\.|[{};()\[\]]|[^"'\\{};()\[\]/]+|/""", re.DOTALL)
OPENING, CLOSING = "([", ")]"


@dataclass
class Rule:
    """`head{…}` with declarations and rules inside; `head;` where `body` is None (`@charset`, `@import`)."""

    head: str
    body: list[Rule | str] | None = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.head};" if self.body is None else f"{self.head}{{{written(self.body)}}}"

    @property
    def declarations(self) -> Iterator[tuple[str, str]]:
        """Name and value of each declaration that stands directly inside."""
        for each in self.body or ():
            if isinstance(each, str):
                name, _, value = each.partition(":")
                yield name.strip(), value.strip()


def written(parts: list[Rule | str]) -> str:
    text = "".join(f"{each};" if isinstance(each, str) else str(each) for each in parts)
    return text.removesuffix(";") if parts and isinstance(parts[-1], str) else text


def parse(css: str) -> list[Rule | str]:
    """The rules at the top; comments are dropped. Raises ValueError where brackets do not match."""
    return _block([match.group() for match in TOKEN.finditer(css)], 0, nested=False)[0]


def _block(tokens: list[str], at: int, *, nested: bool) -> tuple[list[Rule | str], int]:
    parts: list[Rule | str] = []
    words: list[str] = []
    depth = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token.startswith("/*"):
            continue
        depth += (token in OPENING) - (token in CLOSING) if len(token) == 1 else 0
        if depth or token not in ("{", "}", ";"):
            words.append(token)
            continue
        text = tight("".join(words))
        words = []
        if token == "{":
            body, at = _block(tokens, at, nested=True)
            parts.append(Rule(text, body))
        elif text:
            parts.append(Rule(text, None) if text.startswith("@") else text)
        if token == "}":
            if not nested:
                raise ValueError("a } closes nothing")
            return parts, at
    if nested or depth or tight("".join(words)):
        raise ValueError("the text ends within a rule")
    return parts, at


def tight(text: str) -> str:
    """One space for many, none at the ends and after a comma or a colon that starts a value; strings stay as they are."""
    pieces = re.split(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", text.strip())
    for index in range(0, len(pieces), 2):
        pieces[index] = re.sub(r"\s*,\s*", ",", re.sub(r"\s+", " ", pieces[index]))
    return re.sub(r"^(--)?([\w-]+)\s*:\s+", r"\1\2:", "".join(pieces))


def small(css: str) -> str:
    """The same style sheet without comments, line breaks and what else a browser skips."""
    return written(parse(css))


def selectors_of(head: str) -> list[str]:
    """A selector list taken apart at its commas, those within brackets aside."""
    found, depth, start = [], 0, 0
    for index, letter in enumerate(head):
        depth += (letter in OPENING) - (letter in CLOSING)
        if letter == "," and not depth:
            found.append(head[start:index])
            start = index + 1
    return [*found, head[start:]]
