"""Every lock, advisory lock, version check and conditional update of the source has a test that fails without it.

Read from the source; nothing is run. A new one fails here until it names its test, or says why none is needed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.test_architecture import APPS, PRACTICE, ROOT, source_files

LOCKS = "tests/test_locks.py"
AT_ONCE = "tests/test_concurrency.py"
APPLIED = "tests/credits/acts/test_price_list_interrupted.py"
CODES = "tests/licensing/codes/test_codes_at_once.py"
INTERRUPTED = "tests/licensing/purchases/test_activation_interrupted.py"

FORM = "test_a_form_of_support_waits_for_an_act_and_is_then_told_that_it_is_older"

PROVED_BY: dict[str, tuple[str, str]] = {
    "console/admin/act_forms.py:send": (LOCKS, FORM),
    "licensing/admin/company_forms.py:lock_company": (LOCKS, FORM),
    "console/mail/sending.py:_begin": (LOCKS, "test_a_mail_is_begun_by_one_worker"),
    "console/security/too_often.py:too_often": (
        AT_ONCE,
        "test_a_limit_lets_through_exactly_as_many_however_many_ask_at_once",
    ),
    "console/people/attempts/kept_tries.py:held": (
        "tests/console/people/attempts/test_passwords.py",
        "test_many_at_once_are_counted_one_by_one",
    ),
    "console/security/at_rest/seal_anew.py:_seal_row": (
        "tests/console/security/at_rest/test_seal_anew.py",
        "test_what_is_written_meanwhile_is_sealed_anew_and_not_overwritten",
    ),
    "console/database_roles/locks_while_serving.py:one_at_a_time": (
        "tests/console/database_roles/test_migrating_while_serving.py",
        "test_another_that_migrates_is_waited_for",
    ),
    "licensing/acts/companies/leave_companies.py:leave_companies": (LOCKS, "test_of_two_owners_who_are_erased_at_once_one_stays"),
    "console/models/act.py:begin": (LOCKS, "test_of_two_owners_who_leave_at_once_one_stays"),
    "console/models/act.py:begin_many": (
        AT_ONCE,
        "test_a_company_that_first_allocates_while_a_price_list_is_loaded_is_priced_by_it",
    ),
    "credits/acts/price_list/reprice.py:reprice": (APPLIED, "test_two_processes_at_once_apply_each_company_once"),
    "credits/acts/price_list/reprice.py:_count_companies": (
        APPLIED,
        "test_a_company_that_is_being_registered_is_waited_for",
    ),
    "credits/acts/form_out_of_date.py:require_form_up_to_date": (
        AT_ONCE,
        "test_of_two_forms_shown_the_same_units_the_second_is_told",
    ),
    "credits/acts/planning/plan_out_of_date.py:require_plan_up_to_date": (
        AT_ONCE,
        "test_a_plan_that_waits_for_somebody_elses_change_is_refused_with_both_values",
    ),
    "licensing/codes/activate_by_code.py:activate_code": (
        CODES,
        "test_twenty_activations_of_one_code_for_two_companies_give_one_license",
    ),
    "licensing/codes/withdraw_code.py:withdraw_code": (CODES, "test_a_code_is_withdrawn_or_used_but_never_both"),
    "licensing/codes/guessing_limit.py:begin": (CODES, "test_of_twenty_guesses_at_once_exactly_ten_are_looked_up"),
    "licensing/health/connection_notes.py:_write": (LOCKS, "test_failures_of_one_kind_are_counted_each"),
    "licensing/reading/as_known_at_an_instant.py:hold_still": (
        AT_ONCE,
        "test_what_is_known_waits_for_an_act_under_way_and_never_changes_again",
    ),
    "licensing/notices/daily_digest.py:_send_to": (LOCKS, "test_a_digest_is_sent_once"),
    "licensing/notices/inbox.py:mark_read": (LOCKS, "test_a_notice_keeps_when_it_was_read_first"),
    "licensing/notices/telling.py:_lock": (LOCKS, "test_a_company_is_told_a_thing_once"),
    "licensing/notices/telling.py:bring_up_to_date": (LOCKS, "test_a_company_is_told_a_thing_once"),
    "licensing/acts/order_in_hand.py:lock_order": (AT_ONCE, "test_of_several_companies_activating_one_order_exactly_one_wins"),
    "licensing/purchases/activation/one_pass_at_a_time.py:lease": (LOCKS, "test_a_pass_is_made_by_one_worker"),
    "licensing/purchases/activation/carry_through_activation.py:_leave": (
        LOCKS,
        "test_a_purchase_is_not_given_back_while_another_attempt_is_under_way",
    ),
    "licensing/purchases/activation/begin_activation.py:begin_activation": (
        LOCKS,
        "test_a_purchase_that_one_company_claims_is_refused_to_the_other",
    ),
    "licensing/purchases/activation/issue_what_was_bought.py:issue_license": (
        LOCKS,
        "test_no_license_is_issued_for_a_purchase_that_is_suspended_meanwhile",
    ),
    "licensing/purchases/follow_marketplace.py:follow": (LOCKS, "test_an_answer_read_before_a_newer_one_is_asked_for_again"),
    "licensing/purchases/activation/whose_an_activation_is.py:open_one": (
        LOCKS,
        "test_an_activation_is_handed_over_to_one_person",
    ),
    "licensing/purchases/activation/whose_an_activation_is.py:belongs_to": (
        LOCKS,
        "test_an_activation_belongs_to_the_first_person_who_takes_it",
    ),
    "licensing/purchases/activation/exchange_token.py:look_up": (
        LOCKS,
        "test_a_token_that_two_tabs_exchange_finds_one_purchase_once",
    ),
    "licensing/purchases/mirror.py:take_in": (LOCKS, "test_an_older_answer_is_not_written_over_a_newer_one"),
    "licensing/purchases/receive_notification.py:_kept": (LOCKS, "test_each_repetition_of_a_notification_is_counted"),
    "licensing/purchases/receive_notification.py:apply": (LOCKS, "test_a_notification_told_twice_at_once_is_applied_once"),
    "licensing/purchases/receive_notification.py:refuse": (LOCKS, "test_a_change_that_was_applied_meanwhile_is_not_refused"),
    "licensing/purchases/comparison/nightly_comparison.py:_compare": (
        LOCKS,
        "test_an_answer_read_before_a_newer_one_is_asked_for_again",
    ),
    "licensing/acts/companies/register_company.py:_one_at_a_time": (
        LOCKS,
        "test_companies_registered_at_once_have_addresses_and_ids_of_their_own",
    ),
    "licensing/purchases/for_support/mark_read.py:mark_read": (LOCKS, "test_an_event_is_marked_read_once"),
    "licensing/purchases/activation/resume_activation.py:resume_activation": (
        LOCKS,
        "test_an_activation_that_is_done_meanwhile_is_not_set_going_again",
    ),
    "licensing/tasks.py:look_again": (LOCKS, "test_what_two_looks_found_both_stands_with_the_event"),
    "credits/acts/undo/undo_act.py:lock_for_undo": (
        AT_ONCE,
        "test_cases_undone_at_once_are_each_undone_once",
    ),
    "licensing/acts/undo/undo_transfer.py:undo_transfer": (
        AT_ONCE,
        "test_an_undo_of_a_transfer_that_waits_for_a_change_of_its_successor_is_refused",
    ),
    "licensing/acts/transfer.py:transfer_order": (AT_ONCE, "test_a_transfer_sent_twice_while_its_successor_changes_ends"),
}
"""File and function -> the test of two at once that fails without it."""

NEEDS_NONE = {
    "credits/queues/look.py:_one_at_a_time": "of two looks one waits: both find the same",
    "credits/queues/look.py:look": "what ended is ended once, under the lock of the look",
    "credits/queues/mark_item_read.py:mark_item_read": "the act's own lock lets one at a time, and a thing read is read",
    "licensing/acts/company_settings/tenants.py:remove_tenant": "the act's own lock: who asks and who answers wait for it",
    "licensing/acts/company_settings/notices_of_new_members.py:tell_new_member": "what the person chose stays",
    "licensing/acts/vendor/state_own.py:state_own": "the act's own lock lets one state at a time; the former is in its result",
    "licensing/imports/codes.py:write_all": "imports are written one at a time, see write_lines",
    "licensing/imports/file_of_a_run.py:ask_to_import": "of two who ask one finds it checked; it is imported once",
    "licensing/imports/file_of_a_run.py:forget_files": "files that are over are forgotten, whoever does it",
    "licensing/imports/import_rows.py:write_lines": "the lock lets one at a time; a test kills one, and repeats it",
    "licensing/viewing/begin_and_end.py:_ended": "a view ended twice is ended; the first instant counts",
    "console/models/locked_row.py:locked_row": "the lock itself, for those who take it",
    "console/people/sessions/begin_and_end.py:end_sessions": "of two who end a session one is written down; it ended for both",
    "console/people/sessions/begin_and_end.py:_signed_out": "of two who end a session one is written down; it ended for both",
    "console/people/privacy/erase.py:erase_person": "the act's own lock lets one erase the person at a time",
    "console/people/privacy/of_the_console.py:_forget": "empties what is theirs, whoever changed it meanwhile",
    "console/people/privacy/of_the_console.py:_forget_mail": "empties what is theirs; a mail that is under way is sent",
    "licensing/acts/companies/leave_companies.py:_forget": "empties what is theirs, whoever changed it meanwhile",
    "console/people/staff/make_staff.py:make_staff": "a command that one person runs; a unique constraint holds",
    "console/people/staff/make_staff.py:_has_become_staff": "a command that one person runs; a unique constraint holds",
    "console/security/at_rest/keeping_cache.py:_cull": "deletes what is over; skips what another deletes",
    "console/security/at_rest/sessions.py:keep_anew": "of two requests with one session both keep the same",
    "credits/management/commands/after_restore.py:give_up_what_waits": "refuses to run beside a worker",
    "console/mail/forget_old_mail.py:forget_old_mail": "what has passed the days of retention stays past them",
    "licensing/forget_old_rows.py:forget_old_rows": "what has passed the days of retention stays past them",
    "licensing/codes/guessing_limit.py:was_wrong": "makes room only; whoever comes second leaves what another removes",
    "licensing/purchases/activation/exchange_token.py:forget_tokens": "makes room only; who signs in meanwhile keeps theirs",
    "licensing/models/marketplace/subscription.py:locked": "the lock itself, for those who take it",
    "licensing/purchases/for_support/list_for_support.py:keep_list": "under the lock of the purchase, which its callers hold",
    "licensing/acts/people/forget_person.py:_forget": "empties what is theirs, whoever changed it meanwhile",
    "licensing/acts/people/roles_held.py:hold_roles": "under the lock of the company, which `Act.begin` takes",
    "licensing/management/commands/sell_practice_offers.py:handle": "a command that one person runs; a unique constraint holds",
    "licensing/admin/marketplace_forms.py:lock": "the act takes the same locks, and judges again",
    "licensing/purchases/activation/other_attempts_end.py:end_other_attempts": "what somebody writes finds the order itself",
    "licensing/purchases/activation/resume_activation.py:look_again": "makes a pass due, which judges by itself",
    "credits/demo/loading.py:hold_back_others": "for developers who start twice at once; unique constraints hold",
}
"""File and function -> why no test has to fail without it."""

QUERIES = ("pg_advisory", "LOCK TABLE", "FOR SHARE", "FOR UPDATE", "FOR NO KEY UPDATE", "ON CONFLICT")
VERSIONS = {"version", "latest_statement", "working_until"}
ATTEMPTS = ("get_or_create", "update_or_create")


def guards(function: ast.FunctionDef) -> Iterator[str]:
    """The locks, version checks and conditional writes that stand in a function."""
    for node in ast.walk(function):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node is not documentation(function):
            yield from (each for each in QUERIES if each in node.value)
        elif isinstance(node, ast.Compare):
            names = {ast.unparse(each).rpartition(".")[2] for each in [node.left, *node.comparators]}
            if isinstance(node.ops[0], ast.Eq | ast.NotEq) and (names & VERSIONS or "'seen'" in ast.unparse(node)):
                yield "version"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "locked_row":
            yield "locked_row"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name, words = node.func.attr, {each.arg for each in node.keywords}
            locks = name == "select_for_update" or (name == "locked" and not node.args)
            if locks or name in ATTEMPTS or "ignore_conflicts" in words:
                yield name
            elif name == "update" and words and not node.args and not by_id_alone(node.func.value):
                yield "conditional update"


def documentation(function: ast.FunctionDef) -> ast.AST | None:
    first = function.body[0]
    return first.value if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else None


def by_id_alone(rows: ast.expr) -> bool:
    """Whether rows are chosen by their id and nothing else, so that no condition can be lost."""
    return (
        isinstance(rows, ast.Call)
        and isinstance(rows.func, ast.Attribute)
        and rows.func.attr == "filter"
        and {each.arg for each in rows.keywords} == {"pk"}
    )


def guarded() -> set[str]:
    found = set()
    for file in source_files(*APPS):
        if file.startswith(PRACTICE) or "/migrations/" in file:
            continue  # the practice marketplace plays another site, and has tests of its own
        for function in ast.walk(ast.parse((ROOT / file).read_text())):
            if isinstance(function, ast.FunctionDef) and set(guards(function)):
                found.add(f"{file}:{function.name}")
    return found


def test_every_lock_check_and_condition_has_its_test_or_a_reason() -> None:
    assert guarded() == set(PROVED_BY) | set(NEEDS_NONE)
    assert not set(PROVED_BY) & set(NEEDS_NONE)


@pytest.mark.parametrize("place", PROVED_BY)
def test_the_tests_that_are_named_are_there(place: str) -> None:
    file, name = PROVED_BY[place]
    tree = ast.parse((ROOT / file).read_text())
    assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("Row.objects.select_for_update().get(pk=1)", True),
        ("Row.objects.locked().get(pk=1)", True),
        ("Row.objects.filter(pk=1, person=None).update(person=2)", True),
        ("rows.update(person=2)", True),
        ("Row.objects.filter(pk=1).update(person=2)", False),
        ("found.update({'a': 1})", False),
        ("cursor.execute('SELECT pg_advisory_xact_lock(1)')", True),
        ("cursor.execute('SELECT 1 FOR SHARE')", True),
        ("Row.objects.get_or_create(pk=1)", True),
        ("Row.objects.bulk_create([], ignore_conflicts=True)", True),
        ("if row.version != version: pass", True),
        ("Row.objects.filter(pk=1).delete()", False),
    ],
)
def test_the_reader_of_guards_sees_every_form(source: str, found: bool) -> None:
    function = ast.parse(f"def f():\n    'no FOR UPDATE here'\n    {source}").body[0]
    assert isinstance(function, ast.FunctionDef)
    assert bool(set(guards(function))) is found
