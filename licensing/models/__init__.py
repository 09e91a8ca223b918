from licensing.models.company import (
    Company,
    CompanyTimeZone,
    FactQuerySet,
    Membership,
    Role,
    TenantFact,
    TenantRow,
    roles_label,
)
from licensing.models.license import License, LicenseEntry, LicenseStatement, hold_still
from licensing.models.order import Order
from licensing.models.product import ConversionRate, Product, Rate, RateQuerySet

__all__ = [
    "Company",
    "CompanyTimeZone",
    "ConversionRate",
    "FactQuerySet",
    "License",
    "LicenseEntry",
    "LicenseStatement",
    "Membership",
    "Order",
    "Product",
    "Rate",
    "RateQuerySet",
    "Role",
    "TenantFact",
    "TenantRow",
    "hold_still",
    "roles_label",
]
