"""Queries that are put together once: they answer as the querysets do that they were made of, with whatever values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import Q, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.company_in_hand import for_company
from console.serving.prepared_queries import prepared
from licensing.models import Company, License, LicenseStatement
from licensing.reading.licenses_on_day import licenses_on
from tests.factories import TODAY, make_company, make_license

put_together: list[str] = []


@prepared
def _of(company: int, day: date | None) -> QuerySet[LicenseStatement]:
    put_together.append("of")
    rows = LicenseStatement.objects.filter(company=company, kind="issued")
    rows = rows if day is None else rows.filter(Q(starts_on__lte=day) & Q(expires_on__gt=day))
    return rows.select_related("license__order").order_by("-id")


@prepared
def _names(company: int, name: str) -> QuerySet[Company, str]:
    return Company.objects.filter(pk=company, name=name).values_list("name", flat=True)


@pytest.fixture(autouse=True)
def fresh(db: None) -> Iterator[None]:
    yield
    put_together.clear()


def test_it_answers_as_its_queryset_would_for_every_value() -> None:
    for company in (make_company(), make_company()):
        mine = [make_license(company=company, today=TODAY, external_id=f"{company.pk}-{number}") for number in range(3)]
        with for_company(company):
            for day in (None, TODAY, TODAY - timedelta(days=4000)):
                with CaptureQueriesContext(
                    connection,
                ) as asked:
                    found = _of(company=company.pk, day=day)
                    assert [each.license.order.external_id for each in found] == (
                        [each.order.external_id for each in reversed(mine)] if day != TODAY - timedelta(days=4000) else []
                    )
                assert len(asked) == 1
    assert put_together.count("of") <= 2, "once without a day, once with one"


def test_several_ids_are_handed_over_one_by_one() -> None:
    @prepared
    def of_ids(ids: tuple[int, ...]) -> QuerySet[Company]:
        return Company.objects.filter(pk__in=ids).order_by("pk")

    companies = [make_company() for _ in range(4)]
    for some in (companies[:1], companies[1:3], companies[2:], [companies[0], companies[3]]):
        assert of_ids(ids=tuple(each.pk for each in some)) == some


def test_rows_of_single_values_come_as_such_and_strings_are_values_too() -> None:
    company = make_company(name="Nördlinger & Söhne")
    assert _names(company=company.pk, name="Nördlinger & Söhne") == ["Nördlinger & Söhne"]
    assert _names(company=company.pk, name="Somebody's") == []


def test_two_readings_have_nothing_in_common() -> None:
    license = make_license()
    with for_company(license.company):
        first, second = (_of(company=license.company_id, day=None) for _ in range(2))
        first[0].kind = "changed"
        assert second[0].kind == "issued"
        assert first[0].license is not second[0].license
        assert second[0]._state.db == "default"


def test_licenses_read_so_are_those_of_the_company_as_known_at_an_instant() -> None:
    before = timezone.now()
    license, other = make_license(), make_license()
    for each in (license, other):
        with for_company(each.company):
            assert [row.license for row in licenses_on(each.company, on=TODAY)] == [each]
            assert licenses_on(each.company, on=TODAY, known_at=before - timedelta(days=4000)) == []
            assert [row.license for row in licenses_on(each.company, on=TODAY, with_license=each.pk)] == [each]
            assert licenses_on(each.company, on=TODAY, with_license=0) == []


def test_what_would_decide_by_a_value_or_ask_twice_is_refused() -> None:
    @prepared
    def forgets(company: int, name: str) -> QuerySet[Company]:
        return Company.objects.filter(pk=company)

    @prepared
    def changes(name: str) -> QuerySet[Company]:
        return Company.objects.filter(name__contains=name)

    @prepared
    def asks_twice(company: int) -> QuerySet[Company]:
        return Company.objects.filter(pk=company).prefetch_related("memberships")

    with pytest.raises(TypeError, match="forgets does not hand name on to the database"):
        forgets(company=1, name="a")
    with pytest.raises(TypeError, match="changes does not hand name on"):
        changes(name="a")
    with pytest.raises(TypeError, match="cannot prefetch"):
        asks_twice(company=1)
    for wrong in (True, 1.5, [1]):
        with pytest.raises(TypeError, match=r"prepared query|write two queries"):
            _names(company=wrong, name="a")  # type: ignore[arg-type]


def test_a_license_is_read_with_its_order_and_products() -> None:
    license = make_license()
    with for_company(license.company), CaptureQueriesContext(connection) as asked:
        (row,) = licenses_on(license.company, on=TODAY)
        assert (row.license.order.product.sku, row.license.product.sku) == (license.order.product.sku, license.product.sku)
        assert isinstance(row.license, License)
    assert len(asked) == 2
