"""Acts in plain sentences: every act has one, and many are told by one statement."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from console.company_in_hand import for_all
from console.models import Act, Actor, User
from credits.acts.approvals.approve_request import approve_request
from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.approvals.lower_request import lower_request
from credits.acts.approvals.refuse_or_withdraw import refuse_request, withdraw_request
from credits.acts.approvals.state_approvals import state_approvals
from credits.acts.customers.state_threshold import state_threshold
from credits.acts.planning.set_many import set_many
from credits.acts.set_allocation import set_allocation
from credits.acts.undo.undo_allocation import undo_allocation
from credits.acts.usage.observe import Observation, observe
from credits.acts.withdraw_plan import withdraw_plan
from credits.desk.sentences import LABELS, SENTENCES, Sentence, sentence_of, sentences_of
from credits.rules.second_person import WhenAsked
from licensing.acts.activate import activate_order
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.acts.company_settings.notices_of_new_members import state_notices_of_new_members
from licensing.acts.company_settings.second_factor import require_no_second_factor, require_second_factor
from licensing.acts.company_settings.tenants import remove_tenant, say_what_new_people_become, state_tenant
from licensing.acts.corrections.correct import correct_license
from licensing.acts.corrections.extend import extend_license
from licensing.acts.providers.close_to_provider import close_to_provider
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.acts.undo.undo_order import undo_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, SignInTenant
from tests.factories import (
    SYSTEM,
    TODAY,
    act,
    make_company,
    make_feature,
    make_license,
    make_order,
    make_product,
    make_user,
    new_key,
)
from tests.pages import demo_told

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]

NAMES_THAT_ARE_MADE = {
    "licensing/codes/reveal_code.py": {"code.reveal", "code.copy"},
    "licensing/purchases/for_support/mark_read.py": {"difference.read", "event.read"},
    "licensing/acts/state/change_state.py": {"order.suspend", "order.reinstate", "order.cancel", "order.undo-cancellation"},
}
"""Where an act's name is no word in its call: the names that it may have there."""


def names_of_acts() -> set[str]:
    """What every `Act.begin` and `Act.begin_many` of the code names."""
    found: set[str] = set()
    for app in ("console", "licensing", "credits"):
        for path in sorted((ROOT / app).rglob("*.py")):
            text = path.read_text()
            if "Act.begin" not in text:
                continue
            where = str(path.relative_to(ROOT))
            for call in (each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Call)):
                if ast.unparse(call.func) not in ("Act.begin", "Act.begin_many", "cls.begin"):
                    continue
                named = call.args[0]
                if isinstance(named, ast.Constant):
                    found.add(str(named.value))
                elif isinstance(named, ast.Name) and named.id.isupper():
                    found.add(constant_of(named.id))
                else:
                    found |= NAMES_THAT_ARE_MADE[where]
    return found


def constant_of(name: str) -> str:
    values = {
        match[1]
        for app in ("console", "licensing", "credits")
        for path in (ROOT / app).rglob("*.py")
        for match in re.finditer(rf'^{name} = "([a-z-]+\.[a-z-]+)"$', path.read_text(), re.MULTILINE)
    }
    assert len(values) == 1, (name, values)
    return values.pop()


def test_every_act_of_the_code_has_a_sentence_and_every_sentence_an_act() -> None:
    assert names_of_acts() == set(SENTENCES) == set(LABELS)


@pytest.fixture
def katrin() -> User:
    return make_user(name="Katrin Vogel", email="katrin@aster.example", is_staff=True, is_superuser=True)


@pytest.fixture
def aster() -> Company:
    return make_company(name="Aster Foods", slug="aster")


NOON = datetime.combine(TODAY, time(12), UTC)


LATER_AND_LATER = count()


def recorded_at_noon(_clock: datetime, _earliest: datetime | None) -> datetime:
    return NOON + timedelta(microseconds=next(LATER_AND_LATER))


@pytest.fixture(autouse=True)
def staff_pages_ask_for_all() -> Iterator[None]:
    with for_all("a test of staff pages"), patch("console.models.act.instant_of_recording", recorded_at_noon):
        yield


def last() -> Sentence:
    return sentence_of(Act.objects.select_related("actor").latest("recorded_at"))


def of_credits(aster: Company, **order: Any) -> Any:
    return make_license(company=aster, name="Web shop", external_id="SO-1", units=1_000, **order).order


def by(katrin: User, **more: Any) -> dict[str, Any]:
    return act(by=Actor.person(katrin), reason="Asked for", **more)


def test_acts_on_orders_are_told_with_what_they_do_to_the_credits(aster: Company, katrin: User) -> None:
    order = of_credits(aster)
    end = "Mar 1, 2027"
    cases: list[tuple[Any, dict[str, Any], str]] = [
        (top_up_order, {"units": 200}, f"topped up Web shop, SO-1 by 200 credits, up to and including {end}"),
        (set_order_units, {"units": 1_100}, "set Web shop, SO-1 to 1,100 credits in all, −100 credits"),
        (reduce_order, {"units": 900}, "reduced Web shop, SO-1 to 900 credits in all, −200 credits"),
        (suspend_order, {}, "suspended Web shop, SO-1, −900 credits"),
        (reinstate_order, {}, "reinstated Web shop, SO-1, +900 credits"),
        (switch_renewal, {"on": False}, "switched the renewal of Web shop, SO-1 off"),
        (renew_order, {}, "renewed Web shop, SO-1, from Mar 2, 2027, 900 credits, up to and including Mar 1, 2028"),
        (cancel_order, {}, "cancelled Web shop, SO-1, −900 credits"),
        (reinstate_order, {"undo_cancellation": True}, "undid the cancellation of Web shop, SO-1, +900 credits"),
    ]
    for does, says, told in cases:
        does(order, **by(katrin), **says)
        assert last().text == f"Katrin Vogel {told}"


def test_licenses_corrected_extended_and_moved_are_told(aster: Company, katrin: User) -> None:
    license = make_license(company=aster, name="Web shop", external_id="SO-1", units=500)
    correct_license(license, units=5_000, **by(katrin))
    assert last().text == "Katrin Vogel corrected a license of Web shop, SO-1, 5,000 credits for every day, +4,500 credits"
    extend_license(license, expires_on=date(2027, 5, 1), **by(katrin))
    assert last().text == "Katrin Vogel extended the term of Web shop, SO-1 up to and including Apr 30, 2027"
    delta = make_company(name="Delta")
    transfer_order(license.order, to=delta, **by(katrin))
    told = sentence_of(Act.objects.select_related("actor").get(name="order.transfer"))
    assert told.text == "Katrin Vogel transferred Web shop, SO-1 to Delta, −5,000 credits"
    activated = sentence_of(Act.objects.select_related("actor").get(name="order.activate", company_id=delta.pk))
    assert activated.text == "Katrin Vogel activated Web shop, SO-1, 5,000 credits, up to and including Apr 30, 2027"


def test_seats_and_trials_are_told_in_their_own_units(aster: Company, katrin: User) -> None:
    seats = make_product(name="Endpoint Security Core", kind="seats", unit="seat", rate=45)
    order = make_order(product=seats, units=400, external_id="SO-1177", name="")
    activate_order(order, company=aster, **by(katrin))
    assert (
        last().text
        == "Katrin Vogel activated Endpoint Security Core, SO-1177, 400 seats, 18,000 credits, up to and including Mar 1, 2027"
    )
    activate_order(make_order(product=seats, units=5, trial=True, external_id="T", name="Try"), company=aster, **by(katrin))
    assert last().text == "Katrin Vogel activated Try, T, 5 seats, trial, up to and including Mar 1, 2027"


def test_allocations_are_told_with_units_credits_and_the_balance_then(aster: Company, katrin: User) -> None:
    make_license(company=aster, units=1_000)
    line = make_feature(name="Email Sensor", rates=[5]).lines.get()
    on = act(by=Actor.person(katrin))
    set_allocation(aster, feature=line.feature, units={line.pk: 95}, **on)
    assert last().text == "Katrin Vogel set Email Sensor to 95 endpoints, +475 credits, balance then 525"
    later = TODAY + timedelta(days=30)
    set_allocation(aster, feature=line.feature, units={line.pk: 100}, on=later, **{**on, "key": new_key()})
    planned = last().text
    assert planned == "Katrin Vogel planned Email Sensor at 100 endpoints, from Apr 1, 2026, +25 credits, balance then 500"
    withdraw_plan(aster, feature=line.feature, line=line, on=later, **{**on, "key": new_key()})
    assert last().text == "Katrin Vogel withdrew the plan for Email Sensor, from Apr 1, 2026, −25 credits"
    set_allocation(aster, feature=line.feature, units={line.pk: 0}, **{**on, "key": new_key()})
    released = last()
    assert released.text == "Katrin Vogel released Email Sensor, −475 credits, balance then 1,000"
    undo_allocation(aster, undoes=released.act.pk, **{**on, "key": new_key()})
    undid = last()
    assert undid.text == f"Katrin Vogel undid: “{released.text}”, +475 credits, balance then 525"
    assert f'href="{reverse("desk:act", args=[released.act.pk])}"' in undid.html
    other = make_feature(name="Data retention", rates=[1, 2])
    set_many(aster, units={line.pk: 90, **{each.pk: 1 for each in other.lines.all()}}, **{**on, "key": new_key()})
    assert last().text == "Katrin Vogel set Data retention and Email Sensor together, −22 credits, balance then 547"


def test_an_undo_of_an_act_on_an_order_is_told_with_the_sentence_of_that_act(aster: Company, katrin: User) -> None:
    order = of_credits(aster)
    correct_license(order.licenses.get(), units=900, **by(katrin))
    corrected = last()
    undo_order(aster, undoes=corrected.act.pk, **by(katrin))
    undid = last()
    assert undid.text == f"Katrin Vogel undid: “{corrected.text}”, +100 credits"
    with CaptureQueriesContext(connection) as asked:
        told = sentence_of(undid.act, reader=katrin)
    assert len(asked) == 1
    assert told.text == f"You undid: “{corrected.text.replace('Katrin Vogel', 'You')}”, +100 credits"
    undo_order(aster, undoes=undid.act.pk, **by(katrin))
    assert last().text == "Katrin Vogel undid: “Katrin Vogel undid a change of an order, Correction withdrawn”, −100 credits"


def test_people_and_zones_are_named(aster: Company, katrin: User) -> None:
    emil = make_user(name="Emil Brandt")
    set_roles(aster, user=emil, roles=["credit-manager"], by=Actor.person(katrin), key=new_key())
    assert last().text == "Katrin Vogel set the roles of Emil Brandt to Credit manager"
    set_roles(aster, user=emil, roles=[], by=Actor.person(katrin), key=new_key())
    assert last().text == "Katrin Vogel removed Emil Brandt (Credit manager)"
    state_time_zone(aster, time_zone="America/New_York", by=SYSTEM, key=new_key())
    assert last().text == "Test stated the time zone America/New York, from Mar 3, 2026"


def test_settings_are_told_with_what_held_before(aster: Company) -> None:
    by = {"by": SYSTEM}
    delta = make_company(name="Delta")
    Company.objects.filter(pk=aster.pk).update(parent=delta)
    tenant = state_tenant(aster, provider="entra", tenant=str(uuid4()), key=new_key(), **by).pk
    SignInTenant.objects.filter(pk=tenant).update(verified_at=NOON, issuer="https://login.example")
    cases: list[tuple[Any, dict[str, Any], str, str]] = [
        (state_time_zone, {"time_zone": "America/New_York"}, "Europe/Berlin", "America/New York"),
        (require_second_factor, {"on": TODAY + timedelta(days=9), "today": TODAY}, "Not required", "Required from Mar 11, 2026"),
        (require_no_second_factor, {"today": TODAY}, "Required from Mar 11, 2026", "Not required"),
        (state_notices_of_new_members, {"told": "console", "today": TODAY}, "By e-mail, at once", "In the console only"),
        (close_to_provider, {"provider": delta, "closed": True}, "Open", "Closed"),
        (close_to_provider, {"provider": delta, "closed": False}, "Closed", "Open"),
        (say_what_new_people_become, {"pk": tenant, "viewer": True}, "Ask to join", "Become viewers"),
        (remove_tenant, {"pk": tenant}, "Verified", "Removed"),
    ]
    for does, says, before, after in cases:
        does(aster, key=new_key(), **by, **says)
        assert (last().before, last().after) == (before, after), does
    assert sentence_of(Act.objects.filter(name="company.provider-access")[0]).text.endswith("the company to Delta")


def test_a_threshold_is_told_with_its_customer_and_the_one_before(aster: Company) -> None:
    cobalt = make_company(name="Cobalt Health", parent=aster)
    manual = {"customer": cobalt, "kind": "manual", "today": TODAY, "by": SYSTEM}
    state_threshold(aster, credits=50_000, key=new_key(), **manual)
    assert last().text == "Test stated a threshold for Cobalt Health: 50,000 credits"
    assert (last().before, last().after) == ("None", "50,000 credits")
    state_threshold(aster, on=date(2026, 3, 9), key=new_key(), **{**manual, "kind": "dynamic"})
    assert last().text == "Test stated a threshold for Cobalt Health: Average of three months, from Mar 9, 2026"
    assert (last().before, last().after) == ("50,000 credits", "Average of three months")
    state_threshold(aster, key=new_key(), **{**manual, "kind": "none"})
    assert (last().text, last().before) == ("Test stated no threshold for Cobalt Health", "50,000 credits")
    Company.objects.filter(pk=cobalt.pk).update(parent=None)
    [told] = sentences_of([last().act], to_customers=True)
    assert "Cobalt" not in told.text


def test_units_in_use_are_told_with_their_feature_number_and_day(aster: Company) -> None:
    line = make_feature(name="Email Sensor").lines.get()
    for units, before in ((120, "Not known"), (137, "120 endpoints")):
        observe(aster, observations=[Observation(line.pk, TODAY, units)], **act())
        assert last().text == f"Test recorded units in use, {units} endpoints of Email Sensor on Mar 2, 2026"
        assert (last().before, last().after) == (before, f"{units} endpoints")
    days = [Observation(line.pk, TODAY - timedelta(days=number), number) for number in range(1, 6)]
    observe(aster, observations=days, source="file", **act())
    told = last().text
    assert told.startswith("Test recorded units in use from a file, 1 endpoint of Email Sensor on Mar 1, 2026, ")
    assert told.endswith(", and 2 more")


def test_requests_are_told_with_their_units_and_what_became_of_them(aster: Company, katrin: User) -> None:
    make_license(company=aster, units=9_000)
    line = make_feature(name="Email Sensor").lines.get()
    emil = Actor.person(make_user(name="Emil Brandt", company=aster, roles=["viewer"]))
    asks = {"units": {line.pk: 705}, "words": "Laptops"}
    first, second = (ask_for_units(aster, **asks, **act(by=emil)).pk for _time in range(2))
    assert last().text == "Emil Brandt asked for 705 endpoints of Email Sensor"
    cases: list[tuple[Any, dict[str, Any], str, str, str]] = [
        (lower_request, {"units": {line.pk: 690}}, "lowered a request of Emil Brandt to 690", "705 endpoints", "690 endpoints"),
        (approve_request, {}, "approved a request of Emil Brandt for 690", "9,000", "8,310"),
        (refuse_request, {"request": second}, "refused a request of Emil Brandt for 705", "Open", "Refused"),
    ]
    for does, says, told, before, after in cases:
        more = {} if does is refuse_request else {"today": TODAY}
        does(aster, **{"request": first, "by": SYSTEM, "key": new_key(), **more, **says})
        assert last().text.startswith(f"Test {told} endpoints of Email Sensor")
        assert (last().before, last().after) == (before, after)
    asks["units"] = {line.pk: 700}
    third = ask_for_units(aster, **asks, **act(by=emil)).pk
    withdraw_request(aster, request=third, by=emil, key=new_key())
    assert last().text == "Emil Brandt withdrew a request for 700 endpoints of Email Sensor"
    assert (last().before, last().after) == ("Open", "Withdrawn")


def test_what_a_second_person_confirms_is_told_with_the_rule_before(aster: Company) -> None:
    for number in range(2):
        make_user(name=f"Manager {number}", company=aster, roles=["credit-manager"])
    for when, before, after in (
        (WhenAsked(500, True), "Nobody confirms", "From 500 credits a day on, below zero"),
        (WhenAsked(below_zero=True), "From 500 credits a day on, below zero", "Below zero"),
        (WhenAsked(), "Below zero", "Nobody confirms"),
    ):
        state_approvals(aster, when=when, by=SYSTEM, key=new_key())
        assert (last().before, last().after) == (before, after)


def test_the_reader_is_told_as_you_and_names_are_escaped_bold_and_linked(aster: Company, katrin: User) -> None:
    order = make_license(company=aster, name="<b>Web</b> 100%", external_id="SO-1").order
    suspend_order(order, **by(katrin))
    found = Act.objects.select_related("actor").latest("recorded_at")
    told = sentence_of(found, reader=katrin)
    assert (told.text, told.who_in_full) == ("You suspended <b>Web</b> 100%, SO-1, −1,000 credits", "Katrin Vogel")
    link = f'<a class="named" href="/admin/desk/orders/{order.pk}/">&lt;b&gt;Web&lt;/b&gt; 100%, SO-1</a>'
    assert told.html == f"<b>You</b> suspended {link}, −1,000 credits"
    assert (told.initials, told.company and told.company.slug, told.by_support) == ("KV", "aster", True)


def test_all_that_the_demo_tells_has_words_by_one_statement() -> None:
    with demo_told():
        acts = list(Act.objects.select_related("actor").order_by("recorded_at"))
        with CaptureQueriesContext(connection) as asked:
            told = sentences_of(acts)
            said = [(each.text, each.html, each.initials) for each in told]
        assert len(asked) == 1
        assert len(acts) == len(said) > 50
        for each in told:
            machine_words = [word for word in ("is called", each.act.name, "%", "None") if word in each.text]
            assert not machine_words, each.text
        assert sentences_of([]) == []
