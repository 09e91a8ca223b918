from credits.models.allocation_entry import AllocationEntry
from credits.models.allocation_statement import AllocationStatement
from credits.models.approvals.approval_rule import ApprovalRule
from credits.models.approvals.units_request import CLOSING, RequestEvent, UnitsRequest
from credits.models.billing_model_change import BillingModelChange
from credits.models.catalogue.credit_rate import CreditRate
from credits.models.catalogue.credit_requirement import CreditRequirement
from credits.models.catalogue.offering_and_feature import Feature, Offering
from credits.models.catalogue.pay_as_you_go_price import PayAsYouGoPrice
from credits.models.catalogue.price_list_run import PriceListRun
from credits.models.catalogue.seat_use import SeatUse
from credits.models.desk_item import DeskItem, DeskLook
from credits.models.kept_units import KeptUnits
from credits.models.scenario import Scenario
from credits.models.threshold_statement import ThresholdStatement
from credits.models.units_in_use import UnitsInUse

__all__ = [
    "CLOSING",
    "AllocationEntry",
    "AllocationStatement",
    "ApprovalRule",
    "BillingModelChange",
    "CreditRate",
    "CreditRequirement",
    "DeskItem",
    "DeskLook",
    "Feature",
    "KeptUnits",
    "Offering",
    "PayAsYouGoPrice",
    "PriceListRun",
    "RequestEvent",
    "Scenario",
    "SeatUse",
    "ThresholdStatement",
    "UnitsInUse",
    "UnitsRequest",
]
