"""A parameter that a page does not know is named on it; what its own links and forms carry it knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import transaction
from django.urls import Resolver404, resolve, reverse

from console.roof.names_a_page_knows import PAGES
from tests.addresses_of_companies import ADDRESSES
from tests.factories import TODAY
from tests.ledger import database_clock
from tests.markup import Element, read
from tests.pages import HTMX, clock_at
from tests.test_pages_of_another_day import OF_PEOPLE, World, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("names a page knows")]

NO_PAGE = {
    "credits:apply-scenario",
    "credits:approvals",
    "credits:ask-for-units",
    "credits:drop-scenario",
    "credits:keep-scenario",
    "credits:preview-allocation",
    "credits:observe-feature",
    "credits:preview-plan",
    "credits:withdraw-plan",
    "credits:undo-allocation",
    "day-to-show",
    "explain-json",
    "licensing:code",
    "licensing:notice",
    "licensing:read-notice",
    "licensing:read-notices",
    "licensing:report-figure",
    "licensing:support-views",
    "licensing:provider-viewers",
    "credits:threshold",
    *(OF_PEOPLE - {"licensing:people", "licensing:roles"}),
}
"""Answers that stand for no page with parameters of a day or a filter."""

VALUES: dict[str, str] = {"on": "2026-02-01", "from": "2026-01-01", "to": "2026-02-01", "units_*": "7"}
"""Other parameters take any text: what they do not know of it, they leave out."""

SAYS = "This page does not know “{}”: it was left out."


@pytest.fixture(scope="module")
def world_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(world_of_the_module: World, db: None) -> Iterator[World]:
    with clock_at(TODAY):
        yield world_of_the_module


def test_every_page_of_a_company_is_listed() -> None:
    missing = sorted(set(ADDRESSES) - NO_PAGE - set(PAGES))
    assert not missing, f"name their parameters in PAGES of console/roof/names_a_page_knows.py, or why not in NO_PAGE: {missing}"
    assert set(PAGES) | NO_PAGE == set(ADDRESSES)
    assert not set(PAGES) & NO_PAGE


@pytest.mark.parametrize("name", PAGES)
def test_a_name_that_a_page_does_not_know_is_said_on_it(world: World, name: str) -> None:
    shown = world.get(name, foo="1", **{"<b>": "2"})
    assert SAYS.format("foo") in shown.text
    assert SAYS.format("<b>") in shown.text
    (left_out,) = [each for each in shown.all("a") if each.text == "Show the page without it"]
    assert left_out["href"] == world.address(name)
    assert "does not know" not in world.get(name).text


@pytest.mark.parametrize(
    ("name", "known"),
    [(name, known) for name, names in PAGES.items() for known in sorted(names - {"format"})],  # a file
)
def test_what_a_page_knows_is_not_said(world: World, name: str, known: str) -> None:
    values = {**VALUES, "known": database_clock().isoformat(), "scenario": world.arguments["credits:scenario"][0]}
    value = values.get(known, "1")
    response = world.client.get(world.address(name, **{known.replace("*", "1"): value}), follow=True)
    assert response.status_code == 200
    assert "does not know" not in read(response).text


def test_pages_link_only_to_what_the_page_there_knows(world: World) -> None:
    seen = 0
    missing: dict[str, set[str]] = defaultdict(set)
    for name in PAGES:
        for query in ({}, {"q": "a", "on": "2026-02-01"}):
            asked = {each: value for each, value in query.items() if each in PAGES[name]}
            response = world.client.get(world.address(name, **asked), follow=True)
            for page, names in asked_on(read(response), response.request["PATH_INFO"]):
                seen += 1
                if unknown := {each for each in names if each not in PAGES[page] and not each.startswith("units_")}:
                    missing[page] |= {f"{each} (linked from {name})" for each in unknown}
    assert not missing, f"parameters that PAGES of console/roof/names_a_page_knows.py lacks: {dict(missing)}"
    assert seen > 100


def asked_on(shown: Element, own: str) -> Iterator[tuple[str, set[str]]]:
    """(page, names of the parameters) of every link and every form that is sent by GET."""
    for each in shown.elements:
        for attribute in ("href", "hx-get"):
            if attribute in each:
                parts = urlsplit(each[attribute])
                yield from listed(parts.path or own, {name for name, _value in parse_qsl(parts.query, keep_blank_values=True)})
        if each.tag == "form" and each.get("method").lower() == "get":
            fields = {field["name"] for field in each.elements if "name" in field and field.tag in ("input", "select", "button")}
            yield from listed(urlsplit(each.get("action")).path or own, fields)


def listed(path: str, names: set[str]) -> Iterator[tuple[str, set[str]]]:
    try:
        name = resolve(path).view_name
    except Resolver404:
        return
    if name in PAGES:
        yield name, names


def test_at_most_five_names_are_told_each_cut_short(world: World) -> None:
    shown = world.get("credits:annual-credits", **{f"{'a' * 60}{number}": "" for number in range(9)})
    assert shown.text.count("does not know") == 5
    assert "a" * 41 not in "".join(each.text for each in shown.all(role="status"))


def test_a_part_for_htmx_tells_nothing(world: World) -> None:
    address = reverse("credits:annual-credits", args=[world.company.slug], query={"foo": "1"})
    response = world.client.get(address, headers={**HTMX, "HX-Target": "features"})
    assert "does not know" not in response.content.decode()
