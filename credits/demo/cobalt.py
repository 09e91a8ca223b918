"""Cobalt Health: in the middle of a renewal. One order suspended, a trial, and cloud detections billed pay-as-you-go."""

from __future__ import annotations

from datetime import date

from console.models import ReasonKind, Why
from credits.demo.people import AZURE_MARKETPLACE, SUPPORT
from credits.demo.stage import Business, Term
from credits.demo.telling import Story, working_day
from licensing.rules.calendar_arithmetic import add_months

BUSINESS = Business("Cobalt Health", "cobalt", "US-7730-9258", "America/Chicago", parent="delta")


def story(today: date) -> Story:
    told = Story(BUSINESS, today)
    allocates = told.allocates

    told.registers(430)
    told.invites_staff(429)
    renewed_on = working_day(add_months(told.day(-18), -12))
    renewed_ago = (today - renewed_on).days
    hospital = told.buys(
        428,
        "direct",
        "SO-3041",
        "CREDITS",
        45_000,
        name="Hospital group credits",
        term=Term.year_before(renewed_on),
        renews=True,
    )
    told.activates(428, hospital, by=SUPPORT)
    allocates(421, "advanced-endpoint-security", 240, "Nurses' stations")
    allocates(416, "cloud-email-collaboration-protection", {"standard": 700}, "Clinical and office staff")
    allocates(398, "ztsa-private-access", 120, "Physicians on call")
    told.renews(370, hospital, SUPPORT, reason=Why("Renewal order SO-3127", ReasonKind.CONTRACT))
    told.sets_units(
        renewed_ago,
        hospital,
        60_000,
        SUPPORT,
        reason=Why("SO-3127 is for 60,000 credits", ReasonKind.CONTRACT),
        note="As in your order SO-3127",
    )
    allocates(329, "endpoint-sensor", 400, "Detection on all shared computers")
    allocates(287, "xdr-for-ot-device", 150, "Infusion pumps, first ward")

    azure = told.buys(
        241,
        "azure",
        "AZ-60122",
        "CREDITS-AZURE",
        24_000,
        name="Imaging project",
        term=Term.year_from(told.workday(240)),
        renews=True,
    )
    told.activates(240, azure)
    allocates(231, "cloud-detections-aws-cloudtrail", 1_500, "Imaging archive in AWS")
    allocates(231, "cloud-detections-aws-vpc-flow-logs", 500, "Imaging archive in AWS")
    told.suspends(219, azure, AZURE_MARKETPLACE, note="Payment failed")
    told.reinstates(213, azure, AZURE_MARKETPLACE, note="Payment received")
    allocates(203, "xdr-for-ot-network", 20, "Radiology network")
    allocates(176, "file-security-storage-buckets", 1, "Scans of uploaded images")
    allocates(128, "advanced-endpoint-security", 320, "New outpatient clinic")

    contract = told.buys(95, "aws", "AW-77340", "PAYG", 500, name="Metered billing", term=Term.year_from(told.workday(94)))
    told.activates(94, contract)
    told.bills_pay_as_you_go(88, "cloud-detections-aws-cloudtrail", "The volume of logs changes too much from month to month")
    allocates(60, "forensics-data-allowance", 4, "Reserve for the incident response team")
    # Planned for a day on which, before the renewal is signed, nothing of it is covered yet.
    private_access_from = told.workday(-21)
    allocates(
        46,
        "ztsa-private-access",
        200,
        "Visiting nurses, once we have renewed",
        on=private_access_from,
        below_zero=True,
    )

    told.suspends(34, azure, AZURE_MARKETPLACE, note="Payment failed")
    allocates(30, "file-security-storage-buckets", 0, "On hold until the Azure order is paid", by="owner")
    trial = told.buys(21, "direct", "SO-3190", "ZTSA-AI", 100, name="Safe use of AI services", term_months=2, trial=True)
    told.activates(20, trial)
    told.withdraws(15, "ztsa-private-access", private_access_from, "Visiting nurses start next year")
    told.renews(9, hospital, SUPPORT, reason=Why("Renewal order SO-3208", ReasonKind.CONTRACT))
    return told
