"""What the console never does with what came from outside: run it, load objects from it, or write it where it counts as markup.

Read from the source. Each exception is named with its reason, and leaves when it is over.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
APPS = ("console", "licensing", "credits")

WRITES_MARKUP = {
    "console/security/error_reports.py": "Django's own report, with secrets left out",
    "console/templatetags/exports.py": "a constant",
    "console/templatetags/formats.py": "an empty text",
    "credits/charts/graph.py": "texts of the picture, escaped",
    "credits/desk/sentences/told.py": "sentences of the journal, escaped",
    "credits/pages/annual_credits/charts_shown.py": "rows of the legend, escaped",
    "credits/pages/annual_credits/rows_as_html.py": "rows of features, escaped",
    "credits/pages/price_list/cells.py": "cells of the price list, escaped",
    "credits/pages/price_list/requirement_rows.py": "rows of the price list, escaped",
    "credits/pages/price_list/requirements.py": "the rows above, joined",
    "licensing/pages/day_shown.py": "links of the control of the day, escaped",
    "licensing/pages/license_information/term_bar.py": "a bar, escaped",
}
"""Files that say of a text that it is markup already. Many rows are joined there, as a template takes ten times as long."""

STARTS_PROGRAMS = ("console/launch/", "console/embedded_postgres/", "console/web_server/supervisor.py")
"""What starts the console itself. No page, act or job is there."""

STATEMENTS_PUT_TOGETHER = {
    "console/database_roles/guards_put_back.py": "names of triggers that the database quoted",
    "console/embedded_postgres/server.py": "names of ours",
    "console/database_roles/row_security.py": "names of roles and tables that the database quoted",
    "console/models/guards_in_sql.py": "names of tables in migrations",
    "console/security/at_rest/keeping_cache.py": "the name of Django's table",
}
"""Files that put a statement of SQL together as text, and of what."""

NEVER_IMPORTED = {"pickle", "marshal", "shelve", "dill", "yaml", "ldap", "ldap3", "lxml", "jinja2", "pylibmc", "memcache"}
NEVER_CALLED = {"eval", "exec", "__import__"}
JAVASCRIPT = re.compile(r"\beval\(|new Function\b|\.(inner|outer)HTML\s*\+?=|insertAdjacentHTML|document\.write|srcdoc")


@cache
def sources() -> dict[str, ast.Module]:
    files = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in files}


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """(file, name of what is called, the call)."""
    for file, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func
                name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
                yield file, name, node


def imports() -> Iterator[tuple[str, str]]:
    for file, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from ((file, each.name) for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield file, node.module


def test_nothing_that_came_is_run_as_code_or_loaded_as_objects() -> None:
    wrong = [(file, name) for file, name, call in calls() if name in NEVER_CALLED and isinstance(call.func, ast.Name)]
    wrong += [(file, name) for file, name in imports() if name.partition(".")[0] in NEVER_IMPORTED]
    assert not wrong


def test_no_program_is_started_by_what_answers_or_works_and_none_by_a_shell() -> None:
    started = {file for file, name in imports() if name.partition(".")[0] in {"subprocess", "pty", "pexpect"}}
    assert not [file for file in started if not file.startswith(STARTS_PROGRAMS)]
    by_shell = [
        (file, name)
        for file, name, call in calls()
        if any(each.arg == "shell" for each in call.keywords) or name in {"popen", "spawnl", "spawnv", "getoutput"}
    ]
    by_shell += [(file, name) for file, name, call in calls() if name == "system" and ast.unparse(call.func) == "os.system"]
    assert not by_shell


def _is_constant(said: ast.expr) -> bool:
    """Whether a text is put together from constants of the source, as their names in capitals say."""
    if isinstance(said, ast.JoinedStr):
        parts = [each.value for each in said.values if isinstance(each, ast.FormattedValue)]
        return all(isinstance(each, ast.Name) and each.id.isupper() for each in parts)
    return not isinstance(said, ast.BinOp) and not (isinstance(said, ast.Call) and ast.unparse(said.func).endswith(".join"))


def test_no_statement_of_sql_is_put_together_from_values() -> None:
    """Statements are constants with places for values; `psycopg.sql` quotes names where they vary."""
    asking = {"execute", "executemany", "RawSQL", "RunSQL", "raw", "copy"}
    found = {
        file
        for file, name, call in calls()
        if name in asking and call.args and "/migrations/" not in file and not _is_constant(call.args[0])
    }
    assert found == set(STATEMENTS_PUT_TOGETHER)


def test_a_text_is_called_markup_in_a_few_places_alone() -> None:
    found = {file for file, name, call in calls() if name in {"SafeString", "SafeText", "mark_safe"}}
    assert found == set(WRITES_MARKUP)


def test_templates_escape_everything_but_the_words_of_forms() -> None:
    found = []
    for path in (ROOT / "templates").rglob("*"):
        if path.suffix not in (".html", ".svg"):
            continue  # mails are plain text
        text = path.read_text()
        found += [f"{path.name}: {each}" for each in re.findall(r"{%\s*autoescape off|[\w.]+\|safe(?:seq)?\b", text)]
    assert found == ["form_field.html: field.help_text|safe"]  # words of ours, with a list of Django's


def test_no_template_is_made_of_what_came() -> None:
    assert not [(file, name) for file, name, call in calls() if name in {"from_string", "Template", "Engine"}]


@pytest.mark.parametrize("path", sorted((ROOT / "static/js").rglob("*.js")), ids=lambda path: path.name)
def test_scripts_write_text_and_run_none(path: Path) -> None:
    if "vendor" not in path.parts:
        assert not JAVASCRIPT.findall(path.read_text())
