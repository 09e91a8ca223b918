"""Attacks on the forms of support's acts: fingerprints that are forged or another act's, ids of another company, ways elsewhere.

And what a first press leaves behind: no row, job, mail or entry of a cache, in any table of the database.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.admin.act_forms import ActForm
from console.admin.read_only import ReadOnlyAdmin
from console.company_in_hand import for_all
from console.models import Act, Why
from credits.acts.set_allocation import set_allocation
from credits.models import AllocationStatement
from licensing.acts.corrections.correct import correct_license
from licensing.models import License, LicenseStatement
from tests.factories import SYSTEM, act, make_company, make_license, make_user, new_key
from tests.pages import browser_of
from tests.rows_of_tables import all_tables, digests
from tests.test_previews import RandomWorld

pytestmark = pytest.mark.django_db

WORLD = 3
AT_LENGTH = "PREVIEW_WORLDS" in os.environ
"""Every forged fingerprint at every form; else they take turns, and each form meets another act's."""
FORGED = ("0" * 64, "x", "' OR 1=1 --", "🎭", "null")


@pytest.fixture
def desk() -> Client:
    return browser_of(make_user(name="Sam Rivers", is_staff=True, is_superuser=True))


@pytest.fixture
def world() -> RandomWorld:
    return RandomWorld(WORLD)


def whole_database() -> dict[str, str]:
    """Each table of the database, whoever's it is, with a digest of its rows; and what lies in the cache and the outbox.

    Without the sessions, whose last use every request notes.
    """
    found = digests(all_tables() - {"django_session", "console_signin"})
    kept = getattr(cache, "_cache", {})
    return {**found, "outbox": str(len(mail.outbox)), "memory": str(sorted(kept))}


def addresses() -> dict[type[ActForm], str]:
    managers = [each for each in admin.site._registry.values() if isinstance(each, ReadOnlyAdmin)]
    found: dict[type[ActForm], str] = {}
    for each in managers:
        of = f"admin:{each.opts.app_label}_{each.opts.model_name}"
        found |= {form: f"{of}_act {name}" for name, form in each.acts.items()}
        if each.add_act is not None:
            found[each.add_act] = f"{of}_add"
    return found


def forms_of(world: RandomWorld, desk: Client) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every act form that shows its effect first: its address, and what is sent, as a person would fill it."""
    known = addresses()
    with for_all("a test draws forms of two companies"):
        forms = world.forms()
    for form_class, target, typed in forms:
        name, _space, act_name = known[form_class].partition(" ")
        url = reverse(name, args=[target.pk, act_name] if target is not None else [])
        form = desk.get(url).context["form"]
        yield url, {"key": str(uuid4()), "seen": form["seen"].value() or "", "reason_kind": "contract", **typed}


def test_a_first_press_leaves_nothing_behind_in_any_table(desk: Client, world: RandomWorld) -> None:
    shown = 0
    for url, typed in forms_of(world, desk):
        before = whole_database()
        answer = desk.post(url, typed)
        assert whole_database() == before, url
        assert answer.status_code in (200, 409, 422), (url, answer.status_code)
        shown += answer.context["effect"] is not None
    assert shown >= 8


def test_a_fingerprint_that_is_forged_or_of_another_act_saves_nothing(desk: Client, world: RandomWorld) -> None:
    sent = list(forms_of(world, desk))
    effects = {url: desk.post(url, typed).context["effect"] for url, typed in sent}
    fingerprints = {url: each.fingerprint for url, each in effects.items() if each is not None}
    assert len(set(fingerprints.values())) >= 8
    before, turn = whole_database(), itertools.cycle(FORGED)
    for url, typed in sent:
        others = sorted({each for each in fingerprints.values() if each != fingerprints.get(url)})
        for forged in (*FORGED, *others[:3]) if AT_LENGTH else (next(turn), next(turn), others[0]):
            answer = desk.post(url, {**typed, "previewed": forged, "ticked": "1"})
            assert answer.status_code in (409, 422), (url, forged, answer.status_code)
    assert whole_database() == before


def test_the_fingerprint_of_the_same_act_on_another_license_or_with_another_number_saves_nothing(desk: Client) -> None:
    today = timezone.now().date()
    mine, other = (make_license(company=make_company(), units=100, today=today) for _ in range(2))
    urls = [reverse("admin:licensing_license_act", args=[each.pk, "correct"]) for each in (mine, other)]
    typed = {"units": "90", "reason_kind": "contract"}
    sent = [{**typed, "key": str(uuid4()), "seen": desk.get(url).context["form"]["seen"].value()} for url in urls]
    effect = desk.post(urls[0], sent[0]).context["effect"]
    before = whole_database()
    assert desk.post(urls[1], {**sent[1], "previewed": effect.fingerprint}).status_code == 409
    assert desk.post(urls[0], {**sent[0], "units": "91", "previewed": effect.fingerprint}).status_code == 409
    assert whole_database() == before


def test_an_undo_with_a_forged_fingerprint_or_without_one_saves_nothing_and_looking_leaves_nothing(desk: Client) -> None:
    today = timezone.now().date()
    license = make_license(company=make_company(), units=100, today=today)
    correct_license(license, units=90, reason=Why("a slip", "our-mistake", "C-1"), today=today, by=SYSTEM, key=new_key())
    for url in (
        reverse("desk:undo", args=[Act.objects.get(name="license.correct").pk]),
        reverse("desk:undo-case", query={"number": "C-1"}),
    ):
        before = whole_database()
        form = desk.get(url).context["form"]
        assert whole_database() == before
        typed = {"key": str(uuid4()), "seen": form["seen"].value(), "reason_kind": "our-mistake", "ticked": "1"}
        for forged in ("", *FORGED):
            assert desk.post(url, {**typed, "previewed": forged}).status_code == 409, (url, forged)
        assert whole_database() == before


def test_ids_of_another_company_in_the_fields_of_an_act_change_nothing_of_it(desk: Client, world: RandomWorld) -> None:
    """What a form names of a company is looked for in its own target's: a plan, an act, a member."""
    mine, other = world.companies
    line = world.lines[0]
    later = world.today.replace(year=world.today.year + 1)
    on = act(by=SYSTEM, today=world.today)
    set_allocation(other, feature=line.feature, units={line.pk: 7}, on=later, below_zero_confirmed=True, **on)
    plan = AllocationStatement.objects.get(company=other, effective_on=later)
    foreign = {
        "plan": [str(plan.pk), f"{plan.line_id}:{later}", f"{line.feature_id}:{later}"],
        "user": [str(make_user(company=other, roles=["owner"]).pk)],
        "license": [str(License.objects.filter(company=other).latest("pk").pk)],
        "order": [str(License.objects.filter(company=other).latest("pk").order_id)],
    }
    urls = {url.replace(f"/{other.pk}/", f"/{mine.pk}/"): typed for url, typed in forms_of(world, desk) if "/company/" in url}
    known = [
        reverse(name, args=[mine.pk, act_name])
        for name, _space, act_name in (each.partition(" ") for each in addresses().values())
        if "_company_act" in name
    ]
    before = (list(rows_of(other)), list(rows_of(mine)))
    for url in {*urls, *known}:
        form = desk.get(url).context["form"]
        for field, values in foreign.items():
            if field not in form.fields:
                continue
            for value in values:
                sent = {"key": str(uuid4()), "seen": form["seen"].value() or "", "reason_kind": "contract", field: value}
                answer = desk.post(url, sent)
                if answer.status_code == 200 and answer.context["effect"] is not None:
                    previewed = answer.context["effect"].fingerprint
                    answer = desk.post(url, {**sent, "previewed": previewed, "ticked": "1"})
                assert answer.status_code in (422, 404, 409), (url, field, value, answer.status_code)
    assert (list(rows_of(other)), list(rows_of(mine))) == before


def rows_of(company: Any) -> Iterator[Any]:
    for model in (AllocationStatement, LicenseStatement, License):
        yield list(model.objects.filter(company=company).order_by("pk").values())


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_no_page_of_the_workbench_leads_where_a_request_says(desk: Client, elsewhere: str) -> None:
    today = timezone.now().date()
    license = make_license(company=make_company(slug="aster"), units=100, today=today)
    correct_license(license, units=90, reason=Why("a slip", "our-mistake", "C-1"), today=today, by=SYSTEM, key=new_key())
    asked = {"next": elsewhere, "back": elsewhere, "url": elsewhere, "return_to": elsewhere}
    headers = {"referer": elsewhere}
    done = Act.objects.get(name="license.correct").pk
    acts = [
        (reverse("admin:licensing_license_act", args=[license.pk, "correct"]), {"units": "80"}),
        (reverse("desk:undo", args=[done]), {}),
    ]
    for page in [
        reverse("desk:home"),
        reverse("desk:order", args=[license.order_id]),
        reverse("desk:company", args=["aster"]),
        reverse("desk:act", args=[done]),
        reverse("desk:search"),
        *(url for url, _typed in acts),
    ]:
        answer = desk.get(page, asked, headers=headers)
        assert answer.status_code == 200, page
        links = [part.split('"')[0] for part in answer.content.decode().split('href="')[1:]]
        assert not [each for each in links if each.lower().startswith((elsewhere, "//", "javascript:"))], page
    for url, typed in acts[::-1]:
        context = desk.get(url).context
        sent = {"key": str(uuid4()), "seen": context["form"]["seen"].value(), "reason_kind": "our-mistake", **typed, **asked}
        effect = context["effect"] or desk.post(url, sent, headers=headers).context["effect"]
        answer = desk.post(f"{url}?next={elsewhere}", {**sent, "previewed": effect.fingerprint, "ticked": "1"}, headers=headers)
        assert (answer.status_code, answer["Location"][:7], "evil" in answer["Location"]) == (302, "/admin/", False)
    for name in ("desk:look", "desk:end-view"):
        answer = desk.post(reverse(name), asked, headers=headers)
        assert "evil" not in answer.get("Location", ""), name
