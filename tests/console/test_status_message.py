"""What came of a press, kept for the next page."""

from __future__ import annotations

from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template.loader import render_to_string
from django.test import RequestFactory

from console.people.who_may_sign_in import AccountAdapter
from console.status_message import StatusMessage, WayOn, status_message_of, tell


class _Kept:
    """Django's storage, as far as messages are added to it."""

    def __init__(self) -> None:
        self.found: list[Message] = []

    def add(self, level: int, message: str, extra_tags: str = "") -> None:
        self.found.append(Message(level, message, extra_tags=extra_tags))


def test_a_status_message_comes_back_as_it_was_told() -> None:
    request = RequestFactory().get("/")
    request._messages = _Kept()  # type: ignore[attr-defined]
    said = StatusMessage("Saved", "A & B, 5 units.", WayOn("Undo", "/undo/", {"key": "k"}))
    tell(request, said)
    assert status_message_of(request._messages.found[0]) == said  # type: ignore[attr-defined]


def test_another_message_of_djangos_is_none_of_ours() -> None:
    assert status_message_of(Message(constants.SUCCESS, "Signed in.")) is None


def test_what_is_said_is_escaped_and_a_way_with_fields_is_a_form() -> None:
    said = StatusMessage("Saved", "<b>Bold</b>", WayOn("Undo", "/undo/", {"key": "k1"}))
    page = render_to_string("includes/status_message.html", {"said": said, "oob": True})
    assert "&lt;b&gt;Bold" in page
    assert 'action="/undo/"' in page
    assert 'value="k1"' in page


def test_what_account_pages_say_is_told_as_everywhere_and_signing_in_says_nothing() -> None:
    request, adapter = RequestFactory().get("/"), AccountAdapter()
    request._messages = kept = _Kept()  # type: ignore[attr-defined]
    adapter.add_message(request, constants.SUCCESS, "account/messages/email_deleted.txt", {"email": "o'hara@aster.example"})
    adapter.add_message(
        request, constants.ERROR, "account/messages/cannot_delete_primary_email.txt", {"email": "a@aster.example"}
    )
    adapter.add_message(request, constants.SUCCESS, "account/messages/logged_in.txt", {"user": "Katrin Vogel"})
    adapter.add_message(request, constants.ERROR, message="Too many attempts.")
    removed, refused, another = kept.found
    assert status_message_of(removed) == StatusMessage(
        "Removed", "the address o'hara@aster.example. Nothing is sent to it any more."
    )
    words = "a@aster.example is the address that we write to. Choose another one first."
    assert status_message_of(refused) == StatusMessage("Not removed", words, refused=True)
    assert str(another.message) == "Too many attempts."
