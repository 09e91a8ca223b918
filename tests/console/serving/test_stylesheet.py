"""What pages load for their looks: no class, icon or variable in use is missing, and nothing is carried that nobody uses."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest

from console.serving.stylesheet import tabler
from console.serving.stylesheet.rules import parse, small
from console.serving.stylesheet.tabler import CHECKSUMS, CUT, classes_in, could_match, cut, made, whole
from console.serving.stylesheet.words_in_use import InUse

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PYTHON = [path for app in ("console", "licensing", "credits") for path in sorted((ROOT / app).rglob("*.py"))]
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
MAKE_IT = "run make stylesheet"
MOST_BYTES = 9_000
"""Of Tabler, compressed: nine tenths of what it was is gone."""


def test_the_vendored_style_sheet_is_what_the_pages_use() -> None:
    assert CUT.read_text() == made(), MAKE_IT
    assert f"{hashlib.sha256(CUT.read_bytes()).hexdigest()}  tabler/tabler.min.css" in CHECKSUMS.read_text(), MAKE_IT
    assert "Licensed under MIT" in CUT.read_text()
    assert len(gzip.compress(CUT.read_bytes(), 9)) < MOST_BYTES


def named_in_markup() -> set[str]:
    """The words of each `class` of templates and of Python, and of what scripts set; found by other means than the cut."""
    found: set[str] = set()
    for path in TEMPLATES:
        text = re.sub(r"{[{%#].*?[}%#]}", " ", path.read_text(), flags=re.DOTALL)
        found.update(word for value in re.findall(r'class="([^"]*)"', text) for word in value.split())
    for path in PYTHON:
        found.update(word for value in re.findall(r'"class": "([^"]*)"', path.read_text()) for word in value.split())
    for path in SCRIPTS:
        text = path.read_text()
        calls = re.findall(r"classList\.\w+\(([^)]*)\)|className\s*=\s*([^;]*)", text)
        found.update(
            word for call in calls for part in call for value in re.findall(r'"([^"]*)"', part) for word in value.split()
        )
    return found


def test_no_class_in_use_is_missing_that_the_whole_of_it_has() -> None:
    known, kept = classes_in(whole()), classes_in(CUT.read_text())
    used = named_in_markup() & known
    assert {"btn", "card", "form-control", "visually-hidden"} <= used
    assert used - kept == set(), MAKE_IT


def test_no_variable_that_our_style_sheets_set_or_read_is_one_that_nothing_reads_or_sets() -> None:
    sheets = CUT.read_text() + "".join(path.read_text() for path in (ROOT / "static" / "css").glob("*.css"))
    read = set(re.findall(r"var\((--tblr-[\w-]+)\s*\)", sheets))
    assert read, "of those without a fallback"
    assert {name for name in read if f"{name}:" not in sheets} <= {name for name in read if f"{name}:" not in whole()}, (
        "a variable was cut that something reads"
    )


def test_every_icon_in_use_is_there_and_every_icon_that_is_there_is_in_use() -> None:
    symbols = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static" / "img" / "icons.svg").read_text()))
    used: set[str] = set()
    for path in TEMPLATES:
        text = path.read_text()
        used.update(
            name for names in re.findall(r'(?:name|icon)=(?:"([\w-]+)"|\S+\|default:"([\w-]+)")', text) for name in names if name
        )
        used.update(re.findall(r'{%\s*icon "([\w-]+)"', text))
    assert used - symbols - {"each"} <= not_icons(used), "an icon is named that icons.svg does not have"
    everything = "".join(path.read_text() for path in [*TEMPLATES, *PYTHON, *SCRIPTS])
    unused = {name for name in symbols if not re.search(rf"""["'#]{re.escape(name)}["']""", everything)}
    assert unused == set(), "take them out of static/img/icons.svg"


def not_icons(used: set[str]) -> set[str]:
    """`name=` is said of form fields as well."""
    text = "".join(path.read_text() for path in TEMPLATES)
    return {each for each in used if re.search(rf'<\w[^>]*\bname="{re.escape(each)}"', text)}


# --- How it is cut


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        (".btn", True),
        (".btn.nowhere", False),
        (".card .btn:not(.nowhere)", True),
        (".alert-danger>p", True),
        (".alert-azure", False),
        ("h6", False),
        ("[data-bs-theme=dark] .btn", True),
        ("[data-bs-toggle]", False),
        ("*,::after", True),
        ('.btn[type="submit"]::before', True),
        ("#nowhere", False),
        (r".d-md-1\/2", False),
    ],
)
def test_a_rule_stays_where_all_that_it_demands_is_in_use(selector: str, matches: bool) -> None:
    used = InUse(
        classes=frozenset({"btn", "card"}),
        ends=frozenset({"danger"}),
        beginnings=frozenset({"alert-"}),
        elements=frozenset({"p", "h1"}),
        attributes=frozenset({"data-bs-theme", "type"}),
    )
    assert could_match(selector, used) is matches


def test_what_is_cut_takes_along_what_was_there_for_it_alone() -> None:
    css = """@charset "UTF-8";/* of all */:root{--a:1px;--b:var(--a);--c:red;--ours:2px}
      @media (min-width:1px){.gone{color:var(--c)}}.btn,.gone{width:var(--b);animation:turn 1s}
      @keyframes turn{to{opacity:0}}@keyframes fly{to{opacity:0}}"""
    used = InUse(frozenset({"btn"}), frozenset(), frozenset(), frozenset(), frozenset())
    assert cut(css, used, ["p { margin: var(--ours) }"]) == (
        ":root{--a:1px;--b:var(--a);--ours:2px}.btn{width:var(--b);animation:turn 1s}@keyframes turn{to{opacity:0}}"
    )


def test_a_style_sheet_is_the_same_made_small() -> None:
    css = """/* a { } */
    @import url("x;y.css");
    .a > b,
    .c::after { content: "/* no */  { }"; margin : 0  auto ; width: calc(1px + 2px) }
    @media (width < 10px) { .d { color: light-dark(red, blue); } }
    """
    assert small(css) == (
        '@import url("x;y.css");.a > b,.c::after{content:"/* no */  { }";margin:0 auto;width:calc(1px + 2px)}'
        "@media (width < 10px){.d{color:light-dark(red,blue)}}"
    )
    for path in (ROOT / "static" / "css").glob("*.css"):
        assert small(small(path.read_text())) == small(path.read_text()), path


@pytest.mark.parametrize("css", ["a{color:red", "a}", "a(", 'a{b:"'])
def test_a_style_sheet_that_is_none_is_refused(css: str) -> None:
    with pytest.raises(ValueError, match=r"closes nothing|ends within a rule"):
        parse(css)


def test_another_original_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabler, "WHOLE_SHA256", "0" * 64)
    with pytest.raises(ValueError, match="not the file that was pinned"):
        whole()
