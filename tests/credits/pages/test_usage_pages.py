"""Units in use as pages: typed for a feature, from a file that is looked at first, and told beside what is allocated."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook

from credits.acts.usage.observe import Observation, observe
from credits.models import CreditRequirement, UnitsInUse
from credits.pages.usage.file import MOST_BYTES_UNPACKED
from licensing.models import Company
from tests.factories import TODAY, act, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.ledger import database_clock
from tests.markup import Element, read
from tests.pages import address_of, browser_of, clock_at, page

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def company() -> Company:
    company = make_company()
    make_license(company=company, units=10_000)
    return company


@pytest.fixture
def line(company: Company) -> CreditRequirement:
    line = make_feature(name="Mail sensor", slug="mail", rates=[5]).lines.get()
    allocate(company, line, 60, today=TODAY - timedelta(days=90))
    return line


@pytest.fixture
def manager(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["credit-manager"]))


def words(shown: Element) -> str:
    return " ".join(shown.text.split())


def used(company: Company, line: CreditRequirement, *units: tuple[int, int]) -> None:
    """(days back, units)."""
    observe(company, observations=[Observation(line.pk, TODAY - timedelta(days=back), count) for back, count in units], **act())


def send(client: Client, company: Company, **values: Any) -> Any:
    return client.post(address_of("credits:usage", company), {"key": new_key(), **values})


def test_where_nothing_is_known_no_column_is_added(company: Company, line: CreditRequirement, manager: Client) -> None:
    with clock_at(TODAY):
        assert "In use" not in [each.text for each in page(manager, "credits:allocations", company).all("th")]
        assert "Nothing is known yet" in page(manager, "credits:usage", company).text
        used(company, line, (1, 42))
        shown = page(manager, "credits:allocations", company)
    assert "In use" in [each.text for each in shown.all("th")]
    assert "42 18 idle on Mar 1, 2026" in words(shown)


def test_idle_and_exceeded_are_marked_with_how_much(company: Company, line: CreditRequirement, manager: Client) -> None:
    used(company, line, (20, 50), (5, 75))
    with clock_at(TODAY):
        assert "75 15 exceeded" in words(page(manager, "credits:usage", company).by_id("use-table"))
        used(company, line, (0, 40))
        row = words(page(manager, "credits:usage", company).by_id("use-table"))
        assert "40 20 idle" in row
        assert "75 Nothing to lower" in row
        used(company, line, (5, 50))
        assert "50 to 50" in words(page(manager, "credits:usage", company).by_id("use-table"))


def test_another_day_tells_what_was_observed_by_then(company: Company, line: CreditRequirement, manager: Client) -> None:
    used(company, line, (20, 50))
    known = database_clock().isoformat()
    used(company, line, (5, 30))
    with clock_at(TODAY):
        earlier = page(manager, "credits:usage", company, on=TODAY - timedelta(days=10))
        as_known = page(manager, "credits:feature-history", company, "mail", on=TODAY, known=known)
        before = page(manager, "credits:usage", company, on=TODAY - timedelta(days=30))
    assert "50 10 idle" in words(earlier)
    assert "50 in use on Feb 10, 2026" in words(as_known)
    assert "Nothing is known yet" in before.text
    assert not earlier.all("form", method="post", class_="use-file")


def test_a_file_is_looked_at_first_and_recorded_once(company: Company, line: CreditRequirement, manager: Client) -> None:
    text = f"feature,line,units,day\nmail,,42,{YESTERDAY}\nmail,{line.slug},1,{TODAY}\n"
    with clock_at(TODAY):
        looked = read(send(manager, company, text=text))
        assert "2 observations are new. Nothing is recorded yet." in words(looked)
        assert not UnitsInUse.objects.exists()
        key = new_key()
        assert [send(manager, company, text=text, record="yes", key=key).status_code for _each in range(2)] == [302, 302]
        assert UnitsInUse.objects.for_company(company).count() == 2
        again = read(send(manager, company, file=SimpleUploadedFile("use.csv", text.encode("utf-8-sig"))))
        assert "All of it is recorded already" in words(again)
        send(manager, company, text=text, record="yes")
    assert UnitsInUse.objects.for_company(company).count() == 2


def test_a_wrong_line_is_told_and_holds_all_back(company: Company, line: CreditRequirement, manager: Client) -> None:
    other = make_feature(slug="core", rates=[1, 2])
    lines = [
        ("nothing,,1,2026-03-01", "has no feature “nothing”"),
        ("core,,1,2026-03-01", "Write one of these as the line: line-1, line-2."),
        ("mail,,1.5,2026-03-01", "“1.5” is no whole number. Write it as 90000."),
        ("mail,,=1+1,2026-03-01", "This is a formula. Write its result as a value."),
        ("mail,,1,1 March", "“1 March” is no day. Write it as 2026-03-31."),
        ("mail,,1,1999-12-31", "Write a day since 2000."),
        ("mail,,1,", "Fill this in."),
        (f"mail,,1,{TODAY + timedelta(days=1)}", "is not known yet"),
        ("mail,,2,2026-03-01", "Line 2 states this for the same day, too."),
    ]
    text = "\n".join(["feature;line;units;day", "mail;;1;2026-03-01", *(each.replace(",", ";") for each, _says in lines)])
    with clock_at(TODAY):
        response = send(manager, company, text=text, record="yes")
    assert response.status_code == 422
    shown = read(response).by_id("looked-at")
    assert "9 lines are wrong: nothing is recorded." in words(shown)
    for _each, says in lines:
        assert says in words(shown)
    assert text.split() == read(response).by_id("use-text").text.split()
    assert other.lines.count() == 2
    assert not UnitsInUse.objects.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Choose a file, or type its lines."),
        ("feature,units\nmail,1", "Name the columns in the first line: it lacks day."),
        ("feature,line,units,day,note\nmail,,1,2026-03-01,x", "names “note”, which is no column here"),
        ("feature,line,units,day\n", "has a head and no lines"),
        ('feature,line,units,day\n"mail', "Line 2 is no line of CSV"),
        ("feature,units,day\n" + "mail,1,2026-03-01\n" * 5_001, "at most 5,000 lines"),
    ],
)
def test_what_is_no_such_file_is_refused_with_a_sentence(company: Company, manager: Client, text: str, says: str) -> None:
    with clock_at(TODAY):
        response = send(manager, company, text=text)
    assert (response.status_code, says in read(response).text) == (422, True)


def test_a_workbook_is_looked_at_and_recorded_as_the_lines_that_were_shown(
    company: Company, line: CreditRequirement, manager: Client
) -> None:
    book, file = Workbook(), BytesIO()
    for row in (["Day", "Feature", "Units"], [YESTERDAY, "mail", 42.0], [str(TODAY), "mail", 43]):
        book.active.append(row)
    book.save(file)
    with clock_at(TODAY):
        looked = read(send(manager, company, file=SimpleUploadedFile("use.xlsx", file.getvalue())))
        assert "2 observations are new." in words(looked)
        typed = looked.by_id("use-text").text.split()
        assert typed == ["feature,line,units,day", f"mail,,42,{YESTERDAY}", f"mail,,43,{TODAY}"]
        assert send(manager, company, text="\n".join(typed), record="yes").status_code == 302
    assert set(UnitsInUse.objects.for_company(company).values_list("observed_on", "units")) == {(YESTERDAY, 42), (TODAY, 43)}


def test_a_workbook_that_unpacks_to_much_is_refused_before_it_is_read(company: Company, manager: Client) -> None:
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as parts:
        parts.writestr("xl/worksheets/sheet1.xml", b" " * (MOST_BYTES_UNPACKED + 1))
    with clock_at(TODAY):
        response = send(manager, company, file=SimpleUploadedFile("use.xlsx", file.getvalue()))
    assert (response.status_code, "too large once it is unpacked" in read(response).text) == (422, True)


def test_what_is_typed_for_a_feature_is_recorded_and_what_is_wrong_stays(
    company: Company, line: CreditRequirement, manager: Client
) -> None:
    with clock_at(TODAY):
        panel = page(manager, "credits:allocation", company, "mail")
        (form,) = [each for each in panel.all("form") if each["action"].endswith("/observe/")]
        values = {**form.values(), f"in_use_{line.pk}": "1,042"}
        response = manager.post(form["action"], values)
        assert response.status_code == 302
        assert "1,042 in use on Mar 2, 2026" in words(read(manager.get(response["Location"])))
        for wrong, says in (
            ("some", "Enter a whole number of units"),
            ("-1", "Units in use cannot be negative."),
            ("", "Enter how many units are in use."),
        ):
            refused = manager.post(form["action"], {**values, f"in_use_{line.pk}": wrong})
            assert refused.status_code == 422
            assert says in read(refused).text
        later = manager.post(form["action"], {**values, "observed_on": str(TODAY + timedelta(days=3)), "key": new_key()})
        assert (later.status_code, "is not known yet" in read(later).text) == (422, True)
    assert UnitsInUse.objects.for_company(company).count() == 1


def test_lowering_to_what_is_used_starts_a_plan_and_writes_nothing(
    company: Company, line: CreditRequirement, manager: Client
) -> None:
    other = make_feature(slug="full", rates=[1]).lines.get()
    allocate(company, other, 10, today=TODAY - timedelta(days=9))
    used(company, line, (40, 55), (20, 50), (5, 30))
    used(company, other, (3, 10))
    with clock_at(TODAY):
        (way,) = [each for each in page(manager, "credits:usage", company).all("a") if "Lower to what is used" in each.text]
        plan = read(manager.get(way["href"]))
        assert plan.by_id(f"units-{line.pk}")["value"] == "55", "in use until 21 days ago, 55 still counts"
        assert plan.by_id(f"units-{other.pk}")["value"] == "10"
        only = read(manager.get(way["href"] + "&feature=full"))
        assert only.by_id(f"units-{line.pk}")["value"] == "60"
    assert allocate(company, line, 60).change == 0


def test_the_history_of_a_feature_tells_units_rates_credits_and_use(
    company: Company, line: CreditRequirement, manager: Client
) -> None:
    used(company, line, (20, 50), (5, 30))
    allocate(company, line, 80)
    with clock_at(TODAY):
        shown = page(manager, "credits:feature-history", company, "mail")
    rows = [" ".join(each.text.split()) for each in shown.one("table").one("tbody").all("tr")]
    assert rows == [
        "Mar 2, 2026 80 5 400 30",
        "Feb 25, 2026 60 5 300 30",
        "Feb 10, 2026 60 5 300 50",
        "Dec 2, 2025 60 5 300 Not known",
    ]


def test_a_viewer_sees_and_records_nothing(company: Company, line: CreditRequirement) -> None:
    viewer = browser_of(make_user(company=company, roles=["viewer"]))
    used(company, line, (5, 30))
    with clock_at(TODAY):
        shown = page(viewer, "credits:usage", company)
        assert not [each for each in shown.all("a") if "Lower to what is used" in each.text]
        assert send(viewer, company, text="x").status_code == 403
        assert viewer.post(address_of("credits:observe-feature", company, "mail"), {}).status_code == 403
