"""Mails to the vendor's own people: once for each thing that happens, to those stated for the plan, without anybody's person."""

from __future__ import annotations

import pytest
from django.urls import reverse

from console.models import OutgoingMail
from console.vendor import held
from console.vendor.to_tell import addresses_for
from licensing.acts.activate import activate_order
from licensing.models import Subscription, VendorTold
from licensing.notices.to_vendor.mails import tell_vendors_people
from tests.factories import SYSTEM, make_order, new_key
from tests.in_process import InProcess
from tests.jobs import queued, run_jobs
from tests.ledger import database_clock
from tests.purchases import activated, administrator, buy, found, happens

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]

ALL = {f"tell:{event}": f"{event}@vendor.example" for event in ("bought", "activated", "cancelled", "refused")}


def mails() -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(purpose="vendor").order_by("pk"))


def told() -> list[str]:
    return [mail.to for mail in mails()]


def test_each_thing_that_happens_to_a_purchase_is_told_once(shop: InProcess) -> None:
    held.hold(ALL, seconds=600)
    company, person = administrator()
    purchase = activated(person, company, quantity=250)
    run_jobs()
    assert sorted(told()) == ["activated@vendor.example", "bought@vendor.example"]
    operation = happens(purchase, "Unsubscribe")
    run_jobs(everything=True)
    assert told().count("cancelled@vendor.example") == 1
    assert operation is not None
    purchase.refresh_from_db()
    for mail in mails():
        assert reverse("desk:order", args=[purchase.order_id]) in mail.text, mail.to
        assert person.email not in mail.text + mail.subject
        assert "it@fabrik.example" not in mail.text
        assert purchase.external_id in mail.text


def test_nobody_is_told_and_no_job_queued_where_nobody_is_named() -> None:
    company, person = administrator()
    activated(person, company)
    assert not [name for name, _arguments, _due in queued() if name == "licensing.tell_vendor"]


def test_what_is_told_twice_reaches_them_once() -> None:
    held.hold(ALL, seconds=600)
    _company, person = administrator()
    found(buy(), person)
    pk = str(Subscription.objects.get().pk)
    for _time in range(3):
        tell_vendors_people("bought", pk, database_clock())
    assert told() == ["bought@vendor.example"]
    assert reverse("admin:licensing_subscription_change", args=[pk]) in mails()[0].text, "there is no order yet"
    assert VendorTold.objects.count() == 1


def test_a_plan_s_own_addresses_hold_instead_of_all_plans() -> None:
    _company, person = administrator()
    found(buy(), person)
    row = Subscription.objects.get()
    plan = f"{row.channel}/{row.offer_id}/{row.plan_id}"
    held.hold({**ALL, f"tell:bought@{plan}": "credits@vendor.example\nmore@vendor.example"}, seconds=600)
    tell_vendors_people("bought", str(row.pk), database_clock())
    assert told() == ["credits@vendor.example", "more@vendor.example"]
    assert addresses_for("bought", "azure/other/plan") == ["bought@vendor.example"]
    assert addresses_for("refused", plan) == ["refused@vendor.example"]


def test_a_direct_order_is_told_of_by_its_product() -> None:
    held.hold(ALL, seconds=600)
    company, _person = administrator()
    order = make_order()
    activate_order(order, company=company, today=company.day_of(database_clock()), by=SYSTEM, key=new_key())
    run_jobs()
    assert told() == ["activated@vendor.example"]
    mail = mails()[0]
    assert order.external_id in mail.subject
    assert company.name in mail.text
    assert "/admin/" in mail.text
