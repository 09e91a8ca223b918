"""Set up and manage an allocation, as people send it: what is refused and where it says so, what is written, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from console.models import Act, User
from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.models import AllocationEntry, AllocationStatement, CreditRequirement, Feature
from credits.reading.annual_credits import credit_summary
from licensing.models import Company
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_product, make_user, new_key
from tests.markup import Element, read
from tests.pages import HTMX, address_of, browser_of, clock_at, page, read_with_status

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("allocation form")]  # what they share is written once

TOMORROW = TODAY + timedelta(days=1)
IN_A_MONTH = TODAY + timedelta(days=30)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with clock_at(TODAY):
        yield


@dataclass
class Form:
    """A feature's form in one company, and the browser of somebody who uses it, with or without htmx."""

    company: Company
    feature: Feature
    client: Client
    htmx: bool
    confirm: Element | None = None
    """The box to tick of the panel that was last refused."""

    @property
    def lines(self) -> list[CreditRequirement]:
        return list(self.feature.lines.order_by("position"))

    @property
    def fields(self) -> list[str]:
        return [f"units_{line.pk}" for line in self.lines]

    def address(self, name: str = "allocation", **query: Any) -> str:
        return address_of(f"credits:{name}", self.company, self.feature.slug, **query)

    @property
    def headers(self) -> dict[str, str]:
        return {**HTMX, "HX-Target": "panel"} if self.htmx else {}

    def opened(self, **query: Any) -> Element:
        return read_with_status(self.client.get(self.address(**query), headers=self.headers), 200)

    def values(self, **query: Any) -> dict[str, str]:
        return self.opened(**query).by_id("allocation-form").values()

    def send(self, values: dict[str, str], name: str = "allocation", **query: Any) -> HttpResponse:
        return self.client.post(self.address(name, **query), values, headers=self.headers)

    def refused(self, values: dict[str, str], status: int = 422, **query: Any) -> Element:
        """The form as it comes back; nothing was written."""
        with nothing_written():
            shown = read_with_status(self.send(values, **query), status)
        assert bool(shown.all("html")) != self.htmx  # the part alone for htmx, else the page
        self.confirm = shown.by_id("allocation-confirm")
        return shown.by_id("allocation-form")

    def save(self, values: dict[str, str], **query: Any) -> HttpResponse:
        return saved(self.send(values, **query))

    def units(self, on: date = TODAY) -> list[int]:
        entries = AllocationEntry.objects.for_company(self.company).up_to(on)
        return [sum(entry.units_change for entry in entries if entry.line_id == line.pk) for line in self.lines]


def saved(response: HttpResponse) -> HttpResponse:
    assert response.status_code == (200 if response.request.get("HTTP_HX_REQUEST") else 302), response.status_code  # type: ignore[attr-defined]
    return response


def written() -> tuple[int, int, int]:
    return Act.objects.count(), AllocationStatement.objects.count(), AllocationEntry.objects.count()


@contextmanager
def nothing_written() -> Iterator[None]:
    before = written()
    yield
    assert written() == before


@dataclass
class Ground:
    """What every test here starts from: written once, each test's changes are rolled back."""

    company: Company
    feature: Feature
    manager: User
    owner: User


@pytest.fixture(scope="module")
def ground(django_db_setup: None, django_db_blocker: Any) -> Iterator[Ground]:
    """A company with 1,000 credits, a feature with lines at 5 and 0.2 credits, of the first 20 units allocated."""
    with django_db_blocker.unblock(), transaction.atomic():
        company = make_company(name="Aster Foods")
        make_license(company=company, units=1_000)
        feature = make_feature(name="Endpoint sensor", rates=[5, "0.2"])
        allocate(company, feature.lines.get(position=0), 20)
        manager = make_user(company=company, roles=["credit-manager"], name="Katrin Vogel")
        owner = make_user(company=company, roles=["owner"], name="Jonas Weber")
        yield Ground(company, feature, manager, owner)
        transaction.set_rollback(True)


@pytest.fixture(params=["plain", "htmx"])
def form(request: pytest.FixtureRequest, ground: Ground, db: None) -> Form:
    return Form(ground.company, ground.feature, browser_of(ground.manager), htmx=request.param == "htmx")


@pytest.fixture
def colleague(form: Form, ground: Ground) -> Form:
    """Somebody else with the same form."""
    return Form(form.company, form.feature, browser_of(ground.owner), form.htmx)


# --- Units

WHOLE = "Enter a whole number of units, such as 250."
NEGATIVE = "Units cannot be negative; 0 releases them."
RANGE = "Enter a whole number from 0 to 1,000,000,000."
BAD_UNITS = {
    "": "Enter a number of units; 0 releases them.",
    "   ": "Enter a number of units; 0 releases them.",
    "-5": NEGATIVE,
    "−5": NEGATIVE,
    "-2.5": NEGATIVE,
    "2.5": WHOLE,
    "2,5": WHOLE,
    "1.000": WHOLE,
    "1 000": WHOLE,
    "1e3": WHOLE,
    "+5": WHOLE,
    "0x10": WHOLE,
    "abc": WHOLE,
    "NaN": WHOLE,
    "∞": WHOLE,
    "²": WHOLE,
    "١٢": WHOLE,
    "１２": WHOLE,
    "5\0": WHOLE,
    "<script>alert(1)</script>": WHOLE,
    "1000000001": RANGE,
    "1000000000000000000": RANGE,
    "9" * 10_000: RANGE,
}


def test_units_that_are_no_whole_number_are_refused_beside_their_field(form: Form) -> None:
    first, second = form.fields
    values = form.values()
    for typed, message in BAD_UNITS.items():
        shown = form.refused({**values, first: "30", second: typed})
        assert (typed, shown.error_beside(second)) == (typed, message)
        assert shown.values()[second] == typed  # the typing stays
        assert shown.values()[first] == "30"
        assert "aria-invalid" not in next(each for each in shown.all("input") if each["name"] == first)


@pytest.mark.parametrize(
    ("typed", "units"), [("1,400", 1_400), ("  7 ", 7), ("0007", 7), ("0", 0), ("1,000,000,000", 1_000_000_000)]
)
def test_units_are_read_as_people_write_them(form: Form, typed: str, units: int) -> None:
    form.save({**form.values(), form.fields[0]: "1", form.fields[1]: typed, "confirm": "on"})
    assert form.units() == [1, units]


def test_a_company_wide_maximum_is_accepted_and_credits_stay_exact(form: Form) -> None:
    form.save({**form.values(), form.fields[0]: "1000000000", form.fields[1]: "999999999", "confirm": "on"})
    assert credit_summary(form.company, on=TODAY).allocated_credits == 5_000_000_000 + 200_000_000


def test_nothing_changed_is_said_and_not_written(form: Form) -> None:
    shown = form.refused(form.values())
    assert "Nothing changes: these units hold on that day already." in shown.text


# --- Which lines


def test_a_line_of_another_feature_is_refused(form: Form) -> None:
    foreign = make_feature(rates=[1]).lines.get()
    shown = form.refused({**form.values(), f"units_{foreign.pk}": "5", f"seen_{foreign.pk}": "0"})
    assert "This is not a requirement of the feature." in shown.text
    assert f"units_{foreign.pk}" not in shown.values()


def test_a_line_of_nothing_writes_nothing(form: Form) -> None:
    values = form.values()
    for line in ("0", "999999999999", "999999999999999999", "9" * 40, "abc", "-1"):
        form.refused({**values, f"units_{line}": "5", f"seen_{line}": "0"})


def test_an_address_preselects_units_of_the_features_own_line(form: Form) -> None:
    values = form.values(line=form.lines[1].pk, units=400)
    assert [values[each] for each in form.fields] == ["20", "400"]
    form.save(values)
    assert form.units() == [20, 400]


def test_an_address_that_preselects_nothing_sensible_shows_what_holds(form: Form) -> None:
    own, foreign = str(form.lines[0].pk), str(make_feature(rates=[1]).lines.get().pk)
    queries = [(own, units) for units in ("", "-5", "2.5", "9" * 40, "٥", "<script>")]
    queries += [(line, "5") for line in (foreign, "", "9" * 40, "²", "abc", "-1")]
    for line, units in queries:
        values = form.values(line=line, units=units)
        assert (line, units, [values[each] for each in form.fields]) == (line, units, ["20", "0"])


@pytest.mark.parametrize("name", ["allocation", "preview-allocation", "withdraw-plan"])
def test_a_feature_of_nothing_is_not_found(form: Form, name: str) -> None:
    address = address_of(f"credits:{name}", form.company, "no-such-feature")
    with nothing_written():
        assert form.client.post(address, form.values(), headers=form.headers).status_code == 404
        assert form.client.get(address, headers=form.headers).status_code == (404 if name == "allocation" else 405)


# --- The rest of the form


@pytest.mark.parametrize("missing", ["key", "seen", "seen_of_line"])
def test_a_form_that_lost_a_part_is_refused_with_a_sentence(form: Form, missing: str) -> None:
    values = form.values()
    del values[f"seen_{form.lines[0].pk}" if missing == "seen_of_line" else missing]
    shown = form.refused({**values, form.fields[0]: "30"})
    assert "The form was not sent as it was shown. Reload the page and try again." in shown.text


@pytest.mark.parametrize("key", ["x" * 101, "a\0b"])
def test_a_key_that_cannot_be_one_is_refused_with_a_sentence(form: Form, key: str) -> None:
    shown = form.refused({**form.values(), form.fields[0]: "30", "key": key})
    assert "Reload the page and try again." in shown.text


def test_neither_today_nor_a_later_day_is_refused_beside_the_choice(form: Form) -> None:
    for starting, message in (("", "This field is required."), ("yesterday", "Select a valid choice. yesterday is not one")):
        shown = form.refused({**form.values(), form.fields[0]: "30", "starting": starting})
        (fieldset,) = shown.all("fieldset")
        assert message in fieldset.text


def test_a_note_that_is_too_long_is_refused_beside_it(form: Form) -> None:
    shown = form.refused({**form.values(), form.fields[0]: "30", "note": "x" * 501})
    assert "at most 500 characters" in shown.error_beside("note")


def test_the_note_is_kept_with_the_act(form: Form) -> None:
    form.save({**form.values(), form.fields[0]: "30", "note": "Rollout to <b>warehouse</b> staff"})
    acts = Act.objects.for_company(form.company).filter(name="allocation.set")
    assert acts.latest("recorded_at").note == "Rollout to <b>warehouse</b> staff"


def test_an_empty_form_is_refused(form: Form) -> None:
    with nothing_written():
        assert form.send({}).status_code == 422


# --- Sent twice


def test_a_form_sent_twice_writes_once_and_both_answers_show_the_result(form: Form) -> None:
    values = {**form.values(), form.fields[0]: "30"}
    answers = [form.save(values)]
    with nothing_written():
        answers.append(form.save(values))
    assert form.units() == [30, 0]
    assert shown_results(form, answers) == ["850", "850"]


def test_a_form_sent_again_after_somebody_elses_change_still_shows_its_own_result(form: Form, colleague: Form) -> None:
    values = {**form.values(), form.fields[0]: "30"}
    said = [sentence(form, form.save(values))]
    colleague.save({**colleague.values(), form.fields[0]: "50"})
    with nothing_written():
        said.append(sentence(form, form.save(values)))
    assert form.units() == [50, 0]
    assert said == ["Saved: Endpoint sensor, 30 endpoints (Tier 1), +50 credits. Balance 850. Undo"] * 2


def test_released_twice_writes_once(form: Form) -> None:
    values = form.values()
    answers = [form.save(values, release=1)]
    with nothing_written():
        answers.append(form.save(values, release=1))
    assert form.units() == [0, 0]
    assert shown_results(form, answers) == ["1,000", "1,000"]


def test_a_plan_withdrawn_twice_is_withdrawn_once(form: Form) -> None:
    allocate(form.company, form.lines[0], 40, on=TOMORROW)
    values = withdraw_form(form.opened()).values()
    said = [sentence(form, saved(form.send(values, "withdraw-plan")))]
    with nothing_written():
        said.append(sentence(form, saved(form.send(values, "withdraw-plan"))))
    assert form.units(TOMORROW) == [20, 0]
    assert said[0] == said[1]


def test_a_form_used_for_one_change_is_refused_for_another(form: Form) -> None:
    values = form.values()
    form.save({**values, form.fields[0]: "30"})
    shown = form.refused({**values, form.fields[0]: "31"}, 409)
    assert "This form was already used for another change." in shown.text
    assert shown.values()[form.fields[0]] == "31"
    assert shown.values()["key"] != values["key"]


def test_a_form_that_claims_to_have_seen_what_was_never_said_is_a_conflict(form: Form) -> None:
    fresh = Form(form.company, make_feature(rates=[1]), form.client, htmx=form.htmx)
    shown = fresh.refused({**fresh.values(), "seen": "1", fresh.fields[0]: "30"}, 409)
    assert shown.values()[fresh.fields[0]] == "30"


def test_one_key_serves_each_company_by_itself(form: Form) -> None:
    values = {**form.values(), form.fields[0]: "30"}
    form.save(values)
    other = make_company()
    make_license(company=other)
    theirs = Form(other, form.feature, browser_of(make_user(company=other, roles=["owner"])), form.htmx)
    theirs.save({**theirs.values(), form.fields[0]: "7", "key": values["key"]})
    assert (form.units(), theirs.units()) == ([30, 0], [7, 0])


# --- Older than somebody else's change


def test_a_form_older_than_somebody_elses_change_gets_both_values_and_keeps_the_typing(form: Form, colleague: Form) -> None:
    first, second = form.fields
    values = {**form.values(), first: "30"}
    colleague.save({**colleague.values(), first: "25", second: "10"})
    with nothing_written():
        shown = read_with_status(form.send(values), 409)
    conflict = shown.by_id("allocation-conflict")
    assert "Jonas Weber changed this allocation while you were typing." in conflict.text
    assert "Nothing was saved." in conflict.text
    rows = [[cell.text for cell in row.all()] for row in conflict.one("tbody").all("tr")]
    assert [[cell for cell in row if cell] for row in rows] == [
        ["Tier 1", "20", "25", "30"],  # seen, now, typed
        ["Tier 2", "0", "10", "Unchanged", "Unchanged"],
    ]
    kept = shown.by_id("allocation-form").values()
    assert kept[first] == "30"
    assert kept[second] == "10"  # not touched: it follows, so that saving again does not undo the colleague's change


def test_after_comparing_the_same_form_saves(form: Form, colleague: Form) -> None:
    values = {**form.values(), form.fields[0]: "30"}
    colleague.save({**colleague.values(), form.fields[0]: "25", form.fields[1]: "10"})
    kept = read_with_status(form.send(values), 409).by_id("allocation-form").values()
    form.save(kept)
    assert form.units() == [30, 10]


def test_a_plan_made_meanwhile_is_a_conflict_too(form: Form, colleague: Form) -> None:
    values = {**form.values(), form.fields[0]: "30"}
    colleague.save({**colleague.values(), form.fields[0]: "25", "starting": "later", "on": str(TOMORROW)})
    assert form.send(values).status_code == 409
    assert form.units() == [20, 0]


def test_releasing_after_somebody_elses_change_is_a_conflict(form: Form, colleague: Form) -> None:
    values = form.values()
    colleague.save({**colleague.values(), form.fields[1]: "10"})
    with nothing_written():
        assert form.send(values, release=1).status_code == 409


# --- Below zero


def test_a_balance_below_zero_needs_a_tick_and_is_never_blocked(form: Form) -> None:
    shown = form.refused({**form.values(), form.fields[0]: "300"})
    assert form.confirm is not None
    assert "This takes the balance to −500 credits." in form.confirm.error_beside("confirm")
    assert "Save with a balance of −500 credits" in form.confirm.text
    assert "Nothing is blocked and features keep working." in form.confirm.text
    answer = form.save({**shown.values(), "confirm": "on"})
    assert form.units() == [300, 0]
    assert "+1,400 credits. Balance −500." in sentence(form, answer)


def test_a_tick_holds_for_the_balance_that_it_was_set_at_and_for_no_lower_one(form: Form) -> None:
    ticked = {**form.values(), form.fields[0]: "300", "confirm": "-500"}
    shown = form.refused({**ticked, form.fields[0]: "301"})
    assert form.confirm is not None
    assert "Save with a balance of −505 credits" in form.confirm.text
    (box,) = [each for each in form.confirm.all("input") if each["name"] == "confirm"]
    assert (box["value"], "checked" in box) == ("-505", False)
    form.save({**shown.values(), form.fields[0]: "300", "confirm": "-500"})
    assert form.units() == [300, 0]


def test_exactly_zero_needs_no_tick(form: Form) -> None:
    form.save({**form.values(), form.fields[0]: "200"})
    assert credit_summary(form.company, on=TODAY).current_balance == 0


def test_the_balance_of_the_day_stated_decides(form: Form) -> None:
    make_license(company=form.company, units=5_000, term_starts_on=IN_A_MONTH)
    values = {**form.values(), form.fields[0]: "300"}
    form.refused(values)
    form.save({**values, "starting": "later", "on": str(IN_A_MONTH)})
    assert credit_summary(form.company, on=IN_A_MONTH).current_balance == 6_000 - 1_500


def test_releasing_below_zero_is_confirmed_too(form: Form) -> None:
    other = make_feature(rates=[1]).lines.get()
    allocate(form.company, other, 5_000)
    shown = form.refused(form.values(), release=1)
    assert form.confirm is not None
    assert "Tick the box" in form.confirm.error_beside("confirm")
    form.save({**shown.values(), "confirm": "on"}, release=1)
    assert form.units() == [0, 0]


def test_releasing_does_not_depend_on_what_was_typed(form: Form) -> None:
    form.save({**form.values(), form.fields[0]: "abc"}, release=1)
    assert form.units() == [0, 0]


def test_only_a_feature_with_units_offers_to_release_them(form: Form) -> None:
    assert "Release all 100 credits" in form.opened().text
    form.save(form.values(), release=1)
    assert "Release all" not in form.opened().text


# --- From a later day


def test_a_plan_is_listed_and_can_be_withdrawn(form: Form) -> None:
    answer = form.save({**form.values(), form.fields[0]: "40", "starting": "later", "on": str(IN_A_MONTH)})
    assert "from Apr 1, 2026" in sentence(form, answer)
    assert (form.units(), form.units(IN_A_MONTH)) == ([20, 0], [40, 0])
    panel = form.opened()
    assert "Planned for later" in panel.text
    assert "Apr 1, 2026 Tier 1: 40, 200 credits" in panel.text
    saved(form.send(withdraw_form(panel).values(), "withdraw-plan"))
    assert form.units(IN_A_MONTH) == [20, 0]
    assert "Planned for later" not in form.opened().text


def test_todays_units_leave_the_plan_alone(form: Form) -> None:
    allocate(form.company, form.lines[0], 40, on=IN_A_MONTH)
    form.save({**form.values(), form.fields[0]: "30"})
    assert (form.units(), form.units(IN_A_MONTH)) == ([30, 0], [40, 0])


def test_a_later_day_that_is_today_means_today(form: Form) -> None:
    form.save({**form.values(), form.fields[0]: "30", "starting": "later", "on": str(TODAY)})
    assert form.units() == [30, 0]


BAD_DAYS = {
    "": "Choose the day from which it holds.",
    "soon": "Enter a day such as 2026-11-20.",
    "2026-02-30": "Enter a day such as 2026-11-20.",
    "2026-13-01": "Enter a day such as 2026-11-20.",
    "99999-01-01": "Enter a day such as 2026-11-20.",
    "9" * 10_000: "Enter a day such as 2026-11-20.",
    "2026-03-01": "Choose today or a later day. Only support can state a day in the past.",
    "0001-01-01": "Choose today or a later day. Only support can state a day in the past.",
    "2036-03-03": "Choose a day not after Mar 2, 2036.",
    "9999-12-31": "Choose a day not after Mar 2, 2036.",
}


def test_a_later_day_that_cannot_be_one_is_refused_beside_it(form: Form) -> None:
    values = {**form.values(), form.fields[0]: "30", "starting": "later"}
    for day, message in BAD_DAYS.items():
        shown = form.refused({**values, "on": day})
        assert (day, shown.error_beside("on")) == (day, message)
        assert shown.values()["starting"] == "later"
        assert shown.values()[form.fields[0]] == "30"


def test_withdrawing_a_plan_of_nothing_is_not_found(form: Form) -> None:
    allocate(form.company, form.lines[0], 40, on=TOMORROW)
    values = withdraw_form(form.opened()).values()
    foreign = str(make_feature(rates=[1]).lines.get().pk)
    wrong = [{"on": day} for day in ("", "never", "2026-02-30")]
    wrong += [{"line": line} for line in ("", "abc", "9" * 40, "0", "-1", foreign)]
    for changed in wrong:
        with nothing_written():
            assert (changed, form.send({**values, **changed}, "withdraw-plan").status_code) == (changed, 404)


def test_withdrawing_what_is_not_planned_is_refused_with_a_sentence(form: Form) -> None:
    allocate(form.company, form.lines[0], 40, on=TOMORROW)
    values = withdraw_form(form.opened()).values()
    wrong = [{"on": str(IN_A_MONTH)}, {"on": str(TODAY)}, {"on": "2020-01-01"}, {"key": ""}, {"key": "\0"}, {"key": "x" * 201}]
    for changed in wrong:
        with nothing_written():
            shown = read_with_status(form.send({**values, **changed}, "withdraw-plan"), 422)
        assert "Reload the page" in shown.one(role="alert").text


def test_a_page_answering_a_form_leads_to_other_days_of_the_form(form: Form) -> None:
    plain = Form(form.company, form.feature, form.client, htmx=False)
    allocate(form.company, form.lines[0], 40, on=TOMORROW)
    values = plain.values()
    review = read_with_status(plain.send({**values, form.fields[0]: "30"}, "preview-allocation"), 200)
    refusal = read_with_status(plain.send({"line": str(form.lines[0].pk), "on": str(TODAY), "key": "k"}, "withdraw-plan"), 422)
    for shown in (review, refusal):
        earlier = shown.one("a", aria_label="One day earlier")["href"]
        assert earlier == plain.address(on=TODAY - timedelta(days=1))
        assert form.client.get(earlier).status_code == 200


# --- While typing


def test_the_preview_shows_the_result_and_writes_nothing(form: Form) -> None:
    with nothing_written():
        answer = form.send({**form.values(), form.fields[0]: "300", form.fields[1]: "11"}, "preview-allocation")
    shown = read_with_status(answer, 200)
    assert shown.figures == {
        "credits-before": 100,
        "credits-after": 1_503,
        "allocated-after": 1_503,
        "balance-before": 900,
        "balance-after": -503,
    }
    assert [shown.by_id(f"line-{number}-credits").text for number in (1, 2)] == ["1,500", "3"]  # 2.2, rounded up
    assert "Save with a balance of −503 credits" in shown.by_id("allocation-confirm").text
    if form.htmx:
        swapped = {each["id"] for each in shown.all(hx_swap_oob="true")}
        assert swapped == {f"line-{number}-{part}" for number in (1, 2) for part in ("credits", "error")} | {"allocation-confirm"}


def test_the_preview_is_of_the_day_that_was_chosen(form: Form) -> None:
    make_license(company=form.company, units=5_000, term_starts_on=IN_A_MONTH)
    values = {**form.values(), form.fields[0]: "300", "starting": "later", "on": str(IN_A_MONTH)}
    shown = read(form.send(values, "preview-allocation"))
    assert shown.figures["balance-after"] == 6_000 - 1_500
    assert "on Apr 1, 2026" in shown.by_id("allocation-preview").text


def test_a_preview_of_no_numbers_sums_nothing_up(form: Form) -> None:
    response = form.send({**form.values(), form.fields[0]: "abc"}, "preview-allocation")
    shown = read_with_status(response, 200 if form.htmx else 422)
    assert "Enter whole numbers of units" in shown.by_id("allocation-preview").text
    assert "balance-after" not in shown.figures
    assert shown.by_id("line-1-credits").text == "Not counted"
    assert shown.by_id("line-1-error").text == WHOLE


# --- The answer


def test_a_plain_form_leads_back_to_annual_credits_with_a_sentence(form: Form) -> None:
    plain = Form(form.company, form.feature, form.client, htmx=False)
    answer = plain.save({**plain.values(), form.fields[0]: "30"})
    assert answer["Location"] == address_of("credits:annual-credits", form.company) + "#features"
    shown = read(form.client.get(answer["Location"]))
    assert "Saved: Endpoint sensor, 30 endpoints (Tier 1), +50 credits. Balance 850." in shown.text
    assert shown.figures["current-balance"] == 850


def test_one_answer_to_htmx_brings_every_part_that_changed_and_the_message(form: Form) -> None:
    htmx = Form(form.company, form.feature, form.client, htmx=True)
    answer = read(htmx.save({**htmx.values(), form.fields[0]: "30"}))
    parts = {each.get("id") or each["hx-swap-oob"]: each for each in answer.all(hx_swap_oob="*")}
    assert set(parts) == {"status-message", "figures-of", "summary", "offerings", "history", "features"}
    assert parts["status-message"].said == "Saved: Endpoint sensor, 30 endpoints (Tier 1), +50 credits. Balance 850. Undo"
    assert answer.figures == {
        "total-valid-credits": 1_000,
        "allocated-credits": 150,
        "current-balance": 850,
        "allocated-share-of-valid": 15,
        "runway": 365,
    }
    assert [row.figures["offering-credits"] for row in answer.rows("offering")] == [150]
    assert [row.figures["feature-credits"] for row in answer.rows("feature") if row.key == form.feature.slug] == [150]
    assert answer.data("credit-history")["allocated"][-1] == 150
    # What lies outside the parts would be swapped into the panel, which has to be empty to close.
    assert [part for part in answer.parts if isinstance(part, str) and part.strip()] == []
    assert [each for each in answer.parts if isinstance(each, Element) and "hx-swap-oob" not in each] == []


def test_the_answer_shows_the_features_as_the_open_page_filtered_them(form: Form) -> None:
    htmx = Form(form.company, form.feature, form.client, htmx=True)
    make_feature(name="Mobile sensor")
    page_open = "http://testserver" + address_of("credits:annual-credits", form.company, q="endpoint", state="allocated")
    values = {**htmx.values(), form.fields[0]: "30"}
    answer = read(form.client.post(htmx.address(), values, headers={**htmx.headers, "HX-Current-URL": page_open}))
    assert [row.key for row in answer.rows("feature")] == [form.feature.slug]


def test_an_answer_to_a_page_without_those_parts_leads_to_annual_credits(form: Form) -> None:
    htmx = Form(form.company, form.feature, form.client, htmx=True)
    page_open = "http://testserver" + address_of("licensing:license-information", form.company)
    values = {**htmx.values(), form.fields[0]: "30"}
    answer = form.client.post(htmx.address(), values, headers={**htmx.headers, "HX-Current-URL": page_open})
    assert answer["HX-Redirect"] == address_of("credits:annual-credits", form.company) + "#features"
    assert "Saved: Endpoint sensor" in read(form.client.get(answer["HX-Redirect"])).text


def test_an_open_page_that_is_none_does_no_harm(form: Form) -> None:
    htmx = Form(form.company, form.feature, form.client, htmx=True)
    for units, header in enumerate(["http://[", "::::", "\t", "?q=%ff&q=%00"], start=30):
        values = {**htmx.values(), form.fields[0]: str(units)}
        answer = form.client.post(htmx.address(), values, headers={**htmx.headers, "HX-Current-URL": header})
        assert answer.status_code == 200
        assert form.units() == [units, 0]


def test_caches_are_told_that_part_and_page_differ(form: Form) -> None:
    assert "HX-Request" in form.client.get(form.address(), headers=form.headers)["Vary"]


def test_a_boosted_link_gets_the_whole_page(form: Form) -> None:
    response = form.client.get(form.address(), headers={**HTMX, "HX-Boosted": "true"})
    assert read(response).all("html")


# --- Read-only


@pytest.mark.parametrize("day", ["2026-03-01", "2026-03-03", "2020-01-01"])
def test_the_form_of_another_day_shows_that_day_and_takes_nothing(form: Form, day: str) -> None:
    allocate(form.company, form.lines[0], 40, on=TOMORROW)
    units = {"2026-03-01": 0, "2026-03-03": 40, "2020-01-01": 0}[day]
    panel = form.opened(on=day)
    assert not [each for each in panel.by_id("allocation-form").all("input") if each.get("type") not in ("hidden", "")]
    assert not panel.by_id("allocation-panel").all("button")
    assert "Changes are made on today’s page." in panel.text
    assert panel.by_id("line-1-credits").text == f"{units * 5:,}"
    assert panel.figures == {"credits-before": units * 5}
    assert f"now {units}" in panel.text


@pytest.mark.parametrize("name", ["allocation", "preview-allocation", "withdraw-plan"])
@pytest.mark.parametrize("day", ["2026-03-01", "2026-03-03"])
def test_what_is_sent_to_the_page_of_another_day_is_refused(form: Form, name: str, day: str) -> None:
    allocate(form.company, form.lines[0], 40, on=TOMORROW)
    panel = form.opened()
    values = {**panel.by_id("allocation-form").values(), form.fields[0]: "30"}
    if name == "withdraw-plan":
        values = withdraw_form(panel).values()
    with nothing_written():
        shown = read_with_status(form.send(values, name, on=day), 422)
    assert "Changes are made on today’s page." in shown.text


def test_an_address_that_names_today_is_todays_page(form: Form) -> None:
    form.save({**form.values(on=TODAY), form.fields[0]: "30"}, on=TODAY)
    assert form.units() == [30, 0]


@pytest.mark.parametrize("role", ["viewer", "license-administrator"])
def test_somebody_who_may_only_look_sees_the_allocation_and_asks_for_units(form: Form, role: str) -> None:
    allocate(form.company, form.lines[0], 40, on=TOMORROW)
    client = browser_of(make_user(company=form.company, roles=[role]))
    panel = read(client.get(form.address(), headers=form.headers))
    assert "A credit manager or owner decides" in panel.text
    assert "Planned for later" in panel.text
    buttons = {each.text for each in panel.by_id("allocation-panel").all("button")}
    assert buttons == {"Ask for units", "Review"}  # none that changes anything
    assert panel.figures["credits-before"] == 100


def test_a_feature_billed_pay_as_you_go_takes_no_units(form: Form) -> None:
    contract = make_product(kind="pay-as-you-go", unit="contract", rate=None)
    make_license(company=form.company, product=contract, units=1)
    Feature.objects.filter(pk=form.feature.pk).update(switchable=True)
    switchable = Feature.objects.get(pk=form.feature.pk)
    values = {**form.values(), form.fields[0]: "30"}
    switch_billing_model(form.company, feature=switchable, model="pay-as-you-go", today=TODAY, by=SYSTEM, key=new_key())
    panel = form.opened()
    assert "This feature is billed pay-as-you-go and takes no credits." in panel.text
    (record,) = panel.by_id("allocation-panel").all("button")  # what is in use is recorded of it too: that changes no credits
    assert record.text == "Record what is in use"
    observe = address_of("credits:observe-feature", form.company, form.feature.slug)
    assert [each["action"] for each in panel.by_id("allocation-panel").all("form") if each.all("button")] == [observe]
    with nothing_written():
        assert form.send(values).status_code == 409  # the switch is somebody else's change
        values["seen"] = panel.by_id("allocation-form").values()["seen"]
        shown = read_with_status(form.send(values), 422)
    assert "billed pay-as-you-go" in shown.text


# --- What people write is text, never markup

EVIL = '<script>alert("x")</script><img src=x onerror=alert(1)>'


def test_names_and_notes_are_escaped_wherever_they_stand(form: Form) -> None:
    Feature.objects.filter(pk=form.feature.pk).update(name=EVIL, description=EVIL, help_text=EVIL)
    CreditRequirement.objects.filter(pk=form.lines[0].pk).update(label=EVIL, unit="<b>unit</b>")
    allocate(form.company, form.lines[0], 40, on=TOMORROW)
    panel = form.opened()
    assert not [each for each in panel.by_id("allocation-panel").all() if each.tag in ("script", "img", "b")]
    assert EVIL in panel.text
    shown = form.refused({**form.values(), form.fields[0]: "300", "note": EVIL})
    assert shown.values()["note"] == EVIL
    answer = form.save({**shown.values(), "confirm": "on"})
    assert EVIL in sentence(form, answer)


def test_the_person_named_in_a_conflict_is_escaped(form: Form) -> None:
    values = {**form.values(), form.fields[0]: "30"}
    other = Form(form.company, form.feature, browser_of(make_user(company=form.company, roles=["owner"], name=EVIL)), form.htmx)
    other.save({**other.values(), form.fields[0]: "25"})
    shown = read_with_status(form.send(values), 409)
    assert EVIL in shown.by_id("allocation-conflict").text
    assert not shown.by_id("allocation-panel").all("script")


# --- Helpers


def withdraw_form(panel: Element) -> Element:
    (found,) = [each for each in panel.all("form") if each["action"].endswith("/withdraw/")]
    return found


def sentence(form: Form, answer: HttpResponse) -> str:
    """What the person is told after saving."""
    if form.htmx:
        return read(answer).by_id("status-message").said
    shown = read(form.client.get(answer["Location"]))
    return shown.said


def shown_results(form: Form, answers: list[HttpResponse]) -> list[str]:
    """The balance each answer's summary shows."""
    found = []
    for answer in answers:
        shown = read(answer) if form.htmx else page(form.client, "credits:annual-credits", form.company)
        found.append(f"{shown.figures['current-balance']:,}")
    return found


def test_the_field_says_who_reads_the_note_and_the_panel_shows_it(form: Form) -> None:
    form.save({**form.values(), form.fields[0]: "30", "note": "Rollout to warehouse staff"})
    shown = form.opened()
    assert shown.by_id("note-readers").text == "Everybody who may see your company’s credits, and our support, reads it."
    assert shown.by_id("id_note")["aria-describedby"] == "note-readers"
    [row] = [each for each in shown.elements if each.get("class") == "note-row"]
    assert "Note: Rollout to warehouse staff" in row.text
