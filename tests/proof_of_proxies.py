"""Both shipped proxies, the real programs, in front of production settings: people, marketplaces, limits, sizes, and silent logs.

Not part of the suite:

make proof-of-proxies

THEN names a command to run behind each proxy, with its address in the place of {address}, and in that of {cookie} the session of
somebody who may see companies/aster. 200 slow clients of each kind, for instance:

make proof-of-proxies THEN='make proof-of-slow-clients ARGS="--address {address} --cookie {cookie}"'
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from requests import Response

from console.people.demo_password import DEMO_PASSWORD
from tests import behind_proxies
from tests.behind_proxies import PROGRAMS, Answered, Console, access_log, behind, until

ASTER = "/companies/aster/credits/annual/"
FEATURE = f"{ASTER}features/email-sensor/"
LANDING = "/marketplace/azure/landing"
WEBHOOK = "/marketplace/azure/webhook"
MANAGER, PROVIDER = "manager@aster.example", "owner@delta.example"
PATIENCE = 60_000
MOST_BROUGHT = 60
"""From one address in a minute of the clock."""


@pytest.fixture(scope="module")
def console() -> Iterator[Console]:
    for program in PROGRAMS:
        assert shutil.which(program), behind_proxies.missing(program)
    with behind_proxies.console() as made:
        yield made


@pytest.fixture(scope="module", params=list(PROGRAMS))
def proxy(console: Console, request: pytest.FixtureRequest) -> Iterator[str]:
    """The program that stands in front."""
    with behind(console, request.param):
        yield request.param


@pytest.fixture
def visitor(browser: Browser, console: Console) -> Iterator[Page]:
    """A person's browser; the secrets in the addresses that it asks for are noted."""
    context = browser.new_context(base_url=console.address, ignore_https_errors=True)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()

    def note(asked: Request) -> None:
        for token in parse_qs(urlsplit(asked.url).query).get("token", []):
            console.secret_texts |= spellings(token)

    page.on("request", note)
    yield page
    context.close()


def spellings(token: str) -> set[str]:
    """Parts of it that stand in any spelling of percent signs."""
    return set(re.findall(r"[A-Za-z0-9]{12,}", token))


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(DEMO_PASSWORD)
    page.keyboard.press("Enter")


def buy(page: Page, name: str) -> None:
    """At the practice marketplace, as far as the landing page of the console."""
    page.goto("/practice-marketplace/")
    page.get_by_role("link", name="Get It Now").first.click()
    if "/buy/" not in page.url:
        page.get_by_role("link", name="Get It Now").click()
    page.get_by_label("Name of the resource").fill(name)
    page.get_by_label("Number of users").fill("25000")
    page.get_by_role("button", name="Review + subscribe").click()
    page.get_by_role("button", name="Subscribe").click()
    page.get_by_role("button", name="Configure account now").click()


def answers_to(console: Console, proxy: str, path: str) -> list[int]:
    return [each.status for each in access_log(console, proxy) if each.path == path]


# --- People


def test_a_person_signs_in_and_sets_an_allocation(proxy: str, visitor: Page) -> None:
    visitor.goto(FEATURE)
    expect(visitor).to_have_url(re.compile(r"/accounts/login/"))
    sign_in(visitor, MANAGER)
    expect(visitor).to_have_url(re.compile(re.escape(FEATURE)))
    names = {cookie["name"]: cookie for cookie in visitor.context.cookies()}
    assert names["__Host-sessionid"]["secure"]
    units = visitor.locator("input[id^=id_units_]").first
    more = str(int(re.sub(r"\D", "", units.input_value())) + 1)
    units.fill(more)
    visitor.get_by_role("button", name="Save").click()
    expect(visitor.locator("[role=status], .alert").first).to_be_visible()
    visitor.goto(FEATURE)
    assert re.sub(r"\D", "", visitor.locator("input[id^=id_units_]").first.input_value()) == more


def test_a_purchase_is_activated_and_then_followed_by_its_notification(proxy: str, console: Console, visitor: Page) -> None:
    buy(visitor, f"Behind {proxy}")
    expect(visitor).to_have_url(re.compile(r"/accounts/login/\?next=/activate/[0-9a-f-]{36}/$"))
    sign_in(visitor, PROVIDER)
    visitor.get_by_label("Delta Managed Services").check()
    visitor.get_by_role("button", name=re.compile("^Activate 25,000 credits")).click()
    expect(visitor.locator("h1")).to_have_text("Purchase activated", timeout=PATIENCE)
    visitor.goto("/practice-marketplace/subscriptions/")
    visitor.get_by_role("link", name=f"Behind {proxy}").first.click()
    visitor.get_by_label("Number of users").fill("30000")
    visitor.get_by_role("button", name="Change number of users").click()
    expect(visitor.locator(".alert[role=status]").first).to_contain_text("Change of the number of users")
    assert set(answers_to(console, proxy, WEBHOOK)) == {200}

    def followed() -> bool:
        visitor.goto("/companies/delta/licenses/")
        return "30,000" in visitor.content()

    until(followed, "what the notification said")
    assert console.secret_texts


def test_a_purchase_is_handed_over_by_a_link(proxy: str, console: Console, visitor: Page) -> None:
    buy(visitor, f"Handed over behind {proxy}")
    sign_in(visitor, PROVIDER)
    expect(visitor.locator("h1")).to_have_text("Activate a purchase")
    activation = urlsplit(visitor.url).path.split("/")[2]
    visitor.evaluate(
        """path => {
          const form = document.createElement('form');
          form.method = 'post';
          form.action = path;
          form.append(document.querySelector('input[name=csrfmiddlewaretoken]').cloneNode());
          document.body.append(form);
          form.submit();
        }""",
        f"/activate/{activation}/hand-over/",
    )
    address = visitor.locator("#link").input_value()
    assert address.startswith(console.address)
    secret = max(re.findall(r"[\w-]{20,}", address.replace(activation, "")), key=len)
    console.secret_texts |= spellings(secret) | {secret}
    assert visitor.goto(address).ok  # type: ignore[union-attr]


def test_a_link_to_set_a_password_opens_and_is_in_no_log(proxy: str, console: Console) -> None:
    key = "1-cx7f0r-6b3a5d1e9f2c4b8a7d6e5f4c3b2a1908"
    console.secret_texts.add(key.rpartition("-")[2])
    answer = console.ask(f"/accounts/password/reset/key/{key}/")
    assert answer.status_code in (200, 302)


def test_a_link_of_an_invitation_is_in_no_log(proxy: str, console: Console) -> None:
    secret = "invitedBehindTheProxy0815linkOfAMail"
    console.secret_texts.add(secret)
    assert console.ask(f"/invitations/{secret}/").status_code == 404  # the console's own page: nobody was sent this one


# --- What only machines ask


@pytest.mark.parametrize(("path", "said"), [("/healthz", "ok\n"), ("/readyz", "ready\n")])
def test_probes_answer_through_the_proxy(path: str, said: str, proxy: str, console: Console) -> None:
    answer = console.ask(path)
    assert (answer.status_code, answer.text) == (200, said)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_answer_at_the_port_itself_by_whatever_name(path: str, proxy: str, console: Console) -> None:
    answer = console.ask(f"http://127.0.0.1:{console.web_port}{path}", headers={"Host": "10.42.8.201:8000"})
    assert answer.status_code == 200


def doctor_says(console: Console, only: str = "", **changed: str) -> dict[str, list[str]]:
    """Names of what it finds, by subject, with the settings of the console and what is changed in them."""
    environment = {**console.environment, "SSL_CERT_FILE": str(console.certificate), **changed}
    command = [sys.executable, "manage.py", "doctor", "--json", "--only", only]
    done = subprocess.run(
        command, cwd=behind_proxies.ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    return {each["title"]: [one["name"] for one in each["findings"]] for each in json.loads(done.stdout)["subjects"]}


def test_the_doctor_finds_nothing_at_the_proxy_and_names_a_wrong_number_of_them(proxy: str, console: Console) -> None:
    address, worker = "Address of the console", "Worker and jobs"
    # As the worker does by night.
    verify = [sys.executable, "manage.py", "verify_ledger"]
    subprocess.run(verify, cwd=behind_proxies.ROOT, env=console.environment, timeout=120, check=True, stdout=subprocess.DEVNULL)
    until(lambda: doctor_says(console, "worker")[worker] == [], "a sign of life of the worker")
    found = doctor_says(console)
    for fine in (
        address,
        worker,
        "The role that serves",
        "Grants",
        "Row-level security",
        "Tables",
        "Guards of facts",
        "Catalogue",
    ):
        assert found[fine] == [], fine
    wrong = {
        "proxy.hops": {"TRUSTED_PROXIES": "2"},
        "address.another-console": {"SECRET_KEY": secrets.token_urlsafe(48)},
        "address.certificate-refused": {"SSL_CERT_FILE": os.devnull},
    }
    for name, changed in wrong.items():
        assert doctor_says(console, "address", **changed) == {address: [name]}


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "//metrics", "/%6Detrics", "/x/../metrics", "/metrics?x=1"])
def test_metrics_are_not_for_outside(path: str, proxy: str, console: Console) -> None:
    status, text = raw(console, f"GET {path} HTTP/1.1\r\nHost: localhost:{console.port}\r\nConnection: close\r\n\r\n")
    assert status in (400, 404)
    assert "allotment_" not in text


def raw(console: Console, request: str) -> tuple[int, str]:
    """Status and text of an answer to what no library would send."""
    context = ssl.create_default_context(cafile=str(console.certificate))
    opened = socket.create_connection(("127.0.0.1", console.port), 30)
    with opened, context.wrap_socket(opened, server_hostname="localhost") as connection:
        return answer_on(connection, request)


def answer_on(connection: socket.socket, request: str) -> tuple[int, str]:
    connection.sendall(request.encode())
    said = b""
    while piece := connection.recv(65536):
        said += piece
    return int(said.split(b" ", 2)[1]), said.decode(errors="replace")


def test_who_comes_without_tls_is_led_to_it(proxy: str, console: Console) -> None:
    answer = console.ask(f"http://localhost:{console.plain_port}/accounts/login/")
    assert answer.status_code == 301
    sent = console.ask(f"http://localhost:{console.plain_port}/marketplace/azure/webhook", method="POST")
    assert (sent.status_code, "Location" in sent.headers) == (403, False)
    assert answer.headers["Location"].startswith("https://localhost")


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/%0d%0aX-Planted:%20y", "/%0d%0aX-Planted:%20y"),
        ("/a%20b/%C3%A9/", "/a%20b/%C3%A9/"),
        ("/%0aX-Planted:%20y?token=%0d%0aX-Planted:y", "/%0aX-Planted:%20y"),
    ],
)
def test_who_is_led_to_tls_is_led_to_the_path_as_it_was_and_plants_no_header(
    asked: str, led_to: str, proxy: str, console: Console
) -> None:
    request = f"GET {asked} HTTP/1.1\r\nHost: localhost:{console.plain_port}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", console.plain_port), 30) as connection:
        status, said = answer_on(connection, request)
    headers = dict(line.partition(":")[::2] for line in said.partition("\r\n\r\n")[0].splitlines()[1:])
    assert status == 301
    assert "X-Planted" not in headers
    assert headers["Location"].strip().removeprefix(console.address).partition("?")[0] == led_to


def test_every_answer_says_once_that_it_comes_by_tls_alone(proxy: str, console: Console) -> None:
    """Those of the console, with its own word, and those of the proxy itself."""
    for path, status in (("/accounts/login/", 200), ("/metrics", 404), ("/healthz", 200)):
        answer = console.ask(path)
        said = answer.raw.headers.getlist("Strict-Transport-Security")
        assert (answer.status_code, said) == (status, ["max-age=31536000; includeSubDomains"]), path


@pytest.mark.parametrize(("cipher", "taken"), [("ECDHE-ECDSA-AES128-GCM-SHA256", True), ("ECDHE-ECDSA-AES128-SHA256", False)])
def test_ciphers_that_only_encrypt_are_not_taken(cipher: str, taken: bool, proxy: str, console: Console) -> None:
    context = ssl.create_default_context(cafile=str(console.certificate))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(cipher)
    with socket.create_connection(("127.0.0.1", console.port), 30) as opened:
        try:
            context.wrap_socket(opened, server_hostname="localhost").close()
        except ssl.SSLError:
            assert not taken
        else:
            assert taken


def test_the_webhook_takes_long_headers_and_bodies_and_refuses_strangers(proxy: str, console: Console) -> None:
    for size in (100, 16_000):
        headers = {"Authorization": f"Bearer {'a' * size}", "Content-Type": "application/json"}
        answer = console.ask(WEBHOOK, method="POST", headers=headers, data=b"{" + b" " * 60_000 + b"}")
        assert answer.status_code in (401, 403)


def test_a_token_may_be_as_long_as_tokens_are(proxy: str, console: Console) -> None:
    answer = console.ask(f"{LANDING}?token={'a1B2c3D4e5F6' * 341}", source="127.0.0.77")
    console.secret_texts.add("a1B2c3D4e5F6")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/activate/")


def test_bodies_pass_that_the_console_takes_and_no_larger_ones(proxy: str, console: Console) -> None:
    """As a file, which the console reads to its end before it refuses the form."""
    cookies = console.ask("/accounts/login/").cookies.get_dict()
    for size, refused_by in ((2_500_000, (403,)), (2_700_000, (413,))):
        upload = {"file": ("catalogue.zip", b"a" * size)}
        assert console.ask("/accounts/login/", method="POST", files=upload, cookies=cookies).status_code in refused_by
    # Without saying how long it will be.
    answer = console.ask("/accounts/login/", method="POST", data=(b"a" * 100_000 for _ in range(30)), cookies=cookies)
    assert answer.status_code in (413, 502)


def test_headers_without_end_are_refused(proxy: str, console: Console) -> None:
    answer = console.ask("/healthz", headers={"X-Long": "a" * 120_000})
    assert answer.status_code in (400, 431, 494)


# --- By whom something is counted


def test_limits_count_the_true_address_whatever_a_client_claims(proxy: str, console: Console) -> None:
    source, other = {"nginx": ("127.0.0.11", "127.0.0.12"), "caddy": ("127.0.0.21", "127.0.0.22")}[proxy]
    statuses = []
    for number in range(2 * MOST_BROUGHT + 5):  # the minute may end once meanwhile
        forged = dict.fromkeys(("X-Forwarded-For", "X-Real-IP", "Client-IP"), f"198.51.100.{number % 250}")
        forged["Forwarded"] = f"for=198.51.100.{number % 250}"
        statuses.append(console.ask(f"{LANDING}?token=forged{number:06}x", source=source, headers=forged).status_code)
        if statuses[-1] == 429:
            break
    assert statuses[-1] == 429
    assert set(statuses[:-1]) == {302}
    assert len(statuses) > MOST_BROUGHT
    assert console.ask(f"{LANDING}?token=anotherone0x", source=other).status_code == 302
    assert {each.source for each in access_log(console, proxy) if (each.path, each.status) == (LANDING, 429)} == {source}


def test_the_trail_of_sign_ins_names_the_true_address(proxy: str, console: Console) -> None:
    source = {"nginx": "127.0.0.31", "caddy": "127.0.0.32"}[proxy]
    post_sign_in("nobody@aster.example", console, source=source, headers={"X-Forwarded-For": "203.0.113.9"})
    until(lambda: source in console.logs()["web.log"], "the line of a failed sign-in")
    assert "203.0.113.9" not in console.logs()["web.log"]


def post_sign_in(email: str, console: Console, *, source: str = "127.0.0.1", headers: dict[str, str] | None = None) -> Response:
    """The form, without a browser."""
    page = console.ask("/accounts/login/", source=source)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token
    return console.ask(
        "/accounts/login/",
        source=source,
        method="POST",
        data={"login": email, "password": DEMO_PASSWORD, "csrfmiddlewaretoken": token[1]},
        cookies=page.cookies.get_dict(),
        headers={"Referer": f"{console.address}/accounts/login/", "Origin": console.address, **(headers or {})},
    )


def session_of(email: str, console: Console) -> str:
    return str(post_sign_in(email, console).cookies["__Host-sessionid"])


def test_six_hundred_clients_that_fall_silent_hold_nobody_up(proxy: str, console: Console) -> None:
    """In the middle of a head, of a body, and of reading an answer. From ten addresses: nginx takes no more of each."""
    context = ssl.create_default_context(cafile=str(console.certificate))
    named = console.ask("/accounts/login/").text
    large = max(re.findall(r'"(/static/[^"]+\.(?:css|js))"', named), key=lambda name: len(console.ask(name).content))
    host = f"Host: localhost:{console.port}\r\n"
    beginnings = (
        "GET /accounts/login/ HTTP/1.1\r\nHost: loc",
        f"POST /accounts/login/ HTTP/1.1\r\n{host}Content-Length: 1000\r\n\r\na",
        f"GET {large} HTTP/1.1\r\n{host}\r\n",
    )
    with ExitStack() as silent:
        for number in range(600):
            opened = socket.socket()
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            opened.bind((f"127.0.3.{1 + number % 10}", 0))
            opened.connect(("127.0.0.1", console.port))
            connection = silent.enter_context(context.wrap_socket(opened, server_hostname="localhost"))
            connection.sendall(beginnings[number % 3].encode())
        for path in ("/healthz", "/accounts/login/") * 10:
            answer = console.ask(path)
            assert answer.status_code == 200
            assert answer.elapsed.total_seconds() < 5


WITH_LIMITS = pytest.mark.parametrize("proxy", ["nginx"], indirect=True)
"""Caddy has none for an address: docs/operations.md has a rule for the firewall, which serves both."""


@WITH_LIMITS
def test_one_address_that_sends_a_hundred_bodies_at_once_is_refused_and_no_other(proxy: str, console: Console) -> None:
    context = ssl.create_default_context(cafile=str(console.certificate))
    with ExitStack() as silent:
        for _number in range(100):
            opened = socket.create_connection(("127.0.0.1", console.port), 30, source_address=("127.0.4.1", 0))
            connection = silent.enter_context(context.wrap_socket(opened, server_hostname="localhost"))
            host = f"Host: localhost:{console.port}\r\n"
            connection.sendall(f"POST /healthz HTTP/1.1\r\n{host}Content-Length: 1000\r\n\r\na".encode())
        until(lambda: console.ask("/healthz", source="127.0.4.1").status_code == 429, "a refusal", seconds=5)
        assert console.ask("/healthz", source="127.0.4.2").status_code == 200


@WITH_LIMITS
def test_one_address_that_asks_for_the_sign_in_page_without_end_is_slowed_and_no_other(proxy: str, console: Console) -> None:
    path = "/accounts/login/"
    with ThreadPoolExecutor(8) as threads:
        asked = list(threads.map(lambda _number: console.ask(path, source="127.0.4.3").status_code, range(400)))
    assert Counter(asked).keys() == {200, 429}
    assert asked[:50] == [200] * 50
    assert console.ask(path, source="127.0.4.4").status_code == 200
    assert console.ask("/healthz", source="127.0.4.3").status_code == 200


# --- When the console is away, and what was logged


def test_while_the_console_is_away_the_proxy_says_so_and_keeps_tokens_to_itself(proxy: str, console: Console) -> None:
    console.stop_web()
    try:
        secret = "whileAway4711tokenOfAPurchase"
        console.secret_texts.add(secret)
        assert console.ask(f"{LANDING}?token={secret}").status_code in (502, 503)
        assert console.ask(
            f"/activate/handed-over/{secret}/", headers={"Referer": f"{console.address}/x?y={secret}"}
        ).status_code in (
            502,
            503,
        )
    finally:
        console.start_web()
    assert console.ask("/healthz").status_code == 200


def test_new_web_processes_take_over_without_a_failed_request(proxy: str, console: Console) -> None:
    """As an upgrade does: processes of the new code, one by one."""
    assert console.web is not None
    old = children(console.web.pid)
    with asked_all_along(console) as answered:
        console.web.send_signal(signal.SIGHUP)
        until(lambda: not old & children(console.web.pid), "the end of the old processes")
        before = len(answered)
        until(lambda: len(answered) > before + 50, "answers of the new ones")
    failed = {status: count for status, count in Counter(answered).items() if status not in (200, 401, 403)}
    assert failed == {}, [line for line in console.logs()[f"{proxy}.log"].splitlines() if "http.log.error" in line][-5:]


def children(pid: int) -> set[int]:
    return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


@contextmanager
def asked_all_along(console: Console) -> Iterator[list[int]]:
    """Pages are asked for and forms sent from four threads and many addresses; the statuses of the answers, as they come."""
    answered: list[int] = []
    over = threading.Event()

    def ask(number: int) -> None:
        while not over.is_set():
            if number % 2:
                answered.append(
                    console.ask("/accounts/login/", source=f"127.0.{5 + number}.{1 + len(answered) % 250}").status_code
                )
            else:
                headers = {"Content-Type": "application/json"}
                answered.append(console.ask(WEBHOOK, method="POST", headers=headers, data=b"{}").status_code)

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask, number) for number in range(4)]
        try:
            yield answered
        finally:
            over.set()
    for each in asking:
        each.result()


def test_a_command_of_ones_own_runs_behind_it(proxy: str, console: Console) -> None:
    if then := os.environ.get("THEN"):
        cookie = f"__Host-sessionid={session_of(MANAGER, console)}"
        command = [each.format(address=console.address, cookie=cookie) for each in shlex.split(then)]
        subprocess.run(command, check=True)


def test_no_log_of_proxy_console_or_database_holds_a_token_or_a_query(proxy: str, console: Console) -> None:
    asked = access_log(console, proxy)
    left_out = "-" if proxy == "nginx" else ""
    with_secrets = ("/activate/handed-over/", "/invitations/", "/accounts/password/reset/key/")
    assert {each.path for each in asked} >= {LANDING, WEBHOOK, *(path + left_out for path in with_secrets)}
    assert all("?" not in each.path for each in asked)
    assert Answered(LANDING, 429, {"nginx": "127.0.0.11", "caddy": "127.0.0.21"}[proxy]) in asked
    assert len(console.secret_texts) > 5
    for name, text in console.logs().items():
        assert [secret for secret in console.secret_texts if secret in text] == [], name
        assert "?token=" not in text, name
