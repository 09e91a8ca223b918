"""Where the practice marketplace may be on: in development and in a demo, never in production."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from django.core import checks as django_checks
from django.core.checks import CheckMessage

from console import unsafe_settings
from console.launch.check import SAMPLE_PRODUCTION
from tests.test_architecture import imports, is_in, source_files

SHOW = (
    "import importlib, os; s = importlib.import_module(os.environ['DJANGO_SETTINGS_MODULE']);"
    "print(s.PRACTICE_MARKETPLACE, 'licensing.marketplaces.practice' in s.INSTALLED_APPS, s.AZURE_TENANT_ID, s.AZURE_API_URL)"
)


TENANT = "7e57ab1e-0000-4000-8000-00000000beef"


def start(module: str, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    dropped = ("AZURE_", "PRACTICE_", "PORT", "DEMO", "DATABASE_URL")
    env = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    env |= {**SAMPLE_PRODUCTION, "DJANGO_SETTINGS_MODULE": f"console.settings.{module}", **variables}
    command = command or ("-c", SHOW)
    return subprocess.run([sys.executable, *command], env=env, capture_output=True, text=True, check=False, timeout=60)


def test_production_refuses_to_start_with_it_and_names_the_fix() -> None:
    for command in [(), ("manage.py", "check"), ("-c", "import console.wsgi")]:
        done = start("prod", *command, PRACTICE_MARKETPLACE="1")
        assert done.returncode != 0
        assert "PRACTICE_MARKETPLACE: " in done.stderr
        assert "set DEMO=1" in done.stderr


def test_production_has_it_only_as_a_demo() -> None:
    assert start("prod").stdout.startswith("False False  https://marketplaceapi.microsoft.com")
    done = start("prod", PRACTICE_MARKETPLACE="1", DEMO="1")
    assert done.stdout.startswith("True True 7e57ab1e"), done.stderr


def test_development_has_it_unless_told_otherwise() -> None:
    assert start("dev").stdout.split()[::3] == ["True", "http://127.0.0.1:8000/practice-marketplace/api"]
    assert start("dev", PORT="8123").stdout.split()[3] == "http://127.0.0.1:8123/practice-marketplace/api"
    assert start("dev", PRACTICE_MARKETPLACE="0").stdout.startswith("False False  https://marketplaceapi.microsoft.com")


def test_the_real_marketplace_comes_first() -> None:
    real = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": TENANT, "AZURE_CLIENT_SECRET": "secret"}
    for module in ("dev", "prod"):
        shown = start(module, PRACTICE_MARKETPLACE="1", **real).stdout
        assert shown.startswith(f"False False {TENANT} https://marketplaceapi.microsoft.com")


def ids(found: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in found]


def test_a_check_refuses_it_outside_development_and_demo(settings: Any) -> None:
    settings.SILENCED_SYSTEM_CHECKS = []
    settings.DEBUG, settings.DEMO = False, False
    assert "console.E003" in ids([each for each in django_checks.run_checks(tags=["security"]) if not each.is_silenced()])
    for name in ("DEBUG", "DEMO"):
        setattr(settings, name, True)
        assert unsafe_settings.practice_stays_practice(None) == []
        setattr(settings, name, False)
    settings.PRACTICE_MARKETPLACE = False
    assert unsafe_settings.practice_stays_practice(None) == []


def test_it_imports_nothing_of_the_rest() -> None:
    files = source_files("licensing/marketplaces/practice")
    own, shared = "licensing.marketplaces.practice", {"console.htmx", "console.templatetags.formats"}
    wrong = [
        f"{file} imports {module}"
        for file in files
        for module in imports(file)
        if is_in(module, {"licensing", "credits", "console"}) and not is_in(module, {own, *shared})
    ]
    assert wrong == []
