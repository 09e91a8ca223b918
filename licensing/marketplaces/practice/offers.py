"""What is on sale: a row per plan; and the length of terms. Constants, so that console and tests can name them."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = {"P1M": 1, "P1Y": 12, "P2Y": 24, "P3Y": 36, "P4Y": 48, "P5Y": 60}
TERM_WORDS = {"P1M": "1 month", "P1Y": "1 year", "P2Y": "2 years", "P3Y": "3 years", "P4Y": "4 years", "P5Y": "5 years"}

FEWEST, MOST = 3, 1_000_000
PUBLISHER_ID = "allotment-practice"


@dataclass(frozen=True)
class Plan:
    """One plan of an offer. `kind` is what one user stands for: "credits" or "seats"."""

    offer_id: str
    plan_id: str
    title: str
    kind: str
    term_unit: str
    offer_title: str
    about: str
    fewest: int = FEWEST
    most: int = MOST
    first_term_free: bool = False
    """A free trial, which becomes paid when it renews."""

    @property
    def term(self) -> str:
        return TERM_WORDS[self.term_unit]

    @property
    def one_user(self) -> str:
        return {"credits": "credit", "seats": "seat"}[self.kind]


CREDITS = "Trend Vision One Credits"
ENDPOINT = "Trend Vision One Endpoint Security"
POOL = "One pool of credits for every feature, allocated as needed."
PROTECTION = "Protection of desktops and servers, a seat for each."

OFFERS = (
    Plan("vision-credits", "credits-12m", "Credits for 12 months", "credits", "P1Y", CREDITS, POOL),
    Plan("vision-credits", "credits-36m", "Credits for 36 months", "credits", "P3Y", CREDITS, POOL),
    Plan("vision-credits", "credits-1m", "Credits, month by month", "credits", "P1M", CREDITS, POOL),
    Plan(
        "vision-credits",
        "credits-trial",
        "Credits, a month free, then by the month",
        "credits",
        "P1M",
        CREDITS,
        POOL,
        first_term_free=True,
    ),
    Plan("endpoint-security", "ep-core-12m", "Core, 12 months", "seats", "P1Y", ENDPOINT, PROTECTION),
    Plan("endpoint-security", "ep-essentials-12m", "Essentials, 12 months", "seats", "P1Y", ENDPOINT, PROTECTION),
)
"""Every plan, those of one offer together, the usual one first."""


def plan_of(offer_id: str, plan_id: str) -> Plan | None:
    return next((plan for plan in OFFERS if (plan.offer_id, plan.plan_id) == (offer_id, plan_id)), None)


def plans_of(offer_id: str) -> list[Plan]:
    return [plan for plan in OFFERS if plan.offer_id == offer_id]


def after_term(first: date, unit: str) -> date:
    """The first day that a term of `unit` from `first` no longer covers; 31 January and a month is the end of February."""
    months = first.month - 1 + MONTHS[unit]
    year, month = first.year + months // 12, months % 12 + 1
    return date(year, month, min(first.day, calendar.monthrange(year, month)[1]))


def last_day(first: date, unit: str) -> date:
    """The last valid day: a year from 2026-03-04 lasts through 2027-03-03."""
    return after_term(first, unit) - timedelta(days=1)
