"""Checks of terms: what a top-up, renewal or change of plan took over when issued, and that cancelled stays cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from credits.verification.difference import Difference
from credits.verification.profiles_recomputed import LicenseHistory
from credits.verification.read_books import Books, Row

A_DAY = timedelta(days=1)


def check_relations(books: Books) -> Iterator[Difference]:
    """A top-up, renewal or change of plan names a license of its own order that is no top-up."""
    for license in books.licenses.values():
        for source_id in (license.top_up_of_id, license.renewal_of_id, license.replaces_id):
            if source_id is None:
                continue
            source, where = books.licenses[source_id], books.license_name(license.id)
            if source.order_id != license.order_id:
                yield Difference(
                    "relations", where, f"license {source_id} to be of its own order {license.order_id}", f"{source.order_id}"
                )
            if source.kind == "top-up":
                yield Difference("relations", where, "the license that leads the term", f"top-up {source_id}")


def check_top_ups(books: Books) -> Iterator[Difference]:
    """A top-up was issued with the expiration date its term had then, and starts no earlier than the term."""
    for license, issued, term in _issued_from(books, "top_up_of_id"):
        where = books.license_name(license.id)
        if issued.expires_on != term.expires_on:
            yield Difference("top-ups", where, f"the expiration date of its term, {term.expires_on}", f"{issued.expires_on}")
        if issued.starts_on < term.starts_on:
            yield Difference("top-ups", where, f"a start no earlier than its term's, {term.starts_on}", f"{issued.starts_on}")


def check_renewals(books: Books) -> Iterator[Difference]:
    """A renewal starts where the term it renews ended when it was issued, or later, with the term's units of its last day."""
    for license, issued, _opener in _issued_from(books, "renewal_of_id"):
        where = books.license_name(license.id)
        leaders = [each for each in books.terms[license.renewal_of_id] if not each.top_up_of_id]
        led = [
            each.id
            for each in leaders
            if each.recorded_at < license.recorded_at and books.history(each.id, before=license.recorded_at).issued is not None
        ]
        term = books.history(led[-1], before=license.recorded_at)
        if issued.starts_on < term.expires_on:
            yield Difference("renewals", where, f"a start no earlier than {term.expires_on}", f"{issued.starts_on}")
        last_day = term.expires_on - A_DAY
        units = _units_of_term(books, license, license.renewal_of_id, last_day)
        if issued.units != units:
            yield Difference("renewals", where, f"the {units or 0:,} units its term had", f"{issued.units:,}")


def check_plan_changes(books: Books) -> Iterator[Difference]:
    """A change of plan keeps the expiration date of the term it replaces and cancels the term's licenses on its day."""
    for license, issued, term in _issued_from(books, "replaces_id"):
        where = books.license_name(license.id)
        if issued.expires_on != term.expires_on:
            yield Difference("plan-changes", where, f"the expiration date it replaces, {term.expires_on}", f"{issued.expires_on}")
        units = _units_of_term(books, license, license.replaces_id, issued.starts_on)
        if issued.units != units and units is not None:
            yield Difference("plan-changes", where, f"the {units:,} units its term had", f"{issued.units:,}")
        for each in books.plan(license.replaces_id):
            # As known right after the change of plan; a top-up that was issued later than its day, from then on.
            history = books.history(each.id, until=license.recorded_at)
            if history.issued is None:  # a top-up issued later still
                continue
            day = max(issued.effective_on, history.issued.effective_on)
            if history.state_on(day) != "cancelled":
                yield Difference("plan-changes", where, f"license {each.id} to be cancelled by it", "it stands", day)


def check_cancellations(books: Books) -> Iterator[Difference]:
    """After a cancellation only the undo by support reinstates. A new license is told of its term's, undone ones too."""
    for license_id, history in books.histories.items():
        for earlier, later in pairwise(history.states.values):
            if earlier.state != "cancelled" or later.state == "cancelled":
                continue
            # Of one day only the last statement holds; an undo may be followed by another one on its day. An undo from a later
            # day holds, whenever the cancellation was recorded.
            undone = any(
                earlier.effective_on <= said.effective_on <= later.effective_on
                and (said.recorded_at >= earlier.recorded_at or said.effective_on > earlier.effective_on)
                and said.state not in ("", "cancelled")
                and (_act_name(books, said) == "order.undo-cancellation" or said.act_id == books.licenses[license_id].act_id)
                for said in history.said
            )
            if not undone:
                yield Difference(
                    "cancellations",
                    books.license_name(license_id),
                    f"still cancelled since {earlier.effective_on}",
                    f"{later.kind} by {_act_name(books, later)}",
                    later.effective_on,
                )


def _units_of_term(books: Books, license: Row, source_id: int, day: date) -> int | None:
    """What a term had on a day, as known before a license was issued from it; None where all of it was cancelled then."""
    before = [books.history(each.id, before=license.recorded_at) for each in books.terms[source_id]]
    running = [each for each in before if each.runs_on(day)]
    return sum(each.units_on(day) for each in running) if running else None


def _act_name(books: Books, row: Row) -> str:
    act = books.acts.get(row.act_id)
    return act.name if act else "an unknown act"


def _issued_from(books: Books, column: str) -> Iterator[tuple[Row, Row, LicenseHistory]]:
    """(license, the statement that issued it, the license it was issued from as known just before)."""
    for license in books.licenses.values():
        source_id, issued = getattr(license, column), books.histories[license.id].issued
        if source_id is None or issued is None:
            continue
        source = books.history(source_id, before=license.recorded_at)
        if source.issued is not None:  # else another check tells: it was never issued, or not at that instant
            yield license, issued, source
