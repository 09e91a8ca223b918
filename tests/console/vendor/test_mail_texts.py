"""Texts of mails with placeholders: what is refused, and how they are filled."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string

from console.vendor import held, mail_texts
from licensing.notices import texts_of_notices

NOTICE = texts_of_notices.NOTICE


@pytest.mark.parametrize(
    ("part", "said", "wrong"),
    [
        ("subject", "{company}: {title}", ""),
        ("body", "{title} {url} {choice_url}", ""),
        ("body", "{titel} {url} {choice_url}", "{titel}"),
        ("body", "{title} {url}", "{choice_url}"),
        ("subject", "{", "A brace stands alone"),
        ("subject", "{Title}", "A brace stands alone"),
        ("subject", "{title.__class__}", "A brace stands alone"),
        ("subject", "{title!r}", "A brace stands alone"),
        ("subject", "%(title)s", ""),
    ],
)
def test_a_text_names_placeholders_that_there_are(part: str, said: str, wrong: str) -> None:
    found = mail_texts.what_is_wrong(NOTICE, part, said)
    assert bool(found) == bool(wrong)
    assert wrong in found


def test_a_line_whose_placeholders_are_empty_is_left_out() -> None:
    assert mail_texts.filled("{a}\n\nNote: {b}\n\nEnd", {"a": "A", "b": ""}) == "A\n\nEnd"


def test_what_stands_in_a_value_is_no_placeholder() -> None:
    assert mail_texts.filled("{a} {b}", {"a": "{b}", "b": "B"}) == "{b} B"


@pytest.mark.parametrize("note", ["", "We owe you one."])
@pytest.mark.parametrize("contact", ["", "sales@vendor.example"])
def test_the_shipped_text_that_is_shown_is_the_one_that_is_sent(note: str, contact: str) -> None:
    values = {**NOTICE.examples, "note": note, "contact": contact}
    sent = render_to_string("mail/notice.txt", values).strip()

    def lines(text: str) -> list[str]:
        return [line for line in text.replace("Note:\n", "Note: ").replace("\nhttps", "\nhttps").split("\n") if line.strip()]

    assert lines(mail_texts.filled(NOTICE.body, values)) == lines(sent)


def test_the_first_kind_with_a_text_holds() -> None:
    held.hold({"mail:notice:subject": "All {title}", "mail:notice.expired:subject": "Own {title}"}, seconds=60)
    assert mail_texts.written(("notice.expired", "notice"), "subject", {"title": "T"}) == "Own T"
    assert mail_texts.written(("notice.expires-soon", "notice"), "subject", {"title": "T"}) == "All T"
    assert mail_texts.written(("digest",), "subject", {}) is None


def test_every_shipped_text_would_be_taken() -> None:
    for text in mail_texts.offered():
        assert mail_texts.what_is_wrong(text, "body", text.body) == ""
        assert not text.subject or mail_texts.what_is_wrong(text, "subject", text.subject) == ""
