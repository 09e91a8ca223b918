"""probe"""
from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from datetime import timedelta, datetime, UTC
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from console.models import Actor, OutgoingMail, User
from console.sealing import Secret
from licensing.landing import bring, hand_over, belongs_to
from licensing.marketplaces.practice import tokens, sending
from licensing.models import *
from licensing.models import Company, Membership, Activation, Subscription, MarketplaceEvent, Reconciliation
from licensing.reconciling import reconcile
from licensing.registration import register_own_company
from tests.activations import INSTANT, LANDING, begin, begun, land, now_is, passes, says, state_of
from tests.factories import make_company, make_user, new_key, make_code, make_order
from tests.jobs import run_jobs
from tests.pages import browser_of
from tests.purchases import activated, administrator, buy, found, happens, press_activate, counts, tell, theirs

pytestmark = pytest.mark.usefixtures("shop")
WEBHOOK = "/marketplace/azure/webhook"

HOSTILE = {
    "units 0": {"quantity": 0},
    "units negative": {"quantity": -5},
    "units huge": {"quantity": 2**63 - 1},
    "units beyond": {"quantity": 10**30},
    "units million+": {"quantity": 10**9},
    "end 9999": {"term": {"termUnit": "P1Y", "startDate": "2026-03-04T00:00:00Z", "endDate": "9999-12-31T00:00:00Z"}},
    "start 9999": {"term": {"termUnit": "P1Y", "startDate": "9999-12-31T00:00:00Z", "endDate": "9999-12-31T00:00:00Z"}},
    "start 9999 only": {"term": {"termUnit": "P1Y", "startDate": "9999-12-31T00:00:00Z"}},
    "start 2": {"term": {"termUnit": "P1Y", "startDate": "0002-01-01T00:00:00Z", "endDate": "9998-12-31T00:00:00Z"}},
    "end before start": {"term": {"termUnit": "P1Y", "startDate": "2027-01-01T00:00:00Z", "endDate": "2020-01-01T00:00:00Z"}},
    "term P99Y": {"term": {"termUnit": "P99Y999M"}},
    "created 9999": {"created": "9999-12-31T23:59:59Z"},
    "created 2": {"created": "0001-01-02T00:00:00+14:00"},
    "created 0002": {"created": "0002-01-01T00:00:00Z"},
    "markup": {"name": "<script>alert(1)</script>\u202etxt\x00\r\nBcc: x@y", "planId": "<b>", "offerId": "<i>"},
    "long": {"name": "x" * 10000, "saasSubscriptionStatus": "y" * 10000},
    "surrogate": {"name": "\ud800 name"},
    "rights": {"allowedCustomerOperations": ["z" * 5000] * 50},
    "emails": {"beneficiary": {"emailId": "a" * 5000, "objectId": "b" * 5000, "tenantId": ["x"]}, "purchaser": 7},
}


@pytest.mark.parametrize("pending", [True, False])
@pytest.mark.parametrize("how", HOSTILE)
def test_p_hostile_before(how, pending, monkeypatch):
    says(monkeypatch, **{**({} if pending else {"saasSubscriptionStatus": "Subscribed"}), **HOSTILE[how]})
    company, person = administrator()
    browser = browser_of(person)
    landed = land(browser, buy())
    page = browser.get(landed["Location"])
    page = browser.get(f"{landed['Location']}review/")
    a = Activation.objects.get()
    print(page.status_code)
    if a.subscription:
        p = press_activate(browser, a, company)
        print(p.status_code)
        run_jobs()
        print(state_of(a), a.problem, counts())
        s = browser.get(f"/activate/{a.pk}/status/")
        print(s.status_code)
        assert "<script>alert" not in s.content.decode()
    browser.get("/activate/")
    run = reconcile("azure")
    print(run.problem, run.compared)
    desk = browser_of(make_user(is_staff=True, is_superuser=True))
    for m in ("subscription", "activation", "difference", "reconciliation", "marketplaceevent"):
        r = desk.get(f"/admin/licensing/{m}/")
        assert r.status_code == 200
    for row in Subscription.objects.all():
        assert desk.get(f"/admin/licensing/subscription/{row.pk}/change/").status_code == 200


@pytest.mark.parametrize("how", HOSTILE)
def test_p_hostile_after(how, monkeypatch):
    company, person = administrator(time_zone="Pacific/Auckland")
    s = activated(person, company)
    says(monkeypatch, **HOSTILE[how])
    happens(s, "Renew")
    run = reconcile("azure")
    print(run.problem, run.compared)
    browser = browser_of(person)
    for a in ("licenses/", "credits/annual/"):
        r = browser.get(f"/companies/{company.slug}/{a}")
        print(a, r.status_code)
    run_jobs()


def post(client, body, token=None):
    return client.post(WEBHOOK, json.dumps(body), content_type="application/json", headers={"Authorization": f"Bearer {token or tokens.webhook_token()}"}).status_code


@pytest.mark.parametrize("action", ["ChangeQuantity", "Suspend", "Renew", "Unsubscribe"])
@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0002-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2026-05-01T00:00:00Z"])
def test_p_timestamps(action, at, client):
    company, person = administrator(time_zone="Pacific/Auckland")
    s = activated(person, company)
    kw = {"quantity": 1400} if action == "ChangeQuantity" else {}
    op = happens(s, action, told=False, **kw)
    body = sending.body_of(op) if hasattr(sending, "body_of") else None
    if body is None:
        call = sending.call_of(op)
        body = json.loads(call.body) if isinstance(call.body, str) else call.body
    body = {**body, "timeStamp": at}
    st = post(client, body)
    print(st, body)
    print([(e.effective_on, e.kind, e.recorded_at) for e in LicenseStatement.objects.all()])
    print([(e.effective_on, e.credits if hasattr(e,'credits') else e) for e in LicenseEntry.objects.all()])
    print(list(MarketplaceEvent.objects.values("state", "detail")))
    run_jobs()


def test_p_landing_window(client):
    with now_is(INSTANT) as clock:
        for _ in range(61):
            r = client.get(f"{LANDING}?token=made-up")
        assert r.status_code == 429
        clock.shift(timedelta(seconds=61))
        assert client.get(f"{LANDING}?token=made-up").status_code == 302


def test_p_landing_ipv6():
    st = [Client(REMOTE_ADDR=f"2001:db8::{n:x}").get(f"{LANDING}?token=made-up").status_code for n in range(1, 62)]
    assert st[-1] == 429


@pytest.mark.parametrize("n", [0])
def test_p_company_without_purchase(n, settings):
    settings.COMPANY_SELF_SERVICE = True
    person = make_user()
    b = browser_of(person)
    r = b.get(f"{LANDING}?token=made-up")
    x = b.post(f"{r['Location']}company/", {"name": "X", "business_id": "Y", "time_zone": "UTC", "key": new_key()})
    print(x.status_code)
    assert not Company.objects.exists()


def test_p_more_accounts(client):
    from tests.licensing.test_wizard_people import open_sign_up, NEW
    client.post(open_sign_up(client), NEW)
    a = Activation.objects.get()
    for n in range(3):
        r = client.get(f"/activate/{a.pk}/sign-up/")
        print(r.status_code)
        if r.status_code == 302:
            client.post(r["Location"], {**NEW, "email": f"n{n}@x.example"})
    print(User.objects.values_list("email", flat=True))
    assert User.objects.count() == 1


@pytest.mark.parametrize("stored", ["Ada@Example.com", "ada@example.com", "ADA@EXAMPLE.COM"])
@pytest.mark.parametrize("typed", ["ada@example.com", "Ada@Example.com", "ADA@EXAMPLE.COM"])
def test_p_case(stored, typed, client):
    from tests.licensing.test_wizard_people import open_sign_up, NEW
    make_user(email=stored)
    client.post(open_sign_up(client), {**NEW, "email": typed})
    assert User.objects.count() == 1


def test_p_raw_sql():
    a_co, a = administrator(); b_co, b = administrator()
    s = activated(a, a_co)
    act = Activation.objects.get()
    tries = {
      "activation to other company": ("UPDATE licensing_activation SET company_id=%s WHERE id=%s", [b_co.pk, act.pk]),
      "subscription claimed by other": ("UPDATE licensing_subscription SET claimed_by_id=%s WHERE id=%s", [b_co.pk, s.pk]),
      "order": ("UPDATE licensing_order SET company_id=%s WHERE id=%s", [b_co.pk, s.order_id]),
      "sub no order": ("UPDATE licensing_subscription SET order_id=NULL, claimed_by_id=%s WHERE id=%s", [b_co.pk, s.pk]),
      "license": ("UPDATE licensing_license SET company_id=%s", [b_co.pk]),
    }
    for name, (sql, args) in tries.items():
        try:
            with transaction.atomic():
                with connection.cursor() as c:
                    c.execute(sql, args)
                    c.execute("SET CONSTRAINTS ALL IMMEDIATE")
            print("TAKEN", name)
            with connection.cursor() as c:
                c.execute("UPDATE licensing_activation SET company_id=%s", [a_co.pk])
                c.execute("UPDATE licensing_subscription SET claimed_by_id=%s, order_id=%s", [a_co.pk, s.order_id or Order.objects.get().pk])
        except Exception as e:
            print("refused", name, e)
    assert 0


def test_p_purchase_token_case(client):
    post(client, {"id": str(uuid4()), "subscriptionId": str(uuid4()), "action": "Renew", "PurchaseToken": "canary-1", "subscription": {"purchasetoken" : "canary-2"}})
    raw = MarketplaceEvent.objects.get().raw
    print(raw)
    assert "canary" not in raw


def test_p_handed_after():
    company, person = administrator()
    a = found(buy(), person)
    secret = hand_over(a)
    begin(a, company)
    passes(a)
    r = browser_of(make_user()).get(f"/activate/handed-over/{secret}/")
    print(r.status_code, r.content.decode()[-1500:])
    assert r.status_code == 404
