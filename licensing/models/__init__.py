from licensing.models.activation_code import ActivationCode
from licensing.models.company import Company
from licensing.models.company_settings.join_request import JoinRequest
from licensing.models.company_settings.sign_in_tenant import SignInTenant
from licensing.models.company_settings.statement import CompanyStatement
from licensing.models.company_time_zone import CompanyTimeZone
from licensing.models.import_run import ImportLine, ImportPiece, ImportRun
from licensing.models.licenses.entry import LicenseEntry
from licensing.models.licenses.license import License
from licensing.models.licenses.statement import LicenseStatement
from licensing.models.marketplace.activation import Activation
from licensing.models.marketplace.connection_note import ConnectionNote
from licensing.models.marketplace.difference import Difference
from licensing.models.marketplace.event import MarketplaceEvent
from licensing.models.marketplace.plan import MarketplacePlan
from licensing.models.marketplace.reconciliation import Reconciliation
from licensing.models.marketplace.subscription import Subscription
from licensing.models.marketplace.vendor_told import VendorTold
from licensing.models.membership import Membership
from licensing.models.notice import Notice, NoticeDelivery
from licensing.models.order import Order
from licensing.models.people.invitation import Invitation
from licensing.models.people.role_request import RoleRequest
from licensing.models.products.conversion_rate import ConversionRate
from licensing.models.products.product import Product
from licensing.models.products.rate_from_a_day_on import Rate, RateQuerySet
from licensing.models.provider.look import ProviderLook
from licensing.models.roles_and_what_they_may import GIVEN_BY_OWNERS, Permission, Role, roles_label
from licensing.models.support.view import SupportView, SupportViewEnd, SupportViewPage, ViewPurpose
from licensing.models.tenant import FactQuerySet, TenantFact, TenantRow
from licensing.models.tenant_reference import TenantForeignKey
from licensing.models.use_choice import UseChoice
from licensing.models.wrong_code import WrongCode

__all__ = [
    "GIVEN_BY_OWNERS",
    "Activation",
    "ActivationCode",
    "Company",
    "CompanyStatement",
    "CompanyTimeZone",
    "ConnectionNote",
    "ConversionRate",
    "Difference",
    "FactQuerySet",
    "ImportLine",
    "ImportPiece",
    "ImportRun",
    "Invitation",
    "JoinRequest",
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
    "ProviderLook",
    "Rate",
    "RateQuerySet",
    "Reconciliation",
    "Role",
    "RoleRequest",
    "SignInTenant",
    "Subscription",
    "SupportView",
    "SupportViewEnd",
    "SupportViewPage",
    "TenantFact",
    "TenantForeignKey",
    "TenantRow",
    "UseChoice",
    "VendorTold",
    "ViewPurpose",
    "WrongCode",
    "roles_label",
]
