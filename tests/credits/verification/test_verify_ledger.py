"""verify_ledger: a healthy ledger passes, and each thing it checks is named when it breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, connection

from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.acts.choose_use import choose_use
from credits.acts.withdraw_plan import withdraw_plan
from credits.models import AllocationEntry, BillingModelChange, CreditRequirement, SeatUse
from credits.verification import Audit, Difference
from credits.verify_and_note import one_snapshot
from licensing.acts.change_plan import change_plan
from licensing.acts.corrections.correct import correct_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, LicenseEntry, Order
from tests.factories import (
    SYSTEM,
    TODAY,
    allocate,
    make_company,
    make_credit_rate,
    make_feature,
    make_license,
    make_order,
    make_product,
    new_key,
)

pytestmark = pytest.mark.django_db

FIRST_PLAN = TODAY + timedelta(days=200)
SECOND_PLAN = TODAY + timedelta(days=230)


@dataclass(frozen=True)
class Ledger:
    """A company to which most of what can happen has happened."""

    company: Company
    license: License
    top_up: License
    renewal: License
    replaced: License
    line: CreditRequirement
    switched: CreditRequirement


def how() -> dict[str, Any]:
    return {"today": TODAY, "by": SYSTEM, "key": new_key()}


@pytest.fixture
def ledger() -> Ledger:
    company = make_company(name="Aster Foods", slug="aster")
    seats = make_product(kind="seats", rate="0.35", name="Endpoint Seats")
    license = make_license(company=company, product=seats, units=1_001, term_starts_on=TODAY - timedelta(days=30))
    (top_up,) = top_up_order(license.order, units=200, **how())
    reduce_order(license.order, units=1_100, **how())
    suspend_order(license.order, on=TODAY - timedelta(days=5), **how())
    reinstate_order(license.order, **how())
    renewal = renew_order(license.order, **how())
    correct_license(license, reason="wrong number", units=1_010, **how())

    replaced = make_license(company=company, units=500)
    change_plan(replaced.order, product=seats, **how())
    cancelled = make_license(company=company, units=700)
    cancel_order(cancelled.order, **how())

    line = make_feature(rates=["0.2"], name="Sandbox").lines.get()
    allocate(company, line, 61)
    allocate(company, line, 90, on=FIRST_PLAN)
    allocate(company, line, 120, on=SECOND_PLAN)
    withdraw_plan(company, feature=line.feature, line=line, on=FIRST_PLAN, **how())
    SeatUse.objects.create(product=seats, line=line)
    kept = make_license(company=company, product=seats, units=30)
    choose_use(kept.order, keeps=False, **how())
    switched = make_feature(rates=["3"], name="XDR for Cloud", switchable=True).lines.get()
    make_license(company=company, product=make_product(kind="pay-as-you-go", rate=None))
    allocate(company, switched, 40)
    switch_billing_model(company, feature=switched.feature, model="pay-as-you-go", on=TODAY + timedelta(days=40), **how())
    switch_billing_model(company, feature=switched.feature, model="annual", on=TODAY + timedelta(days=90), **how())
    return Ledger(company, license, top_up, renewal, replaced, line, switched)


def differences(*companies: Company) -> list[Difference]:
    return list(Audit(companies or Company.objects.order_by("id")).differences())


def verify(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_ledger", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def edit(table: str, *statements: str) -> None:
    """Do in this test's transaction what the guards refuse, and put the guards up again."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with unchecked rows cannot be altered
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = %s::regclass", [table])
        guards = [name for (name,) in cursor.fetchall()]
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for guard in guards:
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {guard}")


def drop(table: str, *constraints: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for constraint in constraints:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")


# A healthy ledger


def test_a_healthy_ledger_passes_and_says_how_much_was_compared(ledger: Ledger) -> None:
    assert differences() == []
    entries = LicenseEntry.objects.count() + AllocationEntry.objects.count()
    assert f"1 companies, {License.objects.count()} licenses, 2 lines, {entries} entries" in verify()


def test_an_installation_without_companies_passes() -> None:
    assert "0 companies, 0 licenses, 0 lines, 0 entries" in verify()


def test_orders_nobody_has_activated_are_no_difference(ledger: Ledger) -> None:
    make_order(reserved_for=ledger.company)
    assert differences() == []


def test_progress_is_told_when_there_are_many_companies() -> None:
    for number in range(6):
        make_company(name=f"Company {number}")
    assert "6 of 6: Company 5" in verify()


def test_a_contract_that_ends_lets_the_allocation_count_again() -> None:
    company, line = make_company(), make_feature(switchable=True).lines.get()
    contract = make_license(company=company, product=make_product(kind="pay-as-you-go", rate=None), term_months=6)
    switch_billing_model(company, feature=line.feature, model="pay-as-you-go", **how())
    allocate(company, line, 60, on=TODAY + timedelta(days=250))
    assert differences() == []
    renew_order(contract.order, **how())  # the plan now lies in a term of the contract
    assert differences() == []
    assert sum(AllocationEntry.objects.values_list("change", flat=True)) == 60


def test_it_costs_the_same_statements_at_any_size(django_assert_num_queries: Any) -> None:
    company, lines = make_company(), [make_feature().lines.get() for _ in range(3)]
    for size in (1, 10):
        for _ in range(size):
            make_license(company=company)
            for line in lines:
                allocate(company, line, size)
        with django_assert_num_queries(21):  # ten of them once per company
            assert differences() == []


@pytest.mark.django_db(transaction=True)
def test_it_reads_one_snapshot_and_cannot_write() -> None:
    company = make_company()
    make_license(company=company)
    assert "1 companies, 1 licenses" in verify()
    with one_snapshot(), connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("repeatable read",)
        with pytest.raises(InternalError, match="read-only"):
            cursor.execute("DELETE FROM licensing_membership")


# How it tells


@pytest.mark.as_owner
def test_a_license_that_supplies_too_little_is_named_with_its_day(ledger: Ledger) -> None:
    pk, day = ledger.license.pk, TODAY - timedelta(days=30)
    edit("licensing_licenseentry", f"DELETE FROM licensing_licenseentry WHERE license_id = {pk} AND effective_on = '{day}'")
    expected = f"Aster Foods (aster), license {pk} (Endpoint Seats), {day.isoformat()}: expected 354 credits, found 0"
    assert any(expected in str(each) for each in differences())
    with pytest.raises(CommandError, match=r"The ledger is wrong\. Aster Foods"):
        verify()


@pytest.mark.as_owner
def test_a_line_that_takes_too_much_is_named_with_its_day(ledger: Ledger) -> None:
    pk = ledger.line.pk
    edit(
        "credits_allocationentry",
        "UPDATE credits_allocationentry SET change = change + 1 WHERE id = (SELECT min(id) FROM credits_allocationentry "
        f"WHERE line_id = {pk} AND effective_on = '{SECOND_PLAN}')",
    )
    with pytest.raises(CommandError) as failed:
        verify()
    assert str(failed.value) == (
        f"The ledger is wrong. Aster Foods (aster), line {pk} (Sandbox: endpoint), {SECOND_PLAN.isoformat()}: "
        "expected 120 units taking 24 credits, found 120 units taking 25 [line-profile]"
    )


@pytest.mark.as_owner
def test_it_stops_at_the_first_difference_unless_all_are_asked_for(ledger: Ledger) -> None:
    edit("licensing_licenseentry", "UPDATE licensing_licenseentry SET change = change * 2")
    with pytest.raises(CommandError, match=r"The ledger is wrong\. Aster"):
        verify()
    count, out = len(differences()), StringIO()
    with pytest.raises(CommandError, match=f"The ledger is wrong: {count} differences. The first: Aster"):
        call_command("verify_ledger", "--all-differences", stdout=out, stderr=out)
    assert len(out.getvalue().splitlines()) == count > 1


@pytest.mark.as_owner
def test_one_company_can_be_verified_alone(ledger: Ledger) -> None:
    make_license(company=make_company(slug="borealis"))
    edit("licensing_licenseentry", f"DELETE FROM licensing_licenseentry WHERE company_id = {ledger.company.pk}")
    assert "1 companies, 1 licenses" in verify("--company", "borealis")
    with pytest.raises(CommandError):
        verify("--company", "aster")


def test_a_company_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match="no company with the address name nobody"):
        verify("--company", "nobody")


# Everything it checks, broken once. Each break: the table to edit, and what to do, with the ids of the ledger.

Break = tuple[str, str, str, Callable[[Ledger], list[str]]]


def set_statement(license: str, kind: str, change: str) -> Callable[[Ledger], list[str]]:
    return lambda ledger: [
        f"UPDATE licensing_licensestatement SET {change} WHERE license_id = {getattr(ledger, license).pk} AND kind = '{kind}'"
    ]


BREAKS: list[Break] = [
    (
        "kept-units",
        "units kept that the allocation does not say",
        "credits_keptunits",
        lambda ledger: ["UPDATE credits_keptunits SET effective_on = effective_on + 1 WHERE units_change > 0"],
    ),
    (
        "kept-units",
        "more taken back than was kept",
        "credits_keptunits",
        lambda ledger: ["UPDATE credits_keptunits SET units_change = units_change - 1 WHERE units_change < 0"],
    ),
    (
        "license-profile",
        "an entry that was not posted",
        "licensing_licenseentry",
        lambda ledger: [f"DELETE FROM licensing_licenseentry WHERE license_id = {ledger.top_up.pk}"],
    ),
    (
        "license-profile",
        "an entry on another day",
        "licensing_licenseentry",
        lambda ledger: [
            "UPDATE licensing_licenseentry SET effective_on = effective_on - 1 "
            f"WHERE license_id = {ledger.renewal.pk} AND change > 0"
        ],
    ),
    (
        "license-profile",
        "a suspension without entries",
        "licensing_licensestatement",
        lambda ledger: [
            "INSERT INTO licensing_licensestatement (company_id, act_id, recorded_at, license_id, kind, effective_on, state) "
            "SELECT company_id, act_id, recorded_at, license_id, 'suspended', expires_on - 1, 'suspended' "
            f"FROM licensing_licensestatement WHERE kind = 'issued' AND license_id = {ledger.renewal.pk}"
        ],
    ),
    (
        "line-profile",
        "units without credits",
        "credits_allocationentry",
        lambda ledger: [
            f"UPDATE credits_allocationentry SET units_change = 62 WHERE units_change = 61 AND line_id = {ledger.line.pk}"
        ],
    ),
    (
        "line-profile",
        "a line that counts while it is billed pay-as-you-go",
        "credits_allocationentry",
        lambda ledger: [
            f"DELETE FROM credits_allocationentry WHERE line_id = {ledger.switched.pk} AND units_change < 0",
        ],
    ),
    (
        "line-profile",
        "a plan whose withdrawal is gone",
        "credits_allocationstatement",
        lambda ledger: ["DELETE FROM credits_allocationstatement WHERE withdraws_id IS NOT NULL"],
    ),
    (
        "statement-credits",
        "rounded down",
        "licensing_licensestatement",
        set_statement("license", "issued", "credits = credits - 1"),
    ),
    (
        "statement-credits",
        "a trial that adds credits",
        "licensing_license",
        lambda ledger: [f"UPDATE licensing_license SET trial = true WHERE id = {ledger.license.pk}"],
    ),
    ("rates", "another rate", "licensing_licensestatement", set_statement("license", "corrected", "rate = 0.36, credits = 364")),
    (
        "rates",
        "a rate never listed",
        "licensing_licensestatement",
        set_statement("top_up", "issued", "rate = 0.349, credits = 70"),
    ),
    ("rates", "no rate", "licensing_licensestatement", set_statement("replaced", "issued", "rate = NULL, credits = 0")),
    (
        "issued-once",
        "never issued",
        "licensing_licensestatement",
        lambda ledger: [f"DELETE FROM licensing_licensestatement WHERE kind = 'issued' AND license_id = {ledger.license.pk}"],
    ),
    (
        "orders",
        "activated at another time",
        "licensing_order",
        lambda ledger: [
            f"UPDATE licensing_order SET activated_at = activated_at - interval '1 day' WHERE id = {ledger.license.order_id}"
        ],
    ),
    (
        "orders",
        "activated without a license",
        "licensing_order",
        lambda ledger: [
            f"UPDATE licensing_order SET company_id = {ledger.company.pk}, activated_at = now() WHERE id = {make_order().pk}"
        ],
    ),
    (
        "orders",
        "goodwill it is not",
        "licensing_license",
        lambda ledger: [f"UPDATE licensing_license SET kind = 'goodwill' WHERE id = {ledger.license.pk}"],
    ),
    ("top-ups", "ends otherwise", "licensing_licensestatement", set_statement("top_up", "issued", "expires_on = expires_on + 1")),
    ("top-ups", "starts early", "licensing_licensestatement", set_statement("top_up", "issued", "starts_on = '2020-01-01'")),
    (
        "relations",
        "of another order",
        "licensing_license",
        lambda ledger: [f"UPDATE licensing_license SET top_up_of_id = {ledger.replaced.pk} WHERE id = {ledger.top_up.pk}"],
    ),
    ("renewals", "starts early", "licensing_licensestatement", set_statement("renewal", "issued", "starts_on = starts_on - 1")),
    (
        "renewals",
        "other units",
        "licensing_licensestatement",
        set_statement("renewal", "issued", "units = units + 1, credits = ceil((units + 1) * rate)"),
    ),
    (
        "plan-changes",
        "ends otherwise",
        "licensing_licensestatement",
        set_statement("replaced", "issued", "expires_on = expires_on + 1"),
    ),
    (
        "plan-changes",
        "the old plan stands",
        "licensing_licensestatement",
        lambda ledger: [f"DELETE FROM licensing_licensestatement WHERE kind = 'cancelled' AND license_id = {ledger.replaced.pk}"],
    ),
    (
        "cancellations",
        "reinstated without the undo",
        "licensing_licensestatement",
        lambda ledger: [
            "INSERT INTO licensing_licensestatement (company_id, act_id, recorded_at, license_id, kind, effective_on, state) "
            "SELECT company_id, act_id, recorded_at, license_id, 'reinstated', effective_on + 1, 'active' "
            f"FROM licensing_licensestatement WHERE kind = 'cancelled' AND license_id = {ledger.replaced.pk}"
        ],
    ),
    (
        "withdrawals",
        "of another day",
        "credits_allocationstatement",
        lambda ledger: [
            "UPDATE credits_allocationstatement SET effective_on = effective_on + 1 "
            f"WHERE withdraws_id IS NOT NULL AND line_id = {ledger.line.pk}"
        ],
    ),
    (
        "billing-changes",
        "29 days apart",
        "credits_billingmodelchange",
        lambda ledger: [
            f"UPDATE credits_billingmodelchange SET effective_on = '{TODAY + timedelta(days=69)}' WHERE model = 'annual'"
        ],
    ),
    (
        "billing-changes",
        "units left standing",
        "credits_allocationstatement",
        lambda ledger: [f"UPDATE credits_allocationstatement SET units = 1 WHERE units = 0 AND line_id = {ledger.switched.pk}"],
    ),
    (
        "references",
        "a line of another feature",
        "credits_allocationentry",
        lambda ledger: [
            f"UPDATE credits_allocationentry SET feature_id = {ledger.switched.feature_id} WHERE line_id = {ledger.line.pk}"
        ],
    ),
    (
        "acts",
        "two at one instant",
        "console_act",
        lambda ledger: [
            "UPDATE console_act SET recorded_at = (SELECT max(recorded_at) FROM console_act WHERE company_id IS NOT NULL) "
            f"WHERE id = '{ledger.license.act_id}'"
        ],
    ),
    (
        "acts",
        "in the future",
        "console_act",
        lambda ledger: [f"UPDATE console_act SET recorded_at = '2999-01-01' WHERE id = '{ledger.license.act_id}'"],
    ),
    (
        "acts",
        "in another scope",
        "console_act",
        lambda ledger: [f"UPDATE console_act SET scope = 'catalogue' WHERE id = '{ledger.license.act_id}'"],
    ),
    *(
        (
            "facts-of-acts",
            f"{table} at another time than its act",
            table,
            lambda ledger, table=table: [f"UPDATE {table} SET recorded_at = recorded_at - interval '1 second'"],
        )
        for table in (
            "licensing_license",
            "licensing_licensestatement",
            "licensing_licenseentry",
            "licensing_conversionrate",
            "credits_allocationstatement",
            "credits_allocationentry",
            "credits_billingmodelchange",
            "credits_creditrate",
        )
    ),
    (
        "facts-of-acts",
        "out of order",
        "licensing_licenseentry",
        lambda ledger: ["UPDATE licensing_licenseentry SET id = -1 WHERE id = (SELECT max(id) FROM licensing_licenseentry)"],
    ),
]


@pytest.mark.parametrize(("check", "what", "table", "edits"), BREAKS, ids=[f"{each[0]}: {each[1]}" for each in BREAKS])
@pytest.mark.as_owner
def test_what_is_broken_is_named(check: str, what: str, table: str, edits: Callable[[Ledger], list[str]], ledger: Ledger) -> None:
    edit(table, *edits(ledger))
    assert check in {each.check for each in differences()}
    with pytest.raises(CommandError, match="The ledger is wrong"):
        verify()


# What constraints keep out as long as they are there


@pytest.mark.parametrize(
    ("check", "table", "constraint", "change"),
    [
        ("entries", "licensing_licenseentry", "a_supply_entry_changes_something", "change = 0"),
        ("entries", "credits_allocationentry", "a_demand_entry_changes_credits_or_units", "change = 0, units_change = 0"),
        (
            "withdrawals",
            "credits_allocationstatement",
            "an_allocation_statement_states_units_or_withdraws",
            "units = NULL, withdraws_id = NULL",
        ),
    ],
)
@pytest.mark.as_owner
def test_a_row_its_constraint_would_refuse_is_named(check: str, table: str, constraint: str, change: str, ledger: Ledger) -> None:
    drop(table, constraint)
    edit(table, f"UPDATE {table} SET {change}")
    assert check in {each.check for each in differences()}


@pytest.mark.as_owner
def test_a_license_that_was_issued_twice_is_named(ledger: Ledger) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX a_license_is_issued_once")
    edit("licensing_licensestatement", "UPDATE licensing_licensestatement SET kind = 'issued' WHERE starts_on IS NOT NULL")
    columns = (
        "company_id, act_id, recorded_at, license_id, kind, effective_on, units, rate, credits, starts_on, expires_on, state"
    )
    edit(
        "licensing_licensestatement",
        f"INSERT INTO licensing_licensestatement ({columns}) SELECT {columns} FROM licensing_licensestatement "
        f"WHERE kind = 'issued' AND license_id = {ledger.license.pk}",
    )
    assert any(each.check == "issued-once" and each.found == "2" for each in differences())


@pytest.mark.as_owner
def test_a_plan_withdrawn_twice_is_named(ledger: Ledger) -> None:
    drop("credits_allocationstatement", "a_plan_is_withdrawn_once")
    columns = "company_id, act_id, recorded_at, feature_id, line_id, effective_on, withdraws_id"
    edit(
        "credits_allocationstatement",
        f"INSERT INTO credits_allocationstatement ({columns}) SELECT {columns} FROM credits_allocationstatement "
        "WHERE withdraws_id IS NOT NULL",
    )
    assert "withdrawals" in {each.check for each in differences()}


@pytest.mark.parametrize(
    ("table", "column", "check"),
    [
        ("licensing_license", "order_id", "references"),
        ("licensing_license", "top_up_of_id", "references"),
        ("licensing_license", "renewal_of_id", "references"),
        ("licensing_license", "replaces_id", "references"),
        ("licensing_license", "act_id", "facts-of-acts"),
        ("licensing_licensestatement", "license_id", "references"),
        ("licensing_licensestatement", "act_id", "facts-of-acts"),
        ("licensing_licenseentry", "license_id", "references"),
        ("licensing_licenseentry", "act_id", "facts-of-acts"),
        ("credits_allocationstatement", "withdraws_id", "references"),
        ("credits_allocationstatement", "act_id", "facts-of-acts"),
        ("credits_allocationentry", "act_id", "facts-of-acts"),
        ("credits_billingmodelchange", "contract_id", "references"),
        ("credits_billingmodelchange", "act_id", "facts-of-acts"),
    ],
)
@pytest.mark.as_owner
def test_a_row_that_points_into_another_company_is_named(table: str, column: str, check: str, ledger: Ledger) -> None:
    other = make_license(company=make_company())
    line = make_feature().lines.get()
    allocate(other.company, line, 1)
    target = {
        "order_id": str(other.order_id),
        "act_id": f"'{other.act_id}'",
        "withdraws_id": f"(SELECT max(id) FROM credits_allocationstatement WHERE line_id = {line.pk})",
    }.get(column, str(other.pk))
    # Rows that other constraints allow to point elsewhere.
    rows = {
        "licensing_license": "kind = 'top-up'" if column == "order_id" else "true",
        "licensing_licensestatement": "kind = 'cancelled'",
    }.get(table, "true")
    drop(table, f"{table}_{column}_in_same_company")
    edit(
        table,
        f"UPDATE {table} SET {column} = {target} WHERE id = "
        f"(SELECT max(id) FROM {table} WHERE company_id = {ledger.company.pk} AND {column} IS NOT NULL AND {rows})",
    )
    found = {each.check for each in differences(ledger.company)}
    assert {check, "tenant-references"} <= found


def test_an_unpostable_rate_shows_as_a_difference_of_its_line(ledger: Ledger) -> None:
    make_credit_rate(ledger.line, "0.3", valid_from=TODAY)  # a price list would have posted it
    found = differences()
    assert {each.check for each in found} == {"line-profile"}
    assert found[0].expected == "61 units taking 19 credits"


# The database itself


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        ("ALTER TABLE credits_creditrate DISABLE TRIGGER USER", "the trigger guard_credits_creditrate enabled ALWAYS"),
        (
            "ALTER TABLE console_act ENABLE TRIGGER guard_console_act",
            "the trigger guard_console_act enabled ALWAYS",
        ),
        ("DROP TRIGGER guard_licensing_license ON licensing_license", "the trigger guard_licensing_license"),
        (
            "DROP TRIGGER guard_licensing_order_as_a_whole ON licensing_order",
            "the trigger guard_licensing_order_as_a_whole",
        ),
        (
            "DROP TRIGGER guard_licensing_licenseentry ON licensing_licenseentry; "
            "CREATE TRIGGER guard_licensing_licenseentry BEFORE DELETE ON licensing_licenseentry "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_edit_facts(); "
            "ALTER TABLE licensing_licenseentry ENABLE ALWAYS TRIGGER guard_licensing_licenseentry",
            "the trigger guard_licensing_licenseentry to refuse every change",
        ),
        (
            "CREATE OR REPLACE FUNCTION refuse_to_edit_facts() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "the function of the migration",
        ),
    ],
)
@pytest.mark.as_owner
def test_a_guard_that_is_not_in_force_is_named(break_it: str, expected: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(break_it)
    (found,) = differences()
    assert (found.check, found.expected) == ("guards", expected)
    with pytest.raises(CommandError, match="guards"):
        verify()


@pytest.mark.as_owner
def test_a_tenant_reference_that_is_gone_or_not_validated_or_another_is_named() -> None:
    table, name = "licensing_licenseentry", "licensing_licenseentry_license_id_in_same_company"
    drop(table, name)
    (gone,) = differences()
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (company_id, license_id) "
            "REFERENCES licensing_license (company_id, id) NOT VALID"
        )
    (not_validated,) = differences()
    drop(table, name)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (license_id) REFERENCES licensing_license (id)")
    (another,) = differences()
    assert {each.check for each in (gone, not_validated, another)} == {"tenant-references"}
    assert (gone.found, not_validated.found) == ("no such constraint", "not validated")
    assert another.expected == "(company_id, license_id) to refer to licensing_license (company_id, id)"


def test_the_ledger_of_these_tests_has_everything_that_is_broken_above(ledger: Ledger) -> None:
    assert set(License.objects.values_list("kind", flat=True)) == {"initial", "top-up", "renewal", "plan-change"}
    assert set(BillingModelChange.objects.values_list("model", flat=True)) == {"annual", "pay-as-you-go"}
    assert Order.objects.filter(company=ledger.company).count() == 5
