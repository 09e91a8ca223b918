"""Every figure explains itself: what an explanation tells sums to what the pages show, by a reading of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from credits.models import AllocationEntry
from credits.reading.annual_credits import annual_credits
from credits.reading.explanations.arithmetic import largest_remainder
from credits.reading.explanations.explain import explain
from credits.reading.explanations.explanation import Explanation
from credits.rules.rounded_shares import shares
from licensing.models import Company, LicenseEntry
from licensing.reading.licenses_on_day import licenses_on
from tests.pages import DEMO_COMPANIES, DEMO_DAY, demo_told

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("explanations")]
SUMMED = ("total-valid-credits", "allocated-credits", "current-balance", "purchased-credits", "converted-credits")


@pytest.fixture(scope="module")
def companies(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Company]]:
    with django_db_blocker.unblock(), demo_told() as told:
        yield told


def explained(figure: str, company: Company, **asked: Any) -> Explanation:
    found = explain(figure, company, **asked)
    assert found is not None, figure
    return found


def assert_it_adds_up(found: Explanation) -> None:
    """Running sums of the whole and of each group lead from nothing to the figure."""
    whole: Any = 0
    for entry in sorted((each for group in found.groups for each in group.entries), key=lambda each: abs(each.after - whole)):
        assert entry.after == entry.before + entry.change
    for group in found.groups:
        before: Any = 0
        for entry in group.entries:
            assert (entry.group_before, entry.group_after) == (before, before + entry.change)
            before = entry.group_after
        assert group.total == before
        assert sorted(each.day for each in group.entries) == [each.day for each in group.entries] or found.figure.startswith(
            "license-"
        )
    if found.check == "sum":
        assert sum(group.total for group in found.groups) == found.value


@pytest.mark.parametrize("slug", DEMO_COMPANIES)
@pytest.mark.parametrize("after", [-200, 0, 60])
def test_the_figures_of_annual_credits_are_what_their_explanations_sum_to(
    companies: dict[str, Company], slug: str, after: int
) -> None:
    company, on = companies[slug], DEMO_DAY + timedelta(days=after)
    tab = annual_credits(company, on=on)
    summary = tab.summary
    expected = [
        summary.total_valid_credits,
        summary.allocated_credits,
        summary.current_balance,
        summary.purchased_credits,
        summary.converted_credits,
    ]
    for figure, value in zip(SUMMED, expected, strict=True):
        found = explained(figure, company, on=on)
        assert found.value == value, figure
        assert_it_adds_up(found)
    share = explain("allocated-share-of-valid", company, on=on)
    assert (share.value if share else None) == summary.allocated_share_of_valid
    assert explained("runway", company, on=on).value == summary.runway_days
    for row in tab.legend:
        assert explained(f"offering-credits.{row.slug}", company, on=on).value == row.credits
        assert explained(f"offering-share.{row.slug}", company, on=on).value == row.share
    for feature in tab.features:
        found = explained(f"feature-credits.{feature.slug}", company, on=on)
        assert found.value == feature.credits
        assert_it_adds_up(found)
    allocated = [each for each in tab.features if each.status == "allocated"]
    for feature, expected_share in zip(allocated, shares(each.credits for each in allocated), strict=True):
        if any(each.credits for each in allocated):
            assert explained(f"feature-share.{feature.slug}", company, on=on).value == expected_share


@pytest.mark.parametrize("slug", DEMO_COMPANIES)
def test_the_entries_told_are_those_recorded(companies: dict[str, Company], slug: str) -> None:
    company = companies[slug]
    told = explained("total-valid-credits", company, on=DEMO_DAY)
    recorded = LicenseEntry.objects.filter(company=company, effective_on__lte=DEMO_DAY)
    assert {each.id: each.change for group in told.groups for each in group.entries} == dict(recorded.values_list("id", "change"))
    told = explained("allocated-credits", company, on=DEMO_DAY)
    posted = AllocationEntry.objects.filter(company=company, effective_on__lte=DEMO_DAY)
    assert {each.id: each.change for group in told.groups for each in group.entries} == dict(posted.values_list("id", "change"))


@pytest.mark.parametrize("slug", DEMO_COMPANIES)
def test_units_credits_and_days_of_licenses_are_what_their_explanations_say(companies: dict[str, Company], slug: str) -> None:
    company = companies[slug]
    for on in (DEMO_DAY, DEMO_DAY - timedelta(days=120)):
        for row in licenses_on(company, on=on):
            assert explained(f"license-units.{row.id}", company, on=on).value == row.units
            found = explain(f"license-credits.{row.id}", company, on=on)
            assert (found.value if found else None) == row.credits
            for each in filter(None, (found, explain(f"license-units.{row.id}", company, on=on))):
                assert_it_adds_up(each)
            assert explained(f"days-left.{row.id}", company, on=on).value == (row.expires_on - on).days


def test_what_is_no_figure_has_no_explanation(companies: dict[str, Company]) -> None:
    company = companies["aster"]
    wrong = ["", "balance", "license-units.0", "license-units.x", "feature-credits.none", "offering-share.none", "runway.1"]
    wrong += ["credit-requirement.none.none", "credit-requirement.none", "license-units.99999999999999999999"]
    for figure in wrong:
        assert explain(figure, company, on=DEMO_DAY) is None, figure


def test_a_license_of_another_company_is_no_figure(companies: dict[str, Company]) -> None:
    other = licenses_on(companies["borealis"], on=DEMO_DAY)[0]
    assert explain(f"license-units.{other.id}", companies["aster"], on=DEMO_DAY) is None


def test_customers_read_support_in_the_place_of_staff(companies: dict[str, Company]) -> None:
    told = [
        each.by
        for company in companies.values()
        for figure in SUMMED[:2]
        for group in explained(figure, company, on=DEMO_DAY).groups
        for each in group.entries
    ]
    assert all(told)
    assert not any("allotment.example" in each for each in told)


@pytest.mark.parametrize("amounts", [[1, 1, 1], [5, 3, 1], [1], [99_999, 1], [2, 2, 2, 2, 2, 2, 2], [7, 0, 3]])
def test_largest_remainder_is_told_step_by_step(amounts: list[int]) -> None:
    steps = largest_remainder([(str(index), "", 1, amount) for index, amount in enumerate(amounts)], "0")
    assert [each.share for each in steps] == shares(amounts)
    assert sum(each.share for each in steps) == Decimal(100)
    assert all(0 <= each.exact - Fraction(each.down) < Fraction(1, 10) for each in steps)
