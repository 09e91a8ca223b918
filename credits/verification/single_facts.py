"""Checks of single facts: whose they are, which act recorded them, and what a row of its kind must say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import pairwise

from credits.verification.difference import Difference
from credits.verification.profiles_recomputed import rounded_up
from credits.verification.read_books import Books, Catalogue, Row

DAYS_BETWEEN_CHANGES = timedelta(days=30)
UNDOS = ("allocation.undo", "order.undo")
"""The first withdraws what an act stated of allocations; the second what it stated of licenses, and what that kept in use."""


def check_catalogue_rows(catalogue: Catalogue) -> Iterator[Difference]:
    """Rates and prices carry the instant of their act, and none lies in the future."""
    for table, rows in (
        ("conversion rate", [rate for rates in catalogue.conversion_rates.values() for rate in rates]),
        ("credit rate", [rate for rates in catalogue.credit_rates.values() for rate in rates]),
        ("list price", catalogue.prices),
    ):
        for row in rows:
            if row.recorded_at != row.act__recorded_at:
                yield Difference(
                    "facts-of-acts",
                    f"{table} {row.id}",
                    f"the instant of its act, {row.act__recorded_at}",
                    f"{row.recorded_at}",
                )
            if row.recorded_at > catalogue.clock:
                yield Difference("acts", f"{table} {row.id}", f"nothing recorded after {catalogue.clock}", f"{row.recorded_at}")


def check_references(books: Books) -> Iterator[Difference]:
    """Every row refers to rows of its own company, and a line to its feature."""

    def follow(what: str, row: Row, column: str, to: Iterable[int], kind: str) -> Iterator[Difference]:
        target = getattr(row, column)
        if target is not None and target not in to:
            yield Difference(
                "references", books.name(f"{what} {row.id}"), f"{kind} {target} among the company's own", "none of that id"
            )

    for license in books.licenses.values():
        yield from follow("license", license, "order_id", books.orders, "an order")
        for column in ("renewal_of_id", "top_up_of_id", "replaces_id"):
            yield from follow("license", license, column, books.licenses, "a license")
    of_licenses = {statement.id for statement in books.license_statements}
    for statement in books.license_statements:
        yield from follow("license statement", statement, "license_id", books.licenses, "a license")
        yield from follow("license statement", statement, "withdraws_id", of_licenses, "a license statement")
    for entry in books.license_entries:
        yield from follow("license entry", entry, "license_id", books.licenses, "a license")
    stated = {statement.id for statement in books.allocation_statements}
    for statement in books.allocation_statements:
        yield from follow("allocation statement", statement, "withdraws_id", stated, "an allocation statement")
    for change in books.billing_changes:
        yield from follow("billing model change", change, "contract_id", books.licenses, "a license")
    for table, rows in (("choice of use", books.use_choices), ("kept units", books.kept_units)):
        for row in rows:
            yield from follow(table, row, "order_id", books.orders, "an order")
    for table, rows in (
        ("allocation statement", books.allocation_statements),
        ("allocation entry", books.allocation_entries),
        ("kept units", books.kept_units),
    ):
        for row in rows:
            feature_id = books.catalogue.lines[row.line_id].feature_id
            if row.feature_id != feature_id:
                yield Difference(
                    "references",
                    books.name(f"{table} {row.id}"),
                    f"the feature of its line, {feature_id}",
                    f"feature {row.feature_id}",
                )


def check_acts(books: Books) -> Iterator[Difference]:
    """Acts of a company are recorded one after another, none in the future, each in the company's own scope."""
    acts = sorted(books.acts.values(), key=lambda act: act.recorded_at)
    for act in acts:
        if act.scope != f"company:{books.company.pk}":
            yield Difference("acts", books.name(_act(act)), f"the scope company:{books.company.pk}", act.scope)
        if act.recorded_at > books.catalogue.clock:
            yield Difference(
                "acts", books.name(_act(act)), f"nothing recorded after {books.catalogue.clock}", f"{act.recorded_at}"
            )
    for earlier, later in pairwise(acts):
        if later.recorded_at == earlier.recorded_at:
            yield Difference(
                "acts", books.name(_act(later)), f"an instant after that of {_act(earlier)}", f"the same, {later.recorded_at}"
            )


def check_facts_of_acts(books: Books) -> Iterator[Difference]:
    """Every fact points to an act of its company, carries its instant, and was added in the order of the acts."""
    for table, rows in (
        ("license", [*books.licenses.values()]),
        ("license statement", books.license_statements),
        ("license entry", books.license_entries),
        ("allocation statement", books.allocation_statements),
        ("allocation entry", books.allocation_entries),
        ("billing model change", books.billing_changes),
        ("choice of use", books.use_choices),
        ("kept units", books.kept_units),
    ):
        for row in rows:
            act = books.acts.get(row.act_id)
            where = books.name(f"{table} {row.id}")
            if act is None:
                yield Difference("facts-of-acts", where, "an act of the company", f"act {row.act_id}, which is none")
            elif row.recorded_at != act.recorded_at:
                yield Difference("facts-of-acts", where, f"the instant of its act, {act.recorded_at}", f"{row.recorded_at}")
        # The company is locked while an act adds its rows, so their ids rise from act to act.
        for earlier, later in pairwise(rows):
            if later.recorded_at < earlier.recorded_at:
                yield Difference(
                    "facts-of-acts",
                    books.name(f"{table} {later.id}"),
                    f"recorded no earlier than {table} {earlier.id}, {earlier.recorded_at}",
                    f"{later.recorded_at}",
                )


def check_issued_once(books: Books) -> Iterator[Difference]:
    """Every license has exactly one statement that issues it, recorded by the act that added it."""
    for license in books.licenses.values():
        issued = [each for each in books.said_of_license.get(license.id, []) if each.kind == "issued"]
        if len(issued) != 1:
            yield Difference("issued-once", books.license_name(license.id), "one issued statement", f"{len(issued)}")
        elif issued[0].act_id != license.act_id:
            yield Difference(
                "issued-once", books.license_name(license.id), f"issued by its own act {license.act_id}", f"{issued[0].act_id}"
            )


def check_entries_change_something(books: Books) -> Iterator[Difference]:
    for entry in books.license_entries:
        if entry.change == 0:
            yield Difference(
                "entries",
                books.license_name(entry.license_id),
                "entries that change credits",
                "a change of 0",
                entry.effective_on,
            )
    for entry in books.allocation_entries:
        if entry.change == 0 and entry.units_change == 0:
            yield Difference(
                "entries",
                books.name(books.catalogue.line_name(entry.line_id)),
                "entries that change units or credits",
                "changes of 0",
                entry.effective_on,
            )


def check_statement_credits(books: Books) -> Iterator[Difference]:
    """Credits are the units at the rate, rounded up once; a trial has none; the rate is one of the product's, and stays."""
    for license in books.licenses.values():
        where, product = books.license_name(license.id), books.catalogue.products[license.product_id]
        issued = books.histories[license.id].issued
        listed = books.catalogue.conversion_rates.get(license.product_id, [])
        for each in books.said_of_license.get(license.id, []):
            if each.units is None:
                continue
            expected = 0 if each.rate is None or license.trial else rounded_up(each.units, each.rate)
            if each.credits != expected:
                at = "no rate" if each.rate is None else f"{each.rate.normalize():f}"
                yield Difference(
                    "statement-credits",
                    where,
                    f"{expected:,} credits for {each.units:,} units at {at}",
                    f"{each.credits:,}",
                    each.effective_on,
                )
            if issued is not None and each.rate != issued.rate:
                yield Difference("rates", where, f"the rate it was issued at, {issued.rate}", f"{each.rate}", each.effective_on)
        if issued is None or license.trial:
            continue
        known = {rate.credits_per_unit for rate in listed if rate.valid_from <= issued.starts_on}
        if issued.rate is None and product.kind != "pay-as-you-go":
            yield Difference("rates", where, "a rate, as it is no pay-as-you-go contract", "none", issued.effective_on)
        elif issued.rate is not None and issued.rate not in known:
            yield Difference(
                "rates", where, "a rate of its product valid on its start", f"{issued.rate.normalize():f}", issued.starts_on
            )


def check_orders(books: Books) -> Iterator[Difference]:
    """An activated order has exactly one first license, of its company, added at the instant of its activation.

    A trial may become paid with a renewal or a change of plan, never the other way round; a top-up is as its term is.
    """
    first: dict[int, list[Row]] = {order_id: [] for order_id in books.orders}
    for license in books.licenses.values():
        order = books.orders[license.order_id]
        if license.kind in ("initial", "goodwill"):
            first[order.id].append(license)
        before = books.licenses.get(license.top_up_of_id or license.renewal_of_id or license.replaces_id or 0)
        was = before.trial if before else order.trial
        if license.trial != was and (license.trial or not before or license.top_up_of_id):
            yield Difference(
                "orders", books.license_name(license.id), f"trial: {was}, as what it follows", f"trial: {license.trial}"
            )
    for order in books.orders.values():
        licenses, where = first[order.id], books.name(f"order {order.channel} {order.external_id}")
        kind = "goodwill" if order.goodwill else "initial"
        if len(licenses) != 1:
            yield Difference("orders", where, f"exactly one {kind} license", f"{len(licenses)}")
        elif licenses[0].kind != kind:
            yield Difference("orders", where, f"a license of kind {kind}", licenses[0].kind)
        elif licenses[0].recorded_at != order.activated_at:
            yield Difference(
                "orders", where, f"activated when its license was added, {licenses[0].recorded_at}", f"{order.activated_at}"
            )


def check_allocation_statements(books: Books) -> Iterator[Difference]:
    """A withdrawal names a statement of its own line and day, that was recorded before; each is named at most once.

    What it names is units, or what an undo has withdrawn; an undo itself may name anything.
    """
    by_id = {each.id: each for each in books.allocation_statements}
    times = Counter(each.withdraws_id for each in books.allocation_statements if each.withdraws_id)
    undos = {act.id for act in books.acts.values() if act.name in UNDOS}
    for each in books.allocation_statements:
        where = books.name(books.catalogue.line_name(each.line_id))
        if (each.units is None) == (each.withdraws_id is None):
            yield Difference("withdrawals", where, "either units or a withdrawal", f"statement {each.id}", each.effective_on)
        if each.withdraws_id is None:
            continue
        plan = by_id[each.withdraws_id]
        same = (plan.line_id, plan.effective_on) == (each.line_id, each.effective_on)
        fits = plan.withdraws_id is None or each.act_id in undos or plan.act_id in undos
        if not fits or not same or plan.recorded_at >= each.recorded_at or times[plan.id] > 1:
            yield Difference(
                "withdrawals",
                where,
                f"statement {each.id} to withdraw, alone, an earlier plan for this line and day",
                f"statement {plan.id}",
                each.effective_on,
            )


def check_undos(books: Books) -> Iterator[Difference]:
    """An undo withdraws every statement of the one act it names, states nothing, and takes back what that act kept in use."""
    by_id = {each.id: each for each in books.allocation_statements}
    said: dict[object, list[Row]] = {}
    for each in books.allocation_statements:
        said.setdefault(each.act_id, []).append(each)
    of_licenses: dict[object, list[Row]] = {}
    for each in books.license_statements:
        of_licenses.setdefault(each.act_id, []).append(each)
    license_rows = {each.id: each for each in books.license_statements}
    kept: dict[object, Counter[tuple[int, int, object]]] = {}
    for row in books.kept_units:
        kept.setdefault(row.act_id, Counter())[row.line_id, row.order_id, row.effective_on] += row.units_change
    for act in books.acts.values():
        if act.name not in UNDOS:
            continue
        undone = next((other for other in books.acts.values() if str(other.id) == act.result__undoes), None)
        where, found = books.name(_act(act)), said.get(act.id, [])
        if undone is None or undone.recorded_at >= act.recorded_at:
            yield Difference("undos", where, "an earlier act of the company that it undoes", f"{act.result__undoes}")
            continue
        expected = {each.id for each in said.get(undone.id, [])}
        of_order = act.name == "order.undo"
        if of_order:
            yield from _check_licenses_withdrawn(books, act, of_licenses, undone, license_rows, nothing_else=not expected)
        if not (expected or of_order) or sorted(_named(each, by_id, expected) for each in found) != sorted(expected):
            yield Difference(
                "undos",
                where,
                f"each statement of {_act(undone)} withdrawn, and nothing else",
                f"{len(found)} of {len(expected)}",
            )
        back = {key: -units for key, units in kept.get(undone.id, Counter()).items() if units}
        if {key: units for key, units in kept.get(act.id, Counter()).items() if units} != back:
            yield Difference("undos", where, f"what {_act(undone)} kept in use taken back", "other units")


def _check_licenses_withdrawn(
    books: Books, act: Row, said: dict[object, list[Row]], undone: Row, by_id: dict[int, Row], *, nothing_else: bool
) -> Iterator[Difference]:
    expected, found = {each.id for each in said.get(undone.id, [])}, said.get(act.id, [])
    # The use of seats that a transfer carried over is undone with it, without a word about licenses.
    missing = nothing_else and not expected
    if missing or sorted(_named(each, by_id, expected) for each in found) != sorted(expected):
        yield Difference(
            "undos",
            books.name(_act(act)),
            f"each license statement of {_act(undone)} withdrawn, and nothing else",
            f"{len(found)} of {len(expected)}",
        )


def check_license_withdrawals(books: Books) -> Iterator[Difference]:
    """Only an undo withdraws statements about licenses: an earlier one of the same license and day, which nothing else names."""
    by_id = {each.id: each for each in books.license_statements}
    times = Counter(each.withdraws_id for each in books.license_statements if each.withdraws_id)
    for each in books.license_statements:
        where, act = books.license_name(each.license_id), books.acts.get(each.act_id)
        if (each.kind == "withdrawn") != bool(each.withdraws_id):
            yield Difference("withdrawals", where, "a withdrawal to name what it withdraws", f"statement {each.id}")
        if not each.withdraws_id:
            if act is not None and act.name == "order.undo":
                yield Difference("undos", where, "nothing stated by an undo", f"statement {each.id}", each.effective_on)
            continue
        named = by_id[each.withdraws_id]
        same = (named.license_id, named.effective_on) == (each.license_id, each.effective_on)
        by_undo = act is not None and act.name == "order.undo"
        if not by_undo or not same or named.recorded_at >= each.recorded_at or times[named.id] > 1:
            yield Difference(
                "withdrawals",
                where,
                f"statement {each.id} to withdraw, alone and by an undo, an earlier one for this license and day",
                f"statement {named.id}",
                each.effective_on,
            )


def _named(row: Row, by_id: dict[int, Row], among: set[int]) -> int:
    """Which of these statements a withdrawal is about: what it names, or what that withdraws in turn; 0 for none."""
    named = by_id.get(row.withdraws_id)
    if named is None:
        return 0
    return named.id if named.id in among else _named(named, by_id, among)


def check_billing_changes(books: Books) -> Iterator[Difference]:
    """Changes of a feature lie 30 days apart; each states 0 units for every line that had any statement."""
    by_feature: dict[int, list[Row]] = {}
    for change in sorted(books.billing_changes, key=lambda row: row.effective_on):
        by_feature.setdefault(change.feature_id, []).append(change)
    names = {line.feature_id: line.feature__name for line in books.catalogue.lines.values()}
    for feature_id, changes in by_feature.items():
        where = books.name(f"billing of feature {feature_id} ({names.get(feature_id, 'without lines')})")
        for earlier, later in pairwise(changes):
            if later.effective_on - earlier.effective_on < DAYS_BETWEEN_CHANGES:
                yield Difference(
                    "billing-changes",
                    where,
                    f"at least 30 days after the change of {earlier.effective_on}",
                    f"{(later.effective_on - earlier.effective_on).days} days",
                    later.effective_on,
                )
        switching = {change.act_id for change in changes}
        about = [each for each in books.allocation_statements if each.feature_id == feature_id]
        # Only a further switch, which states 0 units itself, may withdraw what a planned one states.
        taken_back = {each.withdraws_id for each in about if each.withdraws_id and each.act_id not in switching}
        for change in changes:
            had_units = {each.line_id for each in about if each.recorded_at < change.recorded_at}
            released = {
                each.line_id
                for each in about
                if (each.act_id, each.effective_on, each.units) == (change.act_id, change.effective_on, 0)
                and each.id not in taken_back
            }
            for line_id in sorted(had_units - released):
                yield Difference(
                    "billing-changes",
                    where,
                    f"0 units of {books.catalogue.line_name(line_id)} stated by the switch, for good",
                    "nothing, or withdrawn",
                    change.effective_on,
                )


def _act(act: Row) -> str:
    return f"act {act.name} {act.id}"
