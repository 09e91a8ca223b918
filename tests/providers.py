"""A service provider with customers, for tests: who looks, who owns, and what is there to see."""

from __future__ import annotations

from dataclasses import dataclass

from console.models import User
from licensing.models import Company, License
from tests.factories import allocate, make_company, make_feature, make_license, make_user


@dataclass
class Provided:
    """A provider and one customer, with 1,000 valid credits of which 60 are allocated."""

    provider: Company
    customer: Company
    viewer: User
    """A provider viewer, of the provider alone."""
    owner: User
    """Of the provider, and no provider viewer."""
    owner_of_customer: User
    license: License


def make_provided() -> Provided:
    provider = make_company(name="Harbor Services")
    customer = make_customer(provider, name="Quay Foods")
    license = make_license(company=customer)
    allocate(customer, make_feature().lines.get(), 60)
    return Provided(
        provider,
        customer,
        viewer=make_user(company=provider, roles=["viewer", "provider-viewer"]),
        owner=make_user(company=provider, roles=["owner"]),
        owner_of_customer=make_user(company=customer, roles=["owner"]),
        license=license,
    )


def make_customer(provider: Company, **overrides: str) -> Company:
    return make_company(parent=provider, **overrides)
