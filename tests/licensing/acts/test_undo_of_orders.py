"""An act on an order is undone by withdrawing what it said: what held before holds again, what was known stays known."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from console.company_in_hand import for_all
from console.errors import DomainError
from console.models import Act, Why
from licensing.acts.change_plan import change_plan
from licensing.acts.corrections.correct import correct_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.acts.undo.undo_order import NotUndoneOfOrder, undo_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, LicenseEntry, LicenseStatement
from licensing.reading.licenses_on_day import licenses_on
from tests.factories import SYSTEM, TODAY, make_company, make_license, make_product, new_key
from tests.ledger import database_clock

WHY = Why("typed wrongly", "our-mistake", "C-7")


def act(**more: Any) -> dict[str, Any]:
    return {"today": TODAY, "by": SYSTEM, "key": new_key(), **more}


def latest(company: Company) -> Act:
    return Act.objects.for_company(company).latest("recorded_at")


def undo(company: Company, undone: Act | None = None, **more: Any) -> Any:
    return undo_order(company, undoes=(undone or latest(company)).pk, **act(reason=WHY, **more))


def supply(company: Company, known_at: Any = None) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for on, change in LicenseEntry.objects.for_company(company).known_at(known_at).values_list("effective_on", "change"):
        found[on] = found.get(on, 0) + change
    return {on: change for on, change in found.items() if change}


def shown(company: Company, known_at: Any = None) -> list[tuple[int, int, str]]:
    return [(each.id, each.units, each.status) for each in licenses_on(company, on=TODAY, known_at=known_at)]


def verified(company: Company) -> None:
    call_command("verify_ledger", company=company.slug, verbosity=0, stdout=StringIO())


ACTS: dict[str, Any] = {
    "correct units": lambda it: correct_license(it, units=50_000_000, **act(reason=WHY)),
    "correct from a day": lambda it: correct_license(it, units=7, on=TODAY, **act(reason=WHY)),
    "correct dates": lambda it: correct_license(it, expires_on=TODAY.replace(year=TODAY.year + 3), **act(reason=WHY)),
    "top up": lambda it: top_up_order(it.order, units=30, **act()),
    "reduce": lambda it: reduce_order(it.order, units=3, **act()),
    "set units": lambda it: set_order_units(it.order, units=900, **act()),
    "suspend": lambda it: suspend_order(it.order, **act()),
    "cancel": lambda it: cancel_order(it.order, **act()),
    "renew": lambda it: renew_order(it.order, **act()),
    "switch renewal": lambda it: switch_renewal(it.order, on=True, **act()),
    "change plan": lambda it: change_plan(it.order, product=make_product(rate=9), **act()),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ACTS)
def test_an_undo_brings_back_every_figure_and_a_redo_the_act_and_each_instant_keeps_what_was_known(name: str) -> None:
    license = make_license(units=500)
    company = license.company
    states = [(database_clock(), supply(company), shown(company))]
    for step in (lambda: ACTS[name](license), lambda: undo(company), lambda: undo(company), lambda: undo(company)):
        step()
        states.append((database_clock(), supply(company), shown(company)))
    before, done, undone, redone, undone_again = (each[1:] for each in states)
    assert undone == before == undone_again
    assert done == redone
    assert done != before or name == "switch renewal"
    for instant, figures, rows in states:
        assert (supply(company, instant), shown(company, instant)) == (figures, rows)
    verified(company)


@pytest.mark.django_db
def test_fifty_million_typed_by_mistake_is_undone_and_yesterday_as_known_yesterday_shows_500() -> None:
    license = make_license(units=500)
    yesterday = database_clock()
    correct_license(license, units=5_000, **act(reason=WHY))
    correct_license(license, units=50_000_000, **act(reason=WHY))
    undo(license.company, note="A typing mistake, taken back.")
    assert [units for _id, units, _status in shown(license.company)] == [5_000]
    assert [units for _id, units, _status in shown(license.company, yesterday)] == [500]
    done = latest(license.company)
    assert (done.name, done.result["undoes_name"], done.case_number) == ("order.undo", "license.correct", "C-7")


@pytest.mark.django_db
def test_a_later_act_that_counts_holds_an_undo_back_until_it_is_undone() -> None:
    license = make_license(units=500)
    top_up_order(license.order, units=30, **act())
    first = latest(license.company)
    suspend_order(license.order, **act())
    with pytest.raises(NotUndoneOfOrder, match=r"was changed since \(Suspended, .*\): undo that first"):
        undo(license.company, first)
    undo(license.company)
    undo(license.company, first)
    assert [units for _id, units, _status in shown(license.company)] == [500]
    with pytest.raises(NotUndoneOfOrder, match="undid this already"):
        undo(license.company, first)
    verified(license.company)


@pytest.mark.django_db
def test_the_same_key_undoes_once() -> None:
    license = make_license(units=500)
    top_up_order(license.order, units=30, **act())
    undone, key = latest(license.company), new_key()
    for _twice in range(2):
        undo_order(license.company, undoes=undone.pk, **act(reason=WHY, key=key))
    assert Act.objects.for_company(license.company).filter(name="order.undo").count() == 1


@pytest.mark.django_db
def test_what_is_for_good_says_what_to_do_instead() -> None:
    license = make_license(units=500)
    with pytest.raises(NotUndoneOfOrder, match="activated once and for good"):
        undo(license.company)
    with for_all("a test"):
        transfer_order(license.order, to=make_company(), **act(reason=WHY))
        with pytest.raises(NotUndoneOfOrder, match="for both companies together"):
            undo(license.company)


@pytest.mark.django_db
def test_a_term_whose_renewal_was_undone_is_renewed_anew_and_the_first_stays_undone() -> None:
    license = make_license(units=500)
    renew_order(license.order, **act())
    undo(license.company)
    undone = latest(license.company)
    again = renew_order(license.order, term_months=3, **act())
    assert again.renewal_of == license
    with pytest.raises(NotUndoneOfOrder, match=r"was changed since \(Renewed, .*\): undo that first"):
        undo(license.company, undone)
    verified(license.company)


@pytest.mark.django_db
def test_the_database_keeps_a_second_renewal_from_coming_back_beside_the_first() -> None:
    license = make_license(units=500)
    first = renew_order(license.order, **act())
    undo(license.company)
    renew_order(license.order, **act())
    taken_back = LicenseStatement.objects.get(license=first, kind="withdrawn")
    with pytest.raises(IntegrityError, match="is renewed already"), transaction.atomic():
        LicenseStatement.objects.create(
            company=license.company,
            license=first,
            kind="withdrawn",
            effective_on=taken_back.effective_on,
            withdraws=taken_back,
            act=taken_back.act,
            recorded_at=database_clock(),
        )


@pytest.mark.django_db
def test_only_support_undoes_and_with_a_reason() -> None:
    license = make_license(units=500)
    top_up_order(license.order, units=30, **act())
    with pytest.raises(DomainError, match="State a reason"):
        undo_order(license.company, undoes=latest(license.company).pk, **act(reason=""))
