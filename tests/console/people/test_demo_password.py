"""The public demo password is noticed while it works."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from console.launch.fill_database import CannotUse, refuse_others, sign_ins
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


OWN, PUBLIC = "".join(chr(65 + n % 26) for n in range(64)), "development only: settings.prod demands one of its own"


@pytest.mark.parametrize(
    ("key", "debug", "named"),
    [
        (OWN, False, []),
        (OWN, True, ["unset DEBUG"]),
        (PUBLIC, False, ["set SECRET_KEY to one of your own"]),
        ("hunter2", False, ["set SECRET_KEY to one of your own"]),
        (PUBLIC, True, ["set SECRET_KEY to one of your own", "unset DEBUG"]),
    ],
)
def test_other_machines_are_let_in_only_with_a_secret_of_ones_own_and_without_debugging(
    settings: Any, key: str, debug: bool, named: list[str]
) -> None:
    settings.SECRET_KEY, settings.DEBUG = key, debug
    assert settings.SECRET_KEY_OF_DEVELOPMENT == PUBLIC
    for host in ("127.0.0.1", "localhost", "::1"):
        refuse_others(host)
    for host in ("0.0.0.0", "192.168.1.7", "::", "allotment.example"):
        if not named:
            refuse_others(host)
            continue
        with pytest.raises(CannotUse) as refused:
            refuse_others(host)
        assert f"HOST={host}" in str(refused.value)
        assert [fix for fix in ("set SECRET_KEY to one of your own", "unset DEBUG") if fix in str(refused.value)] == named
        assert key not in str(refused.value)
