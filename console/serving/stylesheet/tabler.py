"""`make stylesheet`: cut Tabler's stylesheet to the classes, elements and attributes that the pages use.

The whole of it lies beside this file, compressed, and is never served. Of it stay the rules whose selectors could match
something, the variables that a style sheet reads, and the animations that a rule names. The result is vendored under
static/vendor/tabler/, its checksum noted in static/vendor/README.md.

Usage: python -m console.serving.stylesheet.tabler [--check]; exits with 1 where the vendored file is another than would be made.
"""

from __future__ import annotations

import hashlib
import lzma
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from console.launch.folders_and_words import ROOT
from console.serving.stylesheet.rules import Rule, parse, selectors_of, written
from console.serving.stylesheet.words_in_use import InUse, words_in_use

WHOLE = Path(__file__).parent / "tabler.min.css.xz"
WHOLE_SHA256 = "09c0ad77d135f90fd8cbc583824b2fdbd247adbc001234d27a36f284bfecab5e"
CUT = ROOT / "static" / "vendor" / "tabler" / "tabler.min.css"
CHECKSUMS = ROOT / "static" / "vendor" / "README.md"
BANNER = """@charset "UTF-8";/*!
 * Tabler v1.6.1 (https://tabler.io), cut to the rules in use by `make stylesheet`
 * Copyright 2018-2026 The Tabler Authors
 * Copyright 2018-2026 codecalm.net Paweł Kuna
 * Licensed under MIT (https://github.com/tabler/tabler/blob/master/LICENSE)
 */
"""

STRING = re.compile(r""""[^"]*"|'[^']*'""")
CLASS = re.compile(r"\.((?:[\w-]|\\.|[^\x00-\x7f])+)")
ID = re.compile(r"#[\w-]+")
IN_BRACKETS = re.compile(r"\[[^\]]*\]")
ATTRIBUTE = re.compile(r"\[\s*([\w-]+)")
ELEMENT = re.compile(r"(?<![\w.#:\[\\-])([a-z][a-z0-9]*)(?![\w(-])")
READ = re.compile(r"var\(\s*(--[\w-]+)")
GROUPS = ("@media", "@supports", "@layer", "@container")


def whole() -> str:
    """Tabler's stylesheet as it was published. Raises ValueError where the kept file is another."""
    found = lzma.decompress(WHOLE.read_bytes())
    if hashlib.sha256(found).hexdigest() != WHOLE_SHA256:
        raise ValueError(f"{WHOLE} is not the file that was pinned: restore it.")
    return found.decode()


def classes_in(css: str) -> set[str]:
    """The names of all classes that the selectors of a style sheet name."""
    found: set[str] = set()

    def walk(parts: list[Rule | str]) -> None:
        for each in parts:
            if isinstance(each, Rule) and each.body is not None:
                if not each.head.startswith("@"):
                    found.update(name.replace("\\", "") for name in CLASS.findall(STRING.sub("", each.head)))
                walk(each.body)

    walk(parse(css))
    return found


def cut(css: str, used: InUse, others: Iterable[str] = ()) -> str:
    """`css` without what nothing could match; `others` are the texts that may read its variables."""
    parts = _matching(parse(css), used)
    outside = {name for text in others for name in re.findall(r"--[\w-]+", text)}
    while True:
        text = written(parts)
        read = outside | set(READ.findall(text))
        kept = _without(parts, read, text)
        if written(kept) == text:
            return text
        parts = kept


def _matching(parts: list[Rule | str], used: InUse) -> list[Rule | str]:
    kept: list[Rule | str] = []
    for each in parts:
        if isinstance(each, str) or each.body is None or each.head.startswith(("@keyframes", "@font-face", "@property")):
            if not (isinstance(each, Rule) and each.head.startswith("@charset")):
                kept.append(each)
        elif each.head.startswith(GROUPS):
            if inner := _matching(each.body, used):
                kept.append(Rule(each.head, inner))
        elif heads := [selector for selector in selectors_of(each.head) if could_match(selector, used)]:
            kept.append(Rule(",".join(heads), each.body))
    return kept


def could_match(selector: str, used: InUse) -> bool:
    """Whether each class, element and attribute that the selector demands is in use; what it excludes counts for nothing."""
    demanded = STRING.sub("", _without_functions(selector))
    return (
        all(used.has_class(name.replace("\\", "")) for name in CLASS.findall(demanded))
        and all(name in used.attributes for name in ATTRIBUTE.findall(demanded))
        and all(name in used.elements for name in ELEMENT.findall(IN_BRACKETS.sub("", demanded)))
        and not ID.search(demanded)
    )


def _without_functions(selector: str) -> str:
    """Without `:not(…)`, `:is(…)` and the like: their insides are alternatives or exclusions."""
    while (shorter := re.sub(r":[\w-]+\([^()]*\)", "", selector)) != selector:
        selector = shorter
    return selector


def _without(parts: list[Rule | str], read: set[str], text: str) -> list[Rule | str]:
    """Without variables that nothing reads, repeated declarations, animations that nothing names, and rules then empty."""
    kept: list[Rule | str] = []
    for index, each in enumerate(parts):
        if isinstance(each, str):
            name = each.partition(":")[0].strip()
            if (not name.startswith("--") or name in read) and each not in parts[index + 1 :]:
                kept.append(each)
        elif each.body is None:
            kept.append(each)
        elif each.head.startswith("@keyframes"):
            if re.search(rf"animation[\w-]*:[^;}}]*\b{re.escape(each.head.split()[1])}\b", text):
                kept.append(each)
        elif body := _without(each.body, read, text):
            kept.append(Rule(each.head, body))
    return kept


def made() -> str:
    """The vendored file as it should be."""
    others = [path.read_text() for folder in ("static/css", "static/js", "templates") for path in (ROOT / folder).rglob("*.*")]
    return BANNER + cut(whole(), words_in_use(), others) + "\n"


def main(arguments: list[str]) -> int:
    text = made()
    if "--check" in arguments:
        if CUT.read_text() == text:
            return 0
        print("static/vendor/tabler/tabler.min.css is not what the pages use: run make stylesheet.", file=sys.stderr)
        return 1
    CUT.write_text(text)
    checksum = f"{hashlib.sha256(text.encode()).hexdigest()}  tabler/tabler.min.css"
    CHECKSUMS.write_text(re.sub(r"\b[0-9a-f]{64}  tabler/tabler\.min\.css", checksum, CHECKSUMS.read_text()))
    print(f"static/vendor/tabler/tabler.min.css: {len(text.encode()):,} bytes of {len(whole().encode()):,}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
