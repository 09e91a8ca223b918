from credits.models.allocation import AllocationEntry, AllocationStatement
from credits.models.billing_model_change import BillingModelChange
from credits.models.catalogue import CreditRate, CreditRequirement, Feature, Offering, PayAsYouGoPrice, SeatUse

__all__ = [
    "AllocationEntry",
    "AllocationStatement",
    "BillingModelChange",
    "CreditRate",
    "CreditRequirement",
    "Feature",
    "Offering",
    "PayAsYouGoPrice",
    "SeatUse",
]
