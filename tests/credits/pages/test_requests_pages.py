"""Asking, deciding and the settings of approvals, as pages: from the panel of a viewer to what a manager sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from console.models import User
from credits.acts.planning.keep_scenario import keep_scenario
from credits.models import AllocationStatement, CreditRequirement, RequestEvent, UnitsRequest
from licensing.acts.companies.set_roles import set_roles
from licensing.models import Company
from tests.factories import SYSTEM, TODAY, act, allocate, make_company, make_feature, make_license, make_user, new_key
from tests.ledger import balance, line_units
from tests.markup import Element, read
from tests.pages import HTMX, address_of, browser_of, clock_at, read_with_status

pytestmark = pytest.mark.django_db


@dataclass
class World:
    company: Company
    line: CreditRequirement
    other: CreditRequirement
    viewer: Client
    manager: Client
    owner: Client
    people: dict[str, User]

    def panel(self, client: Client) -> Element:
        return read(client.get(address_of("credits:allocation", self.company, self.line.feature.slug)))

    def ask(self, units: int | str = 300, *, note: str = "Harbor site", **more: Any) -> HttpResponse:
        form = self.panel(self.viewer).by_id("allocation-form").values()
        address = address_of("credits:ask-for-units", self.company, self.line.feature.slug)
        return self.viewer.post(address, {**form, f"units_{self.line.pk}": str(units), "note": note}, **more)

    def asked(self) -> UnitsRequest:
        return UnitsRequest.objects.for_company(self.company).latest("pk")

    def request(self, client: Client) -> Element:
        return read_with_status(client.get(address_of("credits:request", self.company, self.asked().pk)), 200)

    def decide(self, client: Client, decision: str, *, shown: Element | None = None, **typed: Any) -> HttpResponse:
        form = (shown or self.request(client)).by_id("request-form").values()
        address = address_of("credits:request", self.company, self.asked().pk)
        return client.post(address, {**form, **typed, "decision": decision})

    def state(self, **said: Any) -> HttpResponse:
        return self.owner.post(address_of("credits:approvals", self.company), {"key": "a key", **said})

    def save(self, client: Client, units: int, **typed: Any) -> HttpResponse:
        form = self.panel(client).by_id("allocation-form").values()
        address = address_of("credits:allocation", self.company, self.line.feature.slug)
        return client.post(address, {**form, f"units_{self.line.pk}": str(units), **typed})

    @property
    def units(self) -> int:
        return line_units(self.company, self.line, TODAY)


@pytest.fixture
def world() -> Iterator[World]:
    company = make_company()
    make_license(company=company, units=1_000)
    line, other = (make_feature(rates=["2"]).lines.get() for _number in range(2))
    roles = {"viewer": "viewer", "manager": "credit-manager", "owner": "owner"}
    people = {name: make_user(company=company, roles=[role]) for name, role in roles.items()}
    with clock_at(TODAY):
        yield World(company, line, other, *(browser_of(each) for each in people.values()), people)


def test_the_panel_of_a_viewer_asks_in_place_of_allocating(world: World) -> None:
    panel = world.panel(world.viewer)
    assert "Ask for units" in panel.text
    assert "Save allocation" not in panel.text
    assert panel.by_id("allocation-form")["action"].endswith("/ask/")
    assert "Ask for units" not in world.panel(world.manager).text
    form = panel.by_id("allocation-form").values()
    preview = address_of("credits:preview-allocation", world.company, world.line.feature.slug)
    shown = read(world.viewer.post(preview, {**form, f"units_{world.line.pk}": "300"}, headers=HTMX))
    assert "400" in [each.text for each in shown.all(data_figure="balance-after")]
    response = world.ask(headers=HTMX)
    assert response.status_code == 200
    assert "Asked for" in response.content.decode()
    assert (world.asked().units, world.asked().act.note, world.units) == ({str(world.line.pk): 300}, "Harbor site", 0)


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(world: World) -> None:
    for typed, words in (({"note": ""}, "Say what the units are for"), ({"units": "many", "note": "x"}, "whole number")):
        response = world.ask(**typed)
        assert response.status_code == 422
        assert words in response.content.decode()
        assert read(response).by_id("allocation-form").values()[f"units_{world.line.pk}"] == typed.get("units", "300")
    assert not UnitsRequest.objects.for_company(world.company).exists()


def test_a_manager_sees_the_effect_and_approves_it_once(world: World) -> None:
    world.ask()
    listed = read(world.manager.get(address_of("credits:requests", world.company)))
    for said in (world.people["viewer"].name, "400", "was 1,000"):
        assert said in listed.text
    assert "1 open" in listed.text
    shown = world.request(world.manager)
    assert "Harbor site" in shown.text
    assert world.decide(world.manager, "approve", shown=shown, words="Go ahead").status_code == 302
    assert (world.units, balance(world.company, TODAY)) == (300, 400)
    assert world.decide(world.manager, "approve", shown=shown, words="Go ahead").status_code == 302  # pressed twice
    assert AllocationStatement.objects.filter(company=world.company).count() == 1
    told = world.request(world.viewer).text
    assert "Approved" in told
    assert "Go ahead" in told
    assert "open" not in read(world.manager.get(address_of("credits:requests", world.company))).by_id("sidebar").text


def test_who_comes_second_reads_who_came_first(world: World) -> None:
    world.ask()
    shown = world.request(world.owner)
    world.decide(world.manager, "refuse", words="Not this year")
    response = world.decide(world.owner, "approve", shown=shown)
    assert response.status_code == 409
    assert "came first: it is refused" in response.content.decode()
    assert world.units == 0


def test_a_stale_form_is_refused_with_the_new_effect(world: World) -> None:
    world.ask()
    shown = world.request(world.manager)
    allocate(world.company, world.other, 100)
    response = world.decide(world.manager, "approve", shown=shown, words="Fine")
    told = read_with_status(response, 409)
    assert "shown 400, now 200" in told.by_id("request-refused").text
    assert told.by_id("id_words").text.strip() == "Fine"
    assert world.units == 0
    assert world.decide(world.manager, "approve", shown=told).status_code == 302
    assert balance(world.company, TODAY) == 200


def test_fewer_units_are_lowered_first_and_looked_at_then_approved(world: World) -> None:
    world.ask()
    field = f"units_{world.line.pk}"
    response = world.decide(world.manager, "approve", **{field: "200"})
    assert response.status_code == 422
    assert "Lower the request first" in response.content.decode()
    wrong = world.decide(world.manager, "lower", **{field: "301"})
    assert wrong.status_code == 422
    assert read(wrong).by_id(f"units-{world.line.pk}")["value"] == "301"
    shown = world.request(world.owner)
    assert world.decide(world.manager, "lower", words="For now", **{field: "200"}).status_code == 302
    assert world.decide(world.owner, "approve", shown=shown).status_code == 409
    assert world.decide(world.owner, "approve").status_code == 302
    assert world.units == 200
    assert "Lowered to 200" in world.request(world.viewer).text


def test_a_lowered_request_says_what_was_asked_for_and_to_what_it_was_lowered(world: World) -> None:
    world.ask(300)
    world.decide(world.manager, "lower", words="For now", **{f"units_{world.line.pk}": "200"})
    listed = address_of("credits:requests", world.company)
    for state in ("open", "withdrawn"):
        page = " ".join(world.request(world.viewer).text.split())
        assert "300 endpoints, asked for by" in page, state
        assert "Lowered to 200 endpoints." in page, state
        rows = " ".join(read(world.manager.get(listed)).text.split())
        assert "300 endpoints · lowered to 200 endpoints" in rows, state
        file = world.manager.get(listed, {"format": "csv"}).getvalue().decode("utf-8-sig")
        assert '"300 endpoints","200 endpoints"' in file, state
        if state == "open":
            world.decide(world.viewer, "withdraw")


def test_lowering_is_not_offered_for_fewer_units_than_there_are(world: World) -> None:
    allocate(world.company, world.line, 400)
    world.ask()
    shown = world.request(world.manager)
    assert [shown.has_id(name) for name in ("request-approve", "request-lower", "request-refuse")] == [True, False, True]
    assert not shown.has_id(f"units-{world.line.pk}")
    assert world.decide(world.manager, "approve", shown=shown).status_code == 302
    assert world.units == 300


def test_a_refusal_needs_words_and_the_requester_withdraws(world: World) -> None:
    world.ask()
    assert world.decide(world.manager, "refuse").status_code == 422
    assert world.decide(world.viewer, "approve").status_code in {403, 422}
    assert world.decide(world.viewer, "withdraw").status_code == 302
    assert RequestEvent.objects.get(company=world.company).kind == "withdrawn"


def test_the_page_of_a_request_whose_person_is_gone_says_that_it_has_ended(world: World) -> None:
    world.ask()
    shown = world.request(world.manager)
    set_roles(world.company, user=world.people["viewer"], roles=[], by=SYSTEM, key=new_key())
    assert world.decide(world.manager, "approve", shown=shown).status_code == 409
    page = world.request(world.manager)
    assert "Ended: who asked is no member any more" in page.text
    assert not page.has_id("request-approve")
    assert "Ended" in read(world.manager.get(address_of("credits:requests", world.company))).text


def test_others_requests_are_for_whoever_may_decide_them(world: World) -> None:
    world.ask()
    another = browser_of(make_user(company=world.company, roles=["viewer"]))
    assert another.get(address_of("credits:request", world.company, world.asked().pk)).status_code == 403
    assert "Harbor" not in another.get(address_of("credits:requests", world.company)).content.decode()
    stranger = make_company()
    theirs = browser_of(make_user(company=stranger, roles=["owner"]))
    assert theirs.get(address_of("credits:request", stranger, world.asked().pk)).status_code == 404


def test_owners_say_when_a_second_person_confirms(world: World) -> None:
    address = address_of("credits:approvals", world.company)
    assert world.manager.get(address).status_code == 403
    assert world.state(from_credits="many").status_code == 422
    assert world.state(from_credits="500").status_code == 302
    shown = read(world.owner.get(address))
    assert shown.by_id("id_from_credits")["value"] == "500"
    for key, status, says in (("a key", 409, "already used for another change"), ("", 422, "not sent as it was shown")):
        refused = world.state(key=key, off="1")
        assert (refused.status_code, says in read(refused).text) == (status, True)
        assert read(refused).by_id("id_from_credits")["value"] == "500"
    assert world.state(key="other", off="1").status_code == 302
    assert "Nobody has to confirm" in read(world.owner.get(address)).text


def test_a_form_refused_because_its_key_was_used_is_taken_when_it_is_sent_again(world: World) -> None:
    form = world.panel(world.viewer).by_id("allocation-form").values()
    address = address_of("credits:ask-for-units", world.company, world.line.feature.slug)
    field, typed = f"units_{world.line.pk}", {**form, "note": "Harbor site"}
    assert world.viewer.post(address, {**typed, field: "300"}).status_code == 302
    refused = world.viewer.post(address, {**typed, field: "200"})
    assert refused.status_code == 409
    again = read(refused).by_id("allocation-form").values()
    assert (again[field], again["note"]) == ("200", "Harbor site")
    assert world.viewer.post(address, again).status_code == 302
    assert world.asked().units == {str(world.line.pk): 200}


def test_what_one_person_saves_beyond_the_rule_is_asked_for_and_said_so(world: World) -> None:
    world.state(from_credits="500")
    form = world.panel(world.manager).by_id("allocation-form").values()
    preview = address_of("credits:preview-allocation", world.company, world.line.feature.slug)
    shown = world.manager.post(preview, {**form, f"units_{world.line.pk}": "300"}, headers=HTMX).content.decode()
    assert "Another person who may allocate confirms this" in shown
    response = world.save(world.manager, 300, note="New site")
    assert response.status_code == 302
    assert world.units == 0
    assert "Sent to be confirmed" in world.manager.get(response["Location"].partition("#")[0]).content.decode()
    assert world.asked().kind == "confirmation"
    assert world.decide(world.manager, "approve").status_code == 403
    assert world.decide(world.owner, "approve").status_code == 302
    assert world.units == 300
    assert world.save(world.manager, 400).status_code == 302  # 200 credits more: one person may
    assert world.units == 400


def test_planning_mode_and_scenarios_ask_as_a_whole(world: World) -> None:
    world.state(from_credits="500")
    plan, preview = (address_of(f"credits:{name}", world.company) for name in ("plan", "preview-plan"))
    typed = {f"units_{world.line.pk}": "200", f"units_{world.other.pk}": "100"}
    form = read(world.manager.get(f"{plan}?state=all")).by_id("plan-form").values()
    looked_at = read(world.manager.post(preview, {**form, **typed})).by_id("plan-form").values()
    response = world.manager.post(plan, looked_at)
    assert response["Location"] == address_of("credits:request", world.company, world.asked().pk)
    assert world.decide(world.owner, "approve").status_code == 302
    assert (world.units, balance(world.company, TODAY)) == (200, 400)

    kept = keep_scenario(world.company, name="Winter", units={world.line.pk: 500}, **act())
    assert kept is not None
    page = read(world.manager.get(address_of("credits:scenario", world.company, kept.pk)))
    apply = address_of("credits:apply-scenario", world.company, kept.pk)
    values = next(each for each in page.all("form") if each["action"] == apply).values()
    response = world.manager.post(apply, {**values, "confirm": "on"})
    assert response["Location"] == address_of("credits:request", world.company, world.asked().pk)
    assert "From the scenario Winter" in world.request(world.owner).text
    assert world.decide(world.owner, "approve").status_code == 422  # below zero, unconfirmed
    assert world.decide(world.owner, "approve", confirm="on").status_code == 302
    assert world.units == 500


def test_when_nobody_else_can_confirm_the_page_says_what_to_do(world: World) -> None:
    world.state(from_credits="500")
    world.people["owner"].is_active = False
    world.people["owner"].save()
    world.save(world.manager, 300)
    shown = world.request(world.manager)
    assert "Nobody else here may allocate" in shown.text
    assert shown.link("Ask an owner for the role") == address_of("licensing:roles", world.company, role="owner")


def test_an_owner_whose_request_nobody_can_approve_is_led_to_people_and_to_approvals(world: World) -> None:
    world.state(from_credits="500")
    world.people["manager"].is_active = False
    world.people["manager"].save()
    world.save(world.owner, 300)
    shown = world.request(world.owner)
    assert shown.link("Give people roles") == address_of("licensing:people", world.company)
    assert shown.one("main").link("Approvals") == address_of("credits:approvals", world.company)


def test_the_page_of_the_rule_says_what_it_holds_for(world: World) -> None:
    said = read(world.owner.get(address_of("credits:approvals", world.company))).text
    assert "and keeping an order’s seats by hand; not for undoing a change or withdrawing a plan, as long as" in said


def test_the_record_tells_who_asked_and_who_approved(world: World) -> None:
    world.ask()
    world.decide(world.manager, "approve", words="Go ahead")
    both = f"{world.people['manager'].name}, asked for by {world.people['viewer'].name}"
    history = world.panel(world.viewer).by_id("feature-history").text
    assert both in history
    assert "Asked for: Harbor site" in history
    explained = read(world.viewer.get(address_of("explain", world.company, f"feature-credits.{world.line.feature.slug}"))).text
    assert both in explained
    assert "Harbor site" in explained


def test_it_leaves_as_a_sheet(world: World) -> None:
    world.ask()
    found = world.manager.get(address_of("credits:requests", world.company, format="csv"))
    assert b"Harbor site" in b"".join(found)
