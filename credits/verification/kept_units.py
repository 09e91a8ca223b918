"""Checks of what keeping the use of converted seats added: the allocation says it too; no more is taken back than was added.

An undo says it by withdrawing what the allocation said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from credits.verification.difference import Difference
from credits.verification.read_books import Books


def check_kept_units(books: Books) -> Iterator[Difference]:
    """Beside each row the same act said something of the line on that day; an order's rows never sum to less than 0."""
    undos = {each.id for each in books.acts.values() if each.name in ("allocation.undo", "order.undo")}
    stated = {
        (each.act_id, each.line_id, each.effective_on)
        for each in books.allocation_statements
        if (each.units is None) == (each.act_id in undos)
    }
    added: dict[tuple[int, int], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for each in books.kept_units:
        where = books.name(books.catalogue.line_name(each.line_id))
        added[each.line_id, each.order_id][each.effective_on] += each.units_change
        if (each.act_id, each.line_id, each.effective_on) not in stated:
            yield Difference(
                "kept-units", where, "units stated by the act that kept them", f"none by act {each.act_id}", each.effective_on
            )
    for (line_id, order_id), changes in added.items():
        total = 0
        for day, change in sorted(changes.items()):
            total += change
            if total < 0:
                where = books.name(books.catalogue.line_name(line_id))
                expected = f"no more taken back than was kept for order {order_id}"
                yield Difference("kept-units", where, expected, f"{-total:,} more", day)
