"""What a text typed by support finds: companies, orders, purchases, people, codes, acts and cases. One statement.

Each branch asks one index for so many rows that it costs the same however many there are: what begins with the text, in the order
of the index, and what has each of its words anywhere, in no order. Sealed columns are never asked; a whole code is looked up
by its fingerprint, and by nothing else. The SQL names expressions as the indexes do (console 0018, licensing 0020).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.views.decorators.debug import sensitive_variables

from console.security.sealing import fingerprints
from licensing.codes.code_format import ALPHABET, Slip, read_code
from licensing.codes.refusals import CodeMistyped

SHORTEST, LONGEST = 2, 200
"""Characters of a text that is looked for."""
BEGINNINGS, WITHIN = 9, 40
"""Rows that a branch gives at most."""
EXACT, BEGINS, WORD, CONTAINS = range(4)
LIKE_A_CODE = re.compile(r"(RK-)?[0-9A-Za-z]{4,6}(-[0-9A-Za-z]{4,6}){3,5}")
"""Groups such as codes have, in another number; every other text of groups is looked for as it is."""
LONGEST_ID = 18
"""Digits of an id that the database can hold."""


@dataclass(frozen=True)
class Hit:
    """A row that was found. `key` is its id (of a case its number); `rank` is EXACT, BEGINS, WORD or CONTAINS, best first;
    `texts` are those it was looked for by, and then what tells it."""

    kind: str
    key: str
    texts: tuple[str, ...]
    rank: int


@dataclass(frozen=True)
class Branch:
    """A part of the statement, and whether all that it gives is what was typed."""

    sql: str
    exact: bool = False


COMPANY = "SELECT 'company', id::text, ARRAY[name, business_id, slug] FROM licensing_company WHERE {}"
ORDER = "SELECT 'order', id::text, ARRAY[external_id, name] FROM licensing_order WHERE {}"
PERSON = "SELECT 'person', id::text, ARRAY[name, email] FROM console_user WHERE {}"
PURCHASE = (
    "SELECT CASE WHEN order_id IS NULL THEN 'purchase' ELSE 'order' END, coalesce(order_id, id)::text,"
    " ARRAY[external_id, beneficiary_email, name, channel, status] FROM licensing_subscription WHERE {}"
)
CASE = (
    "SELECT 'case', case_number, ARRAY[case_number, count(*)::text] FROM console_act"
    " WHERE {} AND case_number <> '' GROUP BY case_number"
)
ACT = (
    "SELECT 'act', id::text, ARRAY[id::text, coalesce(company_id::text, ''), to_char(recorded_at AT TIME ZONE 'UTC',"
    " 'YYYY-MM-DD\"T\"HH24:MI:SS'), case_number] FROM console_act WHERE id = %(uuid)s::uuid"
)
LICENSE = "SELECT 'order', order_id::text, ARRAY[id::text] FROM licensing_license WHERE id = %(number)s"
CODE = "SELECT 'code', order_id::text, ARRAY[last_four, kind] FROM licensing_activationcode WHERE {}"


def _beginning(of: str, column: str, more: str = "") -> Branch:
    return Branch(f"{of.format(f'lower({column}) LIKE %(begins)s{more}')} ORDER BY lower({column}) USING ~<~ LIMIT {BEGINNINGS}")


WITHIN_A_COMPANY = "name || ' ' || business_id || ' ' || slug"
_OF_COMPANIES = COMPANY.split(" WHERE ")[0]
PREFIXES = (
    _beginning(COMPANY, "name"),
    _beginning(COMPANY, "business_id"),
    _beginning(COMPANY, "slug"),
    _beginning(ORDER, "external_id"),
    _beginning(ORDER, "name", " AND name <> ''"),
    _beginning(PURCHASE, "external_id"),
    Branch(f"{CASE.format('lower(case_number) LIKE %(begins)s')} ORDER BY 2 LIMIT {BEGINNINGS}"),
)
PEOPLE = (_beginning(PERSON, "email"), _beginning(PERSON, "name"))
BENEFICIARIES = (_beginning(PURCHASE, "beneficiary_email"),)


def _within(of: str, text: str, words: int) -> Branch:
    wanted = " AND ".join(f"lower({text}) LIKE %(word{number})s" for number in range(words))
    return Branch(f"{of.format(wanted)} LIMIT {WITHIN}")


@sensitive_variables()
def hits_for(text: str) -> list[Hit]:
    """What was found, best first, each row once. One statement; none for a text that is too short. Costs the same however many
    companies there are."""
    typed = " ".join(text.lower().split())
    if not SHORTEST <= len(typed) <= LONGEST:
        return []
    return _best(typed, *_asked(typed, text))


def companies_for(text: str) -> list[int]:
    """The ids of the companies found for it, best first; as many as the branches give. One statement; none for no text."""
    typed = " ".join(text.lower().split())
    if not 1 <= len(typed) <= LONGEST or "\0" in typed:
        return []
    words = typed.split()[:4]
    values: dict[str, Any] = {"begins": f"{escaped(typed)}%"}
    values |= {f"word{number}": f"%{escaped(word)}%" for number, word in enumerate(words)}
    branches = [each for each in PREFIXES if each.sql.startswith(_OF_COMPANIES)]
    if max(len(word) for word in words) >= 3:
        branches.append(_within(COMPANY, WITHIN_A_COMPANY, len(words)))
    return [int(hit.key) for hit in _best(typed, branches, values)]


def _best(typed: str, branches: list[Branch], values: dict[str, Any]) -> list[Hit]:
    sql = "\nUNION ALL\n".join(
        f"(SELECT *, {each.exact} AS exact FROM ({each.sql}) AS found (kind, key, texts))" for each in branches
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    best: dict[tuple[str, str], Hit] = {}
    for kind, key, texts, exact in rows:
        hit = Hit(kind, key, tuple(texts), EXACT if exact else _rank(typed, _looked_at(kind, texts)))
        if (kind, key) not in best or hit.rank < best[kind, key].rank:
            best[kind, key] = hit
    return sorted(best.values(), key=lambda each: (each.rank, each.texts[0].lower(), each.key))


def slip_of(text: str) -> str:
    """What is wrong with a code that was mistyped, in words; empty for a text that is no code at all."""
    read = read_code(text)
    looks_like_one = read is Slip.CHECK or (read is Slip.LENGTH and LIKE_A_CODE.fullmatch(" ".join(text.split())) is not None)
    return str(CodeMistyped(read)) if isinstance(read, Slip) and looks_like_one else ""


def is_code(text: str) -> bool:
    """Whether the text is a whole activation code or registration key, which is shown nowhere."""
    return isinstance(read_code(text), str)


@sensitive_variables()
def _asked(typed: str, text: str) -> tuple[list[Branch], dict[str, Any]]:
    """The branches that can find such a text, with their values."""
    code = read_code(text)
    if isinstance(code, str):
        return [Branch(CODE.format("fingerprint = ANY(%(fingerprints)s)"), exact=True)], {"fingerprints": fingerprints(code)}
    values: dict[str, Any] = {"begins": f"{escaped(typed)}%"}
    if (uuid := _uuid(typed)) is not None:
        values["uuid"] = str(uuid)
        return [_beginning(PURCHASE, "external_id"), _beginning(ORDER, "external_id"), Branch(ACT, exact=True)], values
    words = typed.split()[:4]
    values |= {f"word{number}": f"%{escaped(word)}%" for number, word in enumerate(words)}
    can_be_within = max(len(word) for word in words) >= 3  # a trigram has three
    if "@" in typed:
        branches = [*PEOPLE, *BENEFICIARIES]
        within = [(PERSON, "name || ' ' || email")]
    else:
        branches = [*PREFIXES, *PEOPLE]
        within = [
            (COMPANY, WITHIN_A_COMPANY),
            (ORDER, "external_id || ' ' || name"),
            (PERSON, "name || ' ' || email"),
        ]
    if can_be_within:
        branches += [_within(of, looked_at, len(words)) for of, looked_at in within]
    if typed.isdigit() and typed.isascii() and len(typed) <= LONGEST_ID:
        values["number"] = int(typed)
        branches.append(Branch(LICENSE, exact=True))
    if len(typed) == 4 and set(typed.upper()) <= set(ALPHABET):
        values["last_four"] = typed.upper()
        branches.append(Branch(f"{CODE.format('last_four = %(last_four)s')} LIMIT {BEGINNINGS}", exact=True))
    return branches, values


def escaped(text: str) -> str:
    """For LIKE, in which some signs stand for others."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) in (32, 36) else None
    except ValueError:
        return None


def _looked_at(kind: str, texts: list[str]) -> list[str]:
    """Those of the texts that were searched; what follows them tells the row."""
    return texts[:2] if kind == "purchase" or len(texts) == 5 else texts[:1] if kind in ("case", "act", "code") else texts


def _rank(typed: str, texts: list[str]) -> int:
    shown = [text.lower() for text in texts]
    if typed in shown:
        return EXACT
    if any(text.startswith(typed) for text in shown):
        return BEGINS
    return WORD if any(f" {typed}" in text for text in shown) else CONTAINS
