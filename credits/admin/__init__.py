"""The support desk of credits: the catalogue and the allocations; its acts are offered on a company's page."""

from console.admin.preview.effect import reads_effects
from credits.admin import groups, workbench  # noqa: F401  lists, links
from credits.admin.allocations import (
    AllocationEntryAdmin,
    AllocationStatementAdmin,
    BillingModelChangeAdmin,
    KeptUnitsAdmin,
    ScenarioAdmin,
    ThresholdStatementAdmin,
    UnitsInUseAdmin,
)
from credits.admin.catalogue import (
    CreditRateAdmin,
    CreditRequirementAdmin,
    FeatureAdmin,
    OfferingAdmin,
    PayAsYouGoPriceAdmin,
    PriceListRunAdmin,
    SeatUseAdmin,
)
from credits.admin.queues import DeskItemAdmin, DeskLookAdmin
from credits.admin.vendors_own import VendorLogoAdmin, VendorStatementAdmin, VendorToldAdmin
from credits.desk.company_choice.found import Finder
from credits.desk.preview.effects import Effects
from licensing.admin.company_field.found import finds_companies

reads_effects.register(Effects())
finds_companies.register(Finder())

__all__ = [
    "AllocationEntryAdmin",
    "AllocationStatementAdmin",
    "BillingModelChangeAdmin",
    "CreditRateAdmin",
    "CreditRequirementAdmin",
    "DeskItemAdmin",
    "DeskLookAdmin",
    "FeatureAdmin",
    "KeptUnitsAdmin",
    "OfferingAdmin",
    "PayAsYouGoPriceAdmin",
    "PriceListRunAdmin",
    "ScenarioAdmin",
    "SeatUseAdmin",
    "ThresholdStatementAdmin",
    "UnitsInUseAdmin",
    "VendorLogoAdmin",
    "VendorStatementAdmin",
    "VendorToldAdmin",
]
