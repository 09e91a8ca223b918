"""Row-level security: a question that forgot its company finds no other company's row, whoever forgot it."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from console.company_in_hand import NotInHand, as_act, for_all, for_company, for_person, in_hand_now
from console.database_roles import row_security
from console.database_roles.grants import facts, grant
from console.database_roles.row_security import (
    OF_A_COMPANY,
    Policy,
    misses_its_policy,
    policies,
    policies_by_table,
    tell,
    tenant_tables,
)
from licensing.access import of_company, of_person
from licensing.models import Company, License, LicenseEntry, TenantRow
from tests.factories import allocate, make_company, make_feature, make_license, make_user

pytestmark = pytest.mark.django_db

FOUND_BY_THEIR_OWN_KEYS = {
    "licensing.CompanyTimeZone": "read together with the company, which is no tenant row",
    "licensing.Membership": "how a person comes to a company: it has a policy of its own",
    "licensing.Activation": "of the directory",
    "licensing.Order": "of the directory",
    "licensing.SignInTenant": "found at a sign-in by issuer and tenant, before any company is known",
    "credits.DeskItem": "of support's list, which staff alone read",
}
"""Models that name a company and are no tenant rows, with the reason."""


NAME = Policy(OF_A_COMPANY).name


@pytest.fixture
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in production: nobody reads statements before the database does, and what is in hand is what is told."""
    monkeypatch.setattr(row_security, "in_hand_for", lambda sql: in_hand_now())
    monkeypatch.setattr(connections["default"], "execute_wrappers", [tell])


def test_every_tenant_table_has_its_policy() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename, roles::text[], cmd, qual = COALESCE(with_check, qual)"
            " FROM pg_policies JOIN pg_class ON relname = tablename"
            " WHERE relrowsecurity AND relnamespace = 'public'::regnamespace"
        )
        there = [(table, tuple(rest)) for table, *rest in cursor.fetchall()]
    tables = [*tenant_tables(), "licensing_membership"]
    ours = [settings.DATABASE_SERVING_ROLE]
    assert dict(each for each in there if each[1][1] == "ALL") == dict.fromkeys(tables, (ours, "ALL", True))
    to_read = {table for table, policies in policies_by_table().items() for each in policies if each.to_read}
    assert sorted(each for each in there if each[1][1] != "ALL") == [(table, (ours, "SELECT", True)) for table in sorted(to_read)]
    assert to_read == {  # by a service provider of its customers, and by a customer of its provider's viewers
        "credits_allocationentry",
        "licensing_companystatement",
        "licensing_licenseentry",
        "licensing_membership",
        "licensing_notice",
        "licensing_noticedelivery",
    }
    assert set(tenant_tables()) == {model._meta.db_table for model in apps.get_models() if issubclass(model, TenantRow)}


def test_every_model_that_names_a_company_is_a_tenant_row_or_says_why_not() -> None:
    named = {
        model._meta.label
        for model in apps.get_models()
        if any(field.name == "company" and field.related_model is Company for field in model._meta.concrete_fields)
    }
    assert {label for label in named if not issubclass(apps.get_model(label), TenantRow)} == set(FOUND_BY_THEIR_OWN_KEYS)


@pytest.mark.parametrize(
    "change",
    [
        f"DROP POLICY {NAME} ON licensing_notice",
        "ALTER TABLE licensing_notice DISABLE ROW LEVEL SECURITY",
        "CREATE POLICY everything ON licensing_notice USING (true)",
        f"ALTER POLICY {NAME} ON licensing_notice RENAME TO what_was_in_hand",
        f"ALTER POLICY {NAME} ON licensing_notice TO PUBLIC",
    ],
)
@pytest.mark.as_owner
def test_a_table_without_its_policy_gets_it_with_the_next_migration(change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(change)
        assert list(policies(settings.DATABASE_SERVING_ROLE, "default")) != []
        grant(settings.DATABASE_SERVING_ROLE)
        assert list(policies(settings.DATABASE_SERVING_ROLE, "default")) == []
        cursor.execute("SELECT polname FROM pg_policy WHERE polrelid = 'licensing_notice'::regclass")
        assert {name for (name,) in cursor.fetchall()} == {each.name for each in policies_by_table()["licensing_notice"]}
        cursor.execute("SELECT relrowsecurity FROM pg_class WHERE relname = 'licensing_notice'")
        assert cursor.fetchone() == (True,)


def two_companies() -> tuple[Company, Company]:
    one, other = make_company(), make_company()
    for company in (one, other):
        make_license(company=company)
        allocate(company, make_feature().lines.get(), 60)
    return one, other


def companies_seen(table: str = "licensing_license") -> set[int]:
    """A question that forgot its company."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT company_id FROM {table}")
        return {company for (company,) in cursor.fetchall()}


TABLES = ["licensing_license", "licensing_licensestatement", "licensing_licenseentry", "credits_allocationentry"]


@pytest.mark.usefixtures("unwatched")
@pytest.mark.parametrize("table", TABLES)
def test_a_question_that_forgot_its_company_finds_only_what_is_in_hand(table: str) -> None:
    with for_all("both companies are made"):
        one, other = two_companies()
        member = make_user(company=one, roles=["viewer"])
    assert companies_seen(table) == set()
    with for_company(one):
        assert companies_seen(table) == {one.pk}
    assert companies_seen(table) == set()
    with for_company(other):
        assert companies_seen(table) == {other.pk}
    with for_person(member):
        assert companies_seen(table) == {one.pk}
        with for_company(other):  # of whom the person is no member: what the view has to refuse
            assert companies_seen(table) == {other.pk}
    with for_person(make_user()):
        assert companies_seen(table) == set()
    with for_all("staff"):
        assert companies_seen(table) == {one.pk, other.pk}


ROWS_ANYHOW = """
DO $$ DECLARE each record; BEGIN
    SET LOCAL session_replication_role = replica;  -- no reference is looked at, and no guard in ordinary mode
    FOR each IN SELECT conname FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'c' LOOP
        EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', each.conname);
    END LOOP;
    FOR each IN SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND attnotnull
                   AND attidentity = '' AND attname NOT IN ('id', 'company_id') LOOP
        EXECUTE format('ALTER TABLE {table} ALTER %I DROP NOT NULL', each.attname);
    END LOOP;
    INSERT INTO {table} (company_id) VALUES (-1), (-2), (-2);
    SET LOCAL session_replication_role = origin;
END $$
"""
"""Rows of two companies in whatever table, until the end of the transaction."""

FORGETTING = [
    "SELECT company_id FROM {table}",
    "SELECT DISTINCT one.company_id FROM {table} AS one JOIN {table} AS other ON true",
    "SELECT company_id FROM {table} UNION ALL SELECT other.company_id FROM {table} AS other",
    "WITH every AS (SELECT * FROM {table}) SELECT company_id FROM every ORDER BY company_id FOR UPDATE",
    "SELECT company_id FROM {table} WHERE company_id = -2 OR true",
    "SELECT (SELECT max(company_id) FROM {table}) UNION SELECT (SELECT min(company_id) FROM {table})",
    "SELECT min(company_id) OVER () FROM {table}",
]
"""Questions without a filter by company, or with one that does not hold."""


@pytest.mark.usefixtures("unwatched")
@pytest.mark.as_owner
@pytest.mark.parametrize("table", [*tenant_tables(), "licensing_membership"])
def test_no_question_that_forgot_its_company_finds_a_foreign_row_in_any_tenant_table(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ROWS_ANYHOW.format(table=table))
        cursor.execute(f"SET LOCAL ROLE {settings.DATABASE_SERVING_ROLE}")
        for question in FORGETTING:
            if "FOR UPDATE" in question and table in facts():
                continue  # which nobody may lock
            asked = question.format(table=table)
            for company in (-1, -2):
                with for_company(company):
                    cursor.execute(asked)
                    assert {found for (found,) in cursor.fetchall()} == {company}, asked
            cursor.execute(asked)
            assert {found for (found,) in cursor.fetchall()} <= {None}, asked
            with for_person(-1):
                cursor.execute(asked)
                assert {found for (found,) in cursor.fetchall()} <= {None}, asked
        if table not in facts():
            with for_company(-1):
                cursor.execute(f"UPDATE {table} SET company_id = company_id")
                assert cursor.rowcount == 1
                cursor.execute(f"DELETE FROM {table}")
                assert cursor.rowcount == 1
            with for_company(-2):
                cursor.execute(f"SELECT count(*) FROM {table}")
                assert cursor.fetchone() == (2,)


@pytest.mark.usefixtures("unwatched")
def test_memberships_are_seen_by_their_person_and_by_their_company() -> None:
    with for_all("both companies are made"):
        one, other = make_company(), make_company()
        member, stranger = make_user(company=one, roles=["viewer"]), make_user(company=other, roles=["viewer"])
    assert companies_seen("licensing_membership") == set()
    for person, company in ((member, one), (stranger, other)):
        with for_person(person):
            assert companies_seen("licensing_membership") == {company.pk}
            with for_company(one):
                assert companies_seen("licensing_membership") == {one.pk}
    with for_all("staff"):
        assert companies_seen("licensing_membership") == {one.pk, other.pk}


@pytest.mark.usefixtures("unwatched")
def test_every_way_to_ask_is_told_what_is_in_hand() -> None:
    with for_all("both companies are made"):
        one, other = two_companies()
    with for_company(one):
        assert {each.company_id for each in License.objects.all()} == {one.pk}
        assert {each.company_id for each in License.objects.iterator(chunk_size=1)} == {one.pk}
        assert not License.objects.filter(company=other).exists()
        assert LicenseEntry.objects.filter(company=other).count() == 0
        with connection.cursor() as cursor:
            cursor.executemany("SELECT 1 FROM licensing_license WHERE company_id = %s", [[one.pk], [other.pk]])


@pytest.mark.usefixtures("unwatched")
def test_a_row_of_another_company_can_neither_be_added_nor_changed() -> None:
    with for_all("both companies are made"):
        one, other = two_companies()
    with for_company(one), connection.cursor() as cursor:
        insert = "INSERT INTO credits_scenario SELECT * FROM json_populate_record(NULL::credits_scenario, %s::json)"
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            cursor.execute(insert, [f'{{"company_id": {other.pk}}}'])
        cursor.execute("UPDATE licensing_notice SET company_id = company_id WHERE company_id = %s", [other.pk])
        assert cursor.rowcount == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unwatched")
def test_nothing_of_what_was_told_is_left_after_the_transaction() -> None:
    """So that the next one on the same session, another person's behind a pooler, begins with nothing."""
    with for_all("both companies are made"):
        one, _ = two_companies()
    with for_company(one):
        assert companies_seen() == {one.pk}
        assert connection.connection.execute("SELECT count(*) FROM licensing_license").fetchone() == (0,)
        with transaction.atomic():
            assert companies_seen() == {one.pk}
            assert connection.connection.execute("SELECT count(*) FROM licensing_license").fetchone() == (1,)
        assert connection.connection.execute("SELECT count(*) FROM licensing_license").fetchone() == (0,)
        assert {each.company_id for each in License.objects.iterator(chunk_size=1)} == {one.pk}


def test_a_page_of_a_company_that_states_all_is_refused(rf: RequestFactory) -> None:
    company = make_company()

    @of_company()
    def page(request: HttpRequest, company: Company) -> HttpResponse:
        with for_all("a page that wants more"):
            return HttpResponse(str(License.objects.count()))

    request = rf.get("/")
    request.user = make_user(company=company, roles=["owner"])
    with pytest.raises(NotInHand, match=f"company {company.pk} is in hand"):
        page(request, slug=company.slug)


def test_what_a_page_of_a_company_or_of_a_person_calls_cannot_state_all_either(rf: RequestFactory) -> None:
    """An act over several companies, a job and a selector, each of which states all where it is asked for by staff."""
    company = make_company()
    person = make_user(company=company, roles=["owner"])

    @as_act(for_all="a transfer concerns two companies")
    def an_act() -> None:
        raise AssertionError("never begun")

    @for_all("the hourly notices")
    def a_job() -> None:
        raise AssertionError("never begun")

    for what in (an_act, a_job):
        request = rf.get("/")
        request.user = person
        with pytest.raises(NotInHand, match=f"company {company.pk} is in hand"):
            of_company()(lambda request, company, what=what: what())(request, slug=company.slug)
        with pytest.raises(NotInHand, match=f"the companies of person {person.pk} is in hand"):
            of_person(lambda request, what=what: what())(request)


@pytest.mark.as_owner
def test_a_tenant_table_without_its_policy_is_noticed() -> None:
    """As a new table would be whose migration nobody has run to its end."""
    for table in tenant_tables():
        with connection.cursor() as cursor, transaction.atomic():
            cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
            with pytest.raises(AssertionError):
                test_every_tenant_table_has_its_policy()
            assert list(misses_its_policy(settings.DATABASE_SERVING_ROLE, "default")) == [table]
            transaction.set_rollback(True)
