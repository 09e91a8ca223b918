"""What support types for staff reaches no customer, and what it types for the customer reaches all who see the change.

In one world every text of every act that is for staff holds a canary, those of the time before notes were labeled too. People
of the companies follow every link from every page, read their notices and mails, and find no canary, and every note.
"""

from __future__ import annotations

import inspect
import os
import pkgutil
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from html import unescape
from importlib import import_module
from io import BytesIO
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from console.models import Act, ActInProgress, Actor, OutgoingMail, User
from console.models.why import ReasonKind, Why
from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.acts.billing_model.switch_several_features import switch_several_features
from credits.acts.planning.set_many import set_many
from credits.acts.price_list.load_price_list import load_price_list
from credits.acts.price_list.state_price_list import state_price_list
from credits.acts.set_allocation import set_allocation
from credits.acts.undo.undo_act import undo_act
from credits.acts.undo.undo_allocation import undo_allocation
from credits.acts.undo.undo_case import undo_case
from credits.acts.withdraw_plan import withdraw_plan
from credits.tasks import tell_all
from licensing.acts.activate import activate_order
from licensing.acts.change_plan import change_plan
from licensing.acts.companies.register_company import register_company
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.acts.corrections.correct import correct_license
from licensing.acts.corrections.extend import extend_license
from licensing.acts.issue_order import issue_order
from licensing.acts.providers.close_to_provider import close_to_provider
from licensing.acts.providers.set_provider_viewer import set_provider_viewer
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.acts.undo.undo_order import undo_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.codes.issue_code import issue_code
from licensing.codes.withdraw_code import withdraw_code
from licensing.models import Activation, Company, Difference, License, Membership, Notice, NoticeDelivery, Role
from licensing.notices.daily_digest import send_digests
from licensing.notices.send_again import resend_notice
from licensing.purchases.activation.resume_activation import resume_activation
from licensing.purchases.for_support.mark_read import mark_read
from licensing.reading.licenses_on_day import licenses_on
from tests.addresses_of_companies import ADDRESSES
from tests.credits.acts.test_load_price_list import price_list
from tests.factories import (
    SYSTEM,
    TODAY,
    make_code,
    make_company,
    make_feature,
    make_license,
    make_order,
    make_product,
    make_user,
)
from tests.factories import allocate as state
from tests.marketplace_rows import rows_of_marketplaces
from tests.pages import HTMX, browser_of, clock_at

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("two texts")]

CANARY = "kestrel"
NOON = datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=12)
LATER = TODAY + timedelta(days=40)

SHOWN_NOWHERE = {
    "register_company",
    "set_roles",
    "set_provider_viewer",
    "close_to_provider",
    "state_time_zone",
    "issue_order",
    "issue_code",
    "withdraw_code",
    "resume_activation",
}
"""Acts that no page of a company shows yet: their forms ask for no note."""
WITHOUT_NOTE = {"load_price_list", "state_price_list", "mark_read", "resend_notice"}
"""What is no change of a company's."""
SHARED = {"change_state", "undo_cancellation_of", "undo_part", "undo_transfer"}
"""Parts of the acts named here, which pass their texts on."""


def acts_with_a_reason() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for room in ("licensing.acts", "licensing.codes", "licensing.purchases", "licensing.notices", "credits.acts"):
        package = import_module(room)
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            for name, function in inspect.getmembers(import_module(module.name), inspect.isfunction):
                own = function.__module__ == module.name and not name.startswith("_")
                if own and {"by", "key", "reason"} <= set(inspect.signature(function).parameters):
                    found[name] = function
    return found


@dataclass
class World:
    """Two companies and what support did to them; `done` names the acts, each with canaries and with a note of its own."""

    support: User
    companies: dict[str, Company] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    keys: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))
    clients: dict[tuple[str, str], Client] = field(default_factory=dict)
    walked: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    allocation: str = ""
    form: dict[str, str] = field(default_factory=dict)

    def texts(self, name: str) -> dict[str, Any]:
        words = Why(f"{CANARY} words of {name}", ReasonKind.OUR_MISTAKE, f"{CANARY} {name}")
        return {"reason": words, "note": note_of(name)}

    def does(self, act: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Do it as support, with a reason and, where it takes one, a note."""
        name = act.__name__
        self.done.add(name)
        texts = self.texts(name)
        if name in WITHOUT_NOTE:
            del texts["note"]
        return act(*args, **{**texts, "by": Actor.person(self.support), "key": self.key(), **more})

    def key(self) -> str:
        return f"two-texts-{next(self.keys)}"


def note_of(name: str) -> str:
    return f"A note of ours on {name}."


@contextmanager
def before_notes_were_labeled() -> Iterator[None]:
    """Acts leave the rows that they left then."""
    row = ActInProgress.row

    def as_then(self: ActInProgress, **result: Any) -> Act:
        act = row(self, **result)
        act.unlabelled_note, act.note = act.note, ""
        return act

    with patch.object(ActInProgress, "row", as_then):
        yield


def order_of(world: World, **order: Any) -> License:
    return make_license(company=world.companies["aster"], **order)


def make_world() -> World:
    world = World(make_user(name=f"{CANARY} of the desk", email=f"{CANARY}@desk.example", is_staff=True))
    provider = make_company(name="Harbor")
    for name in ("aster", "borealis"):
        stated = {"name": name.title(), "slug": name, "business_id": f"B-{name}", "time_zone": "Europe/Berlin"}
        world.companies[name] = world.does(register_company, **stated, parent=provider)
        for role in Role:
            told = "digest" if role is Role.LICENSE_ADMINISTRATOR else "at-once"
            person = make_user(name=f"{name} {role.value}", told=told)
            world.does(set_roles, world.companies[name], user=person, roles=[role.value])
            world.clients[name, role.value] = browser_of(person)
    looks = make_user(name="Looks at customers", company=provider, roles=["viewer"])
    world.does(set_provider_viewer, provider, user=looks, looks=True)
    world.does(close_to_provider, world.companies["aster"], provider=provider, closed=True)
    world.does(state_time_zone, world.companies["aster"], time_zone="Europe/Paris")
    tell_of_orders(world)
    tell_of_codes_and_purchases(world)
    tell_of_credits(world)
    tell_of_before(world)
    tell_all(NOON + timedelta(minutes=1))
    world.does(resend_notice, NoticeDelivery.objects.filter(company=world.companies["aster"]).order_by("id")[0])
    send_digests(NOON + timedelta(days=2))
    return world


def tell_of_orders(world: World) -> None:
    aster, borealis = world.companies["aster"], world.companies["borealis"]
    order = world.does(issue_order, channel="direct", external_id="PO-1", product=make_product(), units=1_000)
    license = world.does(activate_order, order, company=aster, today=TODAY)
    world.does(top_up_order, order, units=10, today=TODAY)
    world.does(set_order_units, order, units=900, today=TODAY)
    world.does(reduce_order, order, units=800, today=TODAY)
    world.does(correct_license, license, units=801, today=TODAY)
    world.does(extend_license, license, expires_on=TODAY + timedelta(days=400), today=TODAY)
    world.does(renew_order, order, today=TODAY)
    world.does(switch_renewal, order, on=True, today=TODAY)
    world.does(suspend_order, order, today=TODAY)
    world.does(reinstate_order, order, today=TODAY)
    top_up_order(order, units=1, today=TODAY, by=Actor.system("Azure Marketplace", on_behalf_of=CANARY), key=world.key())
    world.does(change_plan, order_of(world).order, product=make_product(name="Other credits"), today=TODAY)
    world.does(suspend_order, order_of(world, name="Suspended").order, today=TODAY)
    world.does(cancel_order, order_of(world).order, today=TODAY)
    undone = order_of(world).order
    world.does(cancel_order, undone, today=TODAY)
    world.does(reinstate_order, undone, undo_cancellation=True, today=TODAY)
    tell_of_undone(world)
    moved = order_of(world, external_id="PO-moved").order
    suspend_order(moved, today=TODAY, by=SYSTEM, key=world.key())
    world.does(transfer_order, moved, to=borealis, today=TODAY)


def tell_of_undone(world: World) -> None:
    aster = world.companies["aster"]
    support = Actor.person(world.support)

    def topped_up(case: str) -> Act:
        reason = Why("", ReasonKind.TEST, case)
        top_up_order(
            order_of(world, name=f"Undone {case}").order, units=5, today=TODAY, by=support, key=world.key(), reason=reason
        )
        return Act.objects.filter(case_number=case).latest("recorded_at")

    world.does(undo_order, aster, undoes=topped_up("C-1").pk, today=TODAY)
    world.does(undo_act, topped_up("C-2"), today=TODAY)
    topped_up("C-3")
    world.does(undo_case, "C-3")


def tell_of_codes_and_purchases(world: World) -> None:
    aster = world.companies["aster"]
    by_code = make_order(channel="code", reserved_for=aster)
    code = world.does(issue_code, by_code, kind="activation-code")
    world.does(withdraw_code, code)
    make_code(by_code)
    activate_order(by_code, company=aster, today=TODAY, by=SYSTEM, key=world.key())
    # What failed once, and what support's list says of it.
    product = make_product()
    person = User.objects.get(memberships__company=aster, memberships__roles=[Role.OWNER.value])
    rows_of_marketplaces(range(1), [order_of(world).order], [person], [aster], [product], CANARY)
    world.does(resume_activation, Activation.objects.get(channel="azure"))
    world.does(mark_read, Difference.objects.get())


def tell_of_credits(world: World) -> None:
    aster = world.companies["aster"]
    load_price_list(price_list(("base", "2", date(2020, 1, 1))), by=SYSTEM, key=world.key())
    line = make_feature(rates=[5]).lines.get()
    world.does(
        set_allocation,
        aster,
        feature=line.feature,
        units={line.pk: 20},
        today=TODAY,
        on=TODAY - timedelta(days=3),
        below_zero_confirmed=True,
    )
    withdrawn = make_feature().lines.get()
    state(aster, withdrawn, 5, on=LATER)
    world.does(withdraw_plan, aster, feature=withdrawn.feature, line=withdrawn, on=LATER, today=TODAY)
    world.does(
        undo_allocation, aster, undoes=Act.objects.filter(name="allocation.withdraw").latest("recorded_at").pk, today=TODAY
    )
    together = make_feature(rates=[1, 2])
    units = {each.pk: 2 for each in together.lines.all()}
    world.does(set_many, aster, units=units, today=TODAY, on=TODAY - timedelta(days=2), below_zero_confirmed=True)
    switched = make_feature(switchable=True)
    order_of(world, product=make_product(kind="pay-as-you-go", rate=None), units=1)
    world.does(switch_billing_model, aster, feature=switched, model="pay-as-you-go", today=TODAY)
    world.does(switch_several_features, aster, models={make_feature(switchable=True): "pay-as-you-go"}, today=TODAY)
    listed = price_list(("base", "2", date(2020, 1, 1)), ("base", "3", TODAY))
    world.does(load_price_list, listed, correction=True)
    world.does(state_price_list, listed, correction=True)
    world.allocation = reverse("credits:allocation", args=[aster.slug, line.feature.slug])
    world.form = {"starting": "today", "key": world.key(), "seen": "0", f"units_{line.pk}": "7", f"seen_{line.pk}": "0"}


def tell_of_before(world: World) -> None:
    """What was typed before anybody was told who reads it."""
    aster = world.companies["aster"]
    of_staff = {"note": f"{CANARY} note", "reason": f"{CANARY} reason"}
    manager = Membership.objects.get(company=aster, roles=[Role.CREDIT_MANAGER.value]).user
    cases: list[tuple[dict[str, Any], User]] = [(of_staff, world.support), ({"note": "Our own words of before."}, manager)]
    with before_notes_were_labeled():
        world.does(correct_license, order_of(world), units=5, today=TODAY, **of_staff)
        for texts, by in cases:
            line = make_feature().lines.get()
            said: dict[str, Any] = {"feature": line.feature, "units": {line.pk: 3}, "today": TODAY, "below_zero_confirmed": True}
            set_allocation(aster, **said, **texts, by=Actor.person(by), key=world.key())
        withdrawn = make_feature().lines.get()
        state(aster, withdrawn, 5, on=LATER)
        world.does(withdraw_plan, aster, feature=withdrawn.feature, line=withdrawn, on=LATER, today=TODAY, **of_staff)


def recorded_at_noon(_clock: datetime, earliest: datetime | None) -> datetime:
    """Notices are told of what was recorded lately."""
    return max(NOON, earliest) if earliest else NOON


@pytest.fixture(scope="module")
def world_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Written once; what a test changes is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        with patch("console.models.act.instant_of_recording", recorded_at_noon):
            made = make_world()
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def world(world_of_the_module: World, db: None) -> Iterator[World]:
    with clock_at(TODAY):
        yield world_of_the_module


# --- Walking


EVERY_FILE = "EXPLANATION_DAYS" in os.environ
"""Also of each figure's explanation."""
VARIANTS = 2
"""Addresses that differ in their query alone are followed so many times."""


def walk(world: World, company: str, role: str) -> dict[str, str]:
    """Address -> text of everything that a person reaches by links, and by the addresses of `ADDRESSES`. Walked once."""
    if (company, role) not in world.walked:
        world.walked[company, role] = walked(world, company, role)
    return world.walked[company, role]


def walked(world: World, company: str, role: str) -> dict[str, str]:
    slug, client = world.companies[company].slug, world.clients[company, role]
    plain = [name for name, row in ADDRESSES.items() if row.see and not row.arguments]
    waiting = ["/", "/accounts/notices/", reverse("activation:start"), *(reverse(name, args=[slug]) for name in plain)]
    of_today = {each.id for each in licenses_on(world.companies[company], on=TODAY)}  # what was undone is none of them
    waiting += [reverse("licensing:license", args=[slug, each.pk]) for each in licenses_of(world, company) if each.pk in of_today]
    found: dict[str, str] = {}
    times: dict[str, int] = {}
    parts: set[str] = set()
    while waiting:
        address = waiting.pop(0)
        path, query = urlsplit(address).path, dict(parse_qsl(urlsplit(address).query))
        file = query.get("format", "")
        kind = f"{path if EVERY_FILE else of_any(path)} {query.get('sheet', '')} {file}" if file else path
        if address in found or times.get(kind, 0) >= (1 if file else VARIANTS) or not leads_on(path):
            continue
        times[kind] = times.get(kind, 0) + 1
        response = client.get(address)
        assert response.status_code in (200, 302, 403), (address, response.status_code)
        found[address] = text_of(response)
        if file:
            continue
        if response.status_code == 302:
            waiting.append(response["Location"])
            continue
        for part in parts_in(found[address]):
            if (part := urljoin(address, part)) not in parts and leads_on(urlsplit(part).path):
                parts.add(part)
                found[f"{part} in part"] = text_of(client.get(part, headers=HTMX))
        waiting += [urljoin(address, link.partition("#")[0]) for link in links_in(found[address])]
    return found


def of_any(path: str) -> str:
    """The explanations of one kind of figure are one: each is read as a page, and a file says what its page says."""
    return re.sub(r"(/explain/[^/.]+)\.[^/]+", r"\1", path)


def licenses_of(world: World, company: str) -> list[License]:
    return list(License.objects.for_company(world.companies[company]).order_by("id"))


def leads_on(path: str) -> bool:
    return path == "/" or (path.startswith(("/companies/", "/activate/", "/accounts/notices")) and "logout" not in path)


def links_in(text: str) -> list[str]:
    return re.findall(r'\s(?:href|hx-get)="([^"]*)"', text)


def parts_in(text: str) -> list[str]:
    return re.findall(r'\shx-get="([^"]*)"', text)


def text_of(response: Any) -> str:
    """What a page or a file says; of a workbook every cell."""
    content = b"".join(response)
    if "spreadsheetml" in response.headers.get("Content-Type", ""):
        sheets = load_workbook(BytesIO(content)).worksheets
        return "\n".join(str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row)
    return unescape(content.decode())


def canaries_in(text: str) -> list[str]:
    """Where a text of staff's shows: the canary itself, a kind of the list in words or as it is kept."""
    words = [CANARY, str(ReasonKind.OUR_MISTAKE.label), ReasonKind.OUR_MISTAKE.value]
    return [text[max(0, at - 80) : at + 80] for word in words if (at := text.lower().find(word.lower())) >= 0]


# --- What must hold


def test_every_act_that_takes_a_reason_is_done_in_this_world(world: World) -> None:
    assert world.done == set(acts_with_a_reason()) - SHARED


def test_every_act_on_what_a_company_has_takes_a_note() -> None:
    found = {name for name, act in acts_with_a_reason().items() if "note" not in inspect.signature(act).parameters}
    assert found == WITHOUT_NOTE


def test_the_world_holds_canaries_wherever_staff_can_write(world: World) -> None:
    support = Act.objects.filter(actor=world.support)
    for column in ("reason", "case_number", "unlabelled_note"):
        assert support.filter(**{f"{column}__contains": CANARY}).exists(), column
    assert Act.objects.filter(on_behalf_of=CANARY).exists()
    assert {"activated", "suspended", "cancelled"} <= set(Notice.objects.values_list("kind", flat=True))
    purposes = set(OutgoingMail.objects.values_list("purpose", flat=True))
    assert {OutgoingMail.Purpose.DIGEST, OutgoingMail.Purpose.NOTICE} <= purposes


@pytest.mark.parametrize(("company", "role"), [("aster", "viewer"), ("aster", "owner"), ("borealis", "viewer")])
def test_nobody_of_a_company_finds_a_text_of_staff_on_any_page(world: World, company: str, role: str) -> None:
    pages = walk(world, company, role)
    assert {address: found for address, text in pages.items() if (found := canaries_in(text))} == {}


def test_no_refused_form_shows_a_text_of_staff(world: World) -> None:
    client = world.clients["aster", "credit-manager"]
    for headers in ({}, HTMX):
        response = client.post(world.allocation, world.form, headers=headers)
        assert response.status_code == 409
        assert canaries_in(text_of(response)) == []


def test_no_notice_and_no_mail_holds_a_text_of_staff(world: World) -> None:
    for mail in OutgoingMail.objects.all():
        assert canaries_in(f"{mail.subject}\n{mail.text}") == []
    for notice in Notice.objects.all():
        assert canaries_in(f"{notice.about} {notice.facts}") == []


def test_viewers_find_every_note_that_was_written_for_them(world: World) -> None:
    pages = "\n".join(walk(world, "aster", "viewer").values())
    shown = set(world.done) - SHOWN_NOWHERE - WITHOUT_NOTE
    assert {name for name in world.done if note_of(name) in pages} == shown
    assert f"Note from support: {note_of('cancel_order')}" in " ".join(pages.split())


def test_both_companies_read_the_note_of_a_transfer(world: World) -> None:
    for company in ("aster", "borealis"):
        assert note_of("transfer_order") in "\n".join(walk(world, company, "viewer").values())


def test_what_customers_noted_themselves_before_stays_theirs_to_read(world: World) -> None:
    pages = " ".join("\n".join(walk(world, "aster", "viewer").values()).split())
    assert "Note: Our own words of before." in pages
