"""Keys change while the console runs: everything sealed goes on opening, and then the old keys go."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from console.company_in_hand import for_all
from console.mail.queueing import queue_mail
from console.models import OutgoingMail, User
from console.security.at_rest import seal_anew as module
from console.security.at_rest.former_keys import nothing_hangs_on_former_keys
from console.security.at_rest.seal_anew import Done, Former, on_former_keys, seal_anew
from console.security.at_rest.sealed_columns import sealed_columns
from console.security.sealing import NotOurs, Secret, fingerprints, is_under_the_first_key, seal, unseal
from licensing.codes.redeem_code import redeem
from licensing.codes.reveal_code import reveal_code
from licensing.health.secrets_at_rest import secrets_at_rest
from licensing.models import Activation, ActivationCode
from licensing.purchases.activation.exchange_token import bring
from tests.factories import SYSTEM, make_code, make_company, make_order, make_user, new_key
from tests.test_architecture import APPS, ROOT, source_files

pytestmark = pytest.mark.django_db

FIRST, SECOND, THIRD = (f"{each}-key-of-sealing-0123456789-abcdefghijklmnop" for each in ("first", "second", "third"))
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def anew() -> dict[str, Done]:
    with for_all("a test seals anew"):
        return {done.label: done for done in seal_anew()}


def former() -> dict[str, int]:
    with for_all("a test counts"):
        return {each.label: each.rows for each in on_former_keys()}


def command(*arguments: str) -> str:
    said = StringIO()
    call_command("seal_anew", *arguments, stdout=said, stderr=said)
    return said.getvalue()


@pytest.fixture
def person() -> User:
    return make_user(company=make_company(), roles=["owner"])


class World:
    """One of everything that is sealed."""

    def __init__(self, person: User) -> None:
        self.person = person
        self.orders = [make_order(channel="code") for _each in range(3)]
        self.codes = [make_code(order) for order in self.orders]
        self.totp = TOTP.activate(person, TOTP_SECRET)
        self.recovery = RecoveryCodes.activate(person).get_unused_codes()
        self.mail = queue_mail(to="ada@example.com", subject="Reset", text="a link that opens", purpose="account", secret=True)
        queue_mail(to="ada@example.com", subject="Notice", text="gAAAAA is how this notice begins", purpose="notice")
        self.activation = bring("azure", Secret("a-token-of-the-marketplace"))
        self.client = Client()
        self.client.force_login(person)

    def opens(self) -> None:
        """Everything is there, and can be found and shown."""
        for order, code in zip(self.orders, self.codes, strict=True):
            row = ActivationCode.objects.get(order=order)
            assert reveal_code(row, by=SYSTEM, key=new_key()).replace("-", "") == code.replace("-", "")
            assert redeem(code, person=self.person, source="").order == order
        authenticator = Authenticator.objects.get(type="totp")
        assert unseal(authenticator.data["secret"]) == TOTP_SECRET
        assert RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes() == self.recovery
        assert unseal(OutgoingMail.objects.get(pk=self.mail.pk).text) == "a link that opens"
        assert unseal(Activation.objects.get(pk=self.activation.pk).token_sealed) == "a-token-of-the-marketplace"
        assert self.client.get("/accounts/notices/").status_code == 200


@pytest.fixture
def world(person: User) -> World:
    return World(person)


def test_after_two_changes_of_key_everything_opens_with_the_last_one_alone(world: World, settings: Any) -> None:
    world.opens()
    settings.SEALING_KEYS = [FIRST]
    world.opens()
    assert "Everything opens with the first key alone" in command()
    settings.SECRET_KEY = "changed in the same hour, so that what is derived from the one before is gone"
    # A session says under which SECRET_KEY its person signed in, which is Django's own: they sign in again.
    world.client.force_login(world.person)
    world.opens()
    settings.SEALING_KEYS = [SECOND, FIRST]
    world.opens()
    command()
    settings.SEALING_KEYS = [SECOND]
    world.opens()
    assert former() == {}
    settings.SEALING_KEYS = [FIRST]
    with pytest.raises(NotOurs):
        unseal(ActivationCode.objects.all()[0].sealed)


def test_without_sealing_keys_a_change_of_secret_key_is_followed_as_well(world: World, settings: Any) -> None:
    for change in ("another", "and another"):
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], f"{change} key, as a rotation makes one"
        command()
    settings.SECRET_KEY_FALLBACKS = []
    world.client.force_login(world.person)
    world.opens()


def test_what_is_under_the_first_key_is_left_alone(world: World, settings: Any) -> None:
    settings.SEALING_KEYS = [FIRST]
    assert sum(done.sealed for done in anew().values()) == 8
    kept = list(ActivationCode.objects.order_by("pk").values_list("sealed", "fingerprint"))
    again = anew()
    assert sum(done.sealed for done in again.values()) == 0
    assert sum(done.rows for done in again.values()) == 8
    assert list(ActivationCode.objects.order_by("pk").values_list("sealed", "fingerprint")) == kept
    assert OutgoingMail.objects.get(secret=False).text == "gAAAAA is how this notice begins"


def test_a_run_that_was_ended_goes_on_where_it_was(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 2)
    settings.SEALING_KEYS = [FIRST]
    assert former()["activation codes (licensing_activationcode.sealed)"] == 3
    with for_all("a test ends a run halfway"):
        for done in seal_anew():
            if done.label.startswith("activation codes"):
                break
    assert former()["activation codes (licensing_activationcode.sealed)"] == 1
    world.opens()
    assert "activation codes (licensing_activationcode.sealed): 2 looked at, 0 sealed anew." in command()
    assert former() == {}


def test_what_is_written_meanwhile_is_sealed_anew_and_not_overwritten(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SEALING_KEYS = [FIRST]
    mails = OutgoingMail.objects.filter(pk=world.mail.pk)
    before, meant = mails.get().text, module.sealed_anew

    def while_another_writes(sealed: str) -> str:
        if sealed == before:
            settings.SEALING_KEYS = [SECOND, FIRST]
            mails.update(text=seal("what another process wrote"))
            settings.SEALING_KEYS = [FIRST, SECOND]
        return meant(sealed)

    monkeypatch.setattr(module, "sealed_anew", while_another_writes)
    anew()
    settings.SEALING_KEYS = [FIRST]
    assert unseal(mails.get().text) == "what another process wrote"


def test_what_no_key_opens_is_named_and_left_as_it_is(world: World, settings: Any) -> None:
    lost = ActivationCode.objects.order_by("pk")[0]
    settings.SECRET_KEY, kept = "a key that will be lost", settings.SECRET_KEY
    ActivationCode.objects.filter(pk=lost.pk).update(sealed=(sealed := seal("A2CDE")))
    settings.SECRET_KEY, settings.SEALING_KEYS = kept, [FIRST]
    said = StringIO()
    with pytest.raises(CommandError, match="left as it is"):
        call_command("seal_anew", stdout=said, stderr=said)
    assert f"activation codes (licensing_activationcode.sealed): 1 could not be opened: {lost.pk}." in said.getvalue()
    assert ActivationCode.objects.get(pk=lost.pk).sealed == sealed
    with for_all("a test counts"):
        assert on_former_keys() == [Former("activation codes (licensing_activationcode.sealed)", rows=0, lost=1)]


def test_what_somebody_changes_in_the_same_moment_is_not_written_over(world: World, settings: Any) -> None:
    settings.SEALING_KEYS = [FIRST]
    changed = []

    def used_meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if 'UPDATE "mfa_authenticator"' in sql and not changed:
            changed.append(True)
            row = Authenticator.objects.get(type="recovery_codes")
            Authenticator.objects.filter(pk=row.pk).update(data={**row.data, "used_mask": 3})
        return execute(sql, params, many, context)

    Authenticator.objects.filter(type="totp").delete()
    with connection.execute_wrapper(used_meanwhile):
        anew()
    row = Authenticator.objects.get(type="recovery_codes")
    assert (changed, row.data["used_mask"]) == ([True], 3)
    assert is_under_the_first_key(row.data["seed"])


def test_what_hangs_on_a_former_key_is_told(world: World, settings: Any) -> None:
    def told() -> list[checks.CheckMessage]:
        return nothing_hangs_on_former_keys(None)

    assert told() == []
    [item] = health()
    assert (item.value, item.state) == ("None.", "fine")
    settings.SEALING_KEYS = [FIRST]
    [warning] = told()
    assert (warning.id, "3 activation codes" in warning.msg) == ("console.W021", True)
    assert "seal_anew" in str(warning.hint)
    [item] = health()
    assert (item.state, "licensing_activationcode.sealed): 3" in item.value) == ("look", True)
    assert "licensing_activationcode.sealed): 3 hang on a former key." in command("--count")
    assert former() != {}  # counting changes nothing
    command()
    assert told() == []
    assert "Nothing hangs on a former key." in command("--count")


def test_what_no_key_opens_is_told_apart_and_is_wrong(world: World, settings: Any) -> None:
    settings.SEALING_KEYS = [SECOND]
    anew()
    settings.SEALING_KEYS = [FIRST]  # a wrong one: a restore without the keys of its time
    [error] = nothing_hangs_on_former_keys(None)
    assert (error.id, "3 activation codes" in error.msg) == ("console.E023", True)
    assert "Put the right sealing-keys back" in str(error.hint)
    [item] = health()
    assert (item.state, "licensing_activationcode.sealed): 3" in item.value) == ("wrong", True)
    assert "Put the right sealing-keys back" in item.fix
    with pytest.raises(CommandError, match="put the right sealing-keys back"):
        command("--count")
    settings.SEALING_KEYS = [FIRST, SECOND]
    assert [each.id for each in nothing_hangs_on_former_keys(None)] == ["console.W021"]
    assert [each.state for each in health()] == ["look"]
    assert "3 hang on a former key." in command("--count")


def health() -> list[Any]:
    with for_all("a test asks after health"):
        return secrets_at_rest(datetime(2027, 1, 1, tzinfo=UTC))


# --- Nothing is sealed that seal_anew does not know

SEALS = {
    "console/mail/queueing.py": "console_outgoingmail.text",
    "console/people/attempts/told_by_mail.py": "ends by itself: a job, which waits for seconds",
    "console/people/passwords/reset_by_mail.py": "ends by itself: a job, which waits for seconds",
    "console/people/sealed_factors.py": "mfa_authenticator.data",
    "console/security/at_rest/sessions.py": "django_session.session_data",
    "licensing/codes/issue_code.py": "licensing_activationcode.sealed",
    "licensing/imports/codes.py": "licensing_activationcode.sealed",
    "licensing/purchases/activation/exchange_token.py": "licensing_activation.token_sealed",
}
"""Who seals -> the column it goes into, or why none has to be sealed anew."""

FINDS = {
    "licensing/codes/issue_code.py": "licensing_activationcode.fingerprint",
    "licensing/imports/codes.py": "licensing_activationcode.fingerprint",
    "credits/desk/search/find.py": "licensing_activationcode.fingerprint",
    "licensing/codes/redeem_code.py": "licensing_activationcode.fingerprint",
    "licensing/codes/guessing_limit.py": "ends by itself, in fifteen minutes",
    "licensing/health/connection_notes.py": "ends by itself: after a change of key the connection is tested anew",
    "licensing/purchases/activation/hand_over.py": "ends by itself, in seven days: links of versions that kept it so",
    "licensing/purchases/activation/exchange_token.py": "ends by itself, with its token, in a day",
    "console/logs/sign_ins.py": "stands in the log alone",
    "console/security/at_rest/cache_keys.py": "ends by itself: a cache",
    "console/people/attempts/kept_tries.py": "ends by itself, in a day",
    "console/security/too_often.py": "ends by itself, in two days",
}
"""Who makes fingerprints -> the column, or why none has to be made anew."""

ROOM = "console/security/at_rest/"


def users_of(name: str) -> Iterator[str]:
    for file in source_files(*APPS):
        tree = ast.parse((ROOT / file).read_text())
        for node in ast.walk(tree):
            taken = isinstance(node, ast.ImportFrom) and node.module == "console.security.sealing"
            if taken and name in {each.name for each in node.names}:
                yield file


def test_who_seals_and_who_makes_fingerprints_is_known() -> None:
    own = {f"{ROOM}sealed_columns.py", f"{ROOM}seal_anew.py"}
    assert {each for each in users_of("seal") if "/migrations/" not in each} - own == set(SEALS)
    assert set(users_of("fingerprints")) - own == set(FINDS)
    known = {f"{model._meta.db_table}.{column.name}" for model, column in sealed_columns()}
    known |= {f"{model._meta.db_table}.{column.fingerprint}" for model, column in sealed_columns() if column.fingerprint}
    assert {each for each in [*SEALS.values(), *FINDS.values()] if "." in each} == known


def every_text() -> Iterator[tuple[str, str]]:
    """Table and column, and each text in it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
            " AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'ARRAY', 'bytea')"
        )
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT "{column}"::text FROM "{table}" WHERE "{column}" IS NOT NULL')
            for (text,) in cursor.fetchall():
                yield f"{table}.{column}", text


def test_no_column_holds_what_seal_anew_would_leave_behind(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new key, everything anew: then no text in any table opens with the old one only, and no fingerprint is one of it."""
    settings.SEALING_KEYS = [FIRST]
    command()
    codes = [fingerprints(code.replace("-", ""))[1] for code in world.codes]
    left = {}
    for column, text in every_text():
        pieces = json.dumps(text).replace("\\", '"').split('"')
        behind = [each for each in pieces if each.startswith("gAAAAA") and " " not in each and not is_under_the_first_key(each)]
        behind += [each for each in codes if each in text]
        if behind:
            left[column] = len(behind)
    assert left == {}
