"""The role that serves owns nothing, and the database refuses it whatever would change a fact or open a way to."""

from __future__ import annotations

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, ProgrammingError, connection, transaction

from console.database_roles.grants import READ_ONLY, facts, grant, privileges_on
from console.database_roles.row_security import policies_by_table
from console.database_roles.unsafe_role import serves_as_a_lesser_role
from console.models import AppendOnly
from tests.factories import allocate, make_company, make_feature, make_license
from tests.processes import database_url
from tests.roles import owner_cursor

pytestmark = pytest.mark.django_db

EDITS = [
    "UPDATE {table} SET id = id",
    "UPDATE {table} SET id = id WHERE false",
    "DELETE FROM {table}",
    "DELETE FROM {table} WHERE false",
    "TRUNCATE {table} CASCADE",
    "SELECT 1 FROM {table} FOR UPDATE",
    "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (id) DO UPDATE SET id = excluded.id",
    "MERGE INTO {table} AS here USING {table} AS other ON here.id = other.id WHEN MATCHED THEN DELETE",
    "ALTER TABLE {table} DISABLE TRIGGER guard_{table}",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} ENABLE REPLICA TRIGGER guard_{table}",
    "ALTER TABLE {table} ADD COLUMN more integer",
    "ALTER TABLE {table} OWNER TO CURRENT_USER",
    "ALTER TABLE {table} RENAME TO another",
    "CREATE RULE never AS ON INSERT TO {table} DO INSTEAD NOTHING",
    "CREATE TRIGGER another BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_to_edit_facts()",
    "DROP TRIGGER guard_{table} ON {table}",
    "DROP TABLE {table} CASCADE",
    "COPY {table} FROM '/dev/null'",
    "COPY {table} FROM PROGRAM 'cat'",
    "COPY {table} TO PROGRAM 'cat'",
    "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
    "CREATE INDEX another ON {table} (id)",
    "CREATE POLICY another ON {table} USING (true)",
    "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE {table} SET SCHEMA information_schema",
    "ALTER TABLE {table} INHERIT console_user",
    "CREATE TABLE another PARTITION OF {table} FOR VALUES FROM (1) TO (2)",
    "CREATE VIEW another AS SELECT * FROM {table}",
    "COMMENT ON TABLE {table} IS 'ours'",
]

WAYS = [
    "CREATE OR REPLACE FUNCTION refuse_to_edit_facts() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE OR REPLACE FUNCTION refuse_to_change_order() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE FUNCTION another() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "ALTER FUNCTION refuse_to_edit_facts() RENAME TO another",
    "DROP FUNCTION refuse_to_edit_facts() CASCADE",
    "CREATE TABLE another (id integer)",
    "CREATE TEMPORARY TABLE console_act (id integer)",
    "CREATE SCHEMA another",
    "CREATE EXTENSION dblink",
    "COPY console_user FROM PROGRAM 'echo 1'",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "COPY (SELECT 1) TO '/tmp/never-written'",
    "COPY console_user FROM '/etc/passwd'",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT pg_read_binary_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_stat_file('PG_VERSION')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/never-written')",
    "LOAD '/tmp/never-there.so'",
    "SELECT rolpassword FROM pg_authid",
    "SELECT passwd FROM pg_shadow",
    "SELECT * FROM pg_hba_file_rules",
    "SELECT * FROM pg_file_settings",
    "UPDATE pg_trigger SET tgenabled = 'D'",
    "DELETE FROM pg_policy",
    "UPDATE pg_class SET relrowsecurity = false",
    "SELECT pg_reload_conf()",
    "CREATE FOREIGN DATA WRAPPER another",
    "CREATE EVENT TRIGGER another ON ddl_command_start EXECUTE FUNCTION refuse_to_edit_facts()",
    "CREATE PUBLICATION another FOR ALL TABLES",
    "CREATE TABLE public.another (id integer)",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT ALL ON TABLES TO CURRENT_USER",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "ALTER ROLE CURRENT_USER SET session_replication_role = replica",
    "ALTER ROLE {owner} PASSWORD 'ours'",
    "REASSIGN OWNED BY {owner} TO CURRENT_USER",
    "DROP OWNED BY {owner}",
    "SET log_statement = 'all'",
    "SET lo_compat_privileges = on",
    "SET ROLE {owner}",
    "SET SESSION AUTHORIZATION {owner}",
    "GRANT {owner} TO CURRENT_USER",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "CREATE ROLE another SUPERUSER",
    "ALTER DATABASE {database} OWNER TO CURRENT_USER",
    "SET session_replication_role = replica",
    "SET LOCAL session_replication_role = replica",
    "SELECT set_config('session_replication_role', 'replica', true)",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('console', '9999_never', now())",
    "DELETE FROM django_migrations",
    "SELECT setval(pg_get_serial_sequence('licensing_licenseentry', 'id'), 1, false)",
]


def each_policy() -> list[str]:
    return [f"{each.name} ON {table}" for table, policies in policies_by_table().items() for each in policies]


POLICIES = ["ALTER POLICY {policy} USING (true)", "ALTER POLICY {policy} TO PUBLIC", "DROP POLICY {policy}"]


def refused(sql: str) -> str:
    """What the database says; fails where it does it."""
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    return str(caught.value)


def is_for_want_of_rights(said: str) -> bool:
    """And not, for example, since something is missing."""
    return any(words in said for words in ("ermission denied", "must be ", "is not allowed"))


def asked(sql: str, *params: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        (found,) = cursor.fetchone()
    return found


def test_tests_ask_as_the_role_that_serves() -> None:
    assert asked("SELECT session_user::text") == asked("SELECT current_user::text") == settings.DATABASE_SERVING_ROLE


@pytest.mark.parametrize("edit", EDITS)
def test_each_attempt_on_each_table_of_facts_is_refused(edit: str) -> None:
    make_license(company=make_company())
    for table in sorted(facts()):
        said = refused(edit.format(table=table))
        assert is_for_want_of_rights(said), (table, said)


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_more_rights_is_refused(way: str) -> None:
    with owner_cursor() as cursor:
        owner = cursor.execute("SELECT quote_ident(current_user)").fetchone()
    names = {"owner": owner[0] if owner else "", "database": connection.settings_dict["NAME"]}
    said = refused(way.format(**names))
    assert is_for_want_of_rights(said), said


@pytest.mark.parametrize("change", POLICIES)
def test_each_policy_stays_as_it_is(change: str) -> None:
    for policy in each_policy():
        assert "must be owner" in refused(change.format(policy=policy))


def test_row_level_security_cannot_be_switched_off() -> None:
    """The setting may be set: what it then asks is refused, and answered with no row."""
    for table in policies_by_table():
        said = refused(f"SET LOCAL row_security = off; SELECT count(*) FROM {table}")
        assert said.startswith(f'query would be affected by row-level security policy for table "{table}"')


def test_the_tables_of_facts_are_those_that_the_models_name() -> None:
    """What is tried above is tried on each of them: a new one as well."""
    assert facts() == {model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnly)}
    assert len(facts()) >= 14
    every = [each for model in apps.get_models() for each in model.__subclasses__()]
    assert [each for each in every if issubclass(each, AppendOnly) and each._meta.managed is False] == []


def test_what_only_works_outside_of_a_transaction_is_refused_too() -> None:
    with psycopg.connect(database_url(), autocommit=True) as own:
        for sql in (
            "ALTER SYSTEM SET session_replication_role = replica",
            "CREATE DATABASE another",
            "CREATE SUBSCRIPTION another CONNECTION 'dbname=postgres' PUBLICATION another WITH (connect = false)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                own.execute(sql)


def test_it_cannot_pass_on_what_it_does_not_have() -> None:
    before = may(settings.DATABASE_SERVING_ROLE, "console_act")
    with connection.cursor() as cursor:
        cursor.execute("GRANT UPDATE, DELETE ON console_act TO CURRENT_USER")  # a warning: no privileges were granted
    assert may(settings.DATABASE_SERVING_ROLE, "console_act") == before == ["SELECT", "INSERT"]


def test_it_owns_nothing_and_is_nobodys_member() -> None:
    assert asked("SELECT count(*) FROM pg_shdepend WHERE deptype = 'o' AND refobjid = current_user::regrole") == 0
    assert asked("SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole") == 0
    rights = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
    assert asked(f"SELECT {rights} FROM pg_roles WHERE rolname = current_user") is False


def test_facts_are_added_and_what_is_no_fact_is_edited() -> None:
    company = make_company()
    make_license(company=company)
    allocate(company, make_feature().lines.get(), 60)
    company.name = "Another name"
    company.save()


def test_every_table_has_exactly_the_privileges_of_its_kind() -> None:
    """As the database tells them, partitions and tables without a model included."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT relname, ARRAY(SELECT privilege FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE',
                                 'REFERENCES', 'TRIGGER']) AS privilege WHERE has_table_privilege(oid, privilege))
              FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
            """
        )
        found = {table: ", ".join(privileges) for table, privileges in cursor.fetchall()}
    assert facts() | READ_ONLY | {"console_cache", "procrastinate_jobs", "django_session"} <= set(found)
    assert found == {table: privileges_on(table, []) for table in found}


@pytest.mark.parametrize("model", sorted(facts()))
def test_no_fact_may_be_updated_or_deleted(model: str) -> None:
    assert privileges_on(model, []) == privileges_on(f"{model}_p0", [model]) == "SELECT, INSERT"


# --- The step at the end of a migration


@pytest.mark.as_owner
def test_a_migration_takes_what_was_granted_beside_it_and_reaches_partitions() -> None:
    role = settings.DATABASE_SERVING_ROLE
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT ALL ON console_act TO {role}; GRANT UPDATE (name) ON console_act TO PUBLIC")
        cursor.execute(
            "CREATE TABLE an_act_p0 (LIKE console_act INCLUDING CONSTRAINTS); ALTER TABLE an_act_p0 INHERIT console_act"
        )
        cursor.execute("CREATE TABLE another (id integer GENERATED BY DEFAULT AS IDENTITY)")
    assert may(role, "an_act_p0") == may(role, "another") == ["SELECT", "INSERT", "UPDATE", "DELETE"]
    grant(role)
    assert may(role, "console_act") == may(role, "an_act_p0") == ["SELECT", "INSERT"]
    assert asked("SELECT has_any_column_privilege(%s, 'console_act', 'UPDATE')", role) is False
    assert may(role, "another") == ["SELECT", "INSERT", "UPDATE", "DELETE"]


def may(role: str, table: str) -> object:
    every = "ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']"
    return asked(f"SELECT ARRAY(SELECT each FROM unnest({every}) AS each WHERE has_table_privilege(%s, %s, each))", role, table)


def test_the_role_that_serves_cannot_grant_itself_anything() -> None:
    grant(settings.DATABASE_SERVING_ROLE)  # says nothing and does nothing: it owns no table
    with pytest.raises(ProgrammingError, match="must be owner"), transaction.atomic():
        call_command("migrate", "console", "zero", verbosity=0, interactive=False)


# --- check --deploy


def test_the_role_that_serves_passes_the_check() -> None:
    assert serves_as_a_lesser_role(None) == []


@pytest.mark.as_owner
def test_a_role_that_could_undo_the_guards_is_named_by_the_check() -> None:
    (found,) = serves_as_a_lesser_role(None)
    assert (found.id, "is superuser" in found.msg) in (("console.E004", True), ("console.W002", False))
    assert "is superuser" in found.msg or "owns console_act" in found.msg


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("GRANT UPDATE ON console_act TO {role}", "may change console_act"),
        ("GRANT TRIGGER ON console_act TO {role}", "may change console_act"),
        ("ALTER TABLE console_act OWNER TO {role}", "owns console_act"),
        ("GRANT CREATE ON SCHEMA public TO {role}", "may make tables and functions"),
        ("GRANT CREATE ON DATABASE {database} TO {role}", "may make schemas in the database"),
        ("GRANT TEMPORARY ON DATABASE {database} TO PUBLIC", "may make temporary tables"),
        ("ALTER ROLE {role} BYPASSRLS", "bypasses row-level security"),
    ],
)
@pytest.mark.as_owner
def test_each_right_too_many_is_named_by_the_check(given: str, said: str) -> None:
    role = settings.DATABASE_SERVING_ROLE
    with connection.cursor() as cursor:
        cursor.execute(given.format(role=role, database=connection.ops.quote_name(connection.settings_dict["NAME"])))
        cursor.execute(f"SET LOCAL ROLE {role}")
    (found,) = serves_as_a_lesser_role(None)
    assert found.msg == f"The role {role} that DATABASE_URL names {said}."
    assert found.is_serious() == ("BYPASSRLS" in given)
