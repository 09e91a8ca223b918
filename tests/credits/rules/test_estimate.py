"""What estimated units take, what to buy for them, and from how much use credits are cheaper."""

from __future__ import annotations

from decimal import Decimal

import pytest

from credits.rules.estimate.break_even import cheaper_from, cheaper_from_day
from credits.rules.estimate.what_it_takes import Estimate, EstimatedLine, estimated_total, recommended_purchase


def line(units: int, rate: str) -> EstimatedLine:
    return EstimatedLine(units, Decimal(rate))


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ([line(400, "20")], 8_000),
        ([line(300, "5")], 1_500),
        ([line(1, "25000")], 25_000),
        ([line(65, "100"), line(25, "500")], 19_000),
        ([line(3, "0.2")], 1),
        ([line(3, "0.2"), line(3, "0.2")], 2),
        ([line(10, "0")], 0),
        ([EstimatedLine(10, None)], 0),
        ([], 0),
    ],
)
def test_an_estimate_takes_units_times_rates_each_line_rounded_up(lines: list[EstimatedLine], total: int) -> None:
    assert estimated_total(lines) == total


@pytest.mark.parametrize(
    ("balance", "purchase"), [(4_000, 15_000), (-500, 19_500), (25_000, 0), (19_000, 0), (18_999, 1), (0, 19_000)]
)
def test_what_is_required_and_not_in_the_balance_is_to_be_bought(balance: int, purchase: int) -> None:
    assert recommended_purchase(19_000, balance) == purchase
    assert Estimate(19_000, 0, balance).recommended_purchase == purchase


@pytest.mark.parametrize(
    ("total", "allocated", "balance", "required", "purchase"),
    [
        (19_000, 19_000, 0, 0, 0),  # as allocated: nothing more
        (19_000, 15_000, 1_000, 4_000, 3_000),
        (19_000, 15_000, -500, 4_000, 4_500),
        (14_000, 15_000, -500, -1_000, 0),  # what is given back makes up for it
        (14_800, 15_000, -500, -200, 300),
    ],
)
def test_credits_that_are_allocated_already_are_not_required_again(
    total: int, allocated: int, balance: int, required: int, purchase: int
) -> None:
    found = Estimate(total, allocated, balance)
    assert (found.required, found.recommended_purchase) == (required, purchase)
    # The same as asking of all valid credits what they lack for the whole.
    assert purchase == max(0, total - (balance + allocated))


@pytest.mark.parametrize(
    ("rate", "credit", "hour", "hours", "days"),
    [
        ("1000", "1", "0.12", 8_334, 348),  # 8,333.3 hours, 347.2 days
        ("1100", "1", "0.168", 6_548, 273),
        ("235", "1", "0.047", 5_001, 209),  # 5,000 hours cost the same
        ("235", "1", "0.007", 33_572, None),  # longer than a year
        ("8760", "1", "1", 8_761, None),  # all year costs the same, not more
        ("8759.99", "1", "1", 8_760, 365),
        ("0", "1", "0.12", 1, 1),
        ("1000", "0.5", "0.12", 4_167, 174),
        ("1000", "1", "0", None, None),
    ],
)
def test_credits_are_cheaper_from_the_first_use_that_costs_more(
    rate: str, credit: str, hour: str, hours: int | None, days: int | None
) -> None:
    values = Decimal(rate), Decimal(credit), Decimal(hour)
    assert cheaper_from(*values) == hours
    assert cheaper_from_day(*values) == days
