from credits.models.allocation import AllocationEntry, AllocationStatement
from credits.models.billing_model_change import BillingModelChange
from credits.models.catalogue import CreditRate, CreditRequirement, Feature, Offering, PayAsYouGoPrice, SeatUse
from credits.models.kept_units import KeptUnits

__all__ = [
    "AllocationEntry",
    "AllocationStatement",
    "BillingModelChange",
    "CreditRate",
    "CreditRequirement",
    "Feature",
    "KeptUnits",
    "Offering",
    "PayAsYouGoPrice",
    "SeatUse",
]
