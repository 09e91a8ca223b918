"""Forms that carry the key of an act: what is said where it is missing or broken, and where an act refuses."""

from __future__ import annotations

import pytest
from django import forms
from django.test import RequestFactory

from console.errors import Conflict, KeyUsedForSomethingElse, Refused
from console.forms.key_form import KeyForm, key_sent, refuse

AS_SHOWN = "The form was not sent as it was shown. Reload the page and try again."


class WordsForm(KeyForm):
    words = forms.CharField()


@pytest.mark.parametrize("sent", [{}, {"key": ""}, {"key": "k" * 101}, {"key": "a\0b"}])
def test_a_key_that_is_missing_or_broken_is_told_for_the_form_and_loses_nothing(sent: dict[str, str]) -> None:
    form = WordsForm({**sent, "words": "typed"})
    assert not form.is_valid()
    assert form.non_field_errors() == [AS_SHOWN]
    assert form["words"].value() == "typed"
    assert key_sent(RequestFactory().post("/", sent)) == ""


def test_what_is_wrong_in_sight_is_told_there_alone() -> None:
    form = WordsForm({"key": "some-key"})
    assert not form.is_valid()
    assert (form.non_field_errors(), list(form.errors)) == ([], ["words"])
    assert key_sent(RequestFactory().post("/", {"key": "some-key"})) == "some-key"


def test_a_refusal_stands_beside_its_field_else_above_the_form() -> None:
    form = WordsForm({"key": "some-key", "words": "typed"})
    assert form.is_valid()
    assert form.refuse(Refused("Say more.", field="words")) == 422
    assert form.refuse(Conflict("Somebody came first.", field="of-another-form")) == 409
    assert (form.errors["words"], form.non_field_errors()) == (["Say more."], ["Somebody came first."])


def test_a_form_whose_key_was_used_is_shown_with_a_fresh_one_and_what_was_typed() -> None:
    sent = {"key": "used", "words": "typed"}
    form = WordsForm(sent)
    assert form.is_valid()
    assert form.refuse(Refused("Say more.", field="words")) == 422
    assert form["key"].value() == "used"
    assert refuse(form, KeyUsedForSomethingElse("Used already.")) == 409
    assert form["key"].value() not in ("used", "", None)
    assert (form["words"].value(), sent["key"]) == ("typed", "used")
    broken = WordsForm({"words": "typed"})
    assert not broken.is_valid()
    assert broken["key"].value()
