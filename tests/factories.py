"""Rows for tests, made by the acts, with believable defaults: spell out only what matters in the test.

    company = make_company()
    line = make_feature(rates=["0.2"]).lines.get()
    license = make_license(company=company, units=1_000)             # a credits order, issued and activated
    allocate(company, line, 60)
    manager = make_user(company=company, roles=["credit-manager"])

Everything happens on `TODAY` unless a test passes another day; nothing here reads the clock. Only the catalogue, which
has no act for a single row, is written directly, under an act of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

from django.db import transaction

from console.models import Act, Actor, Reason, User
from console.models.user import GIVEN
from credits.acts.set_allocation import AllocationSet, set_allocation
from credits.models import CreditRate, CreditRequirement, Feature, Offering
from licensing.acts.activate import activate_order
from licensing.acts.companies.register_company import register_company
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.issue_order import issue_order
from licensing.codes.issue_code import issue_code
from licensing.codes.reveal_code import reveal_code
from licensing.models import Company, ConversionRate, License, Order, Product

SYSTEM = Actor.system("Test")
TODAY = date(2026, 3, 2)
LISTED_FROM = date(2020, 1, 1)
"""Rates of the factories hold from here, as in the reference catalogue."""
PASSWORD = "a password for tests"

_numbers = count(1)

Rate = Decimal | str | int


def act(**more: Any) -> dict[str, Any]:
    """What every act is told: done by the system, on TODAY, under a key of its own, unless `more` says otherwise."""
    return {"today": TODAY, "by": SYSTEM, "key": new_key(), **more}


def new_key() -> str:
    """A key no act has used."""
    return str(uuid4())


def make_company(**overrides: Any) -> Company:
    """A registered business: `name`, `slug`, `business_id`, `time_zone`, `parent`."""
    number = next(_numbers)
    stated = {
        "name": f"Company {number}",
        "slug": f"company-{number}",
        "business_id": f"B-{number:06}",
        "time_zone": "Europe/Berlin",
    }
    return register_company(**{**stated, **overrides}, by=SYSTEM, key=new_key())


def make_user(*, company: Company | None = None, roles: Collection[str] = (), **fields: Any) -> User:
    """A person with `PASSWORD`, and with `roles` in `company`. `is_staff=True` is support, who may all unless told otherwise."""
    number = next(_numbers)
    if fields.get("is_staff"):
        fields = {"staff_roles": [role.value for role in GIVEN], **fields}
    fields = {"email": f"person-{number}@example.com", "name": f"Person {number}", **fields}
    user = User.objects.create_user(password=fields.pop("password", PASSWORD), **fields)
    if company is not None:
        set_roles(company, user=user, roles=roles, by=SYSTEM, key=new_key())
    return user


@transaction.atomic
def catalogue_act() -> Act:
    """The act that rows of the catalogue point to."""
    return Act.begin("catalogue.load", scope="catalogue", key=new_key(), by=SYSTEM, stated={}).finish()


def make_product(*, rate: Rate | None = 1, **fields: Any) -> Product:
    """A product with one conversion rate from `LISTED_FROM` on; `rate=None` gives it none. `kind` is "credits"."""
    number = next(_numbers)
    fields = {"sku": f"CREDITS-{number}", "name": "Vision One Credits", "kind": "credits", "unit": "credit", **fields}
    product = Product.objects.create(**fields)
    if rate is not None:
        make_conversion_rate(product, rate)
    return product


def make_conversion_rate(product: Product, rate: Rate, *, valid_from: date = LISTED_FROM) -> ConversionRate:
    act = catalogue_act()
    return ConversionRate.objects.create(
        product=product, credits_per_unit=Decimal(rate), valid_from=valid_from, act=act, recorded_at=act.recorded_at
    )


def make_offering(**fields: Any) -> Offering:
    """An offering with the next free chart slot (there are 24)."""
    slot = Offering.objects.count() + 1
    return Offering.objects.create(
        **{"slug": f"offering-{slot}", "name": f"Endpoint Security {slot}", "chart_slot": slot, **fields}
    )


def make_feature(*, rates: Sequence[Rate] = (1,), **fields: Any) -> Feature:
    """A feature with one requirement line per rate, in that order. Of the first offering, which is made if need be."""
    number = next(_numbers)
    fields.setdefault("offering", Offering.objects.first() or make_offering())
    feature = Feature.objects.create(**{"slug": f"feature-{number}", "name": f"Endpoint sensor {number}", **fields})
    for position, rate in enumerate(rates):
        line = CreditRequirement.objects.create(
            feature=feature,
            slug=f"line-{position + 1}",
            label=f"Tier {position + 1}" if len(rates) > 1 else "",
            unit="endpoint",
            position=position,
        )
        make_credit_rate(line, rate)
    return feature


def make_credit_rate(
    line: CreditRequirement, rate: Rate | None, *, valid_from: date = LISTED_FROM, valid_to: date | None = None
) -> CreditRate:
    """A further rate of a line; it posts nothing: to re-price what is allocated, load a price list."""
    act = catalogue_act()
    return CreditRate.objects.create(
        line=line,
        credits_per_unit=None if rate is None else Decimal(rate),
        valid_from=valid_from,
        valid_to=valid_to,
        act=act,
        recorded_at=act.recorded_at,
    )


def make_order(**overrides: Any) -> Order:
    """A purchase nobody has activated: 1,000 units for 12 months; see `issue_order` for what can be stated."""
    number = next(_numbers)
    stated = {"channel": "direct", "external_id": f"PO-{number:06}", "units": 1_000, "by": SYSTEM, "key": new_key()}
    if "product" not in overrides:
        stated["product"] = make_product()
    return issue_order(**{**stated, **overrides})


def make_code(
    order: Order | None = None, *, kind: str = "activation-code", valid_until: date | None = None, **stated: Any
) -> str:
    """The code, in clear, of `order` or of a new one of the channel code with what is `stated`."""
    order = order or make_order(channel="code", **stated)
    code = issue_code(order, kind=kind, valid_until=valid_until, by=SYSTEM, key=new_key())
    return reveal_code(code, by=SYSTEM, key=new_key())


def make_license(*, company: Company | None = None, today: date = TODAY, **order: Any) -> License:
    """The license of an order issued with `**order` and activated by `company` on `today`."""
    return activate_order(make_order(**order), company=company or make_company(), today=today, by=SYSTEM, key=new_key())


def allocate(
    company: Company,
    line: CreditRequirement,
    units: int,
    *,
    today: date = TODAY,
    on: date | None = None,
    reason: Reason = "test",
    note: str = "",
) -> AllocationSet:
    """State units of one line, whatever that does to the balance."""
    return set_allocation(
        company,
        feature=line.feature,
        units={line.pk: units},
        today=today,
        on=on,
        by=SYSTEM,
        key=new_key(),
        reason=reason,
        note=note,
        below_zero_confirmed=True,
    )
