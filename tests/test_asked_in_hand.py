"""The watch itself: it notices offenders planted in the applications' rooms, and lets tests ask what they like."""

from __future__ import annotations

from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections

from console.company_in_hand import for_all, for_company, for_person
from licensing.models import License, LicenseStatement, Notice
from licensing.reading.licenses_on_day import licenses_on
from tests.asked_in_hand import ROOT, AskedOutOfHand, slips, statement, tenant_tables
from tests.factories import TODAY, make_company, make_license, make_user

pytestmark = pytest.mark.django_db


def planted(code: str, *, file: str = "licensing/pages/planted.py", **names: Any) -> Any:
    """What `code` gives, asked from its second line in a file of the applications."""
    body = compile(f"def planted():\n    return {code}\n", str(ROOT / file), "exec")
    known: dict[str, Any] = {"License": License, "connection": connection, "licenses_on": licenses_on, "today": TODAY, **names}
    exec(body, known)
    return known["planted"]()


def test_the_tenant_tables_are_those_of_the_models() -> None:
    assert {"licensing_license", "licensing_notice", "credits_allocationentry", "credits_billingmodelchange"} <= tenant_tables()
    assert not {"licensing_order", "licensing_company", "licensing_membership"} & tenant_tables()


@pytest.mark.parametrize(
    "code",
    [
        "License.objects.count()",
        "list(licenses_on(company, on=today))",
        "License.objects.for_company(company).first()",
        "connection.cursor().execute('SELECT 1 FROM licensing_license AS l, credits_allocationentry')",
        "license.statements.exists()",
        "license.statements.all().facts_of_all()",
    ],
)
@pytest.mark.parametrize("file", ["licensing/pages/planted.py", "credits/acts/planted.py", "console/roof/planted.py"])
def test_asking_with_nothing_in_hand_is_noticed(code: str, file: str) -> None:
    license = make_license()
    with pytest.raises(AskedOutOfHand, match="with nothing in hand: SELECT") as noticed:
        planted(code, file=file, license=license, company=license.company)
    assert f"{file}:2 asks " in str(noticed.value)
    assert slips() == [str(noticed.value)]


def test_an_offender_that_swallows_the_exception_is_noticed_all_the_same() -> None:
    with pytest.raises(AskedOutOfHand):
        planted("License.objects.exists()")
    assert len(slips()) == 1
    assert slips() == []


def test_every_connection_is_watched() -> None:
    noticed: list[AskedOutOfHand] = []

    def ask() -> None:
        try:
            planted("License.objects.exists()")
        except AskedOutOfHand as error:
            noticed.append(error)
        finally:
            connections.close_all()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    assert [str(each) for each in noticed] == slips() != []


def test_tests_ask_what_they_like() -> None:
    license = make_license()
    assert License.objects.get() == license
    assert licenses_on(license.company, on=TODAY)[0].id == license.pk
    assert LicenseStatement.objects.for_company(license.company).facts_by_license([license])
    assert planted("License.objects.count()", file="licensing/migrations/planted.py") == 1
    with for_company(make_company()):
        assert License.objects.get() == license
    assert slips() == []


@pytest.mark.parametrize(
    "code",
    [
        "License.objects.for_company(company).get(pk=license.pk)",
        "licenses_on(company, on=today)",
        "license.statements.filter(company=company).get()",
        "License.objects.filter(company__in=[company]).exists()",
    ],
)
def test_what_names_the_company_in_hand_is_right(code: str) -> None:
    license = make_license()
    with for_company(license.company):
        planted(code, license=license, company=license.company)


@pytest.mark.parametrize(
    "code",
    [
        "License.objects.get(pk=license.pk)",
        "License.objects.filter(pk__in=[license.pk]).exists()",
        "license.refresh_from_db()",
        "License.objects.for_company(other).exists()",
        "License.objects.filter(company__in=[company, other]).exists()",
        "list(licenses_on(other, on=today))",
        "Notice.objects.filter(pk=1).update(kind='x')",
        "Notice.objects.create(company=other, kind='x', about='y', facts={}, created_at=now)",
    ],
)
def test_what_does_not_name_the_company_in_hand_is_noticed(code: str) -> None:
    license, other = make_license(), make_company()
    names = {"license": license, "company": license.company, "other": other, "Notice": Notice, "now": license.recorded_at}
    with for_company(license.company), pytest.raises(AskedOutOfHand, match="without naming company"):
        planted(code, **names)
    assert len(slips()) == 1


def test_for_a_person_and_for_all_no_company_has_to_be_named() -> None:
    company = make_license().company
    with for_person(make_user(company=company, roles=["viewer"])):
        assert planted("License.objects.count()") == 1
    with for_person(make_user()):
        assert planted("License.objects.count()") == 0
    with for_all("staff"):
        assert planted("License.objects.count()") == 1


STATEMENTS: list[tuple[str, Any, bool]] = [
    ("SELECT 1 FROM licensing_license WHERE company_id = %s", [5], True),
    ("SELECT 1 FROM licensing_license WHERE company_id = %s", [6], False),
    ("SELECT company_id FROM licensing_license WHERE id = %s", [5], False),
    ("SELECT 1 FROM licensing_license WHERE id = %s AND company_id = %s", [5, 6], False),
    ('SELECT 1 FROM "licensing_license" WHERE "licensing_license"."company_id" IN (%s)', [5], True),
    ('SELECT 1 FROM "licensing_license" WHERE "licensing_license"."company_id" IN (%s, %s)', [5, 6], False),
    ("SELECT 1 FROM licensing_license AS l WHERE l.company_id = ANY(%s)", [[5]], True),
    ("SELECT 1 FROM licensing_license AS l WHERE l.company_id = ANY(%s)", [[5, 6]], False),
    ("SELECT 1 FROM licensing_license l WHERE l.company_id = %(company)s AND l.id = %(id)s", {"company": 5, "id": 6}, True),
    ("SELECT 1 FROM licensing_license l WHERE l.company_id = %(company)s AND l.id = %(id)s", {"company": 6, "id": 5}, False),
    (
        "SELECT 1 FROM licensing_licensestatement s JOIN licensing_license l"
        " ON l.company_id = s.company_id AND l.id = s.license_id WHERE s.company_id = %s",
        [5],
        True,
    ),
    (
        "SELECT 1 FROM licensing_licensestatement s JOIN licensing_license l ON l.id = s.license_id WHERE s.company_id = %s",
        [5],
        False,
    ),
    (
        "SELECT 1 FROM licensing_license WHERE company_id = %s"
        " AND EXISTS (SELECT 1 FROM licensing_licenseentry WHERE change < 0)",
        [5],
        False,
    ),
    (
        "SELECT 1 FROM licensing_license WHERE company_id = %s"
        " UNION ALL SELECT 1 FROM credits_allocationentry WHERE company_id = %s",
        [5, 5],
        True,
    ),
    (
        "SELECT (SELECT max(u.id) FROM licensing_licenseentry u WHERE u.company_id = l.company_id)"
        " FROM licensing_license l WHERE l.company_id = %s",
        [5],
        True,
    ),
    (
        "SELECT 1 FROM licensing_license l JOIN licensing_order o ON o.company_id = l.company_id WHERE o.company_id = %s",
        [5],
        True,
    ),
    (
        "SELECT 1 FROM licensing_license l WHERE l.company_id = %s AND (l.company_id, l.id) IN"
        " (SELECT u.company_id, u.license_id FROM licensing_licenseentry u WHERE u.change < 0)",
        [5],
        True,
    ),
    (
        "SELECT 1 FROM licensing_license l WHERE l.company_id = %s AND l.id IN"
        " (SELECT u.license_id FROM licensing_licenseentry u WHERE u.change < 0)",
        [5],
        False,
    ),
    ("UPDATE licensing_notice SET kind = %s WHERE company_id = %s", ["x", 5], True),
    ("UPDATE licensing_notice SET kind = %s WHERE id = %s", ["x", 5], False),
    ("DELETE FROM licensing_notice WHERE company_id = %s", [5], True),
    ("DELETE FROM licensing_notice", [], False),
    ('INSERT INTO "licensing_notice" ("kind", "company_id") VALUES (%s, %s)', ("x", 5), True),
    ('INSERT INTO "licensing_notice" ("kind", "company_id") VALUES (%s, %s)', (5, 6), False),
    ('INSERT INTO "licensing_notice" ("kind", "company_id") VALUES (%s, %s), (%s, %s)', ("x", 5, "y", 6), False),
    ('INSERT INTO "licensing_notice" ("kind", "company_id") SELECT * FROM UNNEST(%s, %s)', (["x", "y"], [5, 5]), True),
    ('INSERT INTO "licensing_notice" ("kind", "company_id") SELECT * FROM UNNEST(%s, %s)', (["x", "y"], [5, 6]), False),
]


@pytest.mark.parametrize(("sql", "params", "named"), STATEMENTS)
def test_a_statement_names_a_company_at_every_place_where_a_tenant_table_stands(sql: str, params: Any, named: bool) -> None:
    asked = statement(sql)
    assert asked is not None
    assert asked.names(5, params) is named


@pytest.mark.parametrize(
    "sql", ["SELECT 1 FROM licensing_order", "SELECT 1 FROM licensing_licenses", "SELECT 'licensing_license'"]
)
def test_statements_without_a_tenant_table_are_of_no_interest(sql: str) -> None:
    assert statement(sql) is None
