"""How notices reach a person: one way for all, and for a kind a way of its own; what asks for action is never off."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from console.errors import Refused
from console.models import Act, Actor, OutgoingMail, User
from console.people.notice_preferences import choose_notices
from licensing.models import Company, Notice, NoticeDelivery
from licensing.notices.changes.kinds_of_changes import UNITS_DOWN
from licensing.notices.kinds import EXPIRES_SOON
from licensing.notices.telling import News
from tests.factories import TODAY, make_company, make_user, new_key
from tests.jobs import tell
from tests.licensing.notices.test_notices import noon
from tests.markup import read
from tests.pages import address_of, browser_of, page

pytestmark = pytest.mark.django_db

ADDRESS = "/accounts/notices/"


@pytest.fixture
def company() -> Company:
    return make_company(name="Fabrik", slug="fabrik")


@pytest.fixture
def owner(company: Company) -> User:
    return make_user(company=company, roles=["owner"])


def choose(person: User, **kinds: str) -> Any:
    form = {"told": "at-once", "key": new_key(), **{f"kind-{name.replace('_', '-')}": way for name, way in kinds.items()}}
    answer = browser_of(person).post(ADDRESS, form)
    person.refresh_from_db()
    return answer


def told_of_fewer_units(company: Company) -> Notice:
    facts = {"license": "1", "name": "Head office", "order": "PO-1", "before": "7,000 credits", "after": "3 credits"}
    facts |= {"changed_on": str(TODAY), "further": ""}
    return tell([News(company.pk, UNITS_DOWN.name, f"act:{new_key()}", facts, date.max)], now=noon(TODAY))[0]


@pytest.mark.parametrize(
    ("way", "channels", "mails"),
    [("", ["mail"], 1), ("at-once", ["mail"], 1), ("digest", ["digest"], 0), ("console", ["console"], 0), ("off", [], 0)],
)
def test_a_kind_reaches_a_person_in_the_way_they_chose_for_it(
    company: Company, owner: User, way: str, channels: list[str], mails: int
) -> None:
    assert choose(owner, units_down=way).status_code == 302
    notice = told_of_fewer_units(company)
    assert list(NoticeDelivery.objects.filter(notice=notice).values_list("channel", flat=True)) == channels
    assert OutgoingMail.objects.count() == mails
    shown = page(browser_of(owner), "licensing:notices", company).text
    assert "Head office went down from 7,000 credits to 3 credits" in shown
    assert ("1 notice is unread" in shown) == bool(channels)


def test_other_kinds_reach_them_as_before_and_other_people_too(company: Company, owner: User) -> None:
    other = make_user(company=company, roles=["license-administrator"], told="digest")
    choose(owner, units_up="off", expires_soon="digest")
    notice = told_of_fewer_units(company)
    channels = NoticeDelivery.objects.filter(notice=notice).values_list("user", "channel")
    assert dict(channels) == {owner.pk: "mail", other.pk: "digest"}


def test_what_asks_for_action_cannot_be_off(company: Company, owner: User) -> None:
    assert choose(owner, expires_soon="off").status_code == 422
    with pytest.raises(Refused, match=r"Expires soon.* cannot be off"):
        choose_notices(owner, told="at-once", told_of={"expires-soon": "off"}, by=Actor.person(owner), key=new_key())
    for told_of in ({"expires-soon": "loudly"}, {"nothing": "digest"}):
        with pytest.raises(Refused):
            choose_notices(owner, told="at-once", told_of=told_of, by=Actor.person(owner), key=new_key())
    assert owner.told_of == {}
    assert owner.way_of(EXPIRES_SOON.name, may_be_off=False) == "at-once"


def test_a_kind_that_was_off_and_asks_for_action_by_now_reaches_them_as_the_others_do(owner: User) -> None:
    owner.told_of = {"expires-soon": "off"}
    assert owner.way_of("expires-soon", may_be_off=False) == "at-once"
    assert owner.way_of("expires-soon", may_be_off=True) == "off"


def test_the_page_is_a_table_of_kinds_and_ways_and_keeps_what_was_chosen(owner: User) -> None:
    client = browser_of(owner)
    shown = read(client.get(ADDRESS))
    assert [each.text for each in shown.all("th", scope="col")] == [
        "Kind",
        "As above",
        "At once",
        "Once a day",
        "Console only",
        "Off",
    ]
    groups = [each.text for each in shown.all("th", scope="rowgroup")]
    assert groups == [
        "Told to owners and license administrators",
        "Told to owners, license administrators and credit managers",
        "Told to owners and credit managers",
        "Told to whoever asked for the units",
        "Told to owners",
        "Told to provider viewers",
    ]
    assert 'name="kind-expires-soon" value="off"' not in client.get(ADDRESS).content.decode()
    answer = client.post(ADDRESS, {"told": "digest", "key": new_key(), "kind-units-down": "off"}, follow=True)
    saved = answer.content.decode()
    assert "<strong>Saved:</strong> notices reach you by e-mail, once a day. 1 kind has a way of its own." in saved
    owner.refresh_from_db()
    assert (owner.told, owner.told_of) == ("digest", {"units-down": "off"})
    (button,) = [line for line in saved.split("<input") if 'name="kind-units-down"' in line and 'value="off"' in line]
    assert "checked" in button.split(">")[0]


def test_sent_twice_it_is_chosen_once_and_the_journal_has_it(owner: User) -> None:
    form = {"told": "digest", "key": new_key(), "kind-units-down": "off"}
    client = browser_of(owner)
    assert [client.post(ADDRESS, form).status_code for _twice in range(2)] == [302, 302]
    assert Act.objects.filter(name="person.choose-notices").count() == 1


def test_support_sees_how_a_person_is_told(owner: User) -> None:
    choose(owner, units_down="off", renewed="digest")
    desk = browser_of(make_user(is_staff=True, is_superuser=True))
    shown = read(desk.get(reverse("admin:console_user_change", args=[owner.pk]))).text
    for words in ("By e-mail, at once", "Fewer units: Off", "Renewed: Once a day"):
        assert words in shown
    assert address_of("licensing:notices", "fabrik")
