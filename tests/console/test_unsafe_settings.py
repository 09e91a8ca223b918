"""The system checks of our own, and what production demands at start-up."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from console import unsafe_settings
from console.launch.check import PROGRAMS, SAMPLE_PRODUCTION
from console.settings import base
from console.settings.parts.proxies import demand_hosts
from console.settings_from_environment import Environment


def load_production(**changes: str) -> subprocess.CompletedProcess[str]:
    """Start Python with production settings; an empty value takes the variable away."""
    env = {**os.environ, **SAMPLE_PRODUCTION, **changes}
    return subprocess.run(
        [sys.executable, "-c", "import console.settings.prod"], env=env, capture_output=True, text=True, check=False, timeout=60
    )


def test_production_starts_with_the_sample_environment() -> None:
    done = load_production()
    assert done.returncode == 0, done.stderr


def test_djangos_own_checks_of_a_deployment_find_nothing() -> None:
    env = {**os.environ, **SAMPLE_PRODUCTION, "DJANGO_SETTINGS_MODULE": "console.settings.prod"}
    env.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # tests that drive a browser set it
    done = subprocess.run(
        PROGRAMS["production settings"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr.upper().replace("FAIL-LEVEL WARNING", "")


def test_production_names_every_missing_variable_at_once() -> None:
    demanded = ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "EMAIL_URL", "EMAIL_FROM"]
    demanded += ["CONSOLE_URL", "SALES_CONTACT", "SUPPORT_CONTACT"]
    said = load_production(**dict.fromkeys(demanded, "")).stderr
    for name in demanded:
        assert f"{name}: is not set. Set it, for example {name}=" in said


def test_production_names_every_wrong_variable_at_once() -> None:
    wrong = {
        "SECRET_KEY": "short",
        "ALLOWED_HOSTS": "*",
        "DATABASE_URL": "sqlite:///db",
        "EMAIL_URL": "mail.example.com",
        "EMAIL_FROM": "Allotment",
        "SALES_CONTACT": "Bob",
        "MARKETPLACE_URL": "marketplace",
        "HSTS_SECONDS": "a year",
        "BEHIND_PROXY": "1",
        "TRUSTED_PROXIES": "some",
        "LOG_FORMAT": "xml",
        "METRICS_TOKEN": "short",
    }
    said = load_production(**wrong).stderr
    for name in wrong:
        assert f"\n{name}: " in said


GUID = "7e57ab1e-0000-4000-8000-00000000beef"
CONNECTED = {"AZURE_TENANT_ID": GUID, "AZURE_CLIENT_ID": GUID.upper(), "AZURE_CLIENT_SECRET": "hush"}
NOTICED_LATE: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "one by one": (
        {
            "AZURE_TENANT_ID": "contoso.onmicrosoft.com",
            "AZURE_CLIENT_ID": "notaguid",
            "AZURE_CLIENT_SECRET": "",
            "AZURE_RESOURCE_ID": "marketplace",
            "AZURE_API_URL": "https://gateway.example/api?version=1",
            "AZURE_LOGIN_URL": "https://me:hush@login.example",
            "AZURE_ISSUER_URL": "https://login.example:99999",
            "REQUESTS_CA_BUNDLE": "/nowhere/authorities.pem",
            "CONSOLE_URL": "https://allotment.example.com/console",
            "ALLOWED_HOSTS": "allotment.example.com:443",
            "OIDC_CONTOSO_ISSUER": "https://login.contoso.example",
        },
        {},
    ),
    "an app without its tenant": ({"AZURE_TENANT_ID": ""}, {"AZURE_CLIENT_ID": GUID}),
    "a console at no allowed host": ({"ALLOWED_HOSTS": "allotment.example.com"}, {"CONSOLE_URL": "https://console.example.com"}),
}
"""Why -> what is wrong, each of which is named, and what is right for it."""


@pytest.mark.parametrize("why", NOTICED_LATE)
def test_what_would_be_noticed_days_later_stops_the_start(why: str) -> None:
    wrong, right = NOTICED_LATE[why]
    said = load_production(**wrong, **right).stderr
    for name in wrong:
        assert any(
            line.startswith((f"{name}: ", f"console.settings_from_environment.WrongEnvironment: {name}: "))
            for line in said.splitlines()
        )
    assert "hush" not in said


@pytest.mark.parametrize("hosts", ["*", "https://allotment.example.com", "allotment.example.com:443", "a b", "a,*.b"])
def test_what_is_no_list_of_hosts_is_named(hosts: str) -> None:
    env = Environment()
    demand_hosts(env, hosts.split(","), "")
    assert env.problems[0].startswith("ALLOWED_HOSTS: ")


def test_what_is_right_starts() -> None:
    done = load_production(**CONNECTED, ALLOWED_HOSTS=".example.com", CONSOLE_URL="https://allotment.example.com:8443/")
    assert done.returncode == 0, done.stderr


OIDC = {"OIDC_PROVIDERS": "contoso", "OIDC_CONTOSO_CLIENT_ID": "allotment", "OIDC_CONTOSO_CLIENT_SECRET": "secret"}
IN_CLEAR: dict[str, tuple[str, dict[str, str]]] = {
    "mail": ("EMAIL_URL", {"EMAIL_URL": "smtp://allotment:hush@mail.example.com"}),
    "links in mails": ("CONSOLE_URL", {"CONSOLE_URL": "http://allotment.example.com"}),
    "identity": ("OIDC_CONTOSO_ISSUER", {**OIDC, "OIDC_CONTOSO_ISSUER": "http://login.contoso.example"}),
    **{
        f"database{more}": ("DATABASE_URL", {"DATABASE_URL": f"postgresql://allotment:hush@db.example.com/allotment{more}"})
        for more in ("", "?sslmode=prefer", "?sslmode=allow", "?sslmode=disable")
    },
    "one of two databases": ("DATABASE_URL", {"DATABASE_URL": "postgresql:///allotment?host=/run/postgresql,db.example.com"}),
    "the worker's database": ("DATABASE_WORKER_URL", {"DATABASE_WORKER_URL": "postgresql://a:hush@db.example.com/allotment"}),
    "a database by its number": ("DATABASE_URL", {"DATABASE_URL": "postgresql:///allotment?hostaddr=203.0.113.7"}),
}


@pytest.mark.parametrize("what", IN_CLEAR)
def test_production_sends_nothing_in_clear(what: str) -> None:
    name, environment = IN_CLEAR[what]
    done = load_production(**environment)
    assert done.returncode != 0
    assert f"{name}: " in done.stderr
    assert "hush" not in done.stderr


@pytest.mark.parametrize(
    "environment",
    [
        {"EMAIL_URL": "smtp://localhost:25"},
        {"EMAIL_URL": "smtp+tls://mail.example.com"},
        {"DATABASE_URL": "postgresql:///allotment?host=/run/postgresql"},
        {"DATABASE_URL": "postgresql://allotment@127.0.0.1/allotment"},
        {"DATABASE_URL": "postgresql://allotment@db.example.com/allotment?sslmode=require"},
        {"DATABASE_URL": "postgresql://allotment@db.example.com/allotment", "PGSSLMODE": "verify-full"},
        {**OIDC, "OIDC_CONTOSO_ISSUER": "https://login.contoso.example", "OIDC_CONTOSO_DOMAINS": "contoso.example"},
        {"DATABASE_WORKER_URL": "postgresql://allotment@/allotment?host=/run/postgresql"},
        {"DATABASE_WORKER_URL": "postgresql://allotment@db.example.com/allotment?sslmode=verify-full"},
    ],
)
def test_what_stays_on_the_machine_or_is_encrypted_is_taken(environment: dict[str, str]) -> None:
    done = load_production(**environment)
    assert done.returncode == 0, done.stderr


def test_production_refuses_a_provider_that_may_vouch_for_anybody() -> None:
    done = load_production(**OIDC, OIDC_CONTOSO_ISSUER="https://login.contoso.example")
    assert done.returncode != 0
    assert (
        "OIDC_CONTOSO_DOMAINS: is not set, so whoever runs the provider could sign in as anybody. Name the domains" in done.stderr
    )


def test_the_worker_signs_on_as_the_role_that_serves() -> None:
    said = load_production(DATABASE_WORKER_URL="postgresql://somebody@127.0.0.1/allotment").stderr
    assert "DATABASE_WORKER_URL: names another role than DATABASE_URL" in said


def test_production_refuses_the_public_key_of_development() -> None:
    said = load_production(SECRET_KEY="development only: settings.prod demands one of its own").stderr
    assert "SECRET_KEY: is the public one of development. Make one of your own" in said


def test_a_cache_of_each_process_by_itself_is_refused(settings: Any) -> None:
    assert unsafe_settings.limits_are_shared(None) == []
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    assert [message.id for message in unsafe_settings.limits_are_shared(None)] == ["console.E001"]


@pytest.mark.parametrize("policy", [{}, {"script-src": ["'self'", "'unsafe-inline'"]}])
def test_a_loose_or_empty_policy_is_refused(policy: dict[str, list[str]], settings: Any) -> None:
    assert unsafe_settings.policy_allows_nothing_inline(None) == []
    settings.SECURE_CSP = policy
    assert [message.id for message in unsafe_settings.policy_allows_nothing_inline(None)] == ["console.E002"]


def test_the_demo_in_production_is_warned_of(settings: Any) -> None:
    assert unsafe_settings.demo_stays_at_home(None) == []
    settings.DEMO = True
    assert [message.id for message in unsafe_settings.demo_stays_at_home(None)] == ["console.W001"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("DEBUG", True), ("SECRET_KEY", "short"), ("SECRET_KEY", base.SECRET_KEY_OF_DEVELOPMENT), ("ALLOWED_HOSTS", ["*"])],
)
@pytest.mark.django_db
def test_what_is_dangerous_where_strangers_come_is_refused(name: str, value: Any, settings: Any) -> None:
    settings.SECRET_KEY = SAMPLE_PRODUCTION["SECRET_KEY"]
    assert unsafe_settings.nothing_dangerous_is_in_force(None) == []
    setattr(settings, name, value)
    assert [message.id for message in unsafe_settings.nothing_dangerous_is_in_force(None)] == ["console.E005"]
    with pytest.raises(SystemCheckError, match=r"console\.E005"):
        call_command("check", deploy=True, tags=["security"])


def test_development_without_its_demo_starts_and_practices_nothing() -> None:
    env = {**os.environ, "DEMO": "0", "DJANGO_SETTINGS_MODULE": "console.settings.dev"}
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=base.BASE_DIR, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
