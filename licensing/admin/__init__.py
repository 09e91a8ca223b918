"""The support desk of licensing: companies, orders and licenses, and the journal of all that was done."""

from licensing.admin.companies import CompanyAdmin, CompanyTimeZoneAdmin, MembershipAdmin
from licensing.admin.journal import ActAdmin
from licensing.admin.orders import (
    ConversionRateAdmin,
    LicenseAdmin,
    LicenseEntryAdmin,
    LicenseStatementAdmin,
    OrderAdmin,
    ProductAdmin,
)

__all__ = [
    "ActAdmin",
    "CompanyAdmin",
    "CompanyTimeZoneAdmin",
    "ConversionRateAdmin",
    "LicenseAdmin",
    "LicenseEntryAdmin",
    "LicenseStatementAdmin",
    "MembershipAdmin",
    "OrderAdmin",
    "ProductAdmin",
]
