"""docs/security.md answers each line of the standard's chapters that it names, and by tests that exist."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
LINES_AT_LEVELS_1_AND_2 = {
    1: {1: "1-2", 2: "1-9", 3: "1-11", 4: "1-3", 5: "1-2"},
    2: {1: "1-3", 2: "1-3", 3: "1-4", 4: "1"},
    3: {2: "1-2", 3: "1-4", 4: "1-6", 5: "1-5", 7: "1-2"},
    4: {1: "1-3", 2: "1", 3: "1-2", 4: "1-4"},
    6: {1: "1-3", 2: "1-12", 3: "1-4", 4: "1-4", 5: "1-5", 6: "1-3", 8: "1-4"},
    7: {1: "1-3", 2: "1-4", 3: "1-2", 4: "1-5", 5: "1-2", 6: "1-2"},
    8: {1: "1-2", 2: "1-3", 3: "1", 4: "1"},
    10: {1: "1-2", 2: "1-2", 3: "1-4", 4: "1-11", 5: "1-5", 6: "1-2", 7: "1-3"},
    11: {1: "1-2", 2: "1-3", 3: "1-3", 4: "1-4", 5: "1", 6: "1"},
    12: {1: "1-3", 2: "1-2", 3: "1-4"},
    13: {1: "1", 2: "1-5", 3: "1-2", 4: "1-5"},
    14: {1: "1-2", 2: "1-4", 3: "1-3"},
    16: {1: "1", 2: "1-5", 3: "1-4", 4: "1-3", 5: "1-3"},
}
"""By chapter and section of OWASP ASVS 5.0.0."""


@cache
def rows() -> dict[str, str]:
    text = (ROOT / "docs/security.md").read_text()
    return dict(re.findall(r"^\| (\d+\.\d+\.\d+) \|[^|]+\| (.+) \|$", text, re.MULTILINE))


def wanted() -> list[str]:
    numbers = []
    for chapter, sections in LINES_AT_LEVELS_1_AND_2.items():
        for section, span in sections.items():
            first, _, last = span.partition("-")
            numbers += [f"{chapter}.{section}.{line}" for line in range(int(first), int(last or first) + 1)]
    return numbers


def test_each_line_of_the_chapters_is_answered_once() -> None:
    assert len(wanted()) == 217
    assert list(rows()) == wanted()


def test_the_tests_it_names_exist() -> None:
    text = (ROOT / "docs/security.md").read_text()
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    missing = [name for name in sorted(set(re.findall(r"`(test_\w+)`", text))) if f"def {name}(" not in sources]
    assert not missing


@pytest.mark.parametrize("kind", ["not met", "TODO", "{"])
def test_nothing_is_left_open(kind: str) -> None:
    assert not [number for number, answer in rows().items() if kind in answer]


def test_the_parts_it_points_to_are_there() -> None:
    text = (ROOT / "docs/security.md").read_text()
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    parts = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= parts
