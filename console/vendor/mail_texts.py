"""Texts of mails that the vendor may state instead of the shipped ones: plain, with {placeholders} that are checked.

Whoever sends a kind of mail offers it when it starts (`offer`), as the console's foundation knows none of them:

    offer(MailText("notice", label=…, subject="{company}: {title}", body=…, examples={"company": "Aster", …}, needs={"url"}))
    written(("notice.expired", "notice"), "body", values)     # None where the shipped text holds

A line whose placeholders are all empty is left out; so a note that is not there leaves no "Note:" behind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from console.vendor.held import vendors_own

PLACEHOLDER = re.compile(r"{([a-z_]+)}")
SHIPPED, STATED = "shipped", "stated"


@dataclass(frozen=True)
class MailText:
    """One kind of mail. `needs` are placeholders without which its body is of no use; without `subject` it has a body alone."""

    kind: str
    label: Any
    subject: str
    body: str
    examples: Mapping[str, Any]
    needs: frozenset[str] = field(default_factory=frozenset)
    part_of: str = ""
    """The kind whose text holds where this one has none of its own."""


_offered: dict[str, MailText] = {}


def offer(*texts: MailText) -> None:
    _offered.update({each.kind: each for each in texts})


def offered() -> list[MailText]:
    return list(_offered.values())


def shipped(kind: str) -> MailText | None:
    return _offered.get(kind)


def what_is_wrong(text: MailText, part: str, said: str) -> str:
    """A sentence with the placeholder and those that there are; empty where nothing is."""
    unknown = sorted(set(PLACEHOLDER.findall(said)) - set(text.examples))
    known = ", ".join(f"{{{each}}}" for each in text.examples)
    if unknown:
        return _("There is no placeholder {%(name)s}. There are: %(known)s.") % {"name": unknown[0], "known": known}
    if re.search(r"[{}]", PLACEHOLDER.sub("", said)):
        return _("A brace stands alone. Placeholders are written as: %(known)s.") % {"known": known}
    missing = sorted(text.needs - set(PLACEHOLDER.findall(said))) if part == "body" else []
    if missing:
        return _("The text needs {%(name)s}, without which nobody could go on from the mail.") % {"name": missing[0]}
    return ""


def filled(said: str, values: Mapping[str, Any]) -> str:
    """The text with the values in their places, lines of empty ones left out. What stands in a value is never a placeholder."""
    lines = []
    for line in said.split("\n"):
        names = PLACEHOLDER.findall(line)
        if names and not any(str(values.get(each) or "") for each in names):
            continue
        lines.append(PLACEHOLDER.sub(lambda found: str(values.get(found[1]) or ""), line))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def stated(kinds: Sequence[str], part: str) -> str:
    """What the vendor states for the first of the kinds that has a text; empty for none."""
    held = vendors_own().stated
    return next((found for each in kinds if (found := held.get(f"mail:{each}:{part}", ""))), "")


def written(kinds: Sequence[str], part: str, values: Mapping[str, Any]) -> str | None:
    """The stated text, filled; None where the shipped one holds."""
    said = stated(kinds, part)
    return filled(said, values) if said else None
