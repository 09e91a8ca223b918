"""Companies, people, codes and allocations from files; and what several files of one folder do together."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.utils import timezone

from console.models import Act, User
from credits.models import CreditRequirement, KeptUnits, SeatUse
from credits.verification import Audit
from licensing.codes.reveal_code import reveal_code
from licensing.imports.import_rows import Report, carry_out
from licensing.models import ActivationCode, Company, CompanyTimeZone, ImportRun, Membership
from tests.factories import SYSTEM, make_company, make_feature, make_order, make_product, new_key
from tests.ledger import balance, line_units

pytestmark = pytest.mark.django_db

YEAR = timezone.now().year
COMPANIES = "business_id;name;address_name;time_zone\nB-1;Aster;aster-1;Europe/Berlin\nB-2;Birch;birch-2;Asia/Tokyo\n"


def given(kind: str, text: str, *, to_import: bool = True) -> Report:
    run = ImportRun.objects.create(kind=kind, file_name="a.csv", digest="0" * 64, to_import=to_import)
    return carry_out(run, BytesIO(text.encode("utf-8-sig")), by=SYSTEM)


def faults(report: Report) -> list[tuple[int, str]]:
    assert report.ended_by == ""
    return [(line, column) for line, column, _what in report.faults]


def same_again(kind: str, text: str, adds: int) -> None:
    """The first time it adds so many lines; the second time it adds nothing, not even an act."""
    report = given(kind, text)
    assert (faults(report), report.adds) == ([], adds)
    before = Act.objects.count()
    again = given(kind, text)
    assert (again.adds, again.recorded, Act.objects.count()) == (0, adds, before)


def test_companies_come_with_their_zones() -> None:
    same_again("companies", COMPANIES, 2)
    assert Company.objects.get(slug="birch-2").time_zone == "Asia/Tokyo"


def test_an_old_name_of_a_zone_is_good_for_the_company_that_has_it_alone() -> None:
    company = make_company(business_id="B-1", name="Aster", slug="aster-1")
    CompanyTimeZone.objects.create(company=company, time_zone="Singapore", effective_at=timezone.now())
    assert faults(given("companies", COMPANIES.replace("Europe/Berlin", "Singapore"))) == []
    assert faults(given("companies", COMPANIES.replace("Asia/Tokyo", "Singapore"))) == [(3, "time_zone")]


def test_two_lines_with_one_address_name_are_wrong() -> None:
    assert faults(given("companies", COMPANIES.replace("birch-2", "aster-1"))) == [(3, "address_name")]


def test_people_come_with_their_roles_and_without_a_password() -> None:
    company = make_company(business_id="B-1")
    same_again("people", "company,email,name,roles\nB-1,Kim@Example.com,Kim,viewer owner\n", 1)
    person = User.objects.get(email="kim@example.com")
    assert not person.has_usable_password()
    assert Membership.objects.get(company=company).roles == ["viewer", "owner"]


def test_nobody_of_staff_is_made_a_customer_and_no_role_is_changed() -> None:
    make_company(business_id="B-1")
    User.objects.create_user("staff@example.com", is_staff=True)
    given("people", "company,email,roles\nB-1,kim@example.com,viewer\n")
    text = "company,email,roles\nB-1,staff@example.com,viewer\nB-1,kim@example.com,owner\nB-1,x,boss\n"
    assert set(faults(given("people", text))) == {(2, "email"), (3, "roles"), (4, "email"), (4, "roles")}


def test_codes_are_made_for_orders_that_nobody_holds() -> None:
    order = make_order(channel="code", external_id="C-1")
    same_again("codes", f"order_reference,code,valid_until\nC-1,,{YEAR + 1}-12-31\n", 1)
    code = ActivationCode.objects.get(order=order)
    assert reveal_code(code, by=SYSTEM, key=new_key())[-4:] == code.last_four
    assert faults(given("codes", "order_reference\nC-9\n")) == [(2, "order_reference")]


@pytest.fixture
def line() -> CreditRequirement:
    """A requirement that a company may use, and seats that pay for it."""
    make_company(business_id="B-1", time_zone="UTC")  # these tests ask for days of UTC
    feature = make_feature(slug="endpoint", rates=["2"])
    line = feature.lines.get()
    SeatUse.objects.create(product=make_product(sku="SEATS", kind="seats", unit="seat", rate="2"), line=line)
    make_product(sku="CREDITS", rate="1")
    return line


def orders(keeps: str) -> str:
    head = "company,order_reference,product,units,starts_on,last_day,keeps_use\n"
    return (
        f"{head}B-1,S-1,SEATS,40,{YEAR}-01-01,{YEAR + 1}-12-31,{keeps}\nB-1,S-2,SEATS,20,{YEAR}-01-01,{YEAR + 1}-12-31,{keeps}\n"
    )


def allocations(more: str = "") -> str:
    return f"company,feature,units,from_day,includes_kept_use\nB-1,endpoint,60,{timezone.now().date()},{more}\n"


def units(line: CreditRequirement) -> int:
    return line_units(Company.objects.get(), line, timezone.now().date())


def right() -> bool:
    return list(Audit(Company.objects.all()).differences()) == []


def test_allocations_are_stated_and_posted(line: CreditRequirement) -> None:
    same_again("allocations", allocations(), 1)
    assert (units(line), right()) == (60, True)
    assert balance(Company.objects.get(), timezone.now().date()) == -120


def test_seats_that_keep_their_use_are_allocated_once_and_an_allocation_of_them_is_refused(line: CreditRequirement) -> None:
    same_again("orders", orders("yes"), 2)
    assert (units(line), right()) == (60, True)
    assert sorted(KeptUnits.objects.values_list("units_change", flat=True)) == [20, 40]
    assert faults(given("allocations", allocations())) == [(2, "units")]
    assert faults(given("allocations", allocations("yes"))) == []
    assert (units(line), right()) == (60, True)


def test_what_is_allocated_already_is_not_kept_once_more(line: CreditRequirement) -> None:
    given("allocations", allocations())
    assert faults(given("orders", orders("yes"))) == [(2, "keeps_use"), (3, "keeps_use")]
    same_again("orders", orders("no"), 2)
    assert (units(line), right()) == (60, True)


def test_seats_say_whether_their_use_is_kept(line: CreditRequirement) -> None:
    assert faults(given("orders", orders(""))) == [(2, "keeps_use"), (3, "keeps_use")]
