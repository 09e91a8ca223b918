"""Which passwords are taken: long ones of any kind, none that everybody tries first."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from console.models import User
from console.people.passwords.first_words_tried import WORDS


@pytest.mark.parametrize(
    "password", ["Allotment-2026!", "credits credits 1", "Azure!Marketplace99", "p@ssw0rd-p@ssw0rd", "4dm1n-4dm1n-4dm1n"]
)
def test_words_everybody_tries_first_are_refused(password: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password)
    assert "first_words_tried" in {error.code for error in refused.value.error_list}


KINDS = {
    "words": "credit for the harbor",
    "a name among others": "allotment gardens bloom",
    "digits": "193857102938457",
    "letters of all kinds": "åäö ÅÄÖ 平安 😀 ()",
    "64 characters": "x7" * 32,
    "1,200 characters": "a b" * 400,
    "a space at its end": "trailing space ",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.django_db
def test_passwords_of_any_characters_are_taken(kind: str) -> None:
    password = KINDS[kind]
    person = User(email="somebody@example.com")
    validate_password(password, person)
    person.set_password(password)
    assert person.check_password(password)
    for other in (password + " ", password[:-1], password.swapcase() if password.swapcase() != password else password * 2):
        assert not person.check_password(other)


def test_the_document_lists_the_words() -> None:
    text = (Path(settings.BASE_DIR) / "docs/security.md").read_text()
    assert ", ".join(WORDS) in text.replace("\n", " ")
