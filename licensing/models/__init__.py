from licensing.models.activation_code import ActivationCode, WrongCode
from licensing.models.company import Company
from licensing.models.company_time_zone import CompanyTimeZone
from licensing.models.license import License, LicenseEntry, LicenseStatement, hold_still
from licensing.models.marketplace.connection_note import ConnectionNote
from licensing.models.marketplace.event import Difference, MarketplaceEvent, Reconciliation
from licensing.models.marketplace.subscription import Activation, MarketplacePlan, Subscription
from licensing.models.membership import Membership
from licensing.models.notice import Notice, NoticeDelivery
from licensing.models.order import Order
from licensing.models.product import ConversionRate, Product, Rate, RateQuerySet
from licensing.models.role import Permission, Role, roles_label
from licensing.models.tenant import FactQuerySet, TenantFact, TenantRow
from licensing.models.tenant_reference import TenantForeignKey
from licensing.models.use_choice import UseChoice

__all__ = [
    "Activation",
    "ActivationCode",
    "Company",
    "CompanyTimeZone",
    "ConnectionNote",
    "ConversionRate",
    "Difference",
    "FactQuerySet",
    "License",
    "LicenseEntry",
    "LicenseStatement",
    "MarketplaceEvent",
    "MarketplacePlan",
    "Membership",
    "Notice",
    "NoticeDelivery",
    "Order",
    "Permission",
    "Product",
    "Rate",
    "RateQuerySet",
    "Reconciliation",
    "Role",
    "Subscription",
    "TenantFact",
    "TenantForeignKey",
    "TenantRow",
    "UseChoice",
    "WrongCode",
    "hold_still",
    "roles_label",
]
