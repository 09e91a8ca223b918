"""One address, two renderings: the part that htmx asks for, and the whole page for everything else."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from django_htmx.middleware import HtmxDetails

from console.htmx import wants_part
from licensing.models import Company
from tests.factories import make_company, make_feature, make_license, make_user
from tests.markup import read
from tests.pages import HTMX, address_of, browser_of

RESTORED = {**HTMX, "HX-History-Restore-Request": "true"}
BOOSTED = {**HTMX, "HX-Boosted": "true"}


@pytest.mark.parametrize(
    ("headers", "part"),
    [({}, False), (HTMX, True), (BOOSTED, False), (RESTORED, False), ({**BOOSTED, **RESTORED}, False)],
    ids=["a browser", "htmx", "a boosted link", "a page out of the history", "a boosted link out of the history"],
)
def test_only_htmx_itself_is_given_a_part(headers: dict[str, str], part: bool) -> None:
    request = RequestFactory().get("/", headers=headers)
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    assert wants_part(request) is part


@pytest.fixture
def company() -> Company:
    company = make_company()
    make_license(company=company)
    make_feature(slug="sensor")
    return company


@pytest.fixture
def owner(company: Company) -> Client:
    return browser_of(make_user(company=company, roles=["owner"]))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "further", "target"),
    [
        ("credits:annual-credits", (), "features"),
        ("credits:allocation", ("sensor",), "panel"),
        ("licensing:license-information", (), "licenses"),
        ("licensing:notices", (), "notices"),
    ],
)
def test_a_page_out_of_the_history_is_whole(
    name: str, further: tuple[str, ...], target: str, owner: Client, company: Company
) -> None:
    for headers, is_whole in ((HTMX, False), (BOOSTED, True), (RESTORED, True)):
        answer = owner.get(address_of(name, company, *further), headers={**headers, "HX-Target": target})
        assert answer.status_code == 200
        assert bool(read(answer).all("html")) is is_whole, headers
        assert "HX-Request" in answer["Vary"]
