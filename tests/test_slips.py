"""The slips that are kept as data can be planted: each stands where it says, once, and names tests that are there."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tests.test_architecture import ROOT

SLIPS: list[dict[str, Any]] = [
    each for file in sorted((ROOT / "tests" / "slips").glob("*.toml")) for each in tomllib.loads(file.read_text())["slip"]
]


@pytest.mark.parametrize("slip", SLIPS, ids=[each["name"] for each in SLIPS])
def test_a_slip_can_be_planted(slip: dict[str, Any]) -> None:
    assert (ROOT / slip["file"]).read_text().count(slip["before"]) == 1
    assert slip["before"] != slip["after"]
    assert slip["tests"]
    assert all((ROOT / each.partition("::")[0]).exists() for each in slip["tests"])


def test_names_of_slips_are_their_own() -> None:
    assert len({each["name"] for each in SLIPS}) == len(SLIPS)
