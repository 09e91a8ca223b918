"""Numbers of units in words."""

from __future__ import annotations

import pytest

from licensing.rules.units_in_words import in_units, plural


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("credit", "credits"),
        ("user account or email address", "user accounts or email addresses"),
        ("box", "boxes"),
        ("switch", "switches"),
        ("company", "companies"),
        ("gateway", "gateways"),
        ("GB", "GB"),
        ("GB of data", "GB of data"),
        ("GB per month", "GB per month"),
        ("GB ingested", "GB ingested"),
        ("block of 500 Mbps", "blocks of 500 Mbps"),
        ("daily submission", "daily submissions"),
        ("pod or task", "pods or tasks"),
        ("device (desktop)", "devices (desktop)"),
        ("", ""),
    ],
)
def test_a_unit_has_a_plural(one: str, many: str) -> None:
    assert plural(one) == many


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "0 deployments"), (1, "1 deployment"), (2, "2 deployments"), (1_400, "1,400 deployments")],
)
def test_one_is_one_and_everything_else_is_many(number: int, written: str) -> None:
    assert in_units(number, "deployment") == written


def test_the_number_can_be_left_out() -> None:
    assert in_units(1, "seat", with_number=False) == "seat"
    assert in_units(2, "seat", with_number=False) == "seats"
