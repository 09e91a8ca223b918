"""No row can point into another company: each reference between tenant rows, by the name of its constraint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.models import (
    AllocationEntry,
    AllocationStatement,
    ApprovalRule,
    BillingModelChange,
    Feature,
    KeptUnits,
    RequestEvent,
    Scenario,
    SeatUse,
    ThresholdStatement,
    UnitsInUse,
    UnitsRequest,
)
from licensing.models import (
    Company,
    CompanyStatement,
    License,
    LicenseEntry,
    LicenseStatement,
    Notice,
    NoticeDelivery,
    SupportView,
    SupportViewEnd,
    SupportViewPage,
    TenantRow,
    UseChoice,
)
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_product, make_user, new_key

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Tenant:
    """A company with one row of everything that can be pointed at."""

    company: Company
    license: License
    contract: License
    allocated: AllocationStatement
    switch: BillingModelChange
    delivery: NoticeDelivery

    @classmethod
    def make(cls, feature: Feature, switchable: Feature) -> Tenant:
        company = make_company()
        license = make_license(company=company)
        contract = make_license(company=company, product=make_product(kind="pay-as-you-go", rate=None))
        allocate(company, feature.lines.get(), 60)
        (switch,) = switch_billing_model(
            company, feature=switchable, model="pay-as-you-go", today=TODAY, by=SYSTEM, key=new_key()
        )
        seats = make_product(kind="seats", unit="seat")
        SeatUse.objects.create(product=seats, line=feature.lines.get())
        make_license(company=company, product=seats, units=3)
        allocated = AllocationStatement.objects.filter(company=company, feature=feature).earliest("id")
        notice = Notice.objects.create(company=company, kind="refused", about="test", created_at=NOON)
        delivery = NoticeDelivery.objects.create(
            company=company, notice=notice, user=make_user(), channel="console", created_at=NOON
        )
        view = SupportView.objects.create(
            company=company,
            person=make_user(is_staff=True),
            sign_in=1,
            purpose="asked",
            begun_at=NOON,
            ends_at=NOON + timedelta(minutes=30),
        )
        SupportViewPage.objects.create(company=company, view=view, name="Credits", address="/", seen_at=NOON)
        ended = SupportView.objects.create(
            company=company,
            person=make_user(is_staff=True),
            sign_in=2,
            purpose="asked",
            begun_at=NOON,
            ends_at=NOON + timedelta(minutes=30),
        )
        SupportViewEnd.objects.create(company=company, view=ended, ended_at=NOON)
        CompanyStatement.objects.create(
            company=company, act=license.act, recorded_at=NOON, about="notices", value="digest", effective_on=TODAY
        )
        ThresholdStatement.objects.create(
            company=company,
            customer=make_company(),
            kind="none",
            effective_on="2026-03-02",
            act=license.act,
            recorded_at=NOON,
        )
        stamp = {"company": company, "act": license.act, "recorded_at": NOON}
        asked = UnitsRequest.objects.create(kind="asked", units={}, **stamp)
        RequestEvent.objects.create(request=asked, kind="lowered", units={}, **stamp)
        ApprovalRule.objects.create(below_zero=True, **stamp)
        line = feature.lines.get()
        facts = {"company": company, "act": license.act, "recorded_at": NOON}
        UnitsInUse.objects.create(feature=feature, line=line, observed_on=TODAY, units=9, **facts)
        Scenario.objects.create(company=company, name="Next year", units={}, act=license.act, kept_at=NOON)
        return cls(company, license, contract, allocated, switch, delivery)

    def first(self, model: type[models.Model]) -> Any:
        return model._default_manager.filter(company=self.company).order_by("id").first()


@pytest.fixture
def tenants() -> tuple[Tenant, Tenant]:
    feature, switchable = make_feature(), make_feature(switchable=True)
    return Tenant.make(feature, switchable), Tenant.make(feature, switchable)


SAYS_ONLY_A_STATE = {
    "kind": "suspended",
    "state": "suspended",
    **dict.fromkeys(("units", "rate", "credits", "starts_on", "expires_on")),
}

Changes = Callable[[Tenant, Tenant], dict[str, Any]]

# What a row of the first tenant would have to say to point at the second; everything else stays among its own.
REFERENCES: dict[str, tuple[type[models.Model], Changes]] = {
    "licensing_usechoice_order_id_in_same_company": (UseChoice, lambda own, other: {"order_id": other.license.order_id}),
    "licensing_usechoice_act_id_in_same_company": (UseChoice, lambda own, other: {"act_id": other.license.act_id}),
    "credits_keptunits_order_id_in_same_company": (KeptUnits, lambda own, other: {"order_id": other.license.order_id}),
    "credits_keptunits_act_id_in_same_company": (KeptUnits, lambda own, other: {"act_id": other.license.act_id}),
    "credits_unitsinuse_act_id_in_same_company": (UnitsInUse, lambda own, other: {"act_id": other.license.act_id}),
    "licensing_license_order_id_in_same_company": (
        License,
        lambda own, other: {"kind": "top-up", "top_up_of_id": own.license.pk, "order_id": other.license.order_id},
    ),
    "licensing_license_renewal_of_id_in_same_company": (
        License,
        lambda own, other: {"kind": "renewal", "renewal_of_id": other.license.pk},
    ),
    "licensing_license_top_up_of_id_in_same_company": (
        License,
        lambda own, other: {"kind": "top-up", "top_up_of_id": other.license.pk},
    ),
    "licensing_license_replaces_id_in_same_company": (
        License,
        lambda own, other: {"kind": "plan-change", "replaces_id": other.license.pk},
    ),
    "licensing_license_act_id_in_same_company": (
        License,
        lambda own, other: {"kind": "top-up", "top_up_of_id": own.license.pk, "act_id": other.license.act_id},
    ),
    "licensing_licensestatement_license_id_in_same_company": (
        LicenseStatement,
        lambda own, other: {**SAYS_ONLY_A_STATE, "license_id": other.license.pk},
    ),
    "licensing_licensestatement_act_id_in_same_company": (
        LicenseStatement,
        lambda own, other: {**SAYS_ONLY_A_STATE, "act_id": other.license.act_id},
    ),
    "licensing_licensestatement_withdraws_id_in_same_company": (
        LicenseStatement,
        lambda own, other: {
            **SAYS_ONLY_A_STATE,
            "state": "",
            "kind": "withdrawn",
            "effective_on": TODAY,
            "withdraws_id": LicenseStatement.objects.filter(license=other.license).latest("id").pk,
        },
    ),
    "licensing_licenseentry_license_id_in_same_company": (
        LicenseEntry,
        lambda own, other: {"license_id": other.license.pk},
    ),
    "licensing_licenseentry_act_id_in_same_company": (LicenseEntry, lambda own, other: {"act_id": other.license.act_id}),
    "licensing_noticedelivery_notice_id_in_same_company": (
        NoticeDelivery,
        lambda own, other: {"user_id": make_user().pk, "notice_id": other.delivery.notice_id},
    ),
    "licensing_noticedelivery_act_id_in_same_company": (NoticeDelivery, lambda own, other: {"act_id": other.license.act_id}),
    "credits_allocationstatement_withdraws_id_in_same_company": (
        AllocationStatement,
        lambda own, other: {"units": None, "withdraws_id": other.allocated.pk},
    ),
    "credits_allocationstatement_act_id_in_same_company": (
        AllocationStatement,
        lambda own, other: {"act_id": other.allocated.act_id},
    ),
    "credits_allocationentry_act_id_in_same_company": (
        AllocationEntry,
        lambda own, other: {"act_id": other.allocated.act_id},
    ),
    "credits_billingmodelchange_contract_id_in_same_company": (
        BillingModelChange,
        lambda own, other: {"effective_on": "2027-01-01", "contract_id": other.contract.pk},
    ),
    "credits_billingmodelchange_act_id_in_same_company": (
        BillingModelChange,
        lambda own, other: {"effective_on": "2027-01-01", "act_id": other.switch.act_id},
    ),
    "licensing_supportviewpage_view_id_in_same_company": (
        SupportViewPage,
        lambda own, other: {"view_id": other.first(SupportView).pk},
    ),
    "licensing_supportviewend_view_id_in_same_company": (
        SupportViewEnd,
        lambda own, other: {"view_id": other.first(SupportView).pk},
    ),
    "licensing_companystatement_act_id_in_same_company": (
        CompanyStatement,
        lambda own, other: {"act_id": other.license.act_id},
    ),
    "credits_thresholdstatement_act_id_in_same_company": (
        ThresholdStatement,
        lambda own, other: {"act_id": other.license.act_id},
    ),
    "credits_unitsrequest_act_id_in_same_company": (UnitsRequest, lambda own, other: {"act_id": other.license.act_id}),
    "credits_requestevent_act_id_in_same_company": (RequestEvent, lambda own, other: {"act_id": other.license.act_id}),
    "credits_requestevent_request_id_in_same_company": (
        RequestEvent,
        lambda own, other: {"request_id": other.first(UnitsRequest).pk},
    ),
    "credits_approvalrule_act_id_in_same_company": (ApprovalRule, lambda own, other: {"act_id": other.license.act_id}),
    "credits_scenario_act_id_in_same_company": (
        Scenario,
        lambda own, other: {"name": "Another", "act_id": other.license.act_id},
    ),
}


def add_like(row: models.Model, **changes: Any) -> None:
    """Add a row that says what `row` says, but for `changes`, and check the references at once."""
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
    type(row)(**{**fields, **changes}).save()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def expected_names() -> set[str]:
    """One constraint for every reference of a tenant row to a row that names its company."""
    return {
        f"{model._meta.db_table}_{field.column}_in_same_company"
        for model in apps.get_models()
        if issubclass(model, TenantRow)
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
        and any(each.attname == "company_id" for each in field.related_model._meta.concrete_fields)
    }


def test_every_reference_between_rows_of_a_company_is_tried_here() -> None:
    assert set(REFERENCES) == expected_names()


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_into_another_company_fails(name: str, tenants: tuple[Tenant, Tenant]) -> None:
    own, other = tenants
    model, changes = REFERENCES[name]
    with pytest.raises(IntegrityError, match=f'"{name}"'), transaction.atomic():
        add_like(own.first(model), **changes(own, other))


@pytest.mark.parametrize("name", REFERENCES)
def test_the_same_reference_within_the_company_holds(name: str, tenants: tuple[Tenant, Tenant]) -> None:
    own, _ = tenants
    model, changes = REFERENCES[name]
    with transaction.atomic():
        add_like(own.first(model), **changes(own, own))


@pytest.mark.parametrize("name", REFERENCES)
def test_the_constraint_is_validated_and_waits_for_the_commit(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT convalidated, condeferrable, condeferred FROM pg_constraint WHERE conname = %s", [name])
        assert cursor.fetchall() == [(True, True, True)]


def test_a_row_cannot_name_an_act_that_is_never_written(tenants: tuple[Tenant, Tenant]) -> None:
    own, _ = tenants
    with pytest.raises(IntegrityError, match="licensing_licenseentry_act_id_in_same_company"), transaction.atomic():
        add_like(own.first(LicenseEntry), act_id="00000000-0000-4000-8000-000000000000")
