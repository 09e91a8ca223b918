"""Aster Foods: healthy. Azure credits, renewed and topped up; converted seats kept in use; over-allocated for four weeks."""

from __future__ import annotations

from datetime import date

from console.models import ReasonKind, Why
from credits.demo.people import AZURE_MARKETPLACE, DELTA_OWNER, SERVICE_PROVIDER_ROLES, SUPPORT
from credits.demo.stage import Business, Term
from credits.demo.telling import Story

BUSINESS = Business("Aster Foods", "aster", "DE-0482-1377", "Europe/Berlin", parent="delta")


def story(today: date) -> Story:
    told = Story(BUSINESS, today)
    allocates = told.allocates

    told.registers(433)
    told.invites_staff(432)

    # The Azure subscription is older than this console: its first year began months before it was activated here.
    renewed_on = told.workday(263)
    azure = told.buys(
        431,
        "azure",
        "AZ-48213",
        "CREDITS-AZURE",
        90_000,
        name="Aster group credits",
        term=Term.year_before(renewed_on),
        renews=True,
    )
    told.activates(431, azure)
    allocates(425, "advanced-endpoint-security", 200, "Laptops of the head office")
    allocates(424, "endpoint-sensor", 900, "Detection on all office computers")
    allocates(417, "cloud-email-collaboration-protection", {"standard": 600}, "Microsoft 365, offices first")
    told.gives_roles(410, DELTA_OWNER, SERVICE_PROVIDER_ROLES)
    allocates(399, "advanced-server-workload-protection", 24, "Servers of the Bremen data center", by=DELTA_OWNER)
    allocates(383, "email-sensor", 600, "Same mailboxes as the mail protection")

    core = told.buys(
        355, "direct", "SO-1177", "EP-CORE", 400, name="Endpoint Security Core", term=Term.year_from(told.workday(354))
    )
    told.activates(354, core)  # its seats are kept in use: 200 become 600
    allocates(311, "desktops-and-servers", {"core": 400}, "First assessment round, offices")
    told.renews(277, azure, AZURE_MARKETPLACE)
    allocates(275, "endpoint-sensor", 1_050, "Plant offices in Leipzig and Kassel")
    told.sets_units(263, azure, 110_000, AZURE_MARKETPLACE, note="Quantity changed at the renewal")

    allocates(256, "cloud-email-collaboration-protection", {"advanced": 320}, "Finance and purchasing get link analysis")
    allocates(235, "advanced-server-workload-protection", 48, "Second data center", by=DELTA_OWNER)
    allocates(221, "advanced-endpoint-security", 860, "Rollout to warehouse staff")
    allocates(207, "cloud-email-collaboration-protection", {"standard": 950}, "Warehouse and drivers have mailboxes now")
    allocates(206, "email-sensor", 950, "Same mailboxes as the mail protection")
    aws = told.buys(201, "aws", "AW-20954", "CREDITS", 2_000, name="Web shop", term=Term.year_from(told.workday(200)))
    told.activates(200, aws)
    allocates(193, "container-nodes", 6, "Cluster of the web shop")
    allocates(190, "serverless-containers", 10, "Order intake functions")

    # More is needed than was bought, and agreed with purchasing: the top-up follows four weeks later.
    allocates(186, "endpoint-sensor", 1_240, "Cold stores, before the audit")
    allocates(186, "cloud-account-assessment", {"up-to-1000": 2}, "Both production accounts", below_zero=True)
    allocates(178, "advanced-server-workload-protection", 64, "Servers of the acquired bakery", by=DELTA_OWNER, below_zero=True)
    allocates(172, "desktops-and-servers", {"core": 600}, "Computers of the acquired bakery", below_zero=True)
    allocates(168, "third-party-ingestion-analytic", 1_200, "Firewall logs of all sites", below_zero=True)
    told.tops_up(157, azure, 50_000, AZURE_MARKETPLACE, note="Quantity changed by the buyer")

    allocates(136, "cloud-account-assessment", {"up-to-500": 1}, "Account of the test environment")
    allocates(119, "reserved-submissions", 40, "Attachments from suppliers")
    allocates(
        101,
        "mobile-sensor",
        180,
        "Scanners of the drivers",
        by=SUPPORT,
        on=told.workday(108),
        reason=Why(
            "Enrolled a week before the form reached us; agreed with Katrin Vogel by phone.", ReasonKind.CUSTOMER_ASKED, "CS-1984"
        ),
    )
    allocates(77, "data-retention-analytic", 3_000, "Keep detection data for 12 months")
    allocates(58, "reserved-submissions", 60, "Supplier portal sends attachments too")
    allocates(49, "data-retention-analytic", 2_400, "Measured: less than we had estimated")

    told.renews(20, core, SUPPORT, reason=Why("Renewal order SO-1314", ReasonKind.CONTRACT))
    trial = told.buys(
        12, "direct", "SO-1290", "ZTSA-PRIVATE", 50, name="Private Access for field staff", term_months=2, trial=True
    )
    told.activates(11, trial)
    allocates(4, "advanced-server-workload-protection", 90, "New plant in Poznań goes live", on=told.workday(-24))
    told.observes(
        3,
        {
            "endpoint-sensor": {95: 1_020, 64: 1_145, 33: 1_205, 5: 1_188},
            "mobile-sensor": {64: 118, 33: 142, 5: 131},
            "reserved-submissions": {33: 58, 5: 74},
        },
    )
    told.asks(2, "email-sensor", 1_000, "Mailboxes of the new plant in Poznań")
    return told
