"""Borealis Logistics: below zero since a converted seat license expired and was not renewed. Nothing is blocked."""

from __future__ import annotations

from datetime import date

from console.models import ReasonKind, Why
from credits.demo.people import AZURE_MARKETPLACE, DELTA_OWNER, SERVICE_PROVIDER_ROLES, SUPPORT
from credits.demo.stage import Business, Term
from credits.demo.telling import Story, working_day
from licensing.rules.calendar_arithmetic import add_months

BUSINESS = Business("Borealis Logistics", "borealis", "SE-5568-1244", "Europe/Stockholm", parent="delta")


def story(today: date) -> Story:
    told = Story(BUSINESS, today)
    allocates = told.allocates

    told.registers(435)
    told.invites_staff(434)
    renewed_on = told.workday(310)
    azure = told.buys(
        433,
        "azure",
        "AZ-51907",
        "CREDITS-AZURE",
        60_000,
        name="Borealis credits",
        term=Term.year_before(renewed_on),
        renews=True,
    )
    told.activates(433, azure)
    allocates(428, "endpoint-sensor", 900, "Terminals and offices")
    allocates(426, "advanced-endpoint-security", 200, "Offices in Gothenburg")
    allocates(419, "email-sensor", 700, "All mailboxes")
    told.gives_roles(404, DELTA_OWNER, SERVICE_PROVIDER_ROLES)

    essentials_starts_on = working_day(add_months(told.day(20), -12))
    essentials_ago = (today - essentials_starts_on).days
    essentials = told.buys(
        essentials_ago + 1,
        "direct",
        "SO-2086",
        "EP-ESSENTIALS",
        300,
        name="Endpoint Security Essentials",
        term=Term.year_from(essentials_starts_on),
    )
    told.activates(essentials_ago, essentials)
    allocates(371, "mobile-sensor", 240, "Handhelds of the drivers")

    allocates(347, "advanced-server-workload-protection", 20, "Booking system", by=DELTA_OWNER)
    told.renews(324, azure, AZURE_MARKETPLACE)
    told.sets_units(310, azure, 75_000, AZURE_MARKETPLACE, note="Quantity changed at the renewal")
    allocates(291, "virtual-network-sensor", 1, "Network of the Malmö terminal", by=DELTA_OWNER)
    allocates(249, "endpoint-sensor", 1_100, "Terminals taken over from Norrfrakt")
    allocates(214, "ztsa-private-access", 120, "Dispatchers work from home")
    allocates(165, "advanced-endpoint-security", 620, "Replaces the old scanner on the terminals")
    allocates(123, "ztsa-private-access", 180, "Partners at the ports")
    allocates(81, "advanced-server-workload-protection", 30, "Customs system", by=DELTA_OWNER)
    told.switches_renewal_off(
        62,
        essentials,
        SUPPORT,
        reason=Why(
            "Will not renew the seats and wants to buy credits; purchase still open.", ReasonKind.CUSTOMER_ASKED, "CS-2290"
        ),
        note="Switched off as you asked by phone.",
    )
    allocates(53, "forensics-data-allowance", 5, "Evidence after the phishing case")
    return told
