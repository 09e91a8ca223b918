"""What a preview shows is what is there once it is done, for every act in random worlds; and it leaves nothing behind.

PREVIEW_WORLDS says how many worlds are made, PREVIEW_FIRST the number of the first.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.admin.act_forms import ActForm
from console.admin.preview.effect import Effect, OnCompany
from console.admin.preview.run import do, look
from console.company_in_hand import for_all
from console.errors import DomainError
from console.models import Actor, User
from console.templatetags import formats
from credits.admin.allocation_forms import SetAllocation, SwitchBillingModel, WithdrawPlan
from credits.models import AllocationEntry
from credits.reading.annual_credits import annual_credits
from credits.reading.totals_on_day import totals_on
from licensing.acts.companies.set_roles import set_roles
from licensing.admin.order_forms import ORDER_ACTS, IssueOrder
from licensing.admin.orders import CorrectLicense, ExtendTerm
from licensing.models import Company, License, LicenseEntry, Order, Subscription
from tests.factories import (
    SYSTEM,
    allocate,
    make_company,
    make_feature,
    make_license,
    make_order,
    make_product,
    make_user,
    new_key,
)
from tests.rows_of_tables import digests, ours
from tests.worlds import row_counts

pytestmark = pytest.mark.django_db

WORLDS = int(os.environ.get("PREVIEW_WORLDS", "3"))
FIRST = int(os.environ.get("PREVIEW_FIRST", "1"))


@pytest.fixture
def support() -> User:
    return make_user(email="support@vendor.example", is_staff=True, is_superuser=True)


def contents() -> dict[str, str]:
    """Every table of ours and the queue of jobs, each with a digest of its rows."""
    return digests({*(each._meta.db_table for each in ours()), "procrastinate_jobs", "procrastinate_events"})


class RandomWorld:
    """Two companies with orders, licenses, allocations and plans around today, drawn from a number."""

    def __init__(self, number: int) -> None:
        self.random = Random(number)
        self.companies = [make_company(), make_company()]
        self.today = self.companies[0].day_of(timezone.now())
        self.products = [make_product(rate=rate) for rate in ("1", "2.5", "0.5")]
        self.products.append(make_product(rate="3", kind="seats", unit="seat"))
        switchable = make_feature(rates=["12"], switchable=True)
        self.lines = [*make_feature(rates=["0.2", "7.5"]).lines.all(), *switchable.lines.all()]
        for company in self.companies:
            set_roles(company, user=make_user(), roles=["owner"], by=SYSTEM, key=new_key())
            for _ in range(self.random.randint(1, 3)):
                began = self.today - timedelta(self.random.randint(0, 300))
                product = self.random.choice(self.products)
                units = self.random.choice([5, 100, 1_000, 5_000])
                make_license(company=company, today=began, product=product, units=units, term_months=self.random.randint(1, 14))
            for _ in range(self.random.randint(1, 4)):
                self.allocated(company)
        self.waiting = make_order(product=self.random.choice(self.products), units=self.random.choice([50, 50_000]))

    def allocated(self, company: Company) -> None:
        on = self.today + timedelta(self.random.randint(-100, 60))
        allocate(
            company, self.random.choice(self.lines), self.random.randint(0, 900), today=max(self.today, on - timedelta(60)), on=on
        )

    def day(self, back: int = 40, ahead: int = 0) -> str:
        return str(self.today + timedelta(self.random.randint(-back, ahead)))

    def maybe(self, text: str) -> str:
        return text if self.random.random() < 0.5 else ""

    def forms(self) -> list[tuple[type[ActForm], Any, dict[str, Any]]]:
        """Every act on what figures depend on, each with arguments that may fit or not."""
        pick = self.random
        company = pick.choice(self.companies)
        other = next(each for each in self.companies if each != company)
        order = pick.choice(list(Order.objects.filter(company=company).order_by("pk")))
        license = pick.choice(list(License.objects.filter(order=order).order_by("pk")))
        units = str(pick.choice([1, 20, 900, 60_000]))
        later = str(self.today + timedelta(pick.randint(1, 700)))
        said: dict[str, Callable[[], dict[str, Any]]] = {
            "activate": lambda: {"to": company.slug},
            "top-up": lambda: {"units": units, "on": self.maybe(self.day())},
            "reduce": lambda: {"units": units, "on": self.maybe(self.day())},
            "set-units": lambda: {"units": units, "on": self.maybe(self.day())},
            "renew": lambda: {"term_months": str(pick.randint(1, 12))},
            "switch-renewal": lambda: {"renews": pick.choice(["on", "off"])},
            "suspend": lambda: {"on": self.maybe(self.day())},
            "reinstate": dict,
            "change-plan": lambda: {"product": pick.choice(self.products).pk},
            "cancel": lambda: {"on": self.maybe(self.day()), "confirm": "on"},
            "undo-cancellation": dict,
            "transfer": lambda: {"to": other.slug, "confirm": "on"},
        }
        line = pick.choice(self.lines)
        forms: list[tuple[type[ActForm], Any, dict[str, Any]]] = [
            (form, self.waiting if name == "activate" else order, said[name]())
            for name, form in ORDER_ACTS.items()
            if name in said
        ]
        assert said.keys() <= ORDER_ACTS.keys()
        forms += [
            (CorrectLicense, license, {"units": units, "on": self.maybe(self.day())}),
            (ExtendTerm, license, {"last_day": later}),
            (SetAllocation, company, {"line": line.pk, "units": units, "on": self.day(ahead=50), "below_zero_confirmed": "on"}),
            (SwitchBillingModel, company, {"feature": self.lines[-1].feature_id, "model": "pay-as-you-go", "confirm": "on"}),
            (IssueOrder, None, {"channel": "direct", "external_id": new_key(), "product": self.products[0].pk, "units": units}),
        ]
        plans = WithdrawPlan(target=company).plans()
        if plans:
            forms.append((WithdrawPlan, company, {"plan": pick.choice(plans)[0]}))
        pick.shuffle(forms)
        return forms


def filled(form_class: type[ActForm], target: Any, typed: dict[str, Any]) -> ActForm:
    """The form as it is sent, with what it was shown with."""
    fresh = type(target).objects.get(pk=target.pk) if target is not None else None
    seen = form_class(target=fresh).initial["seen"]
    data = {"key": str(uuid4()), "seen": seen, "reason_kind": "contract", **typed}
    return form_class(data, target=fresh)


def figure(effect: OnCompany, name: str) -> Any:
    return next(each.after for each in effect.figures if each.name == name)


@for_all("a test looks at both companies")
def check(effect: OnCompany) -> None:
    """The console's own pages say what the preview said, on every day that it named."""
    company = Company.objects.get(pk=effect.id)
    summary = annual_credits(company, on=effect.today).summary
    shown = [figure(effect, name) for name in ("valid", "allocated", "balance", "runway")]
    assert shown == [summary.total_valid_credits, summary.allocated_credits, summary.current_balance, summary.runway_on]
    for step in effect.history:
        totals = totals_on(company, step.day)
        assert (step.valid_after, step.allocated_after) == (totals.valid, totals.allocated), step.day
    moves = [*LicenseEntry.objects.filter(company=company).values_list("effective_on", "change")]
    moves += [
        (day, -change) for day, change in AllocationEntry.objects.filter(company=company).values_list("effective_on", "change")
    ]
    days = [effect.today - timedelta(number) for number in range(1, 400)]
    below = sum(sum(change for day, change in moves if day <= each) < 0 for each in days)
    names = {each.name for each in effect.figures}
    assert below == (figure(effect, "days-below-zero") if "days-below-zero" in names else 0)


@pytest.mark.parametrize("number", range(FIRST, FIRST + WORLDS))
@for_all("support's acts concern both companies")
def test_a_preview_says_what_comes_of_every_act_and_leaves_nothing_behind(number: int, support: User):
    world, by, done = RandomWorld(number), Actor.person(support), 0
    for form_class, target, typed in world.forms():
        form = filled(form_class, target, typed)
        assert form.is_valid(), (form_class, form.errors)
        before = contents()
        try:
            _done, effect = look(form, by=by)
        except DomainError as refused:
            assert contents() == before, form_class
            with pytest.raises(type(refused)):
                do(form, by=by, as_shown="", ticked=True)
            continue
        finally:
            assert contents() == before, form_class
        do(form, by=by, as_shown=effect.fingerprint, ticked=True)
        for each in effect.companies:
            check(each)
        done += 1
    assert done >= 4, "a world in which nearly everything is refused says little"


# --- Looked at, then done


@pytest.fixture
def desk(client: Client, support: User) -> Client:
    client.force_login(support)
    return client


def shown(desk: Client, url: str) -> dict[str, Any]:
    form = desk.get(url).context["form"]
    return {"key": str(form["key"].value()), "seen": form["seen"].value(), "reason_kind": "our-mistake"}


def test_an_order_issued_with_500_in_the_place_of_5_000_is_found_looked_at_and_corrected(desk: Client):
    company = make_company(name="Aster Foods")
    license = make_license(company=company, today=company.day_of(timezone.now()), units=500, external_id="PO-2026-1184")
    found = desk.get(reverse("admin:licensing_order_changelist"), {"q": "PO-2026-1184"})
    assert list(found.context["cl"].queryset) == [license.order]
    url = reverse("admin:licensing_license_act", args=[license.pk, "correct"])
    form = {**shown(desk, url), "units": "5000"}
    before = contents()
    seen = desk.post(url, form)
    assert (seen.status_code, contents()) == (200, before)
    effect: Effect = seen.context["effect"]
    assert [(each.before, each.after) for each in effect.companies[0].figures[:3]] == [(500, 5_000), (0, 0), (500, 5_000)]
    assert any("10 times as many units" in each for each in effect.unusual)
    assert "5,000 units" in effect.tick
    assert effect.tick in seen.content.decode()
    confirmed = {**form, "previewed": effect.fingerprint}
    refused = desk.post(url, confirmed)
    assert (refused.status_code, contents()) == (422, before), "what is unusual is asked about"
    assert desk.post(url, {**confirmed, "ticked": "1"}).status_code == 302
    assert annual_credits(company, on=company.day_of(timezone.now())).summary.current_balance == 5_000
    once = row_counts()
    assert desk.post(url, {**confirmed, "ticked": "1"}).status_code == 302
    assert row_counts() == once, "sent twice it is written once"


def test_fifty_million_typed_is_named(desk: Client):
    company = make_company()
    license = make_license(company=company, today=company.day_of(timezone.now()), units=500)
    url = reverse("admin:licensing_license_act", args=[license.pk, "correct"])
    effect: Effect = desk.post(url, {**shown(desk, url), "units": "50000000"}).context["effect"]
    assert any("100,000 times as many units" in each for each in effect.unusual)
    assert "50,000,000 units" in effect.tick


def test_what_is_ticked_names_the_day_from_which_the_change_holds(desk: Client):
    company = make_company()
    began = company.day_of(timezone.now()) - timedelta(200)
    license = make_license(company=company, today=began, units=500)
    url = reverse("admin:licensing_license_act", args=[license.pk, "correct"])
    effect: Effect = desk.post(url, {**shown(desk, url), "units": "20000"}).context["effect"]
    assert effect.tick == f"20,000 units from {formats.day(began)} is what was agreed"


def test_an_effect_that_became_another_one_is_shown_and_nothing_is_written(desk: Client):
    company = make_company()
    line = make_feature(rates=["1"]).lines.get()
    license = make_license(company=company, today=company.day_of(timezone.now()), units=500)
    url = reverse("admin:licensing_order_act", args=[license.order_id, "top-up"])
    form = {**shown(desk, url), "units": "100"}
    effect: Effect = desk.post(url, form).context["effect"]
    allocate(company, line, 50, today=company.day_of(timezone.now()))
    before = contents()
    again = desk.post(url, {**form, "previewed": effect.fingerprint, "ticked": "1"})
    assert (again.status_code, contents()) == (409, before)
    now: Effect = again.context["effect"]
    assert figure(now.companies[0], "balance") == figure(effect.companies[0], "balance") - 50
    assert desk.post(url, {**form, "previewed": now.fingerprint, "ticked": "1"}).status_code == 302


def test_a_preview_asks_nothing_of_what_follows_a_commit(support: User, django_capture_on_commit_callbacks: Any):
    """No act is counted, and no job is queued."""
    company = make_company()
    license = make_license(company=company, today=company.day_of(timezone.now()))
    with django_capture_on_commit_callbacks() as callbacks, for_all("staff"):
        form = filled(ORDER_ACTS["suspend"], license.order, {})
        assert form.is_valid()
        look(form, by=Actor.person(support))
    assert not callbacks


def test_what_a_marketplace_will_set_back_is_said(desk: Client):
    company = make_company()
    license = make_license(company=company, today=company.day_of(timezone.now()), units=25, channel="azure")
    Subscription.objects.create(
        channel="azure",
        external_id="a",
        status="subscribed",
        units=25,
        seen_at=timezone.now(),
        order=license.order,
        claimed_by=company,
    )
    url = reverse("admin:licensing_order_act", args=[license.order_id, "top-up"])
    effect: Effect = desk.post(url, {**shown(desk, url), "units": "5"}).context["effect"]
    assert any("25 units" in each.words for each in effect.lines if each.icon == "plug-connected")
