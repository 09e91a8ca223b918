"""Row-level security under every tenant table: what is in hand is told to the database with each statement.

Without anything in hand no row is there. What tells it goes in one message with the statement that asks, and holds no longer than
its transaction: it costs no way to the server, and works behind a pooler that hands on sessions between transactions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from console.company_in_hand import InHand, in_hand_now

TELL = (
    "SELECT set_config('allotment.company', '{company}', true), set_config('allotment.person', '{person}', true),"
    " set_config('allotment.provider', '{provider}', true);\n"
)
"""Company: an id, 0 for all of them, or empty. Person and provider: an id, or empty. Until the transaction ends."""

# Each in a SELECT of its own: so it is looked up once for a statement, not once for a row.
COMPANY = "(SELECT NULLIF(current_setting('allotment.company', true), '')::bigint)"
PERSON = "(SELECT NULLIF(current_setting('allotment.person', true), '')::bigint)"
PROVIDER = "(SELECT NULLIF(current_setting('allotment.provider', true), '')::bigint)"
OF_A_COMPANY = (
    f"company_id = {COMPANY} OR 0 = {COMPANY}"
    f" OR company_id IN (SELECT company_id FROM licensing_membership WHERE user_id = {PERSON})"
)
OF_A_PERSON = f"company_id = {COMPANY} OR 0 = {COMPANY} OR user_id = {PERSON}"
"""A person's memberships, by which they come to a company in the first place."""
OF_CUSTOMERS = f"company_id IN (SELECT id FROM licensing_company WHERE parent_id = {PROVIDER} AND NOT closed_to_provider)"
"""What a service provider reads of the companies that it looks after, as long as they are open to it. To read alone."""
OF_ITS_PROVIDER = (
    "'provider-viewer'::text = ANY (roles::text[])"
    f" AND company_id = (SELECT parent_id FROM licensing_company WHERE id = {COMPANY})"
)
"""The provider viewers of the company's service provider, so that its owners see who may look. To read alone."""

ASKS = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "(", "\n", " ", "EXPLAIN")
"""How a statement that reads or writes rows begins. What begins otherwise is told nothing, and finds none."""


def tenant_tables() -> list[str]:
    """The tables of models that say of themselves that each row belongs to one company."""
    return sorted(model._meta.db_table for model in apps.get_models() if getattr(model, "belongs_to_one_company", False))


@dataclass(frozen=True)
class Policy:
    """What a row must meet to be seen and, unless it is `to_read` alone, to be written."""

    text: str
    to_read: bool = False

    @property
    def name(self) -> str:
        """Another text has another name, and so takes the place of the former one."""
        return f"what_is_in_hand_{sha256(self.text.encode()).hexdigest()[:8]}"

    @property
    def command(self) -> str:
        """As the catalog of the database has it."""
        return "r" if self.to_read else "*"

    def statement(self, table: str, role: str) -> str:
        """`role` is quoted."""
        checked = "" if self.to_read else f" WITH CHECK ({self.text})"
        return f"CREATE POLICY {self.name} ON {table}{' FOR SELECT' * self.to_read} TO {role} USING ({self.text}){checked}"


def policies_by_table() -> dict[str, list[Policy]]:
    """Of which a row must meet one."""
    models = {model._meta.db_table: model for model in apps.get_models()}
    persons = {table for table, model in models.items() if getattr(model, "leads_a_person_to_a_company", False)}
    found = {table: [Policy(OF_A_PERSON if table in persons else OF_A_COMPANY)] for table in {*tenant_tables(), *persons}}
    for table, held in found.items():
        if getattr(models[table], "seen_by_its_provider", False):
            held.append(Policy(OF_CUSTOMERS, to_read=True))
        if table in persons:
            held.append(Policy(OF_ITS_PROVIDER, to_read=True))
    return dict(sorted(found.items()))


def tell_with_each_statement(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    if tell not in connection.execute_wrappers:
        connection.execute_wrappers.append(tell)


def tell(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
    """Put what is in hand before a statement. The cursor stands at the answer of the statement itself."""
    connection = context["connection"]
    held = in_hand_for(sql)
    if not isinstance(sql, str) or not sql.startswith(ASKS) or (held is None and not connection.in_atomic_block):
        return execute(sql, params, many, context)
    person, provider = (held.person or "", held.provider or "") if held else ("", "")
    told = TELL.format(company=_company(held), person=person, provider=provider)
    cursor = context["cursor"].cursor
    if many or getattr(cursor, "name", None):  # cannot go in one message: one after the other, in one transaction
        with transaction.atomic(using=connection.alias):
            with connection.connection.cursor() as other:
                other.execute(told)
            return execute(sql, params, many, context)
    done = execute(told + sql, params, many, context)
    cursor.nextset()
    return done


def _company(held: InHand | None) -> int | str:
    if held is None:
        return ""
    return 0 if held.all_because else held.company or ""


def in_hand_for(sql: Any) -> InHand | None:
    """What is told with a statement."""
    return in_hand_now()


# --- Which policies there are


@dataclass(frozen=True)
class Lack:
    """How a table deviates; `kind` is a word for programs."""

    kind: str
    said: str

    def __str__(self) -> str:
        return self.said


THERE = """
SELECT relname, relrowsecurity,
       ARRAY(SELECT ARRAY[polname::text, polroles::regrole[]::text, polcmd::text, polpermissive::text,
                          pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)]
               FROM pg_policy WHERE polrelid = pg_class.oid)
  FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s) ORDER BY 1
"""
WRITTEN_BY_THE_DATABASE = re.compile(r'\s|[()"]|::text|as "\w+"|licensing_(membership|company)\.')
"""What it adds when it writes an expression anew. Ours have no other meaning without."""


def misses_its_policy(role: str, using: str) -> dict[str, Lack]:
    """The tenant tables that are not, or not exactly, as `policies_by_table` says, for `role`. Two statements."""
    wanted = policies_by_table()
    with connections[using].cursor() as cursor:
        cursor.execute(THERE, [[*wanted]])
        tables = {table: rest for table, *rest in cursor.fetchall()}
        cursor.execute("SELECT ARRAY[%s::regrole]::text", [role])
        (only_role,) = cursor.fetchone()
    found = {table: _lack(policies, only_role, *tables[table]) for table, policies in wanted.items() if table in tables}
    return {table: lack for table, lack in found.items() if lack}


def _lack(wanted: list[Policy], only_role: str, in_force: bool, there: list[list[str]]) -> Lack | None:
    if not in_force:
        return Lack("not-in-force", "has no row-level security in force")
    if not there:
        return Lack("missing", "has no policy")
    ours = {each.name: each for each in wanted}
    if {(name, roles, command, permissive) for name, roles, command, permissive, *_ in there} != {
        (each.name, only_role, each.command, "true") for each in wanted
    }:
        return Lack("another", "has another policy than ours, or one for other roles")
    for name, _roles, _command, _permissive, seen, written in there:
        texts = {seen} if ours[name].to_read else {seen, written}
        if {_plain(text) for text in texts} != {_plain(ours[name].text)}:
            return Lack("another-text", "has a policy of another text")
    return None


def _plain(expression: str | None) -> str:
    return WRITTEN_BY_THE_DATABASE.sub("", (expression or "").casefold())


def policies(role: str, using: str) -> Iterator[str]:
    """Statements by which each tenant table gets its policy and loses others, where it has not: they lock the table."""
    lacking = misses_its_policy(role, using)
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT quote_ident(%s)", [role])
        (quoted,) = cursor.fetchone()
        cursor.execute(THERE, [[*lacking]])
        there = {table: [name for name, *_ in found] for table, _, found in cursor.fetchall()}
    for table in lacking:
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield from (f'DROP POLICY "{name}" ON {table}' for name in there[table])
        yield from (policy.statement(table, quoted) for policy in policies_by_table()[table])
