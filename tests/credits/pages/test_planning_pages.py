"""Planning mode and scenarios as pages: looked at before anything is written, saved as one act, undone as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from console.models import Act, User
from credits.acts.planning.keep_scenario import keep_scenario
from credits.models import AllocationStatement, CreditRequirement, Scenario
from licensing.acts.companies.set_roles import set_roles
from licensing.models import Company
from tests.factories import SYSTEM, TODAY, act, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.ledger import balance, line_units
from tests.markup import Element, read
from tests.pages import HTMX, address_of, browser_of, clock_at

pytestmark = pytest.mark.django_db
LATER = TODAY + timedelta(days=30)


@dataclass
class Planning:
    company: Company
    person: User
    client: Client
    lines: list[CreditRequirement]

    def page(self, **query: Any) -> Element:
        return read(self.client.get(address_of("credits:plan", self.company, **query)))

    def post(self, name: str, values: dict[str, Any], *further: Any, **more: Any) -> HttpResponse:
        return self.client.post(address_of(f"credits:{name}", self.company, *further), values, **more)

    def typed(self, form: dict[str, Any], *units: tuple[int, int | str], **more: Any) -> dict[str, Any]:
        return {**form, **{f"units_{self.lines[number].pk}": str(count) for number, count in units}, **more}

    def looked_at(self, *units: tuple[int, int | str], **more: Any) -> dict[str, Any]:
        """The form as it is once these units were typed and their figures looked at."""
        form = self.page(state="all").by_id("plan-form").values()
        return read(self.post("preview-plan", self.typed(form, *units, **more))).by_id("plan-form").values()


@pytest.fixture
def planning() -> Iterator[Planning]:
    company = make_company()
    make_license(company=company, units=1_000)
    person = make_user(company=company, roles=["credit-manager"])
    first, second, third = make_feature(rates=["2", "5"]), make_feature(rates=["0.2"]), make_feature(rates=["10"])
    lines = [*first.lines.order_by("position"), *second.lines.all(), *third.lines.all()]
    allocate(company, lines[0], 5)
    allocate(company, lines[3], 2)
    with clock_at(TODAY):
        yield Planning(company, person, browser_of(person), lines)


def facts(page: Element) -> dict[str, str]:
    names = ("balance-after", "balance-today", "balance-planned", "runway-after")
    return {name: found[0].text for name in names if (found := page.all(data_figure=name))}


def test_the_table_opens_on_what_is_allocated(planning: Planning) -> None:
    values = planning.page().by_id("plan-form").values()
    assert {name for name in values if name.startswith("units_")} == {
        f"units_{planning.lines[0].pk}",
        f"units_{planning.lines[3].pk}",
    }
    every = planning.page(state="all").by_id("plan-form").values()
    assert len([name for name in every if name.startswith("units_")]) == 4


def test_figures_are_looked_at_before_anything_is_written(planning: Planning) -> None:
    before = AllocationStatement.objects.count()
    form = planning.page().by_id("plan-form").values()
    response = planning.post("plan", planning.typed(form, (0, 20)))
    assert response.status_code == 422
    assert "look at them, then save" in response.content.decode()
    assert facts(read(response))["balance-after"] == "940"
    assert AllocationStatement.objects.count() == before


def test_one_save_is_one_act_with_the_figures_that_were_shown(planning: Planning) -> None:
    acts = Act.objects.for_company(planning.company).count()
    form = planning.looked_at((0, 20), (2, "1,000"))
    response = planning.post("plan", form)
    assert response.status_code == 302
    assert Act.objects.for_company(planning.company).count() == acts + 1
    assert balance(planning.company, TODAY) == 1_000 - 40 - 200 - 20
    page = read(planning.client.get(response["Location"]))
    message = page.text
    assert "Saved: Endpoint sensor" in message
    assert "Balance 740." in message


def test_the_message_undoes_the_whole(planning: Planning) -> None:
    response = planning.post("plan", planning.looked_at((0, 20), (1, 3), (2, 10)))
    page = read(planning.client.get(response["Location"]))
    undo = next(each for each in page.all("form") if "/undo/" in each.get("action"))
    planning.client.post(undo.get("action"), undo.values())
    assert [line_units(planning.company, line, TODAY) for line in planning.lines] == [5, 0, 0, 2]


def test_of_a_later_day_today_stays(planning: Planning) -> None:
    form = planning.looked_at((0, 20), on=str(LATER))
    assert planning.post("plan", form).status_code == 302
    assert [line_units(planning.company, planning.lines[0], day) for day in (TODAY, LATER)] == [5, 20]


def test_the_bar_tells_today_and_the_day_on_which_plans_come(planning: Planning) -> None:
    allocate(planning.company, planning.lines[3], 50, on=LATER)
    form = planning.page().by_id("plan-form").values()
    page = read(planning.post("preview-plan", planning.typed(form, (0, 20))))
    assert (facts(page)["balance-after"], facts(page)["balance-planned"]) == ("940", "460")


def test_a_plus_without_a_script_adds_one(planning: Planning) -> None:
    form = planning.page().by_id("plan-form").values()
    page = read(planning.post("preview-plan", {**form, "step": f"{planning.lines[0].pk}:+1"}))
    assert page.by_id(f"units-{planning.lines[0].pk}").get("value") == "6"


def test_what_is_changed_stays_when_the_table_is_narrowed(planning: Planning) -> None:
    form = planning.page(state="all").by_id("plan-form").values()
    page = read(planning.post("preview-plan", planning.typed(form, (0, 20), (2, 7), q=planning.lines[3].feature.name)))
    assert len(page.all("tr", data_line="*")) == 1
    again = read(planning.post("preview-plan", {**page.by_id("plan-form").values(), "show": "changed"}))
    values = again.by_id("plan-form").values()
    assert {name: values[name] for name in values if name.startswith("units_")} == {
        f"units_{planning.lines[0].pk}": "20",
        f"units_{planning.lines[2].pk}": "7",
    }


@pytest.mark.parametrize("typed", ["-1", "many", "1.5", ""])
def test_a_wrong_number_is_named_in_its_row_and_nothing_is_saved(planning: Planning, typed: str) -> None:
    form = planning.looked_at((3, 4))
    response = planning.post("plan", planning.typed(form, (0, typed)))
    assert response.status_code == 422
    page = read(response)
    assert page.by_id(f"wrong-{planning.lines[0].pk}").text
    assert line_units(planning.company, planning.lines[3], TODAY) == 2


def test_below_zero_is_ticked_first(planning: Planning) -> None:
    form = planning.looked_at((3, 200))
    response = planning.post("plan", {**form, "confirm": ""})
    assert response.status_code == 422
    assert read(response).by_id("plan-confirm")
    again = read(response).by_id("plan-form").values()
    assert planning.post("plan", {**again, "confirm": "on"}).status_code == 302
    assert balance(planning.company, TODAY) == -1_010


def test_somebody_elses_change_is_told_with_both_values_and_nothing_is_written(planning: Planning) -> None:
    form = planning.looked_at((0, 20), (3, 4))
    allocate(planning.company, planning.lines[0], 9)
    before = AllocationStatement.objects.count()
    response = planning.post("plan", form)
    assert response.status_code == 409
    page = read(response)
    told = page.by_id("plan-refused").text
    assert planning.lines[0].feature.name in told
    assert "shown 5, now 9" in told
    assert AllocationStatement.objects.count() == before
    assert planning.post("plan", page.by_id("plan-form").values()).status_code == 302
    assert [line_units(planning.company, planning.lines[number], TODAY) for number in (0, 3)] == [20, 4]


def test_a_balance_that_changed_meanwhile_is_told_too(planning: Planning) -> None:
    form = planning.looked_at((0, 20))
    allocate(planning.company, planning.lines[3], 30)
    response = planning.post("plan", form)
    assert response.status_code == 409
    assert "Balance today: shown 940, now 660" in read(response).by_id("plan-refused").text


def test_for_htmx_only_the_form_comes(planning: Planning) -> None:
    form = planning.page().by_id("plan-form").values()
    response = planning.post("preview-plan", planning.typed(form, (0, 20)), headers=HTMX)
    assert response.status_code == 200
    assert response.content.strip().startswith(b'<div id="plan"')
    assert b"<html" not in response.content


def test_a_plan_is_kept_looked_at_by_everybody_and_applied(planning: Planning) -> None:
    form = planning.looked_at((0, 20), (2, 10))
    response = planning.post("keep-scenario", {**form, "name": "Warehouse <rollout>"})
    assert response.status_code == 302
    kept = Scenario.objects.for_company(planning.company).get()
    set_roles(planning.company, user=planning.person, roles=["viewer"], by=SYSTEM, key=new_key())
    page = read(planning.client.get(address_of("credits:scenario", planning.company, kept.pk)))
    assert "Warehouse <rollout>" in page.text
    assert not page.all(id="scenario-apply")
    assert "Warehouse <rollout>" in read(planning.client.get(address_of("credits:scenarios", planning.company))).text
    set_roles(planning.company, user=planning.person, roles=["credit-manager"], by=SYSTEM, key=new_key())
    page = read(planning.client.get(address_of("credits:scenario", planning.company, kept.pk)))
    apply = next(each for each in page.all("form") if each.get("action").endswith("/apply/"))
    assert planning.client.post(apply.get("action"), apply.values()).status_code == 302
    assert [line_units(planning.company, planning.lines[number], TODAY) for number in (0, 2)] == [20, 10]


def test_a_scenario_opens_in_planning_mode_with_its_units(planning: Planning) -> None:
    units = {planning.lines[0].pk: 20, planning.lines[2].pk: 10}
    kept = keep_scenario(planning.company, name="Winter", units=units, on=LATER, **act())
    assert kept is not None
    page = planning.page(scenario=kept.pk)
    values = page.by_id("plan-form").values()
    assert {name: values[name] for name in values if name.startswith("units_")} == {
        f"units_{planning.lines[0].pk}": "20",
        f"units_{planning.lines[2].pk}": "10",
        f"units_{planning.lines[3].pk}": "2",
    }
    assert values["on"] == str(LATER)
    assert planning.post("plan", values).status_code == 302


def test_two_scenarios_stand_side_by_side_with_today(planning: Planning) -> None:
    one = keep_scenario(planning.company, name="Winter", units={planning.lines[0].pk: 20}, **act())
    two = keep_scenario(planning.company, name="Spring", units={planning.lines[3].pk: 7}, on=LATER, **act())
    assert one is not None
    assert two is not None
    page = read(planning.client.get(address_of("credits:scenario", planning.company, one.pk, **{"with": two.pk})))
    table = page.one("table").text
    assert [name in table for name in ("Winter", "Spring", "Today")] == [True] * 3
    foot = [[each.text for each in row.all("td")] for row in page.all("tfoot")[0].all("tr")]
    assert foot[0] == ["970", "940", "970"]
    assert foot[1] == ["970", "940", "920"]


def test_a_scenario_whose_figures_changed_is_not_applied(planning: Planning) -> None:
    kept = keep_scenario(planning.company, name="Winter", units={planning.lines[0].pk: 20}, **act())
    assert kept is not None
    page = read(planning.client.get(address_of("credits:scenario", planning.company, kept.pk)))
    apply = next(each for each in page.all("form") if each.get("action").endswith("/apply/"))
    allocate(planning.company, planning.lines[0], 6)
    response = planning.client.post(apply.get("action"), apply.values())
    assert response.status_code == 409
    assert "shown 5, now 6" in read(response).by_id("scenario-refused").text
    assert line_units(planning.company, planning.lines[0], TODAY) == 6


def test_a_scenario_is_dropped(planning: Planning) -> None:
    kept = keep_scenario(planning.company, name="Winter", units={planning.lines[0].pk: 20}, **act())
    assert kept is not None
    response = planning.post("drop-scenario", {"key": new_key()}, kept.pk)
    assert response.status_code == 302
    assert not Scenario.objects.for_company(planning.company).exists()
    assert planning.client.get(address_of("credits:scenario", planning.company, kept.pk)).status_code == 404


def test_a_name_that_is_taken_is_said_beside_its_field(planning: Planning) -> None:
    keep_scenario(planning.company, name="Winter", units={planning.lines[0].pk: 20}, **act())
    response = planning.post("keep-scenario", {**planning.looked_at((3, 4)), "name": "Winter"})
    assert response.status_code == 422
    assert "has this name already" in read(response).by_id("plan-name-error").text
