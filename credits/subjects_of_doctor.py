"""What the doctor looks at of the books: guards of facts, references within a company, the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from console.doctor.findings import Finding, Needs, subject
from console.models.guards_in_sql import guard_facts
from credits.models import CreditRate, CreditRequirement, Feature
from credits.verification.difference import Difference
from credits.verification.guards_and_references import check_guards, check_tenant_references, expected_guards

AFTER = "then manage.py verify_ledger, since facts may have been changed meanwhile"
HARMLESS_UNTIL_NOW = "A statement can change or delete what was recorded, and nothing would tell."


@subject("Guards of facts", needs=Needs.TABLES)
def guards() -> Iterator[Finding]:
    for each in check_guards():
        yield _of_guard(each)


def _of_guard(found: Difference) -> Finding:
    table = found.where.partition(" ")[2]
    name = found.expected.removeprefix("the trigger ").partition(" ")[0]
    always = f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};"
    if found.found == "no such trigger":
        facts = {guard.table for guard in expected_guards() if guard.name == f"guard_{guard.table}" and guard.kind & 1 == 0}
        made = f"{guard_facts(table).sql};" if table in facts else "Make it as licensing's migrations do"
        return Finding("guard.missing", f"{table} has no trigger {name}.", HARMLESS_UNTIL_NOW, f"As the owner: {made}\n{AFTER}")
    if found.found.startswith("tgenabled = "):
        state = found.found[-1]
        kind, said = ("disabled", "is disabled") if state == "D" else ("ordinary", f"is enabled in mode {state}, not ALWAYS")
        why = HARMLESS_UNTIL_NOW if state == "D" else f"session_replication_role is a way round it. {HARMLESS_UNTIL_NOW}"
        return Finding(f"guard.{kind}", f"The trigger {name} on {table} {said}.", why, f"As the owner: {always}\n{AFTER}")
    if found.where.startswith("function "):
        return Finding(
            "guard.another-function",
            f"The function {table} is another one than the migration made.",
            HARMLESS_UNTIL_NOW,
            f"As the owner: CREATE OR REPLACE it as in console/models/guards_in_sql.py\n{AFTER}",
        )
    return Finding("guard.another", f"{found.where}: expected {found.expected}, found {found.found}.", HARMLESS_UNTIL_NOW, AFTER)


@subject("References within a company", needs=Needs.TABLES)
def references() -> Iterator[Finding]:
    for each in check_tenant_references():
        yield Finding(
            "reference.missing" if each.found == "no such constraint" else "reference.another",
            f"{each.where}: expected {each.expected}, found {each.found}.",
            "A row can point into another company.",
            "Make it as console.models.guards_in_sql.tenant_reference does, as the owner",
        )


@subject("Catalogue", needs=Needs.TABLES)
def catalogue() -> Iterator[Finding]:
    """One statement where all is well."""
    parts = {"features": Feature, "requirements": CreditRequirement, "rates": CreditRate}
    missing = [name for name, model in parts.items() if not model._default_manager.exists()]
    if missing:
        yield Finding(
            "catalogue.missing",
            f"The catalogue has no {', no '.join(missing)}.",
            "No license can be converted, and there is nothing to allocate credits to.",
            "manage.py load_catalogue FOLDER (docs/catalogue.md)",
        )
