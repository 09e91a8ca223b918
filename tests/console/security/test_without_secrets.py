"""Hiding secrets: no eight characters of one stay, whatever way an answer spells it."""

from __future__ import annotations

import html
import json
import random
import sys
from typing import Any
from urllib.parse import unquote

import pytest
from django.http import HttpRequest
from django.views.debug import ExceptionReporter, get_exception_reporter_class

from console.security.error_reports import Reporter
from console.security.sealing import Secret
from console.security.without_secrets import HIDDEN, LEAST_PIECE, without_secrets
from tests.spellings import SPELLINGS, left_of, pieces, random_token

TOKEN = "q1+zz/9z+Canary/7f3a==Zq9L+mX2c/8w=="


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_nothing_is_left_of_a_secret_in_any_spelling_nor_of_its_head_or_tail(spelling: str) -> None:
    chance = random.Random(spelling)
    for _time in range(20):
        token = random_token(chance)
        said, known = SPELLINGS[spelling](token), pieces(token)
        half = len(said) // 2
        for cited in (said, said[:half], said[half:], said[3 : half + 3], f"{said}{said}", f"{said[:half]} and {said}"):
            kept = without_secrets(f"The token '{cited}' of you is bad.", "another secret", token)
            assert left_of(token, kept, known) == []
            assert left_of(token, html.unescape(unquote(unquote(kept))), known) == []
            assert kept.startswith("The token '")
            assert kept.endswith("' of you is bad.")
            assert HIDDEN in kept


def test_two_spellings_in_one_text_hide_each_other_nothing() -> None:
    """As answers do: the address that was asked for beside the header that was sent."""
    chance = random.Random(1)
    for _time in range(300):
        token = random_token(chance)
        spelled = [say(token) for say in chance.sample(list(SPELLINGS.values()), 3)]
        assert left_of(token, without_secrets(" | ".join(spelled), token)) == []


def test_each_character_spelled_its_own_way_is_found_all_the_same() -> None:
    chance = random.Random(2)
    ways = [
        lambda c: c,
        lambda c: f"%{ord(c):02x}",
        lambda c: f"\\u{ord(c):04X}",
        lambda c: f"&#{ord(c)};",
        lambda c: f"%25{ord(c):02X}",
    ]
    for _time in range(200):
        token = random_token(chance, 12, 20)
        mixed = "".join(chance.choice(ways)(each) for each in token)
        kept = without_secrets(f"in {mixed} of", token)
        assert kept == f"in {HIDDEN} of"


def test_seven_characters_are_no_piece_and_eight_are() -> None:
    assert without_secrets(f"a {TOKEN[: LEAST_PIECE - 1]} b", TOKEN) == f"a {TOKEN[: LEAST_PIECE - 1]} b"
    assert without_secrets(f"a {TOKEN[5:13]} b", TOKEN) == f"a {HIDDEN} b"


def test_words_that_hold_no_secret_stay_as_they_are() -> None:
    words = 'AADSTS7000215: İ 100% of it &amp; more; see https://login.example/a%20b?c=%2F \\u00e4 {"a": "b\\n"} 🔑…'
    assert without_secrets(words, TOKEN, "") == words
    assert without_secrets(words) == words
    assert without_secrets("", TOKEN) == ""


def test_a_secret_shorter_than_a_piece_is_hidden_where_it_stands_whole() -> None:
    assert without_secrets("wrong: aB3", "ab3") == f"wrong: {HIDDEN}"


def test_a_secret_that_holds_escapes_itself_is_hidden_too() -> None:
    for secret in ("already%2Bescaped%2F123", "in&amp;html&#43;as it is", 'quo"ted\\u002bback\\slash'):
        for said in (secret, json.dumps(secret), html.escape(secret), secret.upper()):
            kept = without_secrets(f"x {said} y", secret)
            assert secret[:8].lower() not in kept.lower()
            assert secret[-8:].lower() not in kept.lower()


# --- Error reports


def reported(request: HttpRequest | None, words: str) -> str:
    held = {"said": words}  # a variable that no decorator hides
    try:
        raise RuntimeError(f"it said {held['said']}")
    except RuntimeError:
        reporter: ExceptionReporter = get_exception_reporter_class(request)(request, *sys.exc_info(), is_email=True)
        return reporter.get_traceback_html() + reporter.get_traceback_text()


@pytest.mark.parametrize("spelling", ["plain", "percent", "percent twice", "in JSON", "base64 at 1"])
def test_no_error_report_repeats_what_a_request_brought_or_what_is_set_here(spelling: str, settings: Any) -> None:
    settings.DEBUG = False
    settings.AZURE_CLIENT_SECRETS, settings.SECRET_KEY = ["first~Secret.Q8x/+="], "k9+Kq/w7Zx Jv4+ghTr0=="
    settings.SEALING_KEYS = ["yT7+nB2/vC5xZ8=wQ1eR4tY6uI9oP0aS"]
    request = HttpRequest()
    request.META = {"SERVER_NAME": "testserver", "SERVER_PORT": "80"}
    request.secret_parameter = Secret(TOKEN)  # type: ignore[attr-defined]
    for secret in (TOKEN, *settings.AZURE_CLIENT_SECRETS, *settings.SEALING_KEYS, settings.SECRET_KEY):
        report = reported(request, SPELLINGS[spelling](secret))
        assert left_of(secret, report) == []
        assert "it said …" in report
    assert issubclass(Reporter, ExceptionReporter)
