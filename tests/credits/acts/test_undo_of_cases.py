"""All acts of a case are undone together, the last one first; what stands in the way of one holds back all."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from console.company_in_hand import for_all
from console.errors import Refused
from console.models import Act, Why
from credits.acts.undo.undo_act import may_undo, undo_act
from credits.acts.undo.undo_case import CaseNotUndone, acts_of_case, undo_case
from licensing.acts.corrections.correct import correct_license
from licensing.acts.corrections.extend import extend_license
from licensing.acts.units.top_up import top_up_order
from licensing.models import License, LicenseEntry
from tests.factories import SYSTEM, TODAY, make_license, new_key

CASE = "C-4711"
WHY = Why("typed wrongly", "our-mistake", CASE)


def act(**more: Any) -> dict[str, Any]:
    return {"today": TODAY, "by": SYSTEM, "key": new_key(), "reason": WHY, **more}


def supply(license: License) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for on, change in LicenseEntry.objects.for_company(license.company).values_list("effective_on", "change"):
        found[on] = found.get(on, 0) + change
    return {on: change for on, change in found.items() if change}


def undo(**more: Any) -> int:
    with for_all("a test"):
        return undo_case(CASE, **{"by": SYSTEM, "key": new_key(), "reason": WHY, **more})


@pytest.mark.django_db
def test_a_case_over_two_companies_is_undone_as_one_and_once() -> None:
    one, other = make_license(units=500), make_license(units=300)
    before = supply(one), supply(other)
    correct_license(one, units=50_000_000, **act())
    top_up_order(one.order, units=20, **act())
    extend_license(other, expires_on=TODAY.replace(year=TODAY.year + 4), **act())
    key = new_key()
    assert [undo(key=key), undo(key=key)] == [3, 3]
    assert (supply(one), supply(other)) == before
    with pytest.raises(Refused, match=f"Nothing of case {CASE} is left to undo"):
        undo()
    for each in (one, other):
        call_command("verify_ledger", company=each.company.slug, verbosity=0, stdout=StringIO())


@pytest.mark.django_db
def test_one_act_in_the_way_holds_all_back_and_is_named() -> None:
    one, other = make_license(units=500), make_license(units=300)
    correct_license(one, units=7, **act())
    top_up_order(other.order, units=20, **act())
    top_up_order(other.order, units=5, **act(reason="a later order"))
    before = supply(one), supply(other)
    with pytest.raises(CaseNotUndone, match=r"was changed since \(Topped up, .*\): undo that first"):
        undo()
    assert (supply(one), supply(other)) == before


@pytest.mark.django_db
def test_what_of_a_case_was_undone_already_is_left_out_and_what_was_redone_is_not() -> None:
    license = make_license(units=500)
    before = supply(license)
    correct_license(license, units=7, **act())
    corrected = Act.objects.latest("recorded_at")
    undo_act(corrected, **act())
    with for_all("a test"):
        assert acts_of_case(CASE) == []
    undo_act(Act.objects.latest("recorded_at"), **act(reason=Why("after all", "our-mistake", "C-5")))
    with for_all("a test"):
        assert [each.result["undoes_name"] for each in acts_of_case(CASE)] == ["order.undo"]
    assert undo() == 1
    assert supply(license) == before


@pytest.mark.django_db
def test_an_act_says_whether_it_can_be_undone_and_if_not_what_to_do_instead() -> None:
    license = make_license(units=500)
    by = SYSTEM
    with for_all("a test"):
        activated = Act.objects.latest("recorded_at")
        assert "Cancel order" in may_undo(activated, by=by).why_not
        correct_license(license, units=7, **act())
        corrected = Act.objects.latest("recorded_at")
        assert may_undo(corrected, by=by).can
        undo_act(corrected, **act())
        assert "undid this already" in may_undo(corrected, by=by).why_not
        assert may_undo(Act.objects.latest("recorded_at"), by=by).can
