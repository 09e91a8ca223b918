"""Entries against profiles: summed to any day, they are what the statements say for that day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import partial

from credits.verification.difference import Difference
from credits.verification.profiles_recomputed import LicenseHistory, LineHistory
from credits.verification.read_books import Books, Row

Amounts = tuple[int, ...]
"""Credits; or units and credits."""

A_DAY = timedelta(days=1)


def check_license_profiles(books: Books) -> Iterator[Difference]:
    posted: dict[int, list[tuple[date, Amounts]]] = defaultdict(list)
    for entry in books.license_entries:
        posted[entry.license_id].append((entry.effective_on, (entry.change,)))
    for license_id, history in books.histories.items():
        for day, expected, found in _unequal_days(books, posted[license_id], history.days(), partial(_supply, history)):
            yield Difference("license-profile", books.license_name(license_id), f"{expected[0]:,} credits", f"{found[0]:,}", day)


def check_line_profiles(books: Books) -> Iterator[Difference]:
    posted: dict[int, list[tuple[date, Amounts]]] = defaultdict(list)
    for entry in books.allocation_entries:
        posted[entry.line_id].append((entry.effective_on, (entry.units_change, entry.change)))
    said = defaultdict(list)
    for statement in sorted(books.allocation_statements, key=lambda row: (row.recorded_at, row.id)):
        said[statement.line_id].append(statement)
    books.lines = {*posted, *said}
    for line_id in sorted(books.lines):
        for day, expected, found in _unequal_days_of_line(books, line_id, said[line_id], posted[line_id]):
            yield Difference(
                "line-profile",
                books.name(books.catalogue.line_name(line_id)),
                f"{expected[0]:,} units taking {expected[1]:,} credits",
                f"{found[0]:,} units taking {found[1]:,}",
                day,
            )


def _unequal_days_of_line(
    books: Books, line_id: int, said: list[Row], posted: list[tuple[date, Amounts]]
) -> list[tuple[date, Amounts, Amounts]]:
    """While a price list is being applied, a company that waits for it follows the former one, until an act posts the line."""
    billing = books.billing.get(books.catalogue.lines[line_id].feature_id)

    def by(rates: list[Row]) -> list[tuple[date, Amounts, Amounts]]:
        history = LineHistory(said, rates, billing)
        return list(_unequal_days(books, posted, history.days(), partial(_demand, history)))

    unequal = by(books.catalogue.credit_rates.get(line_id, []))
    former = books.catalogue.former_rates(line_id, books.company.pk) if unequal else None
    return [] if former is not None and not by(former) else unequal


def _supply(history: LicenseHistory, day: date) -> Amounts:
    return (history.credits_on(day),)


def _demand(history: LineHistory, day: date) -> Amounts:
    return history.units_on(day), history.credits_on(day)


def _unequal_days(
    books: Books, posted: Iterable[tuple[date, Amounts]], days: Iterable[date], profile: Callable[[date], Amounts]
) -> Iterator[tuple[date, Amounts, Amounts]]:
    """(day, amounts of the profile, amounts of the entries) for each day from which on they differ in another way.

    Looks at every day on which either can change, and at the day before the first: between those nothing changes.
    """
    changes: dict[date, Amounts] = {}
    for day, amounts in posted:
        so_far = changes.get(day)
        changes[day] = amounts if so_far is None else tuple(map(int.__add__, so_far, amounts))
    to_compare = sorted({*days, *changes})
    if not to_compare:
        return
    zero: Amounts = (0,) * len(profile(to_compare[0]))
    sums, told = zero, zero
    for day in [to_compare[0] - A_DAY, *to_compare]:
        expected = profile(day)
        sums = tuple(map(int.__add__, sums, changes.get(day, zero)))
        difference = tuple(map(int.__sub__, sums, expected))
        books.days_compared += 1
        if difference not in (told, zero):
            yield day, expected, sums
        told = difference
