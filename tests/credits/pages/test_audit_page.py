"""The audit log: owners read everything done in their company, and nothing of others or of support's own."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import StringIO
from itertools import count
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from console.models import Act, Actor, Export, User, Why
from console.people.privacy.erase import erase_person
from console.people.sessions.end_for_support import end_sessions_of
from console.templatetags import formats
from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.approvals.refuse_or_withdraw import withdraw_request
from credits.acts.set_allocation import set_allocation
from credits.acts.undo.undo_allocation import undo_allocation
from credits.acts.usage.observe import Observation, observe
from credits.desk.sentences import SENTENCES
from credits.reading.audit.kinds import KIND_OF_FAMILY, LEFT_OUT, OF_MEMBERS, kind_of
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.people.ask_for_role import ask_for_role, decide_role_request
from licensing.acts.people.invite import invite, send_again, withdraw_invitation
from licensing.acts.transfer import transfer_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company
from tests.factories import PASSWORD, make_company, make_feature, make_license, make_user, new_key
from tests.markup import read
from tests.pages import HTMX, browser_of

pytestmark = pytest.mark.django_db


class World:
    """A company in which something of everything was done."""

    def __init__(self) -> None:
        self.company = make_company(name="Aster Foods", slug="aster")
        self.other = make_company(name="Rival Breweries")
        self.today = self.company.day_of(timezone.now())
        self.owner = make_user(name="Jonas Weber", company=self.company, roles=["owner"])
        self.manager = make_user(name="Katrin Vogel", company=self.company, roles=["credit-manager"])
        self.support = make_user(name="Sam Rivers", is_staff=True)
        self.license = make_license(company=self.company, units=1_000, today=self.today, name="Web shop", external_id="SO-1")
        self.line = make_feature(name="Email Sensor").lines.get()
        self.set(60)

    def said(self, who: User, **more: Any) -> dict[str, Any]:
        return {"today": self.today, "by": Actor.person(who), "key": new_key(), **more}

    def set(self, units: int, **more: Any) -> Any:
        return set_allocation(
            self.company, feature=self.line.feature, units={self.line.pk: units}, **self.said(self.manager, **more)
        )

    def log(self, **query: str) -> list[str]:
        return [" ".join(row.text.split()) for row in rows_on(browser_of(self.owner), self.company, **query)]


def rows_on(client: Client, company: Company, **query: str) -> list[Any]:
    answer = client.get(reverse("credits:audit", args=[company.slug], query=query))
    assert answer.status_code == 200
    [part] = read(answer).all("section", id="lines")
    return part.all("tr", data_line="*")


@pytest.fixture
def world() -> World:
    return World()


def one(lines: list[str], *words: str) -> str:
    [found] = [line for line in lines if all(word in line for word in words)]
    return found


def test_an_owner_reads_who_did_what_and_what_it_left(world: World) -> None:
    world.set(100, note="For the new office")
    line = one(world.log(), "100")
    assert "Katrin Vogel set Email Sensor to 100" in line
    assert "Note: “For the new office”" in line
    assert "940 → then 900" in line
    assert "Entries" in line


@pytest.mark.parametrize(("retention", "kept"), [(90, 90), (3, 14)])
def test_it_says_when_sign_ins_leave(retention: int, kept: int, world: World, settings: Any) -> None:
    settings.RETENTION_DAYS = retention
    shown = read(browser_of(world.owner).get(reverse("credits:audit", args=[world.company.slug])))
    assert f"Sign-ins alone leave, {kept} days after their session has ended." in shown.text


def test_its_entries_are_a_page_with_their_explanation(world: World) -> None:
    client = browser_of(world.owner)
    [row] = [row for row in rows_on(client, world.company) if "Email Sensor" in row.text]
    [link] = row.all("a", class_="audit-entries")
    shown = client.get(link["href"])
    assert shown.status_code == 200
    assert "+60" in shown.content.decode()
    assert "Email Sensor" in shown.content.decode()


def test_roles_are_told_with_those_before(world: World) -> None:
    set_roles(world.company, user=world.manager, roles=["viewer", "credit-manager"], by=Actor.person(world.owner), key=new_key())
    line = one(world.log(kind="people"), "Jonas Weber set the roles of Katrin Vogel")
    assert "Credit manager → then Credit manager, Viewer" in line


def test_invitations_are_told_apart_by_their_address_while_they_are_open(world: World) -> None:
    by, day = Actor.person(world.owner), formats.day(world.today)
    first, _second = (
        invite(world.company, email=f"{name}@new.example", roles=["viewer"], by=by, key=new_key()) for name in ("mei", "tan")
    )
    send_again(world.company, invitation=first.pk, by=by, key=new_key())
    one(world.log(), "invited tan@new.example as Viewer")
    one(world.log(), "invited mei@new.example as Viewer")
    one(world.log(), "sent the invitation of mei@new.example as Viewer again")
    withdraw_invitation(world.company, invitation=first.pk, by=by, key=new_key())
    lines = world.log()
    assert not [line for line in lines if "mei@" in line]
    one(lines, f"withdrew an invitation of {day} as Viewer", "Open → then Withdrawn")
    one(lines, f"sent an invitation of {day} as Viewer again")
    one(lines, "invited somebody as Viewer")


def test_a_request_is_told_with_its_units_and_leads_to_its_page(world: World) -> None:
    viewer = make_user(name="Emil Brandt", company=world.company, roles=["viewer"])
    asked = ask_for_units(world.company, units={world.line.pk: 138}, words="Laptops", **world.said(viewer))
    [row] = [each for each in rows_on(browser_of(world.owner), world.company) if "Emil Brandt asked for" in each.text]
    assert "asked for 138 endpoints of Email Sensor" in " ".join(row.text.split())
    [link] = row.all("a", class_="audit-entries")
    assert link["href"] == reverse("credits:request", args=["aster", asked.pk])
    assert browser_of(world.owner).get(link["href"]).status_code == 200


@pytest.mark.parametrize(
    ("grants", "told"), [(True, "Credit manager → then Owner, Credit manager"), (False, "Open → then Refused")]
)
def test_an_answer_to_who_asked_for_a_role_is_told_with_what_it_changed(grants: bool, told: str, world: World) -> None:
    asked = ask_for_role(world.company, role="owner", words="", by=Actor.person(world.manager), key=new_key())
    by = Actor.person(world.owner)
    decide_role_request(world.company, request=asked.pk, grants=grants, words="As agreed", by=by, key=new_key())
    one(world.log(), "the role Owner", "Katrin Vogel", told)


def test_support_is_support_and_its_own_words_stay_with_it(world: World) -> None:
    order = world.license.order
    why = Why("Rival Breweries complained", "goodwill", "C-99")
    top_up_order(order, units=5, **world.said(world.support, reason=why, note="As we agreed"))
    set_roles(world.company, user=world.support, roles=["viewer"], by=Actor.person(world.support), key=new_key(), reason=why)
    end_sessions_of(world.manager, by=Actor.person(world.support), key=new_key(), reason=why)
    page = browser_of(world.owner).get(reverse("credits:audit", args=["aster"])).content.decode()
    for hidden in ("Sam Rivers", "complained", "C-99", "Goodwill", "goodwill", "/admin/", world.support.email):
        assert hidden not in page, hidden
    lines = world.log(kind="support")
    assert len(lines) == 3
    assert "As we agreed" in one(lines, "topped up Web shop, SO-1 by 5")
    one(lines, "Support signed Katrin Vogel out")
    one(lines, "Support set the roles of a member of support")
    assert not world.log(q="Sam Rivers")


def test_another_company_has_no_name_there(world: World) -> None:
    transfer_order(world.license.order, to=world.other, **world.said(world.support, reason="sold"))
    page = browser_of(world.owner).get(reverse("credits:audit", args=["aster"])).content.decode()
    assert "to another company" in page
    assert "Rival" not in page
    assert world.other.slug not in page


def test_an_undo_tells_what_it_undid_without_a_link(world: World) -> None:
    undone = world.set(70)
    undo_allocation(world.company, undoes=undone.act, **world.said(world.owner))
    one(world.log(), "Jonas Weber undid: “", "set Email Sensor to 70")


# --- Sign-ins


def signs_in(person: User, address: str) -> None:
    client = Client(REMOTE_ADDR=address)
    assert client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD}).status_code == 302


def test_sign_ins_are_told_while_their_person_belongs_to_the_company(world: World) -> None:
    both = make_user(name="Delta Owner", company=world.other, roles=["owner"])
    signs_in(both, "203.0.113.1")
    set_roles(world.company, user=both, roles=["viewer"], by=Actor.person(world.owner), key=new_key())
    signs_in(both, "203.0.113.2")
    set_roles(world.company, user=both, roles=[], by=Actor.person(world.owner), key=new_key())
    signs_in(both, "203.0.113.3")
    lines = world.log(kind="sign-ins", who=str(both.pk))
    assert len(lines) == 1
    assert "203.0.113.2" in lines[0]
    stranger = make_user()
    signs_in(stranger, "203.0.113.4")
    signs_in(world.support, "203.0.113.5")
    assert not [line for line in world.log() if "203.0.113.4" in line or "203.0.113.5" in line]


def test_from_where_is_the_one_session_that_was_open(world: World) -> None:
    signs_in(world.manager, "203.0.113.7")
    world.set(61)
    assert "203.0.113.7" in one(world.log(), "to 61")
    signs_in(world.manager, "198.51.100.9")
    world.set(62)
    assert "203.0.113.7" not in one(world.log(), "to 62")


def test_exports_and_views_by_support_are_told(world: World) -> None:
    browser_of(world.manager).get("/companies/aster/licenses/?format=csv")
    desk = browser_of(world.support)
    desk.post(reverse("desk:view-as", args=["aster"]), {"purpose": "asked", "words": "Secret words", "case": "C-5"})
    assert desk.get("/companies/aster/licenses/").status_code == 200
    b"".join(desk.get("/companies/aster/licenses/?format=xlsx").streaming_content)
    one(world.log(kind="exports"), "Katrin Vogel exported the table licenses as CSV, 1 row")
    one(world.log(kind="exports"), "Support exported the table licenses as XLSX")
    line = one(world.log(kind="support"), "looked at your pages, 2 pages", "Somebody of the company asked for help")
    assert "Secret" not in line
    assert "C-5" not in line


# --- Finding


def test_lines_are_searched_filtered_and_counted(world: World) -> None:
    assert [line for line in world.log(q="email sensor") if "Email Sensor" in line]
    assert len(world.log(q="SO-1")) == 1
    assert len(world.log(q="katrin")) == 1
    assert not world.log(q="100%")
    assert not world.log(q="_")
    assert len(world.log(kind="allocations")) == 1
    assert len(world.log(who=str(world.manager.pk))) == 1
    assert not world.log(who=str(world.support.pk))
    for odd in ({"kind": "none"}, {"who": "x"}, {"days": "12"}, {"page": "99"}, {"who": "9" * 30}):
        assert world.log(**odd)


def test_the_last_90_days_are_shown_unless_all_are_asked_for() -> None:
    first, passed = timezone.now() - timedelta(days=100), count()
    with patch("console.models.act.instant_of_recording", lambda _clock, _earliest: first + timedelta(seconds=next(passed))):
        world = World()
    assert not world.log(kind="allocations")
    assert len(world.log(kind="allocations", days="365")) == len(world.log(kind="allocations", days="all")) == 1
    world.set(61)
    assert len(world.log(kind="allocations")) == 1


def test_an_erased_person_is_a_former_member_there(world: World) -> None:
    erase_person(world.manager, by=Actor.person(world.manager), key=new_key())
    lines = world.log()
    assert "a former member set Email Sensor to 60" in one(lines, "Email Sensor")
    one(lines, "a former member was erased, and is a member no more", "Credit manager → then None")
    assert not [line for line in lines if "Katrin" in line or "Erasure for" in line]


def test_somebody_who_was_taken_out_is_told_as_removed(world: World) -> None:
    set_roles(world.company, user=world.manager, roles=[], by=Actor.person(world.owner), key=new_key())
    one(world.log(kind="people"), "Jonas Weber removed Katrin Vogel (Credit manager)", "Credit manager → then None")


def test_the_file_has_all_lines_that_match_and_its_own_record(world: World) -> None:
    client = browser_of(world.owner)
    answer = client.get(reverse("credits:audit", args=["aster"], query={"format": "csv", "kind": "allocations"}))
    rows = list(csv.DictReader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [(row["Who"], row["Before"], row["After"]) for row in rows] == [("Katrin Vogel", "1,000", "940")]
    assert Export.objects.latest("pk").sheet == "audit-log"
    one(world.log(kind="exports"), "exported the table audit log as CSV, 1 row")


def test_only_owners_read_it_and_htmx_is_given_the_lines_alone(world: World) -> None:
    page = reverse("credits:audit", args=["aster"])
    assert browser_of(world.manager).get(page).status_code == 403
    assert browser_of(make_user()).get(page).status_code == 404
    part = browser_of(world.owner).get(page, headers=HTMX).content.decode()
    assert 'id="lines"' in part
    assert "<h1>" not in part


def test_it_costs_the_same_however_many_lines_there_are(world: World) -> None:
    client = browser_of(world.owner)
    page = reverse("credits:audit", args=["aster"])
    client.get(page)
    counts = []
    for _time in range(2):
        with CaptureQueriesContext(connection) as asked:
            client.get(page)
        counts.append(len(asked))
        for number in range(12):
            world.set(200 + number)
            invite(world.company, email=f"{uuid4()}@new.example", roles=["viewer"], by=Actor.person(world.owner), key=new_key())
            seen = [Observation(world.line.pk, world.today, 300 + number)]
            observe(world.company, observations=seen, **world.said(world.manager))
            asked = ask_for_units(world.company, units={world.line.pk: 400}, words="x", **world.said(world.manager))
            withdraw_request(world.company, request=asked.pk, by=Actor.person(world.manager), key=new_key())
            signs_in(world.manager, f"203.0.113.{number}")
    assert counts[0] == counts[1] <= 14


def test_every_act_of_the_code_is_told_of_a_kind_or_left_out_with_a_reason() -> None:
    for name in SENTENCES:
        assert name in LEFT_OUT or name in OF_MEMBERS or kind_of(name)
    assert set(LEFT_OUT) <= set(SENTENCES)
    assert {name.partition(".")[0] for name in SENTENCES if name not in LEFT_OUT} == set(KIND_OF_FAMILY)
    assert Act.objects.exists() is False
