"""Who gets in where, outside of a company's own pages: the wizard, the addresses for marketplaces, and making an account.

A new address below /activate/ or /marketplace/ fails here until it has its row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from console.models import Act
from licensing.models import Activation
from licensing.purchases.activation.hand_over import hand_over
from tests.activations import begun, land, passes
from tests.factories import make_user
from tests.pages import browser_of
from tests.purchases import buy, found

pytestmark = pytest.mark.usefixtures("shop")

SIGN_IN = "sign in"
"""Sent to the sign-in page."""


@dataclass(frozen=True)
class Address:
    """A row of the table: what GET and POST answer to each kind of visitor; 405 where the method is none of the address's.

    The browser that brought the purchase and the person it belongs to, then somebody signed in who has nothing to do with it.
    """

    get: tuple[int | str, int, int]
    post: tuple[int | str, int, int]
    """Nobody signed in; the person of the activation; a stranger."""
    arguments: tuple[str, ...] = ("pk",)


ADDRESSES = {
    "activation:start": Address((SIGN_IN, 200, 200), (SIGN_IN, 422, 422), ()),
    "activation:step": Address((SIGN_IN, 302, 404), (SIGN_IN, 405, 405)),
    "activation:review": Address((SIGN_IN, 200, 404), (SIGN_IN, 422, 404)),
    "activation:status": Address((SIGN_IN, 302, 404), (SIGN_IN, 405, 405)),
    "activation:new-company": Address((SIGN_IN, 302, 404), (SIGN_IN, 422, 404)),
    "activation:hand-over": Address((SIGN_IN, 405, 405), (SIGN_IN, 200, 404)),
    "activation:handed-over-link": Address((302, 302, 302), (302, 302, 302), ("secret",)),
    # Without the link nobody has taken anything; the giver has it still.
    "activation:handed-over": Address((SIGN_IN, 404, 404), (SIGN_IN, 422, 422)),
    "activation:look-again": Address((SIGN_IN, 405, 405), (SIGN_IN, 302, 404)),
    "activation:sign-up": Address((404, 404, 404), (405, 405, 405)),
    "marketplace:landing": Address((200, 200, 200), (405, 405, 405), ("channel",)),
    "marketplace:webhook": Address((405, 405, 405), (415, 415, 415), ("channel",)),
}
ACCOUNT = {
    "account_signup": Address((200, 302, 302), (200, 302, 302), ()),
    "account_email_verification_sent": Address((302, 302, 302), (302, 302, 302), ()),
}


@pytest.fixture
def activation() -> Activation:
    return found(buy(), make_user())


def address_of(name: str, activation: Activation) -> str:
    values = {"pk": activation.pk, "channel": "azure"}
    row = {**ADDRESSES, **ACCOUNT}[name]
    if row.arguments == ("secret",):
        return f"{reverse(name)}?link={hand_over(activation)}"
    return reverse(name, args=[values[each] for each in row.arguments])


def test_the_table_has_a_row_for_every_address() -> None:
    found_names = set()
    for each in get_resolver().url_patterns:
        if getattr(each, "namespace", None) in ("activation", "marketplace"):
            found_names |= {f"{each.namespace}:{address.name}" for address in each.url_patterns}
    assert found_names == set(ADDRESSES)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", [*ADDRESSES, *ACCOUNT])
def test_each_address_answers_each_visitor_as_the_table_says(name: str, method: str, activation: Activation) -> None:
    assert activation.person is not None
    address, row = address_of(name, activation), {**ADDRESSES, **ACCOUNT}[name]
    before = Act.objects.count()
    for kind, client in enumerate([Client(), browser_of(make_user()), browser_of(activation.person)]):
        wanted = getattr(row, method)[(0, 2, 1)[kind]]
        answer = getattr(client, method)(address)
        if wanted == SIGN_IN:
            assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={address}")
        else:
            assert answer.status_code == wanted
    assert Act.objects.count() == before


@pytest.mark.parametrize("name", [each for each, row in ADDRESSES.items() if row.arguments == ("pk",)])
def test_addresses_of_activations_that_there_are_not_are_404(name: str) -> None:
    client = browser_of(make_user())
    method = "post" if name in ("activation:hand-over", "activation:look-again") else "get"
    assert getattr(client, method)(reverse(name, args=[uuid4()])).status_code == 404


def test_support_staff_see_activations_in_the_admin_and_not_here(activation: Activation) -> None:
    for fields in ({"is_staff": True}, {"is_staff": True, "is_superuser": True}):
        assert browser_of(make_user(**fields)).get(f"/activate/{activation.pk}/review/").status_code == 404


def test_forms_of_the_wizard_need_their_token(activation: Activation) -> None:
    client = Client(enforce_csrf_checks=True)
    assert activation.person is not None
    client.force_login(activation.person)
    for name in ("start", "review", "new-company", "hand-over"):
        address = reverse(f"activation:{name}", args=[] if name == "start" else [activation.pk])
        assert client.post(address).status_code == 403


def test_a_browser_that_brought_a_purchase_still_has_to_sign_in(client: Client) -> None:
    step = land(client, buy())["Location"]
    for address in (step, f"{step}review/", f"{step}status/"):
        assert client.get(address)["Location"] == f"/accounts/login/?next={address}"


@pytest.mark.parametrize("wrong", ["put", "delete", "patch"])
def test_other_methods_are_refused(wrong: str, activation: Activation) -> None:
    passes(begun())
    assert activation.person is not None
    client: Any = browser_of(activation.person)
    for name in ADDRESSES:
        assert getattr(client, wrong)(address_of(name, activation)).status_code == 405
