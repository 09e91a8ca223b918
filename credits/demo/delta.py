"""Delta Managed Services: the service provider that looks after the others. A small order of its own, few allocations."""

from __future__ import annotations

from datetime import date

from console.models import ReasonKind, Why
from credits.demo.people import DELTA_OWNER
from credits.demo.stage import Business
from credits.demo.telling import Story
from licensing.models import Role
from licensing.rules.calendar_arithmetic import add_months

BUSINESS = Business("Delta Managed Services", "delta", "SG-2019-3441", "Asia/Singapore")


def story(today: date) -> Story:
    told = Story(BUSINESS, today)
    told.registers(440)
    own = told.buys(438, "direct", "SO-0907", "CREDITS", 8_000, name="Own computers", term_months=12)
    told.activates(437, own, by="owner")
    told.corrects_expiration(
        430,
        own,
        add_months(told.workday(437), 24),
        reason=Why("The contract runs for two years; one had been recorded.", ReasonKind.OUR_MISTAKE, "CS-1107"),
        note="Your contract runs for two years; we had recorded one.",
    )
    told.allocates(427, "advanced-endpoint-security", 60, "Our own laptops", by="owner")
    told.allocates(427, "cloud-email-collaboration-protection", {"standard": 60}, by="owner")
    told.gives_roles(395, DELTA_OWNER, {Role.OWNER, Role.PROVIDER_VIEWER})
    told.allocates(220, "endpoint-sensor", 60, "Detection as we offer it to customers", by="owner")
    told.allocates(96, "advanced-server-workload-protection", 4, "Jump servers", by="owner")
    told.states_threshold(60, "borealis", 80_000)
    told.states_threshold(60, "aster")
    return told
