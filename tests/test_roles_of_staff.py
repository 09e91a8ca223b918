"""One table over every act of support, every address of the workbench, and every role of staff."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, reverse

from console.admin.act_forms import ActForm
from console.admin.read_only import ReadOnlyAdmin
from console.models.user import StaffRole
from credits.desk.urls import urlpatterns
from tests.factories import make_company, make_user
from tests.pages import browser_of

pytestmark = pytest.mark.django_db

ROLES: dict[str, list[str]] = {
    "looks only": [],
    "acts on customers": ["customers"],
    "acts on marketplaces": ["marketplaces"],
    "manages staff": ["staff"],
}
MANAGERS = [each for each in admin.site._registry.values() if isinstance(each, ReadOnlyAdmin)]
ACTS: list[tuple[ReadOnlyAdmin, str, type[ActForm]]] = [
    (manager, name, form) for manager in MANAGERS for name, form in manager.acts.items()
]
ADDED = [(manager, manager.add_act) for manager in MANAGERS if manager.add_act is not None]
NOBODYS: dict[str, Any] = {"pk": 999_999_999, "run": UUID(int=1), "act": UUID(int=1), "slug": "nobody", "number": "none"}
"""What stands in an address for something that is not there."""


def address_of(pattern: URLPattern) -> str:
    names = pattern.pattern.converters
    said = {
        name: UUID(int=1) if type(each).__name__ == "UUIDConverter" else NOBODYS.get(name, "none") for name, each in names.items()
    }
    return reverse(f"desk:{pattern.name}", kwargs=said)


def staff(role: str) -> Client:
    return browser_of(make_user(is_staff=True, staff_roles=ROLES[role]))


@pytest.mark.parametrize("role", ROLES)
def test_an_act_is_for_those_who_have_the_role_that_it_names(role: str) -> None:
    client, wrong = staff(role), []
    for manager, name, form in ACTS:
        opts = manager.opts
        found = reverse(f"admin:{opts.app_label}_{opts.model_name}_act", args=[999_999_999, name])
        expected = 404 if form.needs in ROLES[role] else 403  # 404: the act is theirs, only the row is not there
        wrong += [(found, each) for each in (client.get(found).status_code, client.post(found).status_code) if each != expected]
    for manager, added in ADDED:
        found = reverse(f"admin:{manager.opts.app_label}_{manager.opts.model_name}_add")
        expected = 200 if added.needs in ROLES[role] else 403
        if client.get(found).status_code != expected:
            wrong.append((found, client.get(found).status_code))
    assert len(ACTS) > 25
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
def test_a_page_of_the_workbench_is_for_those_who_have_its_roles(role: str) -> None:
    client, wrong = staff(role), []
    for pattern in urlpatterns:
        to_see, to_post = pattern.callback.staff_role
        for asked, needed in (("get", to_see), ("post", to_post)):
            may = needed == StaffRole.LOOKS or needed in ROLES[role]
            answer = getattr(client, asked)(address_of(pattern))
            if (answer.status_code == 403) is may and answer.status_code != 405:
                wrong.append((pattern.name, asked, answer.status_code))
    assert not wrong


def test_for_customers_no_address_of_the_workbench_is_there_and_strangers_sign_in() -> None:
    owner, stranger = browser_of(make_user(company=make_company(), roles=["owner"])), Client()
    for pattern in urlpatterns:
        found = address_of(pattern)
        for method in ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"):
            assert owner.generic(method, found).status_code == 404, (method, found)
            assert stranger.generic(method, found).status_code == 302, (method, found)
