"""Who may allocate is told when somebody else activated seats that were kept in use."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from console.models import Actor, User
from credits.acts.choose_use import choose_use
from credits.models import SeatUse
from credits.tasks import tell_all
from licensing.acts.activate import activate_order
from licensing.acts.transfer import transfer_order
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, NoticeDelivery, Order, Product
from licensing.notices.words_of_notices import with_people, words_of
from tests.factories import SYSTEM, make_company, make_feature, make_order, make_product, make_user, new_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company(name="Fabrik", slug="fabrik", time_zone="UTC")


@pytest.fixture
def seats() -> Product:
    product = make_product(kind="seats", unit="seat", rate=45, name="Endpoint Core")
    SeatUse.objects.create(product=product, line=make_feature(name="Endpoint sensor", rates=[45]).lines.get())
    return product


def told_of_it() -> list[tuple[str, str, str]]:
    """(address, title, sentence) of those who were told that something stays in use."""
    tell_all(timezone.now())
    found = NoticeDelivery.objects.filter(notice__kind="kept-in-use").select_related("notice__company", "user").order_by("user")
    deliveries = list(found)
    with_people([each.notice for each in deliveries])
    return [
        (each.user.email, str(each.notice), str(words_of(each.notice, each.notice.company)["sentence"])) for each in deliveries
    ]


def activate(company: Company, seats: Product, by: Actor = SYSTEM, *, keeps_use: bool = True) -> Order:
    order = make_order(product=seats, units=300, name="Seats", external_id="PO-1")
    today = company.day_of(timezone.now())
    activate_order(order, company=company, today=today, by=by, key=new_key(), keeps_use=keeps_use)
    return order


def test_who_may_allocate_is_told_by_whom_and_how_many(company: Company, seats: Product) -> None:
    manager = make_user(company=company, roles=["credit-manager"])
    admin = make_user(company=company, roles=["license-administrator"], name="Ada Admin")
    activate(company, seats, Actor.person(admin))
    ((to, title, sentence),) = told_of_it()
    assert (to, title) == (manager.email, "300 endpoints of Endpoint sensor stay in use")
    assert "with order PO-1 (Seats)" in sentence
    assert sentence.endswith("By: Ada Admin.")
    assert len(told_of_it()) == 1, "once"


def test_who_activated_themselves_is_not_told_and_the_others_are(company: Company, seats: Product) -> None:
    owner, other = (make_user(company=company, roles=["owner"]) for _each in range(2))
    activate(company, seats, Actor.person(owner))
    assert [to for to, _title, _sentence in told_of_it()] == [other.email]


def left_available(company: Company, seats: Product, person: User) -> None:
    activate(company, seats, keeps_use=False)


def kept_by_who_may_allocate(company: Company, seats: Product, person: User) -> None:
    order, today = activate(company, seats, keeps_use=False), company.day_of(timezone.now())
    choose_use(order, keeps=True, today=today, by=Actor.person(person), key=new_key())


def credits(company: Company, seats: Product, person: User) -> None:
    activate(company, make_product())


@pytest.mark.parametrize("deed", [left_available, kept_by_who_may_allocate, credits])
def test_nobody_is_told_where_nobody_else_kept_anything(
    deed: Callable[[Company, Product, User], None], company: Company, seats: Product
) -> None:
    deed(company, seats, make_user(company=company, roles=["credit-manager"]))
    assert told_of_it() == []


def test_a_top_up_and_a_transfer_are_told_too(company: Company, seats: Product) -> None:
    order, today = activate(company, seats), company.day_of(timezone.now())
    other = make_company(time_zone="UTC")
    here, there = (make_user(company=each, roles=["owner"]) for each in (company, other))
    about = {"today": today, "by": SYSTEM}
    top_up_order(order, units=50, **about, key=new_key())
    transfer_order(order, to=other, reason="sold", **about, key=new_key())
    titles = [(to, title) for to, title, _sentence in told_of_it()]
    assert sorted(titles) == sorted(
        [
            (here.email, "300 endpoints of Endpoint sensor stay in use"),
            (here.email, "50 endpoints of Endpoint sensor stay in use"),
            (there.email, "350 endpoints of Endpoint sensor stay in use"),
        ]
    )
