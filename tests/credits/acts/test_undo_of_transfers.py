"""A transfer is undone for both companies: what it issued is withdrawn, the order holds again, what was known stays known."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from console.company_in_hand import for_all
from console.errors import DomainError, Refused
from console.models import Act, Why
from credits.acts.choose_use import choose_use
from credits.acts.undo.undo_act import may_undo, undo_act
from credits.acts.undo.undo_allocation import undo_allocation
from credits.acts.undo.undo_case import acts_of_case, undo_case
from credits.errors import NotUndone
from credits.models import AllocationEntry, CreditRequirement, SeatUse
from licensing.acts.activate import activate_order
from licensing.acts.corrections.correct import correct_license
from licensing.acts.renew import renew_order
from licensing.acts.state.suspend_and_reinstate import suspend_order
from licensing.acts.transfer import transfer_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, LicenseEntry, Order, Subscription
from licensing.purchases.order_in_charge import successor_of
from licensing.reading.licenses_on_day import licenses_on
from tests.factories import (
    SYSTEM,
    TODAY,
    allocate,
    make_company,
    make_feature,
    make_license,
    make_order,
    make_product,
    new_key,
)
from tests.ledger import database_clock

pytestmark = pytest.mark.django_db
WHY = Why("the wrong company", "our-mistake", "C-7")


@pytest.fixture(autouse=True)
def staff() -> Any:
    with for_all("staff"):
        yield


def act(**more: Any) -> dict[str, Any]:
    return {"today": TODAY, "by": SYSTEM, "key": new_key(), "reason": WHY, **more}


def seats(units: int = 40) -> License:
    """Seats that are kept in use, so that a transfer carries that over."""
    product = make_product(kind="seats", unit="seat", rate=2)
    SeatUse.objects.create(product=product, line=make_feature(rates=["1"]).lines.get())
    company = make_company()
    return activate_order(make_order(product=product, units=units), company=company, keeps_use=True, **act(reason=""))


def figures(*companies: Company, known_at: Any = None) -> list[Any]:
    found: list[Any] = []
    for company in companies:
        for model in (LicenseEntry, AllocationEntry):
            sums: dict[Any, int] = {}
            for on, change in model.objects.for_company(company).known_at(known_at).values_list("effective_on", "change"):
                sums[on] = sums.get(on, 0) + change
            found.append({on: change for on, change in sums.items() if change})
        found.append([(each.id, each.units, each.status) for each in licenses_on(company, on=TODAY, known_at=known_at)])
    return found


def latest(name: str, company: Company) -> Act:
    return Act.objects.for_company(company).filter(name=name).latest("recorded_at")


def verified(*companies: Company) -> None:
    for each in companies:
        call_command("verify_ledger", company=each.slug, verbosity=0, stdout=StringIO())


def renewed() -> License:
    license = make_license(units=500)
    renew_order(license.order, **act())
    top_up_order(license.order, units=5, **act())
    suspend_order(license.order, **act())
    return license


@pytest.mark.parametrize(
    "made", [lambda: make_license(units=500), renewed, seats], ids=["plain", "renewed and suspended", "seats"]
)
def test_an_undo_brings_back_both_companies_a_redo_the_transfer_and_each_instant_keeps_what_was_known(
    made: Callable[[], License],
) -> None:
    license, to = made(), make_company()
    order, company = license.order, license.company
    states = [(database_clock(), figures(company, to))]
    transfer_order(order, to=to, **act())
    states.append((database_clock(), figures(company, to)))
    for name in ("order.transfer", "order.undo", "order.undo"):
        undone = latest(name, company)
        assert may_undo(undone, by=SYSTEM).why_not == ""
        undo_act(undone, **act())
        assert not may_undo(undone, by=SYSTEM).can
        states.append((database_clock(), figures(company, to)))
        verified(company, to)
    before, done, taken_back, done_again, taken_back_again = (each for _instant, each in states)
    assert before == taken_back == taken_back_again
    assert done == done_again != before
    for instant, known in states:
        assert figures(company, to, known_at=instant) == known


def test_an_order_whose_transfer_was_undone_is_transferred_anew_to_another_company() -> None:
    license, wrong, right = make_license(units=500), make_company(), make_company()
    order = license.order
    transfer_order(order, to=wrong, **act())
    gone = Order.objects.get(transferred_from=order)
    undo_act(latest("order.transfer", license.company), **act())
    assert successor_of(order) == order
    undo = latest("order.undo", license.company)
    transfer_order(order, to=right, **act())
    assert successor_of(order).company == right
    assert [each.units for each in licenses_on(right, on=TODAY)] == [500]
    assert "undo that first" in may_undo(undo, by=SYSTEM).why_not
    with pytest.raises(Refused, match="was undone: act on the order that it came from"):
        top_up_order(gone, units=5, **act())
    verified(license.company, wrong, right)


def test_what_counts_on_it_at_the_receiving_company_is_named_with_what_to_do() -> None:
    license, to = make_license(units=500), make_company()
    transfer_order(license.order, to=to, **act())
    transfer = latest("order.transfer", license.company)
    successor = successor_of(license.order)
    top_up_order(successor, units=5, **act(reason=""))
    why_not = may_undo(transfer, by=SYSTEM).why_not
    assert why_not.startswith(f"Order {successor.number} was changed at {to.name} since (Topped up, ")
    assert why_not.endswith(": undo that first.")
    with pytest.raises(DomainError, match="undo that first"):
        undo_act(transfer, **act())
    undo_act(latest("order.top-up", to), **act())
    undo_act(transfer, **act())
    assert licenses_on(to, on=TODAY) == []


def test_what_somebody_allocated_since_beside_what_was_carried_over_holds_it_back() -> None:
    license, to = seats(), make_company()
    transfer_order(license.order, to=to, **act())
    allocate(to, CreditRequirement.objects.get(), 90)
    before = figures(license.company, to)
    transfer = latest("order.transfer", license.company)
    assert may_undo(transfer, by=SYSTEM).why_not.startswith(f"{to.name}: ")
    with pytest.raises(DomainError):
        undo_act(transfer, **act())
    assert figures(license.company, to) == before


def test_what_followed_the_purchase_since_is_not_undone_and_the_order_is_transferred_back_instead() -> None:
    license, to = make_license(units=25, channel="azure"), make_company()
    bought = {"status": "subscribed", "units": 25, "seen_at": timezone.now(), "claimed_by": license.company}
    Subscription.objects.create(channel="azure", external_id="a", order=license.order, **bought)
    transfer_order(license.order, to=to, **act())
    transfer = latest("order.transfer", license.company)
    assert may_undo(transfer, by=SYSTEM).can
    top_up_order(successor_of(license.order), units=5, **act(reason=""))
    why_not = may_undo(transfer, by=SYSTEM).why_not
    assert "followed its purchase" in why_not
    assert why_not.endswith(f"Transfer it back to {license.company.name} instead.")
    assert "Change the purchase at the marketplace instead" in may_undo(latest("order.top-up", to), by=SYSTEM).why_not


def test_a_choice_of_use_is_not_undone_after_its_order_brought_units_by_it() -> None:
    license = seats()
    company = license.company
    choose_use(license.order, keeps=False, today=TODAY, by=SYSTEM, key=new_key())
    chosen = latest("order.choose-use", company)
    top_up_order(license.order, units=5, **act(reason=""))
    before = figures(company)
    with pytest.raises(NotUndone, match="undo that first, or choose anew"):
        undo_allocation(company, undoes=chosen.pk, today=TODAY, by=SYSTEM, key=new_key(), below_zero_confirmed=True)
    assert figures(company) == before


@pytest.mark.parametrize("name", ["order.activate", "order.renew", "order.suspend"])
def test_a_part_of_a_transfer_is_undone_with_it_alone(name: str) -> None:
    license, to = renewed(), make_company()
    transfer_order(license.order, to=to, **act())
    part = latest(name, to)
    assert "undo that transfer instead" in may_undo(part, by=SYSTEM).why_not
    with pytest.raises(DomainError, match="undo that transfer instead"):
        undo_act(part, **act())
    undo_act(latest("order.transfer", license.company), **act())
    assert "undo that transfer instead" in may_undo(latest("order.undo", to), by=SYSTEM).why_not


def test_a_case_with_a_transfer_is_undone_as_one() -> None:
    license, to = renewed(), make_company()
    company = license.company
    before = figures(company, to)
    case = Why("all of it", "our-mistake", "C-8")
    correct_license(License.objects.get(pk=license.pk), units=600, **act(reason=case))
    transfer_order(license.order, to=to, **act(reason=case))
    top_up_order(successor_of(license.order), units=5, **act(reason=case))
    assert [each.name for each in acts_of_case("C-8")] == ["order.top-up", "order.transfer", "license.correct"]
    assert undo_case("C-8", by=SYSTEM, key=new_key(), reason=case) == 3
    assert figures(company, to) == before
    assert acts_of_case("C-8") == []
    verified(company, to)
