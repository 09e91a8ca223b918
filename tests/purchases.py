"""A buyer at the practice marketplace, told in a line each, and the console on the other side of a network that needs none."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.core.management import call_command
from django.test import Client

from console.models import User
from console.security.sealing import Secret
from licensing.marketplaces.practice import changes, sending, tokens
from licensing.marketplaces.practice.models import PracticeOperation, PracticeSubscription
from licensing.marketplaces.practice.offers import plan_of
from licensing.models import Activation, Company, License, LicenseEntry, LicenseStatement, Order, Subscription
from licensing.purchases.activation.exchange_token import bring, look_up
from licensing.purchases.activation.whose_an_activation_is import belongs_to
from tests.factories import make_company, make_product, make_user

SKUS = {"CREDITS-AZURE": ("credits", 1), "EP-CORE": ("seats", 45), "EP-ESSENTIALS": ("seats", 65)}


def open_shop() -> None:
    """The products that the practice offers sell, and the mapping to them."""
    for sku, (kind, rate) in SKUS.items():
        make_product(sku=sku, name=sku.title(), kind=kind, rate=rate)
    call_command("sell_practice_offers", verbosity=0)


def buy(plan_id: str = "credits-12m", **stated: Any) -> PracticeSubscription:
    """A purchase that nobody has configured yet."""
    offer_id = "endpoint-security" if plan_id.startswith("ep-") else "vision-credits"
    plan = plan_of(offer_id, plan_id)
    assert plan is not None
    usual = {"name": "Head office", "quantity": 250, "form_key": uuid4(), "email": "it@fabrik.example", "tenant_id": uuid4()}
    return changes.buy(plan, **{**usual, **stated})


def found(bought: PracticeSubscription, person: User) -> Activation:
    """The person pressed Configure account now and signed in."""
    activation = belongs_to(bring("azure", Secret(tokens.purchase_token(bought))), person)
    return look_up(activation)


def administrator(**company: Any) -> tuple[Company, User]:
    made = make_company(**company)
    return made, make_user(company=made, roles=["license-administrator"])


def press_activate(client: Client, activation: Activation, company: Company, **form: Any) -> Any:
    row = Activation.objects.select_related("subscription").get(pk=activation.pk)
    assert row.subscription is not None
    shown = {"plan_id": row.subscription.plan_id, "units": row.subscription.units or ""}
    return client.post(f"/activate/{activation.pk}/review/", {"company": company.slug, "key": str(uuid4()), **shown, **form})


def activated(person: User, company: Company, plan_id: str = "credits-12m", **stated: Any) -> Subscription:
    """Bought, configured, activated: the whole story, without its pages."""
    from console.models import Actor
    from licensing.purchases.activation.begin_activation import begin_activation
    from licensing.purchases.activation.carry_through_activation import carry_on

    activation = found(buy(plan_id, **stated), person)
    assert activation.subscription is not None
    shown: dict[str, object] = {"plan_id": activation.subscription.plan_id, "units": activation.subscription.units}
    begin_activation(activation, company=company, by=Actor.person(person), key=str(uuid4()), shown=shown)
    carry_on(activation.pk)
    activation.refresh_from_db()
    assert activation.state == "active", activation.problem
    return Subscription.objects.get(pk=activation.subscription.pk)


def theirs(subscription: Subscription) -> PracticeSubscription:
    return PracticeSubscription.objects.get(pk=subscription.external_id)


def happens(
    subscription: Subscription | PracticeSubscription, action: str, *, told: bool = True, **stated: Any
) -> PracticeOperation:
    """Something happens at the marketplace, and it tells the console."""
    pk = subscription.pk if isinstance(subscription, PracticeSubscription) else subscription.external_id
    operation = changes.start(pk, action, **stated)
    if told:
        tell(operation)
    return operation


def tell(operation: PracticeOperation) -> int:
    """Send its notification, again if need be. Returns the console's answer."""
    call = sending.deliver(sending.call_of(operation), again=True)
    return int(call.attempts[-1]["status"]) if call.attempts else 0


def counts() -> dict[str, int]:
    """How many rows there are of what may be there once only."""
    models = (Order, License, LicenseStatement, LicenseEntry)
    return {model.__name__: model.objects.count() for model in models}
