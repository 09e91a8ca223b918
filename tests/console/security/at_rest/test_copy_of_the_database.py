"""Whoever reads a copy of the database can use nothing of it: every text of every table, after everything was used once."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings as django_settings
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client

from console.company_in_hand import for_all
from console.models import OutgoingMail, User
from console.security.sealing import unseal
from console.tasks import mail_reset_link
from licensing.codes.code_format import grouped
from licensing.codes.reveal_code import reveal_code
from licensing.marketplaces.practice import tokens
from licensing.models import Activation, ActivationCode
from tests.activations import goes_to, land
from tests.factories import PASSWORD, SYSTEM, make_code, make_company, make_order, make_user, new_key
from tests.jobs import queued, run_jobs
from tests.markup import read
from tests.purchases import activated, buy, happens

pytestmark = [pytest.mark.django_db, pytest.mark.as_owner, pytest.mark.usefixtures("shop")]

NAME, DOMAIN = "canary-q7x2", "people-of-a-test.example"
ADDRESS = re.compile(rf"[\w.+-]*@{re.escape(DOMAIN)}", re.IGNORECASE)

MAY_HOLD_AN_ADDRESS = {
    "console_user": "who they are; replaced when a person is erased",
    "account_emailaddress": "the addresses that they have shown to be theirs, by which they sign in",
    "console_outgoingmail": "to whom a mail goes, and what it says; forgotten after the days of retention",
    "licensing_subscription": "who bought it, as the marketplace says: support looks purchases up by it",
    "licensing_marketplaceevent": "a notification as it was received; emptied after the days of retention",
    "socialaccount_socialaccount": "what an identity provider said of its person",
}
"""Tables that may hold an address of a person, and why; no other does."""

NOT_IN_PRODUCTION = "practice_"
"""The practice marketplace plays the other side, which knows its tokens."""


class Used:
    """Everything was used once; `secrets` are what would open something, by their kinds."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.company = make_company(name="Aster")
        self.ada = self.person("ada", company=self.company, roles=["owner"])
        self.bob = self.person("bob")
        self.support = self.person("support", is_staff=True, is_superuser=True)
        self.client = Client()
        self.signs_in()
        self.sets_up_factors()
        self.resets_a_password()
        self.brings_a_purchase()
        self.hands_over()
        self.signs_up()
        self.uses_codes()
        self.is_supported()

    def person(self, name: str, **more: Any) -> User:
        return make_user(email=f"{name}-{NAME}@{DOMAIN}", name="", **more)

    def signs_in(self) -> None:
        for password in ("wrong", PASSWORD):
            self.client.post("/accounts/login/", {"login": self.ada.email, "password": password})
        self.secrets["session key"] = self.client.session.session_key
        assert self.client.session["_auth_user_id"] == str(self.ada.pk)

    def sets_up_factors(self) -> None:
        begun = Client()
        begun.force_login(self.support)
        for client in (begun, self.client):
            client.post("/accounts/reauthenticate/", {"password": PASSWORD})
            assert client.get("/accounts/2fa/totp/activate/").status_code == 200
        self.secrets["app being set up"] = begun.session["mfa.totp.secret"]
        secret = self.secrets["app"] = self.client.session["mfa.totp.secret"]
        code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
        assert self.client.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
        recovery = Authenticator.objects.get(user=self.ada, type="recovery_codes")
        for number, each in enumerate(RecoveryCodes(recovery).get_unused_codes()):
            self.secrets[f"recovery code {number}"] = each
        self.secrets["seed of recovery codes"] = unseal(recovery.data["seed"])
        self.secrets["session key, since"] = self.client.session.session_key

    def resets_a_password(self) -> None:
        for address in (self.bob.email, f"nobody-{NAME}@{DOMAIN}"):
            Client().post("/accounts/password/reset/", {"email": address})
        for name, said, _due in queued():  # they stay in their table, as what a job was given does
            if name == "console.mail_reset_link":
                mail_reset_link(str(said["address"]))
        text = unseal(OutgoingMail.objects.get(to=self.bob.email, secret=True).text)
        [link] = re.findall(r"/accounts/password/reset/key/\S+", text)
        self.secrets["reset link"] = link.rstrip("/").rpartition("/")[2].partition("-")[2]
        opener = Client()
        form = opener.get(link)["Location"]
        assert opener.get(form).status_code == 200  # the key is in its session by now
        self.secrets["session key of who resets"] = opener.session.session_key

    def brings_a_purchase(self) -> None:
        bought = buy()
        stranger = Client()
        made = tokens.purchase_token
        kept: list[str] = []
        tokens.purchase_token = lambda *rest, **more: kept.append(made(*rest, **more)) or kept[-1]  # type: ignore[func-returns-value]
        try:
            land(stranger, bought)
        finally:
            tokens.purchase_token = made
        self.secrets["token of a purchase"] = kept[0]
        self.secrets["session key of a stranger"] = stranger.session.session_key
        subscription = activated(self.ada, self.company)
        happens(subscription, "Suspend")

    def hands_over(self) -> None:
        land(self.client, buy())
        activation = Activation.objects.latest("brought_at")
        goes_to(self.client, f"/activate/{activation.pk}/")
        page = read(self.client.post(f"/activate/{activation.pk}/hand-over/"))
        [field] = page.all("input", id="link")
        self.secrets["hand-over link"] = field["value"].rpartition("=")[2]
        opener = Client()
        assert opener.get(field["value"]).status_code == 302  # it is in its session by now

    def signs_up(self) -> None:
        client = Client()
        landed = land(client, buy())
        goes_to(client, landed["Location"])
        there = client.get(f"{landed['Location']}sign-up/")["Location"]
        new = {"name": "", "email": f"new-{NAME}@{DOMAIN}", "password1": "an uncommon sentence"}
        assert client.post(there, {**new, "name": "New"})["Location"] == "/accounts/confirm-email/"
        self.secrets["code of an address"] = client.session["account_email_verification_code"]["code"]

    def uses_codes(self) -> None:
        order = make_order(channel="code")
        code = self.secrets["activation code"] = make_code(order).replace("-", "")
        self.secrets["activation code, as written"] = grouped(code)
        self.client.post("/activate/", {"code": "AAAAA"})
        self.client.post("/activate/", {"code": code})
        with for_all("a test reveals a code"):
            reveal_code(ActivationCode.objects.get(order=order), by=SYSTEM, key=new_key())

    def is_supported(self) -> None:
        desk = Client()
        desk.force_login(self.support)
        page = f"/admin/console/user/{self.bob.pk}/change/"
        form = {"email": self.bob.email, "name": "", "is_active": "on"}
        assert desk.post(page, form).status_code == 302
        factor = Authenticator.objects.create(user=self.bob, type="totp", data={"secret": "gone"})
        desk.post(f"/admin/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"})
        report = {"words": "A figure is wrong.", "figure": "Balance", "page": "", "at": "", "key": str(uuid4())}
        assert self.client.post(f"/companies/{self.company.slug}/report-a-figure/", report).status_code == 302


def texts() -> Iterator[tuple[str, str]]:
    """Table and each of its rows as text: as PostgreSQL writes it, and as JSON; of the cache what its values hold as well."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
        )
        tables = [table for (table,) in cursor.fetchall() if not table.startswith(NOT_IN_PRODUCTION)]
        assert len(tables) > 40
        for table in tables:
            cursor.execute(f'SELECT t::text, to_jsonb(t)::text FROM "{table}" AS t')
            for row in cursor.fetchall():
                yield from ((table, text) for text in row)
        cursor.execute("SELECT value FROM console_cache")
        for (value,) in cursor.fetchall():
            yield "console_cache", base64.b64decode(value).decode("latin-1")


def spellings(secret: str) -> list[str]:
    """As it is, in hexadecimal digits, and in base64 at each of three offsets; of base32 the bytes too."""
    raw = [secret.encode()]
    if re.fullmatch(r"[A-Z2-7]{32}", secret):
        raw.append(base64.b32decode(secret))
    found = [secret, secret.lower(), secret[::-1]]
    for each in raw:
        found += [each.hex(), each.decode("latin-1")]
        for offset in range(3):
            coded = base64.b64encode(bytes(offset) + each).decode().rstrip("=")
            found.append(coded[(0, 2, 3)[offset] : -1])
    return found


def held(secrets: dict[str, str]) -> set[tuple[str, str]]:
    """Kind of secret and table, for each that is found somewhere."""
    wanted = [(kind, each) for kind, secret in secrets.items() for each in spellings(secret)]
    return {(kind, table) for table, text in texts() for kind, each in wanted if each in text}


@pytest.fixture
def used(settings: Any) -> Used:
    settings.COMPANY_SELF_SERVICE, settings.SUPPORT_CONTACT = True, "support@allotment.example"
    return Used()


def test_the_search_finds_what_it_is_there_to_find() -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    person = make_user(name=f"x{base64.b64encode(secret.encode()).decode()}")
    Authenticator.objects.create(user=person, type="totp", data={"secret": base64.b32decode(secret).hex()})
    cache.set("kept", secret)
    assert held({"app": secret}) == {("app", "console_user"), ("app", "mfa_authenticator"), ("app", "console_cache")}


def test_nothing_in_a_copy_of_the_database_opens_anything(used: Used) -> None:
    assert len(used.secrets) > 20
    assert held(used.secrets) == set()
    run_jobs()
    assert held(used.secrets) == set()


def test_no_text_in_a_copy_of_the_database_is_a_key_of_a_session(used: Used) -> None:
    words = {word for table, text in texts() if table == "django_session" for word in re.findall(r"[0-9a-z]{8,64}", text)}
    assert len(words) > 10
    for word in words:
        client = Client()
        client.cookies[django_settings.SESSION_COOKIE_NAME] = word
        assert client.session.get("_auth_user_id") is None


def test_addresses_of_people_stand_only_where_they_may(used: Used) -> None:
    for _when in ("before", "after the mails were sent"):
        found: dict[str, set[str]] = {}
        for table, text in texts():
            if addresses := set(ADDRESS.findall(text)):
                found.setdefault(table, set()).update(addresses)
        assert set(found) <= set(MAY_HOLD_AN_ADDRESS), {table: found[table] for table in set(found) - set(MAY_HOLD_AN_ADDRESS)}
        assert {"console_user", "console_outgoingmail"} <= set(found)
        run_jobs()
    assert mail.outbox


def test_neither_do_hashes_that_are_found_by_trying_addresses(used: Used) -> None:
    addresses = [used.ada.email, used.bob.email, f"nobody-{NAME}@{DOMAIN}"]
    hashes = {f"{name} {each}": hashlib.new(name, each.encode()).hexdigest() for name in ("md5", "sha256") for each in addresses}
    assert held(hashes) == set()
    assert not [text for table, text in texts() if table == "console_cache" and "127.0.0.1" in text]
