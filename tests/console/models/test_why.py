"""The reason of an act: a kind of the list, words, a case number, and when they say something."""

from __future__ import annotations

import pytest

from console.errors import Refused
from console.models import ReasonKind, Why, why_of


@pytest.mark.parametrize(
    ("why", "says_something", "text"),
    [
        (Why(), False, ""),
        (Why("  "), False, "  "),
        (Why("", ReasonKind.OTHER), False, "Another reason"),
        (Why("", "", "CS-1"), False, "case CS-1"),
        (Why("Told late", ReasonKind.OTHER), True, "Another reason: Told late"),
        (Why("", ReasonKind.TEST), True, "A test"),
        (Why("", ReasonKind.TEST, "CS-1"), True, "A test (case CS-1)"),
        (Why("Told late", ReasonKind.PAYMENT, "CS-1"), True, "Payment: Told late (case CS-1)"),
        (Why("Told late"), True, "Told late"),
    ],
)
def test_a_reason_says_something_by_words_or_by_a_kind_that_speaks_for_itself(why: Why, says_something: bool, text: str) -> None:
    assert bool(why) is says_something
    assert str(why) == text


def test_words_alone_are_a_reason() -> None:
    assert why_of("Told late") == Why("Told late")
    assert why_of(Why("Told late", ReasonKind.TEST)).kind == "test"


@pytest.mark.parametrize(
    ("said", "field"), [({"kind": "made-up"}, "reason_kind"), ({"case": "4" * 61}, "case_number")], ids=["kind", "case"]
)
def test_what_is_not_on_the_list_or_too_long_is_refused_beside_its_field(said: dict[str, str], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        Why(**said)
    assert refusal.value.field == field
