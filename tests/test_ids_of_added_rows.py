"""Rows added together get their own ids, in whatever order RETURNING answers: here it answers backwards."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from console.mail.queueing import SEND_MAIL, queue_mails
from console.models import OutgoingMail, User, added_rows
from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.acts.price_list.load_price_list import load_price_list
from credits.acts.set_allocation import set_allocation
from credits.catalogue.files_and_rows import Catalogue, FeatureRow, OfferingRow, RequirementRow
from credits.models import AllocationStatement, BillingModelChange, CreditRequirement
from credits.verification import Audit
from licensing.models import Company, Notice, NoticeDelivery, Role
from licensing.notices.daily_digest import send_digests
from licensing.notices.telling import News
from tests.factories import SYSTEM, TODAY, allocate, make_company, make_feature, make_license, make_product, make_user, new_key
from tests.jobs import tell
from tests.ledger import day, does, line_credits
from tests.test_architecture import APPS, ROOT, source_files

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

TAKE_NO_IDS = {
    "console/security/at_rest/sessions.py": "a session is found by the hash of its key",
    "credits/acts/approvals/end_requests.py": "events are read by their request; nothing refers to them",
    "credits/acts/keep_use.py": "what keeping stated and added is read anew; nothing refers to it yet",
    "credits/acts/keep_use_of_many.py": "what keeping stated and added is read anew; nothing refers to it yet",
    "credits/imports/allocations.py": "statements are read anew; nothing refers to them",
    "licensing/imports/codes.py": "nothing refers to a code yet",
    "licensing/imports/import_rows.py": "acts bring their own ids",
    "licensing/imports/people.py": "people are read back by their address; nothing refers to a membership",
    "credits/acts/post_demand.py": "entries are summed; nothing refers to them",
    "credits/acts/usage/observe.py": "observations are read by line and day; nothing refers to them",
    "credits/acts/undo/undo_allocation.py": "what keeping added and the choice of an order are read anew",
    "credits/acts/price_list/reprice.py": "acts bring their own ids",
    "credits/demo/loading.py": "people are read back by their address",
    "licensing/acts/order_in_hand.py": "statements are read anew; nothing refers to them",
    "licensing/acts/undo/withdraw.py": "withdrawals are read anew; nothing refers to them yet",
    "licensing/acts/vendor/state_own.py": "statements are read by what they are about, the latest first",
    "licensing/acts/post_supply.py": "entries are summed; nothing refers to them",
    "licensing/health/connection_notes.py": "the note of a day is found by what it is about",
    "licensing/notices/telling.py": "deliveries: nothing refers to them yet",
    "licensing/purchases/for_support/list_for_support.py": "differences are counted",
    "licensing/purchases/mirror.py": "what was there already is read in a further statement",
    "licensing/purchases/receive_notification.py": "the event is read anew, by its channel and its own id",
}
"""Who may add rows by `bulk_create`, which takes ids by their place: no id of theirs is used."""


def test_rows_whose_ids_are_used_are_added_by_what_identifies_them() -> None:
    found = {
        file
        for file in source_files(*APPS)
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("bulk_create", "_insert")
    }
    assert found - {"console/models/added_rows.py"} == set(TAKE_NO_IDS), "Use added_rows, or say here why no id is used."


@pytest.fixture
def backwards(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """RETURNING answers backwards; the models whose rows it did so for."""
    seen: list[str] = []
    insert = QuerySet._insert  # type: ignore[attr-defined]

    def turned(self: QuerySet[Any], objs: Any, *args: Any, **kwargs: Any) -> Any:
        returned = insert(self, objs, *args, **kwargs)
        if len(returned) > 1:
            seen.append(self.model.__name__)
        return returned[::-1]

    monkeypatch.setattr(QuerySet, "_insert", turned)
    return seen


pytestmark = pytest.mark.django_db


def holds(rows: list[Any]) -> bool:
    """Whether each row says what the row with its id says."""
    columns = [field.attname for field in rows[0]._meta.concrete_fields]
    return all(
        [getattr(row, name) for name in columns] == [getattr(found, name) for name in columns]
        for row in rows
        for found in [type(row)._base_manager.get(pk=row.pk)]
    )


def mail(to: str, text: str = "text") -> OutgoingMail:
    return OutgoingMail(to=to, subject="subject", text=text, purpose="notice", created_at=NOON)


def test_bulk_create_would_mistake_one_row_for_another(backwards: list[str]) -> None:
    assert not holds(OutgoingMail.objects.bulk_create([mail("one@example.com"), mail("two@example.com")]))


def test_each_row_gets_its_own_id(backwards: list[str]) -> None:
    mails = [mail("one@example.com"), mail("two@example.com"), mail("one@example.com", "other"), mail("one@example.com")]
    with CaptureQueriesContext(connection) as asked:
        assert added_rows(mails, known_by=("to", "text")) == mails
    assert len(asked) == 1
    assert len({each.pk for each in mails}) == 4
    assert holds(mails)
    mails[0].subject = "saved, not added again"
    mails[0].save()
    assert OutgoingMail.objects.count() == 4


def test_no_rows_cost_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert added_rows([], known_by=("to",)) == []


def test_queued_mails_are_those_that_are_sent(backwards: list[str]) -> None:
    mails = queue_mails(mail(f"{name}@example.com", name) for name in ("one", "two", "three"))
    assert backwards[0] == "OutgoingMail"
    assert holds(mails)
    jobs = ProcrastinateJob.objects.filter(task_name=SEND_MAIL)
    assert {each.args["mail"] for each in jobs} == {each.pk for each in mails}


@pytest.fixture
def companies() -> list[Company]:
    """Three, each with a person told at once, one who reads digests, and one who reads the console only."""
    found = [make_company() for _ in range(3)]
    for company in found:
        for told in User.Told.values:
            make_user(company=company, roles=[Role.OWNER], told=told)
    return found


def news_of(companies: list[Company]) -> list[News]:
    return [
        News(
            each.pk,
            "refused",
            f"refused:{each.pk}:{number}",
            {"name": f"Credits {number}", "order": "PO", "wanted": "5", "reason": "-"},
        )
        for number in (1, 2)
        for each in companies
    ]


def test_companies_are_told_their_own_news(companies: list[Company], backwards: list[str]) -> None:
    notices = tell(news_of(companies), now=NOON)

    assert {"Notice", "OutgoingMail", "NoticeDelivery"} <= set(backwards)
    assert len(notices) == 6
    assert holds(notices)
    deliveries = NoticeDelivery.objects.select_related("notice", "user", "mail", "company")
    assert len(deliveries) == 18
    for each in deliveries:
        assert each.notice.about.startswith(f"refused:{each.company_id}:")
        assert each.user.memberships.get().company_id == each.company_id
        assert (each.mail is not None) == (each.channel == "mail")
        if each.mail is not None:
            assert each.mail.to == each.user.email
            assert each.mail.subject.startswith(f"{each.company}: ")
            assert each.notice.facts["name"] in each.mail.subject
    pairs = {(each.mail_id, each.notice_id) for each in deliveries if each.mail_id}
    assert len({mail_id for mail_id, _notice in pairs}) == len(pairs) == 6


def test_digests_take_along_what_their_readers_were_told(companies: list[Company], backwards: list[str]) -> None:
    tell(news_of(companies), now=NOON)
    send_digests(NOON + timedelta(days=1))
    digests = NoticeDelivery.objects.filter(channel="digest").select_related("mail", "user")
    assert len(digests) == 6
    assert all(each.mail is not None and each.mail.to == each.user.email for each in digests)


def price_list(**rates: int) -> Catalogue:
    return Catalogue(
        offerings=(OfferingRow("endpoint", "Endpoint Security", 1),),
        features=(FeatureRow("sensor", "endpoint", "Sensor", "", "annual", "", "", ""),),
        requirements=tuple(
            RequirementRow("sensor", name, name, "endpoint", Decimal(rate), TODAY, None, "test") for name, rate in rates.items()
        ),
        prices=(),
        products=(),
        seat_uses=(),
    )


def test_a_price_list_re_prices_each_company_by_its_own_units(backwards: list[str]) -> None:
    load_price_list(price_list(base=2, server=1), by=SYSTEM, key=new_key())
    base, server = CreditRequirement.objects.order_by("position")
    held = {make_company(): units for units in (10, 20, 30)}
    for company, units in held.items():
        allocate(company, base, units)
        allocate(company, server, units * 100)
    report = load_price_list(price_list(base=3, server=2), by=SYSTEM, key=new_key(), correction=True, reason="test")

    assert "Act" in backwards
    assert dict(report.repriced) == {str(company): units * 101 for company, units in held.items()}
    for company, units in held.items():
        assert line_credits(company, base, day(0)) == units * 3
        assert line_credits(company, server, day(0)) == units * 200
    assert list(Audit(held).differences()) == []


def test_several_lines_and_features_of_one_company_get_their_own(backwards: list[str]) -> None:
    company = make_company()
    make_license(company=company)
    make_license(company=company, product=make_product(kind="pay-as-you-go", rate=None), units=1, term_ends_on=day(99))
    features = [make_feature(rates=(1, 2, 3), switchable=True, switch_group="together") for _ in range(2)]
    for number, feature in enumerate(features, start=1):
        lines = {line.pk: position * number for position, line in enumerate(feature.lines.order_by("pk"), start=5)}
        for on in (None, day(20), day(30)):
            does(set_allocation, company, feature=feature, units=lines, on=on, below_zero_confirmed=True)
    changes = does(switch_billing_model, company, feature=features[0], model="pay-as-you-go", on=day(10))

    assert {"AllocationStatement", "BillingModelChange", "AllocationEntry"} <= set(backwards)
    assert {each.feature_id for each in changes} == {each.pk for each in features}
    assert holds(changes)
    assert all(BillingModelChange.objects.get(pk=each.pk).feature_id == each.feature_id for each in changes)
    withdrawn = AllocationStatement.objects.filter(withdraws__isnull=False).select_related("withdraws")
    assert len(withdrawn) == 12
    assert all((each.line_id, each.effective_on) == (each.withdraws.line_id, each.withdraws.effective_on) for each in withdrawn)
    assert list(Audit([company]).differences()) == []


def test_notices_are_read_back_with_their_company() -> None:
    """What tells notices apart is unique in the database, so that no id is ambiguous."""
    unique = [each.fields for each in Notice._meta.constraints if each.name == "a_company_is_told_once"]  # type: ignore[attr-defined]
    assert unique == [("company", "kind", "about")]
