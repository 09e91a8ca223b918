"""Every list and page of every model in the admin: what it costs, what it shows, and that facts stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from console.admin import ReadOnlyAdmin
from console.models import (
    Act,
    AppendOnly,
    BackupNote,
    Export,
    LedgerVerification,
    OutgoingMail,
    SignIn,
    User,
    VendorLogo,
    VendorStatement,
)
from credits.models import (
    AllocationEntry,
    AllocationStatement,
    ApprovalRule,
    BillingModelChange,
    CreditRate,
    CreditRequirement,
    DeskItem,
    DeskLook,
    Feature,
    KeptUnits,
    Offering,
    PayAsYouGoPrice,
    PriceListRun,
    RequestEvent,
    Scenario,
    SeatUse,
    ThresholdStatement,
    UnitsInUse,
    UnitsRequest,
)
from licensing.models import (
    ActivationCode,
    Company,
    CompanyStatement,
    CompanyTimeZone,
    ConversionRate,
    Invitation,
    JoinRequest,
    License,
    LicenseEntry,
    LicenseStatement,
    Membership,
    Notice,
    NoticeDelivery,
    Order,
    Product,
    ProviderLook,
    RoleRequest,
    SignInTenant,
    SupportView,
    SupportViewEnd,
    SupportViewPage,
    UseChoice,
    VendorTold,
    WrongCode,
)
from licensing.models.import_run import ImportLine, ImportPiece, ImportRun
from tests.factories import make_user
from tests.marketplace_rows import rows_of_marketplaces
from tests.pages import admin_page
from tests.written_once import written_once

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("admin")]  # what they share is written once

REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
PASSING = {ImportPiece, ImportLine}
"""A file on its way, which holds whatever its rows hold: forgotten with it, and nobody's to read."""
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = date(2026, 3, 2)
TOTP_SECRET = "ZGVhZGJlZWY-this-is-a-secret"
EVIL = "<script>alert(1)</script>"


def test_every_model_of_ours_is_registered():
    ours = {model for app in ("console", "licensing", "credits") for model in apps.get_app_config(app).get_models()}
    assert ours - PASSING <= set(REGISTERED)


def test_what_support_does_not_need_is_hidden():
    labels = {model._meta.label for model in REGISTERED} - {
        model._meta.label for app in ("console", "licensing", "credits") for model in apps.get_app_config(app).get_models()
    }
    assert labels == {"mfa.Authenticator", "socialaccount.SocialAccount"}


def rows_of_every_model(numbers: range) -> None:
    """One row of every model per number, each with related rows of its own; written in bulk, not by acts."""
    people = User.objects.bulk_create(User(email=f"row-{n}@example.com", name=f"Row {n} {EVIL}") for n in numbers)
    Authenticator.objects.bulk_create(Authenticator(user=each, type="totp", data={"secret": TOTP_SECRET}) for each in people)
    SocialAccount.objects.bulk_create(SocialAccount(user=each, provider="contoso", uid=f"uid-{each.pk}") for each in people)
    SignIn.objects.bulk_create(SignIn(person=each, session=TOTP_SECRET, device=f"Firefox {EVIL}") for each in people)
    LedgerVerification.objects.bulk_create(
        LedgerVerification(ended_at=NOON, seconds=1, companies=n, differences=1, first=f"Row {EVIL}") for n in numbers
    )
    BackupNote.objects.bulk_create(BackupNote(what=f"Row {n} {EVIL}") for n in numbers)
    DeskLook.objects.bulk_create(DeskLook(looked_at=NOON, seconds=n) for n in numbers)
    companies = Company.objects.bulk_create(
        Company(name=f"Row {n} {EVIL}", slug=f"row-{n}", business_id=f"ROW-{n}") for n in numbers
    )
    DeskItem.objects.bulk_create(
        DeskItem(kind="report", subject=f"row:{each.pk} {EVIL}", company=each, rank=1, since=NOON, found_at=NOON)
        for each in companies
    )
    CompanyTimeZone.objects.bulk_create(
        CompanyTimeZone(company=each, time_zone="Europe/Berlin", effective_at=datetime(1, 1, 2, tzinfo=UTC)) for each in companies
    )
    Membership.objects.bulk_create(
        Membership(user=user, company=company, roles=["viewer"]) for user, company in zip(people, companies, strict=True)
    )
    acts = Act.objects.bulk_create(
        Act(
            scope=f"company:{company.pk}",
            company_id=company.pk,
            key=str(uuid4()),
            name="row.make",
            actor_kind="person",
            actor=person,
            recorded_at=NOON,
        )
        for person, company in zip(people, companies, strict=True)
    )
    VendorStatement.objects.bulk_create(
        VendorStatement(about=f"name {EVIL}", text=f"Row {EVIL}", act=act, recorded_at=NOON) for act in acts
    )
    VendorLogo.objects.bulk_create(
        VendorLogo(digest=f"row-1-{n:034}", png=b"png", width=n, height=n, recorded_at=NOON) for n in numbers
    )
    VendorTold.objects.bulk_create(VendorTold(event="bought", about=f"row {n} {EVIL}", told_at=NOON) for n in numbers)
    products = Product.objects.bulk_create(
        Product(sku=f"ROW-{n}", name=f"Product {n} {EVIL}", kind="pay-as-you-go", unit="unit") for n in numbers
    )
    recorded = [{"act": act, "recorded_at": NOON} for act in acts]
    facts = [{**each, "company": company} for each, company in zip(recorded, companies, strict=True)]
    mails = OutgoingMail.objects.bulk_create(
        OutgoingMail(to=each.email, subject="Reset", text=TOTP_SECRET, secret=True, purpose="account", created_at=NOON)
        for each in people
    )
    Export.objects.bulk_create(
        Export(company_id=company.pk, person=person, page=f"/{EVIL}/", sheet="features", format="csv", rows=1, exported_at=NOON)
        for person, company in zip(people, companies, strict=True)
    )
    notices = Notice.objects.bulk_create(
        Notice(company=each, kind="below-zero", about="balance", facts={"since_on": str(DAY), "shortfall": 1}, created_at=NOON)
        for each in companies
    )
    NoticeDelivery.objects.bulk_create(
        NoticeDelivery(company=notice.company, notice=notice, user=user, channel="mail", mail=mail, act=act, created_at=NOON)
        for notice, user, mail, act in zip(notices, people, mails, acts, strict=True)
    )
    ConversionRate.objects.bulk_create(
        ConversionRate(product=product, credits_per_unit=1, valid_from=DAY, **each)
        for product, each in zip(products, recorded, strict=True)
    )
    bought = Order.objects.bulk_create(
        Order(
            channel="code",
            external_id=f"ROW-{n}",
            product=product,
            units=1,
            term_months=12,
            company=company,
            reserved_for=company,
            activated_at=NOON,
            act=act,
        )
        for n, product, company, act in zip(numbers, products, companies, acts, strict=True)
    )
    ActivationCode.objects.bulk_create(
        ActivationCode(
            order=order, kind="activation-code", sealed=TOTP_SECRET, fingerprint=f"{order.pk:064x}", last_four="AB23", act=act
        )
        for order, act in zip(bought, acts, strict=True)
    )
    rows_of_marketplaces(numbers, bought, people, companies, products, TOTP_SECRET)
    WrongCode.objects.bulk_create(WrongCode(person=person, source=TOTP_SECRET, typed_at=NOON) for person in people)
    licenses = License.objects.bulk_create(
        License(order=order, kind="initial", product=product, **each)
        for order, product, each in zip(bought, products, facts, strict=True)
    )
    LicenseStatement.objects.bulk_create(
        LicenseStatement(
            license=license,
            kind="issued",
            effective_on=DAY,
            units=1,
            credits=1,
            rate=1,
            starts_on=DAY,
            expires_on=DAY + timedelta(365),
            **each,
        )
        for license, each in zip(licenses, facts, strict=True)
    )
    LicenseEntry.objects.bulk_create(
        LicenseEntry(license=license, effective_on=DAY, change=1, **each) for license, each in zip(licenses, facts, strict=True)
    )
    slots = [each for each in range(1, 25) if not Offering.objects.filter(chart_slot=each).exists()]
    # There are 24 chart slots, and so at most 24 offerings.
    offerings = Offering.objects.bulk_create(
        Offering(slug=f"row-{n}", name=f"Row {n} {EVIL}", chart_slot=slot) for n, slot in zip(numbers, slots, strict=False)
    )
    features = Feature.objects.bulk_create(
        Feature(slug=f"row-{n}", name=f"Row {n} {EVIL}", offering=offerings[at % len(offerings)]) for at, n in enumerate(numbers)
    )
    lines = CreditRequirement.objects.bulk_create(
        CreditRequirement(feature=feature, slug="line", unit="endpoint") for feature in features
    )
    SeatUse.objects.bulk_create(SeatUse(product=product, line=line) for product, line in zip(products, lines, strict=True))
    CreditRate.objects.bulk_create(
        CreditRate(line=line, credits_per_unit=Decimal("0.2"), valid_from=DAY, **each)
        for line, each in zip(lines, recorded, strict=True)
    )
    PayAsYouGoPrice.objects.bulk_create(
        PayAsYouGoPrice(feature=feature, unit="hour", price=1, currency="USD", valid_from=DAY, **each)
        for feature, each in zip(features, recorded, strict=True)
    )
    of_line = [{**each, "feature": line.feature, "line": line} for line, each in zip(lines, facts, strict=True)]
    stated = AllocationStatement.objects.bulk_create(
        AllocationStatement(effective_on=DAY + timedelta(9), units=1, **each) for each in of_line
    )
    AllocationStatement.objects.bulk_create(
        AllocationStatement(effective_on=DAY + timedelta(9), withdraws=plan, **each)
        for plan, each in zip(stated, of_line, strict=True)
    )
    AllocationEntry.objects.bulk_create(AllocationEntry(effective_on=DAY, units_change=1, change=1, **each) for each in of_line)
    ImportRun.objects.bulk_create(
        ImportRun(kind="orders", file_name=f"{EVIL}.csv", digest=str(n), by=each) for n, each in enumerate(people)
    )
    Invitation.objects.bulk_create(
        Invitation(
            company=company,
            email=f"{company.pk}@invited.example",
            roles=["viewer"],
            words=EVIL,
            link=f"link of {company.pk}",
            invited_by=each,
            invited_at=NOON,
            sent_at=NOON,
            expires_at=NOON,
        )
        for company, each in zip(companies, people, strict=True)
    )
    RoleRequest.objects.bulk_create(
        RoleRequest(company=company, person=each, role="owner", words=EVIL, asked_at=NOON)
        for company, each in zip(companies, people, strict=True)
    )
    views = SupportView.objects.bulk_create(
        SupportView(
            company=company, person=each, sign_in=1, purpose="asked", reason=EVIL, begun_at=NOON, ends_at=NOON + timedelta(1)
        )
        for company, each in zip(companies, people, strict=True)
    )
    SupportViewPage.objects.bulk_create(
        SupportViewPage(company=each.company, view=each, name=EVIL, address=f"/{EVIL}", seen_at=NOON) for each in views
    )
    SupportViewEnd.objects.bulk_create(SupportViewEnd(company=each.company, view=each, ended_at=NOON) for each in views)
    CompanyStatement.objects.bulk_create(
        CompanyStatement(about="notices", value=f"row {EVIL}"[:20], effective_on=DAY, **each) for each in facts
    )
    SignInTenant.objects.bulk_create(
        SignInTenant(company=each, provider=EVIL[:30], tenant=f"{each.pk}", stated_at=NOON) for each in companies
    )
    JoinRequest.objects.bulk_create(
        JoinRequest(company=company, person=each, tenant="1", asked_at=NOON)
        for company, each in zip(companies, people, strict=True)
    )
    asked = UnitsRequest.objects.bulk_create(UnitsRequest(kind="asked", units={}, **each) for each in facts)
    RequestEvent.objects.bulk_create(
        RequestEvent(request=request, kind="approved", **each) for request, each in zip(asked, facts, strict=True)
    )
    ApprovalRule.objects.bulk_create(ApprovalRule(below_zero=True, **each) for each in facts)
    Scenario.objects.bulk_create(
        Scenario(company=company, name=f"Row {EVIL}", units={}, act=act, kept_at=NOON)
        for company, act in zip(companies, acts, strict=True)
    )
    customers = Company.objects.bulk_create(
        Company(name=f"Customer {n} {EVIL}", slug=f"customer-{n}", business_id=f"C-{n}") for n in numbers
    )
    ThresholdStatement.objects.bulk_create(
        ThresholdStatement(kind="none", customer=customer, effective_on=DAY, **each)
        for customer, each in zip(customers, facts, strict=True)
    )
    ProviderLook.objects.bulk_create(
        ProviderLook(company=company, provider=company, person=each, name=EVIL, address=f"/{EVIL}", seen_at=NOON)
        for company, each in zip(companies, people, strict=True)
    )
    PriceListRun.objects.bulk_create(
        PriceListRun(act=act, digest="0" * 64, under_way=False, started_at=NOON, finished_at=NOON) for act in acts
    )
    UseChoice.objects.bulk_create(UseChoice(order=order, keeps=True, **each) for order, each in zip(bought, facts, strict=True))
    KeptUnits.objects.bulk_create(
        KeptUnits(effective_on=DAY, units_change=1, order=order, **each) for order, each in zip(bought, of_line, strict=True)
    )
    UnitsInUse.objects.bulk_create(UnitsInUse(observed_on=DAY, units=1, **each) for each in of_line)
    BillingModelChange.objects.bulk_create(
        BillingModelChange(feature=line.feature, model="pay-as-you-go", effective_on=DAY, contract=license, **each)
        for line, license, each in zip(lines, licenses, facts, strict=True)
    )


def queries_of(client: Client, url: str) -> tuple[int, str]:
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    assert response.status_code == 200
    return len(queries), response.content.decode()


@pytest.fixture(scope="module")
def _three_rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Three rows of every model."""
    with django_db_blocker.unblock(), written_once():
        rows_of_every_model(range(3))
        yield


Looks = dict[type[Model], tuple[int, str]]


def looks_at_all_lists(client: Client) -> Looks:
    found = {}
    for model in REGISTERED:
        url = admin_page(model, "changelist")
        queries_of(client, url)  # what is read once a process, such as content types
        found[model] = queries_of(client, url)
    return found


@pytest.fixture(scope="module")
def looks(_three_rows: None, django_db_blocker: DjangoDbBlocker) -> tuple[Looks, Looks]:
    """What every list costs and shows, with three rows of every model and with thirty."""
    # Within a minute, as a session notes when it was last used.
    with django_db_blocker.unblock(), written_once(), time_machine.travel(datetime.now(UTC), tick=False):
        client = Client()
        client.force_login(make_user(email="looks@vendor.example", is_staff=True, is_superuser=True))
        few = looks_at_all_lists(client)
        rows_of_every_model(range(3, 30))
        many = looks_at_all_lists(client)
    return few, many


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_a_list_costs_the_same_queries_with_3_and_with_30_rows(model: type[Model], looks: tuple[Looks, Looks]):
    (few, page_of_few), (many, page_of_many) = (each[model] for each in looks)
    assert page_of_few.count('class="field-') >= 3
    assert page_of_many.count("<tr>") >= 24
    assert many == few


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
@pytest.mark.usefixtures("_three_rows")
def test_every_list_can_be_searched_and_every_page_shows_no_secret_no_inline_style_and_no_name_unescaped(
    model: type[Model], desk: Client
):
    assert admin.site._registry[model].search_fields
    _queries, found = queries_of(desk, admin_page(model, "changelist") + "?q=row-1")
    row = model._default_manager.order_by("-pk").first()
    assert row is not None
    _queries, page = queries_of(desk, admin_page(model, "change", row.pk))
    for each in (found, page):
        assert TOTP_SECRET not in each
        assert EVIL not in each
        assert " style=" not in each
        assert "<style" not in each


@pytest.mark.parametrize(
    "model", [each for each in REGISTERED if issubclass(each, AppendOnly)], ids=lambda model: model._meta.label
)
@pytest.mark.usefixtures("_three_rows")
def test_facts_are_never_added_changed_or_deleted_in_the_admin(model: type[Model], desk: Client):
    assert isinstance(admin.site._registry[model], ReadOnlyAdmin)
    row = model._default_manager.order_by("pk").last()
    assert row is not None
    before = list(model._default_manager.order_by("pk").values())
    assert desk.post(admin_page(model, "change", row.pk), {"reason": "x"}).status_code == 403
    assert desk.get(admin_page(model, "add")).status_code == 403
    assert desk.post(admin_page(model, "add"), {}).status_code == 403
    assert desk.post(admin_page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert (
        desk.post(admin_page(model, "changelist"), {"action": "delete_selected", "_selected_action": row.pk}).status_code == 200
    )
    assert list(model._default_manager.order_by("pk").values()) == before


@pytest.mark.parametrize("model", [Order, Company, Membership, Product, Feature], ids=lambda model: model._meta.label)
@pytest.mark.usefixtures("_three_rows")
def test_what_acts_write_is_not_edited_or_deleted(model: type[Model], desk: Client):
    row = model._default_manager.order_by("pk").last()
    assert row is not None
    assert desk.post(admin_page(model, "change", row.pk), {"name": "Other"}).status_code == 403
    assert desk.post(admin_page(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.usefixtures("_three_rows")
def test_the_history_of_a_fact_is_its_act(desk: Client):
    license = License.objects.latest("pk")
    response = desk.get(admin_page(License, "history", license.pk))
    assert response.url == admin_page(Act, "change", license.act_id)  # type: ignore[attr-defined]
