"""The support desk of licensing: companies, orders and licenses, and the journal of all that was done."""

from licensing.admin.activation_codes import ActivationCodeAdmin, WrongCodeAdmin
from licensing.admin.acts import ActAdmin, ExportAdmin
from licensing.admin.companies import CompanyAdmin, CompanyTimeZoneAdmin, MembershipAdmin
from licensing.admin.marketplace_events import ConnectionNoteAdmin, DifferenceAdmin, MarketplaceEventAdmin, ReconciliationAdmin
from licensing.admin.marketplaces import ActivationAdmin, MarketplacePlanAdmin, SubscriptionAdmin
from licensing.admin.notices import NoticeAdmin, NoticeDeliveryAdmin
from licensing.admin.orders import (
    ConversionRateAdmin,
    LicenseAdmin,
    LicenseEntryAdmin,
    LicenseStatementAdmin,
    OrderAdmin,
    ProductAdmin,
    UseChoiceAdmin,
)

__all__ = [
    "ActAdmin",
    "ActivationAdmin",
    "ActivationCodeAdmin",
    "CompanyAdmin",
    "CompanyTimeZoneAdmin",
    "ConnectionNoteAdmin",
    "ConversionRateAdmin",
    "DifferenceAdmin",
    "ExportAdmin",
    "LicenseAdmin",
    "LicenseEntryAdmin",
    "LicenseStatementAdmin",
    "MarketplaceEventAdmin",
    "MarketplacePlanAdmin",
    "MembershipAdmin",
    "NoticeAdmin",
    "NoticeDeliveryAdmin",
    "OrderAdmin",
    "ProductAdmin",
    "ReconciliationAdmin",
    "SubscriptionAdmin",
    "UseChoiceAdmin",
    "WrongCodeAdmin",
]
