"""Templates can be read: lines of a width that fits the screen, and no partial that nothing shows."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
LONGEST_LINE = 160


def templates() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*") if path.is_file())


def test_no_line_of_a_template_is_too_long_to_read() -> None:
    long = [
        f"{path.relative_to(ROOT)}, line {number} has {len(line)} characters: an attribute or an element a line,"
        " a sentence in blocktranslate trimmed"
        for path in templates()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > LONGEST_LINE
    ]
    assert not long, "\n".join(long)


def test_every_partial_is_shown_somewhere() -> None:
    texts = {path.relative_to(TEMPLATES).as_posix(): path.read_text() for path in templates()}
    code = "".join(path.read_text() for app in ("console", "licensing", "credits") for path in (ROOT / app).rglob("*.py"))
    everything = "".join(texts.values()) + code
    unused = [
        f"{name} defines the partial {partial}, and nothing shows it"
        for name, text in texts.items()
        for partial in re.findall(r"{% partialdef (\w+) %}", text)
        if f"{{% partial {partial} %}}" not in text
        and f"{name}#{partial}" not in everything
        and f'partial="{partial}"' not in code
    ]
    assert not unused, "\n".join(unused)
