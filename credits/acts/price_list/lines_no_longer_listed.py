"""A line that the price list no longer has takes no more units, until it is listed again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from credits.catalogue.files_and_rows import Catalogue
from credits.models import CreditRate, CreditRequirement

RateToAdd = tuple[int, date, Decimal | None, date | None, str]
"""Line id, valid from, rate, valid to, source."""


def rates_of_lines_that_come_and_go(
    catalogue: Catalogue, lines: dict[tuple[str, str], CreditRequirement], found: list[CreditRate]
) -> list[RateToAdd]:
    """An empty rate for each line that the folder has no more, from its latest first day on; a rate for each it has again.

    `found` are the rates there are, in the order they were recorded.
    """
    listed = {(row.feature, row.line): row for row in sorted(catalogue.requirements, key=lambda row: row.valid_from)}
    latest = max(row.valid_from for row in catalogue.requirements)
    last: dict[int, CreditRate] = {}
    for rate in found:
        if rate.line_id not in last or rate.valid_from >= last[rate.line_id].valid_from:
            last[rate.line_id] = rate
    wanted: list[RateToAdd] = []
    for name, line in lines.items():
        if line.pk not in last:
            continue
        day, is_listed = max(latest, last[line.pk].valid_from), last[line.pk].credits_per_unit is not None
        if name not in listed and is_listed:
            wanted.append((line.pk, day, None, None, "no longer listed"))
        elif name in listed and not is_listed and listed[name].valid_from < last[line.pk].valid_from:
            until = listed[name].valid_to  # the folder offers it again, without a rate from a later day
            if until is None or until > day:
                wanted.append((line.pk, day, listed[name].credits_per_unit, until, listed[name].source))
    return wanted
