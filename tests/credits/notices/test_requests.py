"""Who is told of requests: whoever may decide them, then whoever asked; and all owners of when a second person confirms."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from console.models import Actor, OutgoingMail, User
from credits.acts.approvals.approve_request import approve_request
from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.approvals.lower_request import lower_request
from credits.acts.approvals.refuse_or_withdraw import refuse_request, withdraw_request
from credits.acts.approvals.state_approvals import state_approvals
from credits.models import CreditRequirement
from credits.rules.second_person import NEVER, WhenAsked
from credits.tasks import tell_all
from licensing.models import Company, Notice, NoticeDelivery
from tests.factories import make_company, make_feature, make_license, make_user, new_key
from tests.pages import address_of, browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    company = make_company(name="Fabrik", slug="fabrik", time_zone="UTC")
    make_license(company=company, units=1_000)
    return company


@pytest.fixture
def line() -> CreditRequirement:
    return make_feature(name="Endpoint sensor", rates=[1]).lines.get()


@pytest.fixture
def people(company: Company) -> dict[str, User]:
    roles = {"viewer": "viewer", "other": "viewer", "manager": "credit-manager", "owner": "owner"}
    return {name: make_user(company=company, roles=[role], name=name) for name, role in roles.items()}


def does(company: Company, by: User, **more: Any) -> dict[str, Any]:
    return {"today": company.day_of(timezone.now()), "by": Actor.person(by), "key": new_key(), **more}


def told() -> list[tuple[str, str]]:
    """(name, title) of what was told since the last time, to whom."""
    before = set(NoticeDelivery.objects.values_list("pk", flat=True))
    tell_all(timezone.now())
    kinds = ("units-asked", "request-decided", "approvals-changed")
    new = (
        NoticeDelivery.objects.filter(notice__kind__in=kinds)
        .exclude(pk__in=before)
        .select_related("user", "notice")
        .order_by("user", "pk")
    )
    return [(each.user.name, str(each.notice)) for each in new]


def test_who_may_decide_is_told_then_who_asked(company: Company, line: CreditRequirement, people: dict[str, User]) -> None:
    asked = ask_for_units(company, units={line.pk: 30}, words="Harbor site", **does(company, people["viewer"]))
    title = "Asked for: 30 endpoints of Endpoint sensor"
    assert told() == [("manager", title), ("owner", title)]
    mail = OutgoingMail.objects.filter(subject__contains="Asked for").latest("pk").text
    for words in ("viewer asks for it", "Harbor site", "approve, lower or refuse"):
        assert words in mail
    lower_request(company, request=asked.pk, units={line.pk: 20}, **does(company, people["manager"]))
    assert told() == [("viewer", "Lowered: 20 endpoints of Endpoint sensor")]
    approve_request(company, request=asked.pk, words="Go ahead", **does(company, people["owner"]))
    assert told() == [("viewer", "Approved: 20 endpoints of Endpoint sensor")]
    assert Notice.objects.get(kind="units-asked").resolved_at is not None
    assert told() == []


def test_what_is_refused_is_told_in_words_and_what_is_withdrawn_asks_nobody_any_more(
    company: Company, line: CreditRequirement, people: dict[str, User]
) -> None:
    first = ask_for_units(company, units={line.pk: 30}, words="a", **does(company, people["manager"]))
    second = ask_for_units(company, units={line.pk: 40}, words="b", **does(company, people["viewer"]))
    assert sorted(name for name, _title in told()) == ["manager", "owner", "owner"]
    by = {"by": Actor.person(people["owner"]), "key": new_key()}
    refuse_request(company, request=first.pk, words="Not this year", **by)
    withdraw_request(company, request=second.pk, by=Actor.person(people["viewer"]), key=new_key())
    assert told() == [("manager", "Refused: 30 endpoints of Endpoint sensor")]
    assert (
        "Not this year" in OutgoingMail.objects.latest("pk").text or Notice.objects.filter(facts__note="Not this year").exists()
    )
    assert not Notice.objects.filter(kind="units-asked", resolved_at=None).exists()


def test_a_decision_is_for_whoever_asked_alone(company: Company, line: CreditRequirement, people: dict[str, User]) -> None:
    asked = ask_for_units(company, units={line.pk: 30}, words="a", **does(company, people["viewer"]))
    approve_request(company, request=asked.pk, **does(company, people["owner"]))
    told()
    address = address_of("licensing:notices", company)
    assert "Approved: 30" in browser_of(people["viewer"]).get(address).content.decode()
    assert "Approved: 30" not in browser_of(people["other"]).get(address).content.decode()
    number = Notice.objects.get(kind="request-decided").pk
    notice = address_of("licensing:notice", company, number)
    assert browser_of(people["viewer"]).get(notice).status_code == 302
    assert browser_of(people["other"]).get(notice).status_code == 403


def test_all_owners_are_told_of_the_rule(company: Company, people: dict[str, User]) -> None:
    by = Actor.person(people["owner"])
    state_approvals(company, when=WhenAsked(5_000, below_zero=True), by=by, key=new_key())
    title = "A second person confirms from 5,000 credits a day on and whenever the balance goes below zero"
    assert told() == [("owner", title)]
    state_approvals(company, when=NEVER, by=by, key=new_key())
    assert told() == [("owner", "A second person confirms nothing any more")]
