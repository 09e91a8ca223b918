"""Numbers of units in words: the catalogue names a unit in the singular. Pure: no Django, no database."""

from __future__ import annotations

NEVER_PLURAL = {"GB", "TB", "MB", "Gbps", "Mbps"}


def plural(unit: str) -> str:
    """ "user account or email address" -> "user accounts or email addresses"; measures such as GB stay."""
    return " or ".join(_plural_of_one(each) for each in unit.split(" or "))


def _plural_of_one(unit: str) -> str:
    for joint in (" of ", " per ", " ingested", " ("):
        head, found, tail = unit.partition(joint)
        if found:
            return _plural_of_one(head) + found + tail
    first, _space, noun = unit.rpartition(" ")
    if noun in NEVER_PLURAL or not noun:
        return unit
    return f"{first}{_space}{_plural_noun(noun)}"


def _plural_noun(noun: str) -> str:
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def in_units(number: int, unit: str, *, with_number: bool = True) -> str:
    """ "1 deployment", "860 deployments"; without the number just the unit in the right form."""
    words = unit if number == 1 else plural(unit)
    return f"{number:,} {words}" if with_number else words
