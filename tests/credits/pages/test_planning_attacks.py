"""Planning mode and scenarios against what no page sends: ids of other companies, tampered fields, days out of range."""

from __future__ import annotations

from typing import Any

import pytest

from console.models import Act
from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.acts.planning.keep_scenario import keep_scenario
from credits.models import AllocationStatement, CreditRate, Scenario
from licensing.models import Company
from tests.credits.pages.test_planning_pages import Planning, planning
from tests.factories import TODAY, act, make_company, make_license, make_product, make_user, new_key
from tests.markup import read
from tests.pages import address_of, browser_of

pytestmark = pytest.mark.django_db
__all__ = ["planning"]


def written() -> tuple[int, int, int]:
    return Act.objects.count(), AllocationStatement.objects.count(), Scenario.objects.count()


def scenario_of(company: Company, units: dict[int, int], **more: Any) -> Scenario:
    kept = keep_scenario(company, name="Winter", units=units, **act(**more))
    assert kept is not None
    return kept


@pytest.mark.parametrize("name", ["scenario", "apply-scenario", "plan"])
def test_another_companys_scenario_is_not_there(planning: Planning, name: str) -> None:
    other = scenario_of(make_company(), {planning.lines[0].pk: 3})
    before = written()
    values = {"key": new_key(), "figures": "{}"}
    if name == "plan":
        answer = planning.client.get(address_of("credits:plan", planning.company, scenario=other.pk))
    elif name == "scenario":
        answer = planning.client.get(address_of("credits:scenario", planning.company, other.pk))
    else:
        answer = planning.post(name, values, other.pk)
    assert answer.status_code == 404
    assert written() == before
    assert "Winter" not in answer.content.decode()


@pytest.mark.parametrize("number", [10**18, 10**30])
def test_an_id_beyond_all_numbers_is_not_there(planning: Planning, number: int) -> None:
    assert planning.client.get(address_of("credits:scenario", planning.company, number)).status_code == 404
    assert planning.post("apply-scenario", {"key": new_key()}, number).status_code == 404


def test_dropping_another_companys_scenario_leaves_it(planning: Planning) -> None:
    other = scenario_of(make_company(), {planning.lines[0].pk: 3})
    for number in (other.pk, 10**18, 10**30):
        answer = planning.post("drop-scenario", {"key": new_key()}, number)
        assert answer.status_code == 404
    assert Scenario.objects.filter(pk=other.pk).exists()


def test_one_that_was_dropped_in_another_tab_is_said_to_be(planning: Planning) -> None:
    own = scenario_of(planning.company, {planning.lines[0].pk: 3})
    for _tab in range(2):
        answer = planning.post("drop-scenario", {"key": new_key()}, own.pk)
        assert answer.status_code == 302
    assert "it was dropped before" in planning.client.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("typed", ["1000000000000", "-1", "1e9", "5\0", "٣٣", "9" * 5_000, "1.5", "+3", "0x10"])
def test_what_is_no_number_of_units_is_said_and_nothing_is_written(planning: Planning, typed: str) -> None:
    before = written()
    for name in ("plan", "keep-scenario"):
        form = planning.page(state="all").by_id("plan-form").values()
        answer = planning.post(name, planning.typed(form, (2, typed), name="Winter"))
        assert (answer.status_code, written()) == (422, before)
    assert planning.post("preview-plan", planning.typed(form, (2, typed))).status_code == 200


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2020-01-01", "nonsense", "2026-02-30", "10000-01-01", "\0"])
@pytest.mark.parametrize("name", ["plan", "preview-plan", "keep-scenario"])
def test_a_day_that_cannot_be_is_said_beside_its_field(planning: Planning, day: str, name: str) -> None:
    form = planning.looked_at((0, 9))
    before = written()
    for _again in range(2):  # the second time its figures were looked at
        answer = planning.post(name, {**form, "on": day, "name": "Winter"})
        assert (answer.status_code in (200, 422), written()) == (True, before)
        page = read(answer)
        assert page.has_id("plan-on-error") or day == "9999-12-31"  # first it is looked at, then it is too late a day
        form = page.by_id("plan-form").values()


@pytest.mark.parametrize(
    "figures",
    [
        "",
        "[]",
        '"text"',
        "null",
        '{"today": "2026-01-01", "balances": [], "runway_before": null, "runway_after": null}',
        '{"today": "2026-01-01", "balances": [{"day": "9999-12-31", "before": "x", "after": null}], "runway_before": null, '
        '"runway_after": "2026-01-01"}',
        '{"today": "2026-01-01", "balances": [{"day": "0001-01-01", "before": 1e999, "after": [1]}], "runway_before": 7, '
        '"runway_after": []}',
        "[" * 1_900,
        "x" * 3_000,
        "\0",
    ],
)
def test_figures_that_were_tampered_with_save_nothing_but_what_was_shown(planning: Planning, figures: str) -> None:
    kept = scenario_of(planning.company, {planning.lines[0].pk: 3})
    form = planning.looked_at((0, 900))
    before = AllocationStatement.objects.count()
    answer = planning.post("plan", {**form, "figures": figures})
    assert (answer.status_code in (409, 422), AllocationStatement.objects.count()) == (True, before)
    assert read(answer).all(role="alert")
    seen = {name: value for name, value in form.items() if name.startswith("seen_")}
    answer = planning.post("apply-scenario", {**seen, "figures": figures, "key": new_key()}, kept.pk)
    if '"balances": []' not in figures:
        assert (answer.status_code in (409, 422), AllocationStatement.objects.count()) == (True, before)
        assert read(answer).all(role="alert")


@pytest.mark.parametrize("name", ["W" * 81, "   ", "a\0b", "a\u202eb", ""])
def test_a_name_that_cannot_be_is_said_beside_its_field(planning: Planning, name: str) -> None:
    before = written()
    answer = planning.post("keep-scenario", {**planning.looked_at((0, 9)), "name": name})
    assert (answer.status_code, written()) == (422, before)
    assert read(answer).error_beside("name")


@pytest.mark.parametrize("key", ["", "k" * 300, "a\0b"])
@pytest.mark.parametrize("name", ["plan", "keep-scenario", "apply-scenario", "drop-scenario"])
def test_a_key_that_no_page_made_fails_in_words(planning: Planning, name: str, key: str) -> None:
    kept = scenario_of(planning.company, {planning.lines[0].pk: 3})
    form = {**planning.looked_at((0, 9)), "name": "Summer", "key": key}
    further = [kept.pk] if name in ("apply-scenario", "drop-scenario") else []
    assert planning.post(name, form, *further).status_code in (302, 409, 422)


def test_a_scenario_whose_feature_is_billed_pay_as_you_go_since_is_looked_at_and_refused(planning: Planning) -> None:
    line = planning.lines[3]
    kept = scenario_of(planning.company, {line.pk: 3, planning.lines[0].pk: 7})
    product = make_product(kind="pay-as-you-go", rate=None)
    make_license(company=planning.company, product=product, units=1)
    type(line.feature).objects.filter(pk=line.feature_id).update(switchable=True)
    line.feature.refresh_from_db()
    switch_billing_model(planning.company, feature=line.feature, model="pay-as-you-go", **act())

    page = read(planning.client.get(address_of("credits:scenario", planning.company, kept.pk)))
    form = next(each for each in page.all("form") if "apply" in each["action"])
    before = written()
    answer = planning.post("apply-scenario", {**form.values(), "confirm": "on"}, kept.pk)
    assert (answer.status_code, written()) == (422, before)
    assert "pay-as-you-go" in read(answer).text
    plan = planning.page(scenario=kept.pk)
    assert line.feature.name in plan.text


def test_a_scenario_whose_line_is_no_longer_listed_is_looked_at_and_refused(planning: Planning) -> None:
    line = planning.lines[3]
    kept = scenario_of(planning.company, {line.pk: 30, planning.lines[0].pk: 7})
    rate = CreditRate.objects.filter(line=line).latest("pk")
    rate.pk, rate.valid_from, rate.credits_per_unit, rate._state.adding = None, TODAY, None, True
    rate.save()

    page = read(planning.client.get(address_of("credits:scenario", planning.company, kept.pk)))
    form = next(each for each in page.all("form") if "apply" in each["action"])
    before = written()
    answer = planning.post("apply-scenario", {**form.values(), "confirm": "on"}, kept.pk)
    assert (answer.status_code, written()) == (422, before)
    assert planning.client.get(address_of("credits:plan", planning.company, scenario=kept.pk)).status_code == 200


def test_a_scenario_that_was_applied_in_another_tab_is_not_applied_again_unseen(planning: Planning) -> None:
    kept = scenario_of(planning.company, {planning.lines[0].pk: 7})
    tabs = [read(planning.client.get(address_of("credits:scenario", planning.company, kept.pk))) for _tab in range(2)]
    forms = [next(each for each in page.all("form") if "apply" in each["action"]).values() for page in tabs]
    answers = [planning.post("apply-scenario", form, kept.pk).status_code for form in (forms[0], forms[0], forms[1])]
    assert answers == [302, 302, 409]
    assert Act.objects.filter(name="scenario.apply").count() == 1


def test_a_viewer_posts_nothing(planning: Planning) -> None:
    kept = scenario_of(planning.company, {planning.lines[0].pk: 7})
    form = planning.looked_at((0, 9))
    viewer = browser_of(make_user(company=planning.company, roles=["viewer"]))
    before = written()
    for name, further in (("plan", []), ("preview-plan", []), ("keep-scenario", []), ("apply-scenario", [kept.pk])):
        answer = viewer.post(address_of(f"credits:{name}", planning.company, *further), {**form, "name": "Mine"})
        assert answer.status_code == 403
    assert viewer.post(address_of("credits:drop-scenario", planning.company, kept.pk), {"key": new_key()}).status_code == 403
    assert viewer.get(address_of("credits:scenario", planning.company, kept.pk)).status_code == 200
    assert written() == before


def test_a_catalogue_of_many_lines_is_planned_in_one_form(planning: Planning) -> None:
    many = {f"seen_{number}": "0" for number in range(1_500)}
    assert planning.post("preview-plan", {**planning.looked_at((0, 9)), **many}).status_code == 200
