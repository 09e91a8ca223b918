"""What an act changed is told once, in its kind, with before and after; a transfer or a change of plan is one act."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.models import Act, Actor, OutgoingMail, User
from credits.tasks import tell_all
from licensing.acts.activate import activate_order
from licensing.acts.change_plan import change_plan
from licensing.acts.corrections.correct import correct_license
from licensing.acts.corrections.extend import extend_license
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, Notice, NoticeDelivery, Permission, Product, Role
from licensing.notices.due_of_licenses import LICENSES
from licensing.notices.kinds import NOTE, NoticeKind, register
from licensing.notices.telling import News, companies_in_batches
from licensing.notices.words_of_notices import with_people, words_of
from tests.factories import SYSTEM, TODAY, make_company, make_license, make_product, make_user, new_key
from tests.jobs import queued, run_jobs, tell
from tests.licensing.notices.test_notices import days, leads_to, noon, recorded
from tests.pages import address_of, browser_of, page

pytestmark = pytest.mark.django_db

NOW = noon(TODAY)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Noon of `TODAY`; what was recorded before the act at hand is weeks old, and no news."""
    with time_machine.travel(NOW, tick=False) as traveller, recorded(NOW - days(20)):
        yield traveller


@pytest.fixture
def company() -> Company:
    return make_company(name="Fabrik", slug="fabrik")


@pytest.fixture
def admin(company: Company) -> User:
    return make_user(company=company, roles=["license-administrator"])


@pytest.fixture
def manager(company: Company) -> User:
    return make_user(company=company, roles=["credit-manager"])


@dataclass
class Bought:
    """An order of 1,000 credits, told of by "Head office" and PO-1, that nobody has heard of for weeks."""

    license: License
    seats: Product

    def act(self, function: Callable[..., Any], **stated: Any) -> Any:
        """Done today, recorded now."""
        with recorded(NOW):
            return function(self.license.order, **{"today": TODAY, "by": SYSTEM, "key": new_key(), **stated})

    def correct(self, **stated: Any) -> None:
        with recorded(NOW):
            correct_license(self.license, **{"today": TODAY, "by": SYSTEM, "key": new_key(), "reason": "Case 4712", **stated})

    def extend(self, **stated: Any) -> None:
        with recorded(NOW):
            extend_license(self.license, **{"today": TODAY, "by": SYSTEM, "key": new_key(), "reason": "agreed", **stated})


@pytest.fixture
def bought(company: Company) -> Bought:
    license = make_license(company=company, name="Head office", external_id="PO-1", today=TODAY - days(30))
    return Bought(license, make_product(kind="seats", unit="seat", rate=45, name="Endpoint Core"))


def look() -> list[str]:
    before = set(Notice.objects.values_list("pk", flat=True))
    tell_all(NOW + timedelta(seconds=1))
    return list(Notice.objects.exclude(pk__in=before).order_by("pk").values_list("kind", flat=True))


def sentence(notice: Notice) -> str:
    with_people([notice])
    return str(words_of(notice, notice.company)["sentence"])


AZURE = Actor.system("Azure Marketplace")
CHANGES: dict[str, tuple[Callable[[Bought], Any], str, str, str]] = {
    "top-up": (
        lambda it: it.act(top_up_order, units=500, by=AZURE),
        "units-up",
        "Head office went up from 1,000 credits to 1,500 credits",
        "Azure Marketplace raised order PO-1: from Mar 2, 2026 on it has 1,500 credits instead of 1,000 credits.",
    ),
    "units stated, more": (
        lambda it: it.act(set_order_units, units=1_200, by=AZURE),
        "units-up",
        "Head office went up from 1,000 credits to 1,200 credits",
        "Azure Marketplace raised order PO-1: from Mar 2, 2026 on it has 1,200 credits instead of 1,000 credits.",
    ),
    "units stated, fewer": (
        lambda it: it.act(set_order_units, units=3, by=AZURE),
        "units-down",
        "Head office went down from 1,000 credits to 3 credits",
        "Azure Marketplace lowered order PO-1: from Mar 2, 2026 on it has 3 credits instead of 1,000 credits.",
    ),
    "reduction of an earlier day": (
        lambda it: it.act(reduce_order, units=3, by=AZURE, on=TODAY - days(4)),
        "units-down",
        "Head office went down from 1,000 credits to 3 credits",
        "Azure Marketplace lowered order PO-1: from Feb 26, 2026 on it has 3 credits instead of 1,000 credits.",
    ),
    "plan": (
        lambda it: it.act(change_plan, product=it.seats, by=AZURE),
        "plan-changed",
        "Head office has another plan from Mar 2, 2026 on",
        "Azure Marketplace changed the plan of order PO-1: from Mar 2, 2026 on it is Endpoint Core, "
        "1,000 seats (45,000 credits), instead of Vision One Credits, 1,000 credits.",
    ),
    "renewal": (
        lambda it: it.act(renew_order, by=AZURE),
        "renewed",
        "Head office is renewed up to and including Jan 30, 2028",
        "Azure Marketplace renewed order PO-1: 1,000 credits, from Jan 31, 2027 up to and including Jan 30, 2028. "
        "The term before has 1,000 credits, up to and including Jan 30, 2027.",
    ),
    "renewal on": (
        lambda it: it.act(switch_renewal, on=True, by=AZURE),
        "renewal-on",
        "The renewal of Head office was switched on",
        "Azure Marketplace switched the renewal of order PO-1 on; it was off. "
        "1,000 credits count up to and including Jan 30, 2027, and are to be renewed then.",
    ),
    "suspension": (
        lambda it: it.act(suspend_order, by=AZURE),
        "suspended",
        "Head office has been suspended since Mar 2, 2026",
        "1,000 credits of order PO-1 do not count until the order is reinstated.",
    ),
    "cancellation": (
        lambda it: it.act(cancel_order, by=AZURE),
        "cancelled",
        "Head office is cancelled from Mar 2, 2026 on",
        "1,000 credits of order PO-1 no longer count from that day on.",
    ),
    "correction of units": (
        lambda it: it.correct(units=500, by=AZURE),
        "corrected",
        "Head office was corrected",
        "Azure Marketplace corrected what is recorded of order PO-1: from Jan 31, 2026 on 500 credits instead of 1,000 credits.",
    ),
    "correction to nothing": (
        lambda it: it.correct(units=0, on=TODAY, by=AZURE),
        "corrected",
        "Head office was corrected",
        "Azure Marketplace corrected what is recorded of order PO-1: the last day is Mar 1, 2026 instead of Jan 30, 2027.",
    ),
    "extension": (
        lambda it: it.extend(expires_on=TODAY + days(400), by=AZURE),
        "extended",
        "Head office is extended up to and including Apr 5, 2027",
        "Azure Marketplace extended order PO-1 as agreed: 1,000 credits count up to and including Apr 5, 2027, "
        "instead of Jan 30, 2027.",
    ),
    "correction of dates": (
        lambda it: it.correct(starts_on=TODAY - days(31), expires_on=TODAY + days(90), by=AZURE),
        "corrected",
        "Head office was corrected",
        "Azure Marketplace corrected what is recorded of order PO-1: the first day is Jan 30, 2026 instead of Jan 31, 2026; "
        "the last day is May 30, 2026 instead of Jan 30, 2027.",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_told_once_with_before_and_after(name: str, bought: Bought, admin: User) -> None:
    change, kind, title, says = CHANGES[name]
    assert look() == []
    change(bought)
    assert look() == [kind]
    assert look() == []
    notice = Notice.objects.get()
    assert (str(notice), sentence(notice)) == (title, says)
    (mail,) = OutgoingMail.objects.all()
    assert (mail.to, mail.subject) == (admin.email, f"Fabrik: {title}")
    assert leads_to(mail, admin, address_of("licensing:license", "fabrik", notice.facts["license"]))


ALREADY: dict[str, Callable[[Bought], Any]] = {
    "the same units": lambda it: it.act(set_order_units, units=1_000),
    "a renewal that is off switched off": lambda it: it.act(switch_renewal, on=False),
    "the same plan": lambda it: it.act(change_plan, product=it.license.product),
    "the same dates": lambda it: it.correct(expires_on=TODAY - days(30) + days(365)),
    "the same units for every day": lambda it: it.correct(units=1_000),
    "activated again": lambda it: it.act(activate_order, company=it.license.company),
}


@pytest.mark.parametrize("name", ALREADY)
def test_what_holds_already_is_no_change(name: str, bought: Bought) -> None:
    ALREADY[name](bought)
    assert Act.objects.filter(recorded_at__gte=NOW).exists()
    assert look() == []


def test_reinstated_is_told_with_what_counts_again(bought: Bought) -> None:
    with recorded(NOW - days(19)):
        suspend_order(bought.license.order, today=TODAY, by=SYSTEM, key=new_key())
    bought.act(reinstate_order, by=AZURE)
    assert look() == ["reinstated"]
    says = "Azure Marketplace reinstated order PO-1: 1,000 credits count again, up to and including Jan 30, 2027."
    assert sentence(Notice.objects.get()) == says


def test_a_trial_that_is_paid_for_is_a_change_of_plan(company: Company) -> None:
    trial = Bought(make_license(company=company, trial=True, name="Trial"), make_product())
    trial.act(change_plan, product=trial.license.product, trial=False, by=AZURE)
    assert look() == ["plan-changed"]
    assert "Vision One Credits, 1,000 credits, instead of Vision One Credits as a trial, 1,000" in sentence(Notice.objects.get())


def test_a_later_term_with_other_units_is_named_too(bought: Bought) -> None:
    with recorded(NOW - days(19)):
        renewal = renew_order(bought.license.order, today=TODAY, by=SYSTEM, key=new_key())
        correct_license(renewal, units=700, today=TODAY, by=SYSTEM, key=new_key(), reason="Agreed")
    bought.act(set_order_units, units=800, by=AZURE)
    assert look() == ["units-down"]
    assert sentence(Notice.objects.get()).endswith(
        "from Mar 2, 2026 on it has 800 credits instead of 1,000 credits. "
        "From Jan 31, 2027 on it has 800 credits instead of 700 credits."
    )


# --- What a cancellation takes


def test_a_cancellation_after_a_change_of_plan_on_its_day_counts_what_it_took(bought: Bought, admin: User) -> None:
    bought.act(set_order_units, units=500)
    new = bought.act(change_plan, product=bought.seats)
    bought.act(cancel_order)
    assert look() == ["units-down", "plan-changed", "cancelled"]
    notice = Notice.objects.get(kind="cancelled")
    assert notice.facts["worth"] == "500 seats (22,500 credits)"
    assert notice.facts["license"] == str(new.pk)


def test_a_cancellation_of_a_plan_changed_back_and_renewed_counts_all_of_it(bought: Bought) -> None:
    bought.act(set_order_units, units=100)
    bought.act(change_plan, product=bought.seats)
    back = bought.act(change_plan, product=bought.license.product)
    bought.act(set_order_units, units=120)
    bought.act(renew_order)
    bought.act(cancel_order)
    assert look() == ["units-down", "plan-changed", "plan-changed", "units-up", "renewed", "cancelled"]
    notice = Notice.objects.get(kind="cancelled")
    assert (notice.facts["worth"], notice.facts["license"]) == ("120 credits", str(back.pk))


def test_a_suspension_after_a_change_of_plan_on_its_day_counts_the_new_plan(bought: Bought) -> None:
    bought.act(change_plan, product=bought.seats)
    bought.act(suspend_order)
    assert look() == ["plan-changed", "suspended"]
    assert Notice.objects.get(kind="suspended").facts["units"] == "1,000 seats"


# --- A transfer


def test_a_transfer_is_one_notice_for_each_company_in_its_own_words(bought: Bought, admin: User) -> None:
    with recorded(NOW - days(19)):
        renewal = renew_order(bought.license.order, today=TODAY, by=SYSTEM, key=new_key())
        correct_license(renewal, units=700, today=TODAY, by=SYSTEM, key=new_key(), reason="Agreed")
        suspend_order(bought.license.order, today=TODAY, by=SYSTEM, key=new_key())
    other = make_company(name="Holding AG")
    owner = make_user(company=other, roles=["owner"])
    staff = Actor.person(make_user(is_staff=True))
    bought.act(transfer_order, to=other, by=staff, reason="Sold, case 4712")
    assert look() == ["transferred-away", "transferred-here"]
    away, here = Notice.objects.order_by("pk")
    assert (away.company, here.company) == (bought.license.company, other)
    assert sentence(away) == (
        "Support moved order PO-1 to another company: from Mar 2, 2026 on, 1,000 credits no longer count in yours."
    )
    assert sentence(here).endswith(
        "moved order PO-1 here from another company: 1,000 credits, from Mar 2, 2026 up to and including Jan 30, 2028."
    )
    for notice, person, unknown in ((away, admin, "Holding AG"), (here, owner, "Fabrik")):
        (mail,) = OutgoingMail.objects.filter(to=person.email)
        assert unknown not in mail.text
        assert "4712" not in mail.text
        license = License.objects.get(pk=notice.facts["license"])
        assert license.company_id == notice.company_id
        assert leads_to(mail, person, address_of("licensing:license", notice.company.slug, license.pk))


# --- Who is told, and who is not


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("change", ["units stated, fewer", "renewal on"])
def test_credit_managers_are_told_where_credits_change(change: str, role: Role, bought: Bought) -> None:
    person = make_user(company=bought.license.company, roles=[role])
    CHANGES[change][0](bought)
    look()
    told = role in (Role.OWNER, Role.LICENSE_ADMINISTRATOR) or (role == Role.CREDIT_MANAGER and change != "renewal on")
    assert NoticeDelivery.objects.count() == told
    shown = page(browser_of(person), "licensing:notices", bought.license.company).text
    assert (str(Notice.objects.get()) in shown) == told


def test_a_change_of_units_that_are_worth_no_credits_is_none_of_the_credit_managers(company: Company, manager: User) -> None:
    trial = Bought(make_license(company=company, trial=True), make_product())
    trial.act(set_order_units, units=3)
    assert look() == ["units-down"]
    assert not NoticeDelivery.objects.exists()
    assert "went down" not in page(browser_of(manager), "licensing:notices", company).text
    assert browser_of(manager).get(address_of("licensing:notice", company, Notice.objects.get().pk)).status_code == 403


def test_who_acted_themselves_need_not_be_told(company: Company, manager: User) -> None:
    other = make_user(company=company, roles=["owner"])
    leads_to_licenses = "licensing:license-information"
    kind = NoticeKind("kept", "Kept", Permission.ALLOCATE, "check", "info", "Kept", "", "", "support", leads_to_licenses)
    with patch.dict("licensing.notices.kinds._kinds"), patch.dict("console.people.kinds_to_choose._kinds"):
        register(kind)
        tell([News(company.pk, "kept", "act:1", but=manager.pk)], now=NOW)
    assert [each.user for each in NoticeDelivery.objects.all()] == [other]


def test_the_note_of_an_act_is_shown_and_its_reason_never(bought: Bought, admin: User) -> None:
    with patch.object(Act, "begin", partial(begin_with_note, Act.begin)):
        bought.act(reduce_order, units=3, reason="Canary 4712")
    look()
    notice = Notice.objects.get()
    assert notice.facts[NOTE] == "As agreed by telephone."
    (mail,) = OutgoingMail.objects.all()
    shown = page(browser_of(admin), "licensing:notices", bought.license.company).text
    for text in (mail.text, shown):
        assert "Note: As agreed by telephone." in text
        assert "4712" not in text


def begin_with_note(begin: Callable[..., Any], *args: Any, **stated: Any) -> Any:
    return begin(*args, **{**stated, "note": "As agreed by telephone."})


# --- At once, and once


def test_with_an_act_a_job_is_queued_that_tells_at_once_and_with_history_none(bought: Bought) -> None:
    def jobs() -> list[str]:
        return [name for name, _args, _at in queued() if name == "licensing.tell_company"]

    assert jobs() == []
    bought.act(set_order_units, units=3)
    assert jobs() == ["licensing.tell_company"]
    run_jobs()
    assert [each.kind for each in Notice.objects.all()] == ["units-down"]


def test_a_telling_that_is_killed_tells_with_the_next_run_and_once(bought: Bought, admin: User) -> None:
    bought.act(set_order_units, units=3)
    with patch("licensing.notices.telling.queue_mails", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        look()
    assert not Notice.objects.exists()
    assert [look(), look()] == [["units-down"], []]
    assert OutgoingMail.objects.count() == 1


@pytest.mark.parametrize(("after", "told"), [(timedelta(hours=47), ["units-down"]), (days(2), []), (timedelta(hours=-1), [])])
def test_a_change_is_news_for_two_days_and_history_is_none(bought: Bought, after: timedelta, told: list[str]) -> None:
    bought.act(set_order_units, units=3)
    tell_all(NOW + after)
    assert [each.kind for each in Notice.objects.all()] == told


def test_what_was_so_and_is_so_no_more_is_told_and_past_at_once(bought: Bought, admin: User) -> None:
    bought.act(suspend_order)
    bought.act(reinstate_order)
    assert look() == ["suspended", "reinstated"]
    assert [each.kind for each in Notice.objects.open()] == ["reinstated"]
    assert NoticeDelivery.objects.count() == 2
    assert look() == []


@pytest.mark.parametrize("number", [1, 12])
def test_telling_costs_the_same_however_many_companies_changed_and_people_are_told(number: int) -> None:
    for _each in range(number):
        bought = Bought(make_license(today=TODAY - days(30)), make_product())
        for _person in range(1 if number == 1 else 3):
            make_user(company=bought.license.company, roles=["owner"])
        bought.act(set_order_units, units=3)
    (batch,) = companies_in_batches()
    with CaptureQueriesContext(connection) as queries:
        assert len(LICENSES.tell(batch, NOW)) == number
    control = ("SAVEPOINT", "RELEASE")
    assert sum(not each["sql"].startswith(control) for each in queries) == 11


# --- What holds no more says so when it is opened


ENDED: dict[str, tuple[Callable[[Bought], Any], str, Callable[[Bought], Any]]] = {
    "suspended, reinstated since": (lambda it: it.act(suspend_order), "suspended", lambda it: it.act(reinstate_order)),
    "suspended, cancelled since": (lambda it: it.act(suspend_order), "suspended", lambda it: it.act(cancel_order)),
    "cancelled, undone since": (
        lambda it: it.act(cancel_order),
        "cancelled",
        lambda it: it.act(reinstate_order, undo_cancellation=True, reason="By mistake"),
    ),
    "renewal switched off, on again since": (
        lambda it: (it.act(switch_renewal, on=True), it.act(switch_renewal, on=False)),
        "renewal-off",
        lambda it: it.act(switch_renewal, on=True),
    ),
    "expires soon, renewed since": (
        lambda it: it.correct(expires_on=TODAY + days(9)),
        "expires-soon",
        lambda it: it.act(renew_order),
    ),
}


@pytest.mark.parametrize("name", ENDED)
def test_what_ended_since_the_last_run_says_so_when_it_is_opened(name: str, bought: Bought, admin: User) -> None:
    begin, kind, end = ENDED[name]
    begin(bought)
    look()
    notice = Notice.objects.filter(kind=kind).latest("pk")
    address = address_of("licensing:notice", "fabrik", notice.pk)
    assert browser_of(admin).get(address).headers["Location"] == address_of(
        "licensing:license", "fabrik", notice.facts["license"]
    )
    end(bought)
    notice.refresh_from_db()
    assert notice.resolved_at is None, "no run has noted it"
    shown = page(browser_of(admin), "licensing:notices", bought.license.company)
    assert "Resolved" in next(each.text for each in shown.all("li") if str(notice) in each.text)
    answer = browser_of(admin).get(address)
    assert answer.status_code == 200
    assert "This no longer holds" in answer.content.decode()
    assert str(notice.facts["license"]) in answer.content.decode()


def test_a_notice_of_another_company_or_for_other_roles_is_not_there(bought: Bought, admin: User) -> None:
    bought.act(suspend_order)
    look()
    number, other = Notice.objects.get().pk, make_company()
    stranger, viewer = make_user(company=other, roles=["owner"]), make_user(company=bought.license.company, roles=["viewer"])
    assert browser_of(stranger).get(address_of("licensing:notice", other, number)).status_code == 404
    assert browser_of(stranger).get(address_of("licensing:notice", "fabrik", number)).status_code == 404
    assert browser_of(viewer).get(address_of("licensing:notice", "fabrik", number)).status_code == 403


def test_what_was_told_by_order_and_day_is_about_its_act_from_the_upgrade_on(bought: Bought) -> None:
    """So that what was told before it is not told again."""
    bought.act(suspend_order, on=TODAY - days(1))
    bought.act(cancel_order)
    order = bought.license.order_id
    rows = {"activated": f"order:{order}", "suspended": f"order:{order}:2026-03-01", "cancelled": f"order:{order}:{TODAY}"}
    for kind, about in rows.items():
        Notice.objects.create(company=bought.license.company, kind=kind, about=about, created_at=NOW + timedelta(hours=1))
    with connection.cursor() as cursor:
        cursor.execute(import_module("licensing.migrations.0016_notices_are_about_acts").ABOUT_ACTS)
    acts = {act.name: f"act:{act.pk}" for act in Act.objects.filter(company_id=bought.license.company_id)}
    assert dict(Notice.objects.values_list("kind", "about")) == {
        "activated": acts["order.activate"],
        "suspended": acts["order.suspend"],
        "cancelled": acts["order.cancel"],
    }
    assert look() == []


def test_every_kind_says_something_with_the_facts_it_is_told_with(bought: Bought) -> None:
    for change, *_words in list(CHANGES.values())[:4]:
        change(bought)
    look()
    assert all("%(" not in sentence(each) for each in Notice.objects.all())
