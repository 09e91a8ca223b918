"""Each wrong value is named, with its fix; what is right comes back typed."""

from pathlib import Path

import pytest

from console.people.identity_providers import identity_providers
from console.settings.parts.sealing_keys import sealing_keys
from console.settings_from_environment import Environment, WrongEnvironment, database_from_url


def test_several_wrong_values_are_named_at_once() -> None:
    env = Environment({"PORT": "eighty", "DEMO": "perhaps", "SALES_CONTACT": "ask Bob"})
    env.number("PORT", 8000)
    env.flag("DEMO")
    env.contact("SALES_CONTACT")
    with pytest.raises(WrongEnvironment) as raised:
        env.stop_if_wrong()
    for name in ("PORT", "DEMO", "SALES_CONTACT"):
        assert f"\n{name}: " in str(raised.value)


def test_the_same_wrong_value_read_twice_is_named_once() -> None:
    env = Environment({"PORT": "eighty"})
    env.number("PORT", 8000)
    env.number("PORT", 8000)
    assert len(env.problems) == 1


def test_nothing_wrong_does_not_stop() -> None:
    Environment({}).stop_if_wrong()


def test_a_missing_value_is_named_with_an_example() -> None:
    env = Environment({"ALLOWED_HOSTS": "  "})
    assert env.items("ALLOWED_HOSTS", None, example="allotment.example.com") == []
    assert env.problems == ["ALLOWED_HOSTS: is not set. Set it, for example ALLOWED_HOSTS=allotment.example.com."]


@pytest.mark.parametrize(
    ("word", "meaning"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("FALSE", False), ("", True)]
)
def test_flags_are_read_in_any_case_of_letters(word: str, meaning: bool) -> None:
    env = Environment({"FLAG": word})
    assert env.flag("FLAG", True) is meaning
    assert env.problems == []


@pytest.mark.parametrize("value", ["-1", "65536", "8000.5", "8 000", "１２", "9" * 40, "0x10"])
def test_a_number_out_of_bounds_or_none_at_all_is_wrong(value: str) -> None:
    env = Environment({"PORT": value})
    assert env.number("PORT", 8000, lowest=1, highest=65535) == 8000
    assert "PORT=8000" in env.problems[0]


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("very secret\n")
    env = Environment({"SECRET_KEY_FILE": str(path)})
    assert env.secret("SECRET_KEY", None) == "very secret"
    assert env.problems == []


@pytest.mark.parametrize("content", [None, "", b"\xff\xfe"])
def test_a_secret_file_that_is_missing_or_empty_is_wrong(content: str | bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    env = Environment({"SECRET_KEY_FILE": str(path)})
    assert env.secret("SECRET_KEY", None) == ""
    assert env.problems[0].startswith("SECRET_KEY_FILE: ")


@pytest.mark.parametrize("value", ["sales@example.com", "https://example.com/sales", "tel:+15550100", "mailto:a@b.example"])
def test_a_contact_is_an_address(value: str) -> None:
    env = Environment({"SALES_CONTACT": value})
    assert env.contact("SALES_CONTACT") == value
    assert env.problems == []


@pytest.mark.parametrize("value", ["example.com", "ftp://example.com", "https://", "https://[", "javascript:alert(1)"])
def test_an_address_is_absolute(value: str) -> None:
    env = Environment({"MARKETPLACE_URL": value})
    env.address("MARKETPLACE_URL")
    assert "MARKETPLACE_URL=https://example.com" in env.problems[0]


def test_a_database_is_named_by_its_url() -> None:
    assert database_from_url("postgresql://me:p%40ss@db.example:5433/credits?sslmode=require") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "credits",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_database_may_be_behind_a_socket() -> None:
    found = database_from_url("postgresql://me@/credits?host=/run/some%20where&port=5432")
    assert (found["HOST"], found["PORT"], found["OPTIONS"]) == ("/run/some where", "5432", {})


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:hush@host/db",
        "postgresql://u:hush@host",
        "postgresql://u:hush@host:port/db",
        "postgresql://u:hush[@host/db",
        "hush",
    ],
)
def test_a_wrong_database_url_is_never_repeated(url: str) -> None:
    env = Environment({"DATABASE_URL": url})
    assert env.database() is None
    assert env.problems[0].startswith("DATABASE_URL: ")
    assert "hush" not in env.problems[0]


@pytest.mark.parametrize(
    ("url", "port", "ssl", "tls"),
    [
        ("smtps://u:p@mail.example", 465, True, False),
        ("smtp+tls://mail.example", 587, False, True),
        ("smtp://m.example:26", 26, False, False),
    ],
)
def test_a_mail_server_is_named_by_its_url(url: str, port: int, ssl: bool, tls: bool) -> None:
    options = Environment({"EMAIL_URL": url}).mailer()["OPTIONS"]
    assert (options["port"], options["use_ssl"], options["use_tls"]) == (port, ssl, tls)


def test_a_wrong_mail_server_is_named_without_its_password() -> None:
    env = Environment({"EMAIL_URL": "imap://u:hush@mail.example"})
    env.mailer()
    assert "EMAIL_URL" in env.problems[0]
    assert "hush" not in env.problems[0]


@pytest.mark.parametrize(
    "value",
    [
        *("example.com", "ftp://example.com", "https://", "https:///path", "https://exa mple.com", "https://example.com:0"),
        *("https://example.com:99999", "https://example.com:port", "https://me:hush@example.com", "https://exa,mple.com"),
        *("https://example.com\\path", "https://[::1", "https://?x"),
    ],
)
def test_what_is_no_whole_address_is_wrong_and_a_password_in_it_is_not_repeated(value: str) -> None:
    env = Environment({"MARKETPLACE_URL": value})
    env.address("MARKETPLACE_URL")
    assert env.problems[0].startswith("MARKETPLACE_URL: ")
    assert "hush" not in env.problems[0]


@pytest.mark.parametrize(
    "value", ["https://example.com", "http://[::1]:8000/x", "https://a-b.example:8443/p?q=1#f", "https://bücher.example/"]
)
def test_whole_addresses_are_taken(value: str) -> None:
    env = Environment({"MARKETPLACE_URL": value})
    assert env.address("MARKETPLACE_URL") == value
    assert env.problems == []


def test_an_address_to_which_more_is_added_ends_where_it_may() -> None:
    env = Environment({"A": "https://example.com/api?x=1", "B": "https://example.com/console", "C": "https://example.com/"})
    env.address("A", ends="path")
    env.address("B", ends="host")
    env.address("C", ends="host")
    assert env.problems == [
        'A: "https://example.com/api?x=1" goes on after its path. Leave the rest out: A=https://example.com/api.',
        'B: "https://example.com/console" goes on after its host. Leave the rest out: B=https://example.com.',
    ]


def test_what_belongs_to_no_identity_provider_is_named() -> None:
    env = Environment({"OIDC_CONTOSO_ISSUER": "https://login.contoso.example"})
    assert identity_providers(env) == ({}, [])
    assert env.problems[0].startswith("OIDC_CONTOSO_ISSUER: belongs to no provider")


def test_an_identity_provider_is_read_from_its_variables() -> None:
    env = Environment(
        {
            "OIDC_PROVIDERS": "contoso-eu",
            "OIDC_CONTOSO_EU_ISSUER": "https://login.contoso.example/tenant/v2.0",
            "OIDC_CONTOSO_EU_CLIENT_ID": "allotment",
            "OIDC_CONTOSO_EU_CLIENT_SECRET": "secret",
            "OIDC_CONTOSO_EU_LABEL": "Contoso",
            "OIDC_CONTOSO_EU_DOMAINS": "Contoso.example, @contoso.de.",
        }
    )
    providers, origins = identity_providers(env)
    app = providers["openid_connect"]["APPS"][0]
    assert (app["provider_id"], app["name"], app["client_id"], app["secret"]) == (
        "contoso-eu",
        "Contoso",
        "allotment",
        "secret",
    )
    assert (app["settings"]["domains"], app["settings"]["staff"]) == (["contoso.example", "contoso.de"], False)
    assert origins == ["https://login.contoso.example"]
    assert env.problems == []


@pytest.mark.parametrize("domain", ["*", "contoso", "ada@contoso.example", "https://contoso.example", ".example"])
def test_a_domain_that_is_none_is_named(domain: str) -> None:
    env = Environment({"OIDC_PROVIDERS": "contoso", "OIDC_CONTOSO_DOMAINS": domain})
    identity_providers(env)
    assert any(each.startswith("OIDC_CONTOSO_DOMAINS: ") and "is not a domain" in each for each in env.problems)


def test_an_identity_provider_without_its_variables_is_named() -> None:
    env = Environment({"OIDC_PROVIDERS": "contoso,Bad Name"})
    identity_providers(env)
    for name in ("OIDC_CONTOSO_ISSUER", "OIDC_CONTOSO_CLIENT_ID", "OIDC_CONTOSO_CLIENT_SECRET", "OIDC_PROVIDERS"):
        assert any(problem.startswith(f"{name}: ") for problem in env.problems)


# --- Keys that secrets are sealed under

GOOD = ["Zx8kQ2v7Lr4mTn9bWc3yHd6pJf5sGa1e", "q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6"]


def test_sealing_keys_come_from_the_variable_or_a_file(tmp_path: Path) -> None:
    assert sealing_keys(Environment({}), ["k"]) == []
    assert sealing_keys(Environment({"SEALING_KEYS": " , ".join(GOOD)}), ["k"]) == GOOD
    (tmp_path / "keys").write_text(",\n".join(GOOD) + "\n")
    env = Environment({"SEALING_KEYS_FILE": str(tmp_path / "keys")})
    assert (sealing_keys(env, ["k"]), env.problems) == (GOOD, [])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("short," + GOOD[0], "number 1 of 2 is too short to be safe. Make one of 64 characters: openssl rand -base64 48."),
        ("a" * 40, "number 1 of 1 is too short to be safe"),
        (f"{GOOD[0]},,{GOOD[1]}", "number 2 of 3 is empty. Separate the keys by one comma each."),
        (f"{GOOD[0]},{GOOD[0]}", "number 2 of 2 stands there twice"),
        (f"{GOOD[0]} {GOOD[1]}", "number 1 of 1 holds a space"),
        (f"{GOOD[1]},the SECRET_KEY of a test".replace(" ", "-") + "-0123456789", "number 2 of 2 is SECRET_KEY. Leave it out"),
    ],
)
def test_a_wrong_sealing_key_is_named_by_its_place_with_the_fix(value: str, said: str) -> None:
    env = Environment({"SEALING_KEYS": value})
    sealing_keys(env, ["the-SECRET_KEY-of-a-test-0123456789"])
    [problem] = env.problems
    assert problem.startswith(f"SEALING_KEYS: {said}")
    assert not any(key in problem for key in (*GOOD, "short,", "a" * 40))
