"""The one rule for text: what a name may hold, how what is refused is named, and that every act holds to it."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import Parameter, signature
from typing import Any

import pytest

from console.allowed_text import (
    NOT_TYPED,
    TEXTS_OF_LINES,
    as_shown_alike,
    first_refused,
    require_text,
    require_visible,
    why_refused,
    without_refused,
)
from console.errors import Refused
from console.models import Why
from licensing.acts.state.cancel import cancel_order
from tests.test_architecture import ROOT

SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
NAMES = {
    "Persian with a joiner": "می\u200cخواهم",
    "Persian, a number and a word": "۱۲\u200cساله",
    "Sinhala": "ශ්\u200dරී ලංකා",
    "Malayalam, a joiner at the end of the word": "അവന്\u200d വന്നു",
    "Devanagari with a half form": "क्\u200dष",
    "Japanese with an ideographic space": "株式会社\u3000山田",
    "Japanese with a selected form": "葛\U000e0100城市",
    "Mongolian with a vowel apart": "ᠮᠣᠩᠭᠣᠯ\u180eᠠ",
    "a family": "👨\u200d👩\u200d👧\u200d👦 GmbH",
    "an astronaut of a color": "👩🏽\u200d🚀",
    "a pirate's flag": "🏴\u200d☠\ufe0f",
    "a head that shakes": "🙂\u200d↔\ufe0f",
    "a key": "#\ufe0f\u20e3 1",
    "a heart": "I ❤\ufe0f U",
    "the flag of Scotland": f"{SCOTLAND} Ltd",
    "two flags": SCOTLAND + SCOTLAND.replace("\U000e0073\U000e0063\U000e0074", "\U000e0065\U000e006e\U000e0067"),
    "no-break spaces": "Contoso\u00a0Suite\u202f7",
    "thin and wide spaces": "a\u2009b\u2003c\u205fd",
    "Arabic with a sign over its number": "\u0600١٢",
    "letters and marks apart": "Mu\u0308ller",
    "a sign of one's own": "\ue000",
}

REFUSED = {
    "a turn of direction": ("abcd\u202ee", "The 5th character is U+202E RIGHT-TO-LEFT OVERRIDE, which cannot be seen."),
    "a mark of direction": ("שלום\u200f", "The 5th character is U+200F RIGHT-TO-LEFT MARK, which cannot be seen."),
    "an isolate": ("a\u2067b", "The 2nd character is U+2067 RIGHT-TO-LEFT ISOLATE, which cannot be seen."),
    "a hyphen nobody sees": ("Con\u00adtoso", "The 4th character is U+00AD SOFT HYPHEN, which cannot be seen."),
    "a space of no width": ("a\u200bb", "The 2nd character is U+200B ZERO WIDTH SPACE, which cannot be seen."),
    "a byte order mark": ("\ufeffa", "The 1st character is U+FEFF ZERO WIDTH NO-BREAK SPACE, which cannot be seen."),
    "a letter that is none": ("\u3164", "The 1st character is U+3164 HANGUL FILLER, which cannot be seen."),
    "a joiner first": ("\u200dab", "The 1st character is U+200D ZERO WIDTH JOINER, which cannot be seen."),
    "a joiner last": ("می\u200c", "The 3rd character is U+200C ZERO WIDTH NON-JOINER, which cannot be seen."),
    "a joiner before a space": ("a\u200d b", "The 2nd character is U+200D ZERO WIDTH JOINER, which cannot be seen."),
    "two joiners": ("a\u200d\u200db", "The 2nd character is U+200D ZERO WIDTH JOINER, which cannot be seen."),
    "a joiner of a word and a picture": ("a\u200d👩", "The 2nd character is U+200D ZERO WIDTH JOINER, which cannot be seen."),
    "a selector of nothing": ("\ufe0fa", "The 1st character is U+FE0F VARIATION SELECTOR-16, which cannot be seen."),
    "a selector of a space": ("a \ufe0f", "The 3rd character is U+FE0F VARIATION SELECTOR-16, which cannot be seen."),
    "two selectors": ("❤\ufe0f\ufe0f", "The 3rd character is U+FE0F VARIATION SELECTOR-16, which cannot be seen."),
    "tags without a flag": (
        "a\U000e0067\U000e0062\U000e007f",
        "The 2nd character is U+E0067 TAG LATIN SMALL LETTER G, which cannot",
    ),
    "tags without an end": (
        "🏴\U000e0067\U000e0062\U000e0073",
        "The 2nd character is U+E0067 TAG LATIN SMALL LETTER G, which cannot",
    ),
    "half of a character": ("a\ud800", "The 2nd character is U+D800 HALF OF A CHARACTER, which cannot be seen."),
    "no character": ("a\ufdd0", "The 2nd character is U+FDD0 NOT A CHARACTER, which cannot be seen."),
    "the last of a plane": ("\U0001ffff", "The 1st character is U+1FFFF NOT A CHARACTER, which cannot be seen."),
    "a control": ("a\x07", "The 2nd character is U+0007 CONTROL CHARACTER, which cannot be seen."),
    "a zero byte": ("a\0", "The 2nd character is U+0000 NULL, which cannot be seen."),
    "the eleventh": ("a" * 10 + "\u2060", "The 11th character is U+2060 WORD JOINER, which cannot be seen."),
    "another line": ("a\nb", "Enter one line: the 2nd character is U+000A LINE FEED, which begins another."),
    "a line of another kind": ("a\u2028b", "The 2nd character is U+2028 LINE SEPARATOR, which cannot be seen."),
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_what_can_be_seen_and_what_shapes_it_is_text(name: str) -> None:
    require_visible(name, field="name")
    assert without_refused(name) == name


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_seen_is_refused_with_its_name_and_place(text: str, said: str) -> None:
    with pytest.raises(Refused) as refusal:
        require_visible(text, field="name")
    assert str(refusal.value).startswith(said)
    assert refusal.value.field == "name"


def test_a_text_of_several_lines_names_the_line() -> None:
    assert why_refused("first\r\n\tsecond\n", lines=True) == ""
    said = why_refused("first\nse\u200bcond", lines=True)
    assert said == "In line 2 the 3rd character is U+200B ZERO WIDTH SPACE, which cannot be seen. Remove it."


@pytest.mark.parametrize("blank", ["", " ", "\u00a0", "\u3000\u2009", "\u2800"])
def test_spaces_alone_are_no_name(blank: str) -> None:
    with pytest.raises(Refused, match=r"Enter a text\."):
        require_text(blank, most=10, field="name")
    with pytest.raises(Refused, match=r"Enter a text\."):
        require_visible(blank, field="name")


def test_what_a_machine_sent_is_never_refused_once_it_was_cleaned_however_it_is_cut() -> None:
    chance = random.Random(7)
    parts = [each for name in NAMES.values() for each in name] + [each for text, _ in REFUSED.values() for each in text]
    for _ in range(3000):
        text = "".join(chance.choices(parts, k=chance.randint(0, 12)))
        for most in (None, 1, 3, 5):
            cleaned = without_refused(text, most=most)
            assert first_refused(cleaned) is None, ascii(text)
            assert len(cleaned) <= (len(text) if most is None else most)
            assert without_refused(cleaned) == cleaned


def test_what_was_refused_leaves_one_space_where_it_stood() -> None:
    assert without_refused("Con\u202e\u200btoso\r\nLtd\ufeff") == "Con toso Ltd"


@pytest.mark.parametrize("typed", ["می\u200cخ", "میخ", "می"])
def test_a_name_is_found_with_and_without_its_joiner(typed: str) -> None:
    assert as_shown_alike(typed) in as_shown_alike(NAMES["Persian with a joiner"])


# --- Acts


def every_act() -> Iterator[Callable[..., Any]]:
    """The functions that `@as_act` decorates, found by reading the sources."""
    for path in sorted(each for room in ("console", "licensing", "credits") for each in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and any("as_act" in ast.dump(each) for each in node.decorator_list):
                yield getattr(import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)), node.name)


def texts_of(act: Callable[..., Any]) -> list[str]:
    return [
        name for name, each in signature(act).parameters.items() if {"str", "Reason"} & set(str(each.annotation).split(" | "))
    ]


TYPED = [
    pytest.param(act, name, id=f"{act.__module__}.{act.__name__}: {name}")
    for act in every_act()
    for name in texts_of(act)
    if name not in NOT_TYPED
]


def test_the_acts_are_found_and_so_is_what_people_type() -> None:
    found = {parameter.values[1] for parameter in TYPED}
    assert {"name", "external_id", "business_id", "reason", "note"} <= found
    assert len(list(every_act())) > 25


@pytest.mark.parametrize("why", [Why("a\u202eb"), Why("agreed", "other", "CASE-\u200b1")])
def test_a_reason_with_a_case_number_is_looked_at_whole(why: Why) -> None:
    with pytest.raises(Refused, match=r"which cannot be seen"):
        cancel_order(None, today=None, by=None, key="", reason=why)  # type: ignore[arg-type]


@pytest.mark.parametrize(("act", "name"), TYPED)
def test_an_act_refuses_what_cannot_be_seen_before_anything_else(act: Callable[..., Any], name: str) -> None:
    given = {each: None for each, said in signature(act).parameters.items() if said.default is Parameter.empty}
    for bad in ("a\u202eb", "a\0b", "\u200ca", "a\ud800"):
        with pytest.raises(Refused, match=r"which cannot be seen") as refusal:
            act(**given | {name: bad})
        assert refusal.value.field == name
    if name not in TEXTS_OF_LINES:
        with pytest.raises(Refused, match="Enter one line"):
            act(**given | {name: "a\nb"})
