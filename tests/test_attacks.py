"""What an attacker tried, and what the console answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client

from console.launch.fill_database import CannotUse, sign_ins
from console.models import Act, User
from console.people.demo_password import DEMO_PASSWORD, KNOWN_PERSON, have_demo_password
from credits.demo.people import PEOPLE, Person
from credits.models import AllocationStatement, CreditRequirement
from licensing.models import Company
from tests.factories import PASSWORD, TODAY, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.jobs import run_jobs
from tests.pages import HTMX, address_of, browser_of, clock_at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@pytest.fixture
def line() -> CreditRequirement:
    return make_feature(rates=[5]).lines.get()


@pytest.fixture
def company(line: CreditRequirement) -> Company:
    company = make_company()
    make_license(company=company)
    allocate(company, line, 20)
    allocate(company, line, 30, on=TODAY + timedelta(days=1))
    return company


def without_raising(client: Client) -> Client:
    """A client that shows the answer to a crash, as a server does."""
    client.raise_request_exception = False
    return client


@pytest.fixture
def stranger() -> Client:
    return without_raising(Client())


@pytest.fixture
def owner(company: Company) -> Client:
    return without_raising(browser_of(make_user(company=company, roles=["owner"])))


def allocation_form(line: CreditRequirement, **changed: str) -> dict[str, str]:
    latest = AllocationStatement.objects.latest("id").pk
    shown = {"starting": "today", "key": new_key(), "seen": str(latest), f"units_{line.pk}": "21", f"seen_{line.pk}": "20"}
    return {**shown, **changed}


# --- What is kept of a page


def test_no_page_of_somebody_signed_in_is_kept_for_back_after_signing_out_or_by_a_shared_cache(
    company: Company, line: CreditRequirement, owner: Client
) -> None:
    for address in (
        "/companies/",
        address_of("licensing:license-information", company),
        address_of("credits:annual-credits", company),
        address_of("credits:allocation", company, line.feature.slug),
        "/companies/no-such-company/licenses/",
        "/accounts/2fa/",
        "/accounts/password/reset/",
        "/",
    ):
        for headers in ({}, HTMX):
            kept = owner.get(address, headers=headers).headers["Cache-Control"]
            assert {"private", "no-store"} <= {each.strip() for each in kept.split(",")}, address


def test_static_files_are_kept(stranger: Client) -> None:
    response = stranger.get("/static/css/console.css")
    response.close()
    assert "no-store" not in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/admin/", "/no-such-page", "/healthz", "/accounts/login/?a=%00", "/readyz"]
)
def test_every_answer_carries_the_content_security_policy(stranger: Client, address: str) -> None:
    assert "frame-ancestors 'none'" in stranger.get(address).headers["Content-Security-Policy"]


# --- What no browser sends


@pytest.mark.parametrize(
    "address",
    ["/accounts/oidc/%00/login/", "/accounts/login/?next=%00", "/companies/%00/licenses/", "/?%00=1", "/admin/?q=%00", "/%00"],
)
def test_a_zero_byte_in_an_address_is_a_bad_request(stranger: Client, owner: Client, address: str) -> None:
    assert stranger.get(address).status_code == 400
    assert owner.get(address).status_code == 400


def test_a_zero_byte_in_a_cookie_is_a_bad_request(stranger: Client) -> None:
    # Cookies may be quoted, with the byte as an octal number, which a server in front lets through.
    for cookie in (r'sessionid="abcdefgh\000b"', r'csrftoken="\000"', r'messages="a\000"'):
        assert stranger.get("/", headers={"cookie": cookie}).status_code == 400


@pytest.mark.parametrize("field", ["note", "key", "seen", "starting", "on"])
def test_a_zero_byte_in_a_form_is_refused_and_nothing_is_written(
    company: Company, line: CreditRequirement, owner: Client, field: str
) -> None:
    before = Act.objects.count()
    form = allocation_form(line, **{"starting": "later", "on": str(TODAY + timedelta(days=2)), field: "a\0b"})
    response = owner.post(address_of("credits:allocation", company, line.feature.slug), form)
    assert (response.status_code, Act.objects.count()) == (422, before)


def status_as(client: Client, address: str, charset: str, **fields: bytes) -> int:
    parts = [
        b'--B\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in fields.items()
    ]
    content_type = f"multipart/form-data; boundary=B; charset={charset}"
    return client.generic("POST", address, b"".join(parts) + b"--B--\r\n", content_type=content_type).status_code


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "hex", "undefined", "utf-16"])
def test_half_characters_cannot_be_smuggled_in_by_another_encoding(
    company: Company, line: CreditRequirement, owner: Client, stranger: Client, charset: str
) -> None:
    before = Act.objects.count()
    form = {name: value.encode() for name, value in allocation_form(line).items()} | {"note": rb"\ud800 +2AA-"}
    address = address_of("credits:allocation", company, line.feature.slug)
    assert status_as(owner, address, charset, **form) == 400
    assert status_as(stranger, "/accounts/login/", charset, login=rb"\ud800+2AA-@example.com", password=b"x") == 400
    assert Act.objects.count() == before
    assert status_as(owner, address, "UTF-8", **form) == 302


def test_a_file_larger_than_any_form_is_not_taken(stranger: Client) -> None:
    start = b'--B\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    for size, status in ((1_000, 200), (settings.DATA_UPLOAD_MAX_MEMORY_SIZE, 413)):
        body = start + b"x" * size + b"\r\n--B--\r\n"
        response = stranger.generic("POST", "/accounts/login/", body, content_type="multipart/form-data; boundary=B")
        assert response.status_code == status


@pytest.mark.parametrize("current", ["http://[", "http://testserver//evil.example/", "//evil.example/", "\ufffd"])
def test_the_page_that_was_open_neither_breaks_nor_misleads_the_way_to_sign_in(
    company: Company, line: CreditRequirement, stranger: Client, current: str
) -> None:
    person = make_user(company=company, roles=["viewer"])
    address = address_of("credits:annual-credits", company)
    response = stranger.get(address, headers={**HTMX, "HX-Current-URL": current})
    sign_in = response.headers["HX-Redirect"]
    assert sign_in.startswith("/accounts/login/?next=")
    response = stranger.post(sign_in, {"login": person.email, "password": PASSWORD})
    assert response.status_code == 302
    assert response.headers["Location"] in (address, "/")


# --- Keys


def test_a_key_is_of_one_company_and_of_one_request(company: Company, line: CreditRequirement, owner: Client) -> None:
    other = make_company()
    make_license(company=other)
    neighbor = browser_of(make_user(company=other, roles=["owner"]))
    form = allocation_form(line)
    assert owner.post(address_of("credits:allocation", company, line.feature.slug), form).status_code == 302
    # The same key elsewhere neither shows the first result nor is taken: there it is simply a new one.
    theirs = {**form, "seen": "0", f"seen_{line.pk}": "0", f"units_{line.pk}": "1"}
    assert neighbor.post(address_of("credits:allocation", other, line.feature.slug), theirs).status_code == 302
    assert Act.objects.filter(key=f"person:{form['key']}").count() == 2
    # Whoever may only look gets nothing for knowing a colleague's key.
    viewer = browser_of(make_user(company=company, roles=["viewer"]))
    response = viewer.post(address_of("credits:allocation", company, line.feature.slug), form)
    assert response.status_code == 403
    # With another request it is refused, whoever asks.
    manager = browser_of(make_user(company=company, roles=["credit-manager"]))
    changed = {**form, f"units_{line.pk}": "22"}
    assert manager.post(address_of("credits:allocation", company, line.feature.slug), changed).status_code == 409


# --- Sign-in


def test_an_answer_at_sign_in_does_not_tell_whether_somebody_exists(stranger: Client) -> None:
    known = make_user().email
    inactive = make_user(is_active=False).email
    answers = set()
    for address in (known, inactive, "nobody@example.com"):
        response = stranger.post("/accounts/login/", {"login": address, "password": "wrong"})
        assert response.status_code == 200
        text = response.content.decode().replace(address, "")
        answers.add("not correct" in text and text.split("csrfmiddlewaretoken")[0])
    assert len(answers) == 1
    assert False not in answers
    mail.outbox.clear()
    places = {stranger.post("/accounts/password/reset/", {"email": each})["Location"] for each in (known, "nobody@example.com")}
    assert len(places) == 1
    assert mail.outbox == [], "the time of the answer does not tell either: mail goes out from the queue"
    run_jobs()
    assert [each.to for each in mail.outbox] == [[known]]


def test_the_right_password_is_let_in_though_others_failed_from_five_addresses() -> None:
    person = make_user()
    for attempt in range(5):
        guesser = Client(headers={"X-Forwarded-For": f"192.0.2.{attempt}"}, REMOTE_ADDR=f"198.51.100.{attempt}")
        for _time in range(6):
            response = guesser.post("/accounts/login/", {"login": person.email, "password": "wrong"})
        assert "Try again in" in response.content.decode()
        guesser.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
        assert "_auth_user_id" not in guesser.session, "nor with the right one, once it has guessed too often"
    client = Client(REMOTE_ADDR="203.0.113.9")
    assert client.post("/accounts/login/", {"login": person.email, "password": PASSWORD}).status_code == 302
    assert "_auth_user_id" in client.session


def test_attempts_for_a_person_are_limited_per_address_which_a_header_cannot_change() -> None:
    person = make_user()
    for attempt in range(6):
        client = Client(headers={"X-Forwarded-For": f"192.0.2.{attempt}"})
        response = client.post("/accounts/login/", {"login": person.email, "password": "wrong"})
    assert "Too many failed" in response.content.decode()


def test_attempts_are_limited_per_address_which_a_header_cannot_change() -> None:
    for attempt in range(12):
        client = Client(headers={"X-Forwarded-For": f"192.0.2.{attempt}"})
        response = client.post("/accounts/login/", {"login": f"nobody-{attempt}@example.com", "password": "wrong"})
    assert "Too many failed" in response.content.decode()


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example/", r"/\evil.example", "javascript:alert(1)"])
def test_sign_in_leads_nowhere_else(next_page: str) -> None:
    person = make_user()
    for given in ({"next": next_page}, {}):
        response = Client().post(
            "/accounts/login/" if given else f"/accounts/login/?next={next_page}",
            {"login": person.email, "password": PASSWORD, **given},
        )
        assert response.headers["Location"] == "/"


def test_another_host_is_refused(stranger: Client) -> None:
    for host in ("evil.example", "testserver.evil.example", "testserver@evil.example"):
        assert stranger.post("/accounts/password/reset/", {"email": make_user().email}, headers={"host": host}).status_code == 400
    assert not mail.outbox


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.email)
def test_the_console_stays_at_home_while_any_demo_person_has_the_demo_password(person: Person) -> None:
    User.objects.create_user(KNOWN_PERSON, "a password of its own")
    User.objects.filter(email=person.email).delete()
    someone = User.objects.create_user(person.email, DEMO_PASSWORD)
    assert have_demo_password()
    with pytest.raises(CannotUse):
        sign_ins("0.0.0.0")
    someone.is_active = False
    someone.save(update_fields=["is_active"])
    assert not have_demo_password()


# --- Staff


def test_staff_with_every_permission_but_managing_staff_cannot_make_anybody_staff_or_take_over_staff() -> None:
    support = make_user(is_staff=True, staff_roles=["customers", "marketplaces"])
    support.user_permissions.set(Permission.objects.all())  # of Django, which nobody asks for any more
    client = browser_of(support)
    customer, superuser = make_user(), make_user(is_staff=True, is_superuser=True)
    wanted = {"name": "", "is_active": "on", "is_staff": "on", "is_superuser": "on", "groups": []}
    assert client.post(f"/admin/console/user/{customer.pk}/change/", {"email": customer.email, **wanted}).status_code == 302
    password = {"password1": "correct horse battery", "password2": "correct horse battery", "usable_password": "true"}
    assert client.post("/admin/console/user/add/", {"email": "new@example.com", **wanted, **password}).status_code == 302
    assert not User.objects.filter(email__in=[customer.email, "new@example.com"]).exclude(is_staff=False, is_superuser=False)
    for each in (support, superuser):
        assert client.post(f"/admin/console/user/{each.pk}/password/", password).status_code == 403
        assert client.post(f"/admin/console/user/{each.pk}/change/", {"email": "mine@example.com", **wanted}).status_code == 403
    assert client.get("/admin/auth/group/add/").status_code == 404
