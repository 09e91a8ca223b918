"""Which characters a text may hold that people type or machines send. One rule for all: `first_refused`.

Text is what can be seen: letters, marks, digits, signs, pictures, and spaces of every width. Characters that nobody sees are
text only where they shape what is seen around them: a joiner between two characters (Persian, Sinhala, a family of pictures),
a selector after what it selects, the tags of a flag. What is refused is named with its place, since it cannot be looked for.

    require_visible(text, field="name")               raises Refused, in words: acts hold to it through `@as_act`
    without_refused(text, most=150)                   what a machine sent, with a space where something was refused
    as_shown_alike(text)                              for searches: as it looks, whatever joins it
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, signature
from typing import Any

from django.contrib.humanize.templatetags.humanize import ordinal
from django.utils.translation import gettext as _

from console.errors import Refused

ZWNJ, ZWJ, END_OF_TAGS, BLACK_FLAG = "\u200c", "\u200d", "\U000e007f", "\U0001f3f4"
TEXTS_OF_LINES = frozenset({"reason", "note", "words", "overview"})
"""Parameters of acts that are texts of several lines; all others are names and the like, on one."""
NOT_TYPED = frozenset({"key"})
"""Parameters of acts that no person types and nobody reads."""

_UNSEEN = re.compile(
    "[\\0-\x1f\x7f-\x9f"  # controls, line breaks among them
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
"""What nobody sees: Unicode's Default_Ignorable_Code_Point, with controls, halves of characters and what is no character."""
_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_SELECTOR_OF_MONGOLIAN = re.compile("[\u180b-\u180f]")
_MONGOLIAN = re.compile("[\u1807\u180a\u1820-\u18aa]")
_FLAG = re.compile(f"{BLACK_FLAG}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{{3,6}}{END_OF_TAGS}")
_BREAKS_OF_TEXTS = re.compile("[\n\r\t]")
_BLANK = "\u2800"  # Braille without a dot: a sign that looks like a space

_NAMES = {"\0": "NULL", "\t": "CHARACTER TABULATION", "\n": "LINE FEED", "\r": "CARRIAGE RETURN", "\x1b": "ESCAPE"}
_NAMES |= {"\x7f": "DELETE", "\x85": "NEXT LINE"}
_WORD, _PICTURE = "word", "picture"
_LIFTS_A_VOWEL = 9  # the combining class of the sign that takes a vowel away


@dataclass(frozen=True)
class Place:
    """A character that is refused: the how manieth of its line, counted from 1."""

    character: str
    line: int
    number: int

    @property
    def name(self) -> str:
        """ "U+202E RIGHT-TO-LEFT OVERRIDE"."""
        code = f"U+{ord(self.character):04X}"
        kind = unicodedata.category(self.character)
        unnamed = {"Cc": "CONTROL CHARACTER", "Cs": "HALF OF A CHARACTER", "Cn": "NOT A CHARACTER"}.get(kind, "UNNAMED")
        return f"{code} {unicodedata.name(self.character, _NAMES.get(self.character, unnamed))}"


def first_refused(text: str, *, lines: bool = False) -> Place | None:
    """The first character that a text may not hold; None where it may be kept. `lines`: it may run over several lines."""
    for found in _UNSEEN.finditer(text):
        if not _shapes(text, found.start()) and not (lines and _BREAKS_OF_TEXTS.match(found[0])):
            begins = text.rfind("\n", 0, found.start()) + 1 if lines else 0
            return Place(found[0], 1 + text.count("\n", 0, begins), found.start() - begins + 1)
    return None


def _shapes(text: str, at: int) -> bool:
    """Whether the unseen character there changes what is seen around it."""
    character, before = text[at], text[at - 1] if at else ""
    if character in (ZWNJ, ZWJ):
        # After the sign that takes a vowel away, a joiner shapes what stands before it, also at the end of a word.
        return bool(_part_of(text, at - 1) & _part_of(text, at + 1)) or _combining_class(before) == _LIFTS_A_VOWEL
    if _SELECTOR.match(character):
        return bool(before) and unicodedata.category(before)[0] in "LNPS" and not _UNSEEN.match(before)
    if _SELECTOR_OF_MONGOLIAN.match(character):
        return bool(_MONGOLIAN.match(before))
    if "\U000e0020" <= character <= END_OF_TAGS:
        flag = _FLAG.match(text, text.rfind(BLACK_FLAG, 0, at)) if BLACK_FLAG in text[:at] else None
        return flag is not None and at < flag.end()
    return False


def _part_of(text: str, at: int) -> frozenset[str]:
    """Of what the character there is a part: of a word, a picture, of either, or of neither."""
    if not 0 <= at < len(text):
        return frozenset()
    character = text[at]
    if _SELECTOR.match(character):
        return frozenset({_WORD, _PICTURE} if _shapes(text, at) else ())
    if _UNSEEN.match(character):
        return frozenset()
    kind = unicodedata.category(character)
    if kind[0] in "LMN":
        return frozenset({_WORD})
    # One that is newer than what is known of Unicode here is taken for a picture: most of them are.
    return frozenset({_PICTURE}) if character > "\u2000" and (kind[0] == "S" or kind == "Cn") else frozenset()


def _combining_class(character: str) -> int:
    return unicodedata.combining(character) if character else 0


def why_refused(text: str, *, lines: bool = False) -> str:
    """The sentence that says which character may not stand there, and where; empty where all may."""
    place = first_refused(text, lines=lines)
    if place is None:
        return ""
    said = {"number": ordinal(place.number), "name": place.name, "line": place.line}
    if place.character == "\n":
        return _("Enter one line: the %(number)s character is %(name)s, which begins another.") % said
    if place.line > 1:
        return _("In line %(line)s the %(number)s character is %(name)s, which cannot be seen. Remove it.") % said
    return _("The %(number)s character is %(name)s, which cannot be seen. Remove it.") % said


def require_visible(text: str, *, field: str, lines: bool = False) -> None:
    """Raises Refused, beside its field, for a text of which nothing can be seen or that holds what cannot be seen."""
    if said := why_refused(text, lines=lines):
        raise Refused(said, field=field)
    if not shows_something(text):
        raise Refused(_("Enter a text."), field=field)


def require_text(text: str, *, most: int, field: str, required: bool = True) -> None:
    """Refuse a text that is empty, though required, or longer than `most` characters."""
    if required and not shows_something(text):
        raise Refused(_("Enter a text."), field=field)
    if len(text) > most:
        raise Refused(_("Enter at most %(most)s characters.") % {"most": most}, field=field)


def shows_something(text: str) -> bool:
    return bool(text.replace(_BLANK, " ").strip())


def without_refused(text: str, *, most: int | None = None) -> str:
    """The text on one line with a space where something was refused, cut to `most` characters. It is then refused nowhere."""
    cleaned = _spaces_for_refused(text).strip()
    return cleaned if most is None or len(cleaned) <= most else _spaces_for_refused(cleaned[:most]).rstrip()


def _spaces_for_refused(text: str) -> str:
    kept = [" " if _UNSEEN.match(character) and not _shapes(text, at) else character for at, character in enumerate(text)]
    return "".join(each for at, each in enumerate(kept) if not (each != text[at] and at and kept[at - 1] != text[at - 1]))


def as_shown_alike(text: str) -> str:
    """For searches: without case, joiners, selectors and widths of spaces, so that a name is found however it was typed."""
    return " ".join(_UNSEEN.sub("", unicodedata.normalize("NFC", text)).split()).casefold()


# --- Acts


def hold_to_text(act: Callable[..., Any]) -> Callable[..., None]:
    """What looks at the arguments of one call: every `str` parameter that people type. Raises Refused. For `@as_act`."""
    wanted = signature(act)
    typed = frozenset(name for name, each in wanted.parameters.items() if _is_text(each) and name not in NOT_TYPED)

    @wraps(act)
    def hold(*args: Any, **kwargs: Any) -> None:
        if not typed:
            return
        given = wanted.bind(*args, **kwargs).arguments
        for name in typed & given.keys():
            value = given[name]
            for text in (value,) if isinstance(value, str) else getattr(value, "typed", ()):  # a `Why` has several
                if said := why_refused(text, lines=name in TEXTS_OF_LINES):
                    raise Refused(said, field=name)

    return hold


def _is_text(parameter: Parameter) -> bool:
    return parameter.annotation in (str, "str", "str | None", "Reason")
