"""Mails as a page: in development and for the demo on its own machine, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from console.mail import read_in_development
from console.mail.read_in_development import keep, kept
from tests.markup import read

pytestmark = pytest.mark.django_db

ADDRESS = "/development/mails/"
BACKEND = {"default": {"BACKEND": "console.mail.read_in_development.Backend"}}


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MAILS_KEPT_IN, settings.DEMO, settings.DEBUG, settings.MAILERS = str(tmp_path / "mails"), True, False, BACKEND
    return tmp_path / "mails"


def test_what_is_sent_is_read_on_the_page_the_latest_first(folder: Path) -> None:
    for number in (1, 2):
        text = f"<b>Open</b> https://console.example/invitations/secret-{number}/"
        EmailMessage(f"Mail {number}", text, "console@aster.example", ["new@aster.example"]).send()
    response = Client().get(ADDRESS)
    shown = read(response)
    assert [each.text for each in shown.all("h2")] == ["Mail 2", "Mail 1"]
    assert next(each["href"] for each in shown.all("a") if "secret" in each.get("href")).endswith("/invitations/secret-2/")
    assert "<b>Open" not in response.content.decode()
    assert response["Cache-Control"] == "no-store"


def test_before_anything_was_sent_the_page_says_so(folder: Path) -> None:
    assert "Nothing was sent yet." in read(Client().get(ADDRESS)).text


def test_the_oldest_mails_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_in_development, "MOST_KEPT", 2)
    for number in range(4):
        keep(folder, to="a@b.example", subject=str(number), text="")
    assert [each.subject for each in kept(folder)] == ["3", "2"]
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("debug", "demo", "named", "address", "there"),
    [
        (False, True, True, "127.0.0.1", True),
        (True, False, True, "192.0.2.7", True),
        (False, True, True, "192.0.2.7", False),
        (False, False, True, "127.0.0.1", False),
        (True, True, False, "127.0.0.1", False),
    ],
)
def test_the_page_is_there_in_development_alone(
    folder: Path, settings: Any, debug: bool, demo: bool, named: bool, address: str, there: bool
) -> None:
    settings.DEBUG, settings.DEMO = debug, demo
    settings.MAILS_KEPT_IN = settings.MAILS_KEPT_IN if named else ""
    assert Client(REMOTE_ADDR=address).get(ADDRESS).status_code == (200 if there else 404)


def test_production_names_no_folder() -> None:
    from console.settings import base

    assert base.MAILS_KEPT_IN == ""
