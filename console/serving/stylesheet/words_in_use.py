"""Which classes, elements and attributes the pages use: read from templates, from what Python renders, and from scripts.

Errs on the side of too many: a class is in use where its name stands in a `class` attribute, is handed to an include, or is a
word of a string on a line of Python or script that speaks of a class. A name put together with a variable
(`alert-{{ tone }}`) brings every name with that beginning whose end stands in some string as well (`tone="danger"`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from console.launch.folders_and_words import ROOT

APPS = ("console", "licensing", "credits")
QUOTED = re.compile(r'"([^"\n]*)"|\'([^\'\n]*)\'|`([^`]*)`')
CLASS_NAME = re.compile(r"-?[a-zA-Z_][\w-]*")
CLASS_ATTRIBUTE = re.compile(r"""\bclass\s*=\s*("[^"]*"|'[^']*')""", re.DOTALL)
TEMPLATE_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
PYTHON_WITH_MARKUP = re.compile(r"""class=|["']class["']|css_class""")


@dataclass(frozen=True)
class InUse:
    """What stands in templates, Python and scripts; `beginnings` are those of names that are put together."""

    classes: frozenset[str]
    ends: frozenset[str]
    beginnings: frozenset[str]
    elements: frozenset[str]
    attributes: frozenset[str]

    def has_class(self, name: str) -> bool:
        ends = (name.removeprefix(each) for each in self.beginnings if name.startswith(each))
        return name in self.classes or any(end in self.ends for end in ends)


def words_in_use(root: Path = ROOT) -> InUse:
    classes: set[str] = set()
    ends: set[str] = set()
    beginnings: set[str] = set()
    everything = []
    for path in sorted((root / "templates").rglob("*.html")):
        text = path.read_text()
        everything.append(text)
        for attribute in CLASS_ATTRIBUTE.findall(text):
            _read_attribute(attribute[1:-1], classes, beginnings)
        for tag in TEMPLATE_TAG.findall(text):
            ends.update(_words_of_strings(tag))
            if tag.startswith("{% include"):
                classes.update(_words_of_strings(tag))
    for path in sorted((root / "static" / "js").glob("*.js")):
        everything.append(path.read_text())
        classes.update(_words_beside_class(path.read_text()))
    for app in APPS:
        for path in sorted((root / app).rglob("*.py")):
            text = path.read_text()
            if path.is_relative_to(root / "console" / "serving"):
                continue
            ends.update(word for line in text.splitlines() if "tone" in line for word in _words_of_strings(line))
            if PYTHON_WITH_MARKUP.search(text):
                everything.append(text)
                classes.update(_words_beside_class(text))
    text = "\n".join(everything)
    return InUse(
        classes=frozenset(classes),
        ends=frozenset(ends),
        beginnings=frozenset(beginnings),
        elements=frozenset(re.findall(r"<([a-z][a-z0-9]*)", text)) | {"html", "body", "input", "select", "textarea", "option"},
        attributes=frozenset(re.findall(r"([a-z][a-z-]*)=", text)) | {"data-bs-theme", "hidden", "type", "disabled"},
    )


def _read_attribute(value: str, classes: set[str], beginnings: set[str]) -> None:
    """`value` is what stands between the quotes: names, template tags, and names that a tag completes."""
    beginnings.update(re.findall(r"(?<![\w-])([a-zA-Z_][\w-]*-)(?={{|{%)", value))
    classes.update(CLASS_NAME.findall(TEMPLATE_TAG.sub(" ", value)))
    for tag in re.findall(r"{{.*?}}", value):  # {{ each.tone|default:"badge" }}
        classes.update(_words_of_strings(tag))


def _words_beside_class(text: str) -> set[str]:
    return {word for line in text.splitlines() if "class" in line for word in _words_of_strings(line)}


def _words_of_strings(text: str) -> set[str]:
    """The words of all strings in a text that could be names of classes."""
    return {word for groups in QUOTED.findall(text) for string in groups for word in CLASS_NAME.findall(string)}
