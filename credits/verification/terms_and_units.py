"""Checks of what an order's statements say together: a term is renewed once, two never count on one day, units are as stated.

Entries that follow from wrong statements are right, so nothing else would show these. Written from the rules alone, as known
right after each statement; nothing here asks how an act came to say it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from credits.verification.difference import Difference
from credits.verification.profiles_recomputed import LicenseHistory
from credits.verification.read_books import Books, Row

A_DAY = timedelta(days=1)
Histories = dict[int, LicenseHistory]


def check_terms_renewed_once(books: Books) -> Iterator[Difference]:
    """However its plan was changed, a term has one renewal that was not undone, which names the license that opened it."""
    renewals: dict[int, int] = {}
    for license in books.licenses.values():
        if license.renewal_of_id is None or books.histories[license.id].issued is None:
            continue  # no renewal, or one that was undone
        opener = books.terms[license.renewal_of_id][0].id
        if opener in renewals:
            yield Difference(
                "renewed-once",
                books.license_name(license.id),
                f"one renewal of the term that license {opener} opened, {renewals[opener]}",
                "a second one",
            )
        renewals.setdefault(opener, license.id)


def check_one_term_a_day(books: Books) -> Iterator[Difference]:
    """On no day do two terms of an order count, nor two plans of one term: one ends before the next begins."""
    for order_id, licenses in _of_orders(books).items():
        histories = {each.id: books.histories[each.id] for each in licenses}
        told: set[tuple[int, int]] = set()
        for day in _days_of(histories.values()):
            plans = sorted({books.plan(each.id)[0].id for each in licenses if histories[each.id].runs_on(day)})
            pair = (plans[0], plans[1]) if len(plans) > 1 else None
            if pair is not None and pair not in told:
                told.add(pair)
                yield Difference(
                    "one-term-a-day",
                    books.name(f"order {books.orders[order_id].external_id}"),
                    f"license {pair[0]} or {pair[1]} to count, of two terms or two plans",
                    "both do",
                    day,
                )


def check_units_in_all(books: Books) -> Iterator[Difference]:
    """Units stated for an order hold in each of its terms, right after they were, until the next day they were stated for.

    A reduction is a limit; setting the units says how many there are.
    """
    for order_id, licenses in _of_orders(books).items():
        said = [each for license in licenses for each in books.said_of_license.get(license.id, [])]
        totals = sorted((each for each in said if each.total_units is not None), key=lambda each: (each.recorded_at, each.id))
        for total in totals:
            act = books.acts.get(total.act_id)
            if act is not None and act.name == "order.activate":
                continue  # the successor of a transfer is told what was stated last, of its own days or others
            exact = act is not None and act.name == "order.units"
            stood = {pk for each in licenses for pk in books.history(each.id, before=total.recorded_at).ids()}
            earlier = [each.effective_on for each in totals if each.recorded_at < total.recorded_at and each.id in stood]
            until = min((day for day in earlier if day > total.effective_on), default=date.max)
            known = _known(books, licenses, total.recorded_at)
            for day, units in _wrong_days(books, licenses, known, total, exact, until):
                yield Difference(
                    "units-in-all",
                    books.name(f"order {books.orders[order_id].external_id}"),
                    f"{'' if exact else 'at most '}{total.total_units:,} units, as stated for {total.effective_on}",
                    f"{units:,}",
                    day,
                )
                break


def _wrong_days(
    books: Books, licenses: Sequence[Row], known: Histories, total: Row, exact: bool, until: date
) -> Iterator[tuple[date, int]]:
    for term in {id(books.terms[each.id]): books.terms[each.id] for each in licenses}.values():
        of_term = {each.id: known[each.id] for each in term if each.id in known}
        for day in [total.effective_on, *_days_of(of_term.values())]:
            running = {pk: history for pk, history in of_term.items() if history.runs_on(day)}
            # What an order has is counted while the license that leads the plan of the day is there.
            led = any(books.licenses[pk].top_up_of_id is None for pk in running)
            if not led or not total.effective_on <= day < until:
                continue
            units = sum(history.units_on(day) for history in running.values())
            if units > total.total_units or (exact and units < total.total_units):
                yield day, units


def check_corrected_units(books: Books) -> Iterator[Difference]:
    """Units that support corrected are those of the license right after it: on every day, or from the day stated.

    What is stated for a day before a license begins holds on its first.
    """
    for license_id, said in books.said_of_license.items():
        for each in said:
            act = books.acts.get(each.act_id)
            if each.units is None or each.kind != "corrected" or act is None or act.name != "license.correct":
                continue
            history = books.history(license_id, until=each.recorded_at)
            first = history.starts_on if each.every_day else max(each.effective_on, history.starts_on)
            days = [first, *(day for day in sorted(history.days()) if each.every_day and day > first)]
            wrong = next((day for day in days if history.holds(day) and history.units_on(day) != each.units), None)
            if wrong is not None:
                yield Difference(
                    "corrected-units",
                    books.license_name(license_id),
                    f"{each.units:,} units, as corrected",
                    f"{history.units_on(wrong):,}",
                    wrong,
                )


def _of_orders(books: Books) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for license in books.licenses.values():
        found.setdefault(license.order_id, []).append(license)
    return found


def _known(books: Books, licenses: Iterable[Row], instant: datetime) -> Histories:
    """What was known of licenses right after an instant; those issued later are left out."""
    return {each.id: books.history(each.id, until=instant) for each in licenses if each.recorded_at <= instant}


def _days_of(histories: Iterable[LicenseHistory]) -> list[date]:
    return sorted({day for history in histories for day in history.days()})
