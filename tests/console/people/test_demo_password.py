"""The public demo password is noticed while it works."""

import pytest
from django.contrib.auth import get_user_model

from console.launch.fill_database import CannotUse, sign_ins
from console.people.demo_password import DEMO_PASSWORD, KNOWN_PERSON, have_demo_password

pytestmark = pytest.mark.django_db


def test_without_demo_people_there_is_nothing_to_say() -> None:
    assert not have_demo_password()
    assert sign_ins("0.0.0.0") == ""


def test_other_addresses_are_refused_while_the_demo_password_works() -> None:
    person = get_user_model().objects.create_user(KNOWN_PERSON, DEMO_PASSWORD)
    assert have_demo_password()
    assert KNOWN_PERSON in sign_ins("127.0.0.1")
    with pytest.raises(CannotUse, match=r"HOST=0\.0\.0\.0 would let others sign in"):
        sign_ins("0.0.0.0")
    person.set_password("something else entirely")
    person.save(update_fields=["password"])
    assert not have_demo_password()
    assert sign_ins("0.0.0.0") == ""
