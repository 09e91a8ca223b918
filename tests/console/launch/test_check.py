"""`make check` runs all of its programs and passes only where each of them did."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from console.launch import check

Ending = Callable[[dict[str, int]], list[str]]


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> Ending:
    """Lets the named programs end with these statuses, the others with 0; in the list stand those that were run."""

    def run(statuses: dict[str, int]) -> list[str]:
        ran: list[str] = []

        def program(command: list[str], **rest: Any) -> Any:
            (name,) = (name for name, each in check.PROGRAMS.items() if each == command)
            ran.append(name)
            return SimpleNamespace(returncode=statuses.get(name, 0))

        monkeypatch.setattr(check, "subprocess", SimpleNamespace(run=program, DEVNULL=None))
        return ran

    return run


def test_it_passes_where_every_program_did(ending: Ending, capsys: pytest.CaptureFixture[str]) -> None:
    ran = ending({})
    assert check.main() == 0
    assert ran == list(check.PROGRAMS)
    assert capsys.readouterr().out.endswith("Everything passed.\n")


@pytest.mark.parametrize("failing", check.PROGRAMS)
@pytest.mark.parametrize("status", [1, 2, -9])
def test_it_fails_by_name_whatever_failed_and_runs_the_others_too(
    failing: str, status: int, ending: Ending, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = ending({failing: status})
    assert check.main() == 1
    assert ran == list(check.PROGRAMS)
    assert capsys.readouterr().out.endswith(f"Failed: {failing}.\n")
