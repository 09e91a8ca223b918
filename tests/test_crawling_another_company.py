"""Whoever runs a company replays every address and every form of another one: under its slug, and with its ids under their own.

Both companies have something of everything. Nothing of the other one is changed or said, whatever is taken over from its pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from licensing.models import Company
from tests.addresses_of_companies import ADDRESSES, World, make_world
from tests.factories import TODAY, make_user
from tests.markup import Element, read
from tests.pages import HTMX, browser_of, clock_at
from tests.rows_of_tables import all_rows
from tests.spreadsheets import body_of

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("crawling")]  # what they share is written once

OF_ALL = {"feature", "figure", "day", "month"}
"""Arguments of addresses that name nothing of a company: the same for all."""
WITH_ARGUMENTS = sorted({(name, each) for name, row in ADDRESSES.items() for each in row.arguments if each not in OF_ALL})


@dataclass
class Two:
    mine: World
    theirs: World
    me: Client
    them: Client
    forms: dict[str, dict[str, dict[str, list[str]]]] = field(default_factory=dict)
    """What their pages offer, by the address of the page: where a form is sent -> what it carries."""


@pytest.fixture(autouse=True)
def clock(settings: Any) -> Iterator[None]:
    settings.SUPPORT_CONTACT, settings.SALES_CONTACT = "support@vendor.example", "sales@vendor.example"
    with clock_at(TODAY):
        yield


@pytest.fixture(scope="module")
def two_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[Two]:
    with django_db_blocker.unblock(), transaction.atomic():
        mine, theirs = make_world(), make_world()
        me, them = (make_user(company=each.company, roles=["owner", "provider-viewer"]) for each in (mine, theirs))
        yield Two(mine, theirs, browser_of(me), browser_of(them))
        transaction.set_rollback(True)


@pytest.fixture
def two(two_of_the_module: Two, db: None) -> Two:
    return two_of_the_module


def rows_of(company: Company) -> dict[str, dict[str, str]]:
    """Every row that is the company's, by itself or by what it belongs to; without those that only say who looked."""
    return all_rows(of_all_apps=True).about([company])


@contextmanager
def nothing_of_theirs_changes(two: Two) -> Iterator[Callable[[HttpResponse], None]]:
    """Gives what looks at each answer; afterwards every row of the other company is as before, and mine is put back."""
    before = rows_of(two.theirs.company)

    def says_nothing(response: HttpResponse) -> None:
        assert response.status_code < 500
        assert two.theirs.company.name not in body_of(response).decode(errors="replace")
        assert f"/companies/{two.theirs.company.slug}/" not in response.get("Location", "")

    with transaction.atomic():
        yield says_nothing
        assert rows_of(two.theirs.company) == before
        transaction.set_rollback(True)


def forms_of(page: Element, address: str) -> dict[str, dict[str, list[str]]]:
    """Where each form of a page is sent, and each button that sends something by itself -> what it carries."""
    found = {}
    for each in page.all("form"):
        sent_to = [each.get(name) for name in ("action", "hx-post", "hx-put", "hx-delete") if each.get(name)] or [address]
        sent_to += [one["formaction"] for one in page.all("button") if "formaction" in one]
        buttons = {one["name"]: [one.get("value")] for one in each.all("button") if "name" in one}
        carried = {**each.fields(), **buttons, **{one["name"]: ["1"] for one in each.all("textarea") if "name" in one}}
        found |= {urlsplit(one).path: carried for one in sent_to}
    return found


def crawled(two: Two) -> dict[str, dict[str, dict[str, list[str]]]]:
    """The forms of all of their pages, read once, as their owner sees them."""
    if not two.forms:
        for name, row in ADDRESSES.items():
            if row.see and not row.forwards:
                address = two.theirs.address(name)
                response = two.them.get(address)
                if response["Content-Type"].startswith("text/html"):
                    found = forms_of(read(response), address)
                    two.forms[name] = {sent_to: form for sent_to, form in found.items() if sent_to != reverse("account_logout")}
    return two.forms


@pytest.mark.parametrize("name", ADDRESSES)
def test_under_their_slug_nothing_is_there(two: Two, name: str) -> None:
    """With ids of theirs and of mine, and with what a form of either carries; what is the same of both is asked once."""
    places = {World(two.theirs.company, each.values, {}).address(name) for each in (two.theirs, two.mine)}
    forms = [two.theirs.form.get(name, {})]
    forms += [mine] if (mine := two.mine.form.get(name, {})) not in forms else []
    with nothing_of_theirs_changes(two) as says_nothing:
        for address in sorted(places):
            for headers in ({}, HTMX):
                answers = [two.me.get(address, headers=headers)]
                answers += [two.me.post(address, form, headers=headers) for form in forms]
                for response in answers:
                    says_nothing(response)
                    assert response.status_code in (404, 405)


@pytest.mark.parametrize(("name", "argument"), WITH_ARGUMENTS)
def test_an_id_of_theirs_in_my_address_is_not_found(two: Two, name: str, argument: str) -> None:
    values = {**two.mine.values, argument: two.theirs.values[argument]}
    address, row = World(two.mine.company, values, {}).address(name), ADDRESSES[name]
    with nothing_of_theirs_changes(two) as says_nothing:
        for headers in ({}, HTMX):
            answers = [two.me.get(address, headers=headers)] if row.see else []
            answers += [two.me.post(address, two.mine.form[name], headers=headers)] if row.change else []
            for response in answers:
                says_nothing(response)
                assert response.status_code == 404


@pytest.mark.parametrize("name", [each for each, row in ADDRESSES.items() if row.change])
def test_what_their_form_carries_has_no_effect_on_them_in_mine(two: Two, name: str) -> None:
    """The whole form, and each of its fields alone in the place of mine."""
    address, mine, theirs = two.mine.address(name), two.mine.form[name], two.theirs.form[name]
    forms = [theirs] + [{**mine, field: value} for field, value in theirs.items() if mine.get(field) != value]
    for form in forms:
        with nothing_of_theirs_changes(two) as says_nothing:
            says_nothing(two.me.post(address, form))


def test_every_form_of_their_pages_is_replayed_at_its_address_and_under_my_slug(two: Two) -> None:
    forms = {(address, repr(form)): (address, form) for page in crawled(two).values() for address, form in page.items()}
    assert len(forms) > 20
    mine, theirs = f"/companies/{two.mine.company.slug}/", f"/companies/{two.theirs.company.slug}/"
    with nothing_of_theirs_changes(two) as says_nothing:
        for address, form in forms.values():
            for method in ("get", "post"):
                response = getattr(two.me, method)(address, form)
                says_nothing(response)
                if address.startswith(theirs):
                    assert response.status_code in (404, 405), (method, address)
                    says_nothing(getattr(two.me, method)(address.replace(theirs, mine, 1), form))


def test_the_forms_of_my_pages_take_no_value_of_theirs(two: Two) -> None:
    """Each of my forms, with what the form at its place on their page carries in the same fields."""
    slugs = two.mine.company.slug, two.theirs.company.slug
    with nothing_of_theirs_changes(two) as says_nothing:
        for name, pages in crawled(two).items():
            response = two.me.get(two.mine.address(name))
            own = forms_of(read(response), two.mine.address(name))
            for (address, form), theirs in zip(own.items(), pages.values(), strict=False):
                changed = {field: theirs.get(field, value) for field, value in form.items() if field != "csrfmiddlewaretoken"}
                if changed != form and address.startswith(f"/companies/{slugs[0]}/"):
                    says_nothing(two.me.post(address, changed))
