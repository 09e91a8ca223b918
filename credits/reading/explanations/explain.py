"""Every figure that a page shows, explained: for a company, the figure's name, a day, and as known at an instant.

total-valid-credits, purchased-credits, converted-credits, allocated-credits, current-balance, allocated-share-of-valid, runway
offering-credits.<offering>, offering-share.<offering>, feature-credits.<feature>, feature-share.<feature>
license-units.<license>, license-credits.<license>, days-left.<license>, renewal-credits.<license>
credit-requirement.<feature>.<line>, runway-short, cause-change.license-<license>, cause-change.line-<id>
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from credits.models import Feature
from credits.reading.explanations.arithmetic import feature_share, offering_share, share_of_valid
from credits.reading.explanations.explanation import Explanation
from credits.reading.explanations.next_term import renewal_credits
from credits.reading.explanations.of_a_license import of_a_license
from credits.reading.explanations.requirement import credit_requirement
from credits.reading.explanations.runway import cause_change, runway, runway_short
from credits.reading.explanations.sums import SUPPLY, allocated, balance, feature_credits, offering_credits, supply_figure
from licensing.models import Company

OF_A_LICENSE = ("license-units", "license-credits", "days-left", "renewal-credits")


def explain(figure: str, company: Company, *, on: date, known_at: datetime | None = None) -> Explanation | None:
    """None for a figure that there is not. One statement a side, or two for a feature, a license or a requirement."""
    found = _explained(figure, company, on, known_at)
    return None if found is None else replace(found, on=on)


def _explained(figure: str, company: Company, on: date, known_at: datetime | None) -> Explanation | None:
    name, _dot, key = figure.partition(".")
    if not key:
        return _of_the_whole(name, company, on, known_at)
    if name in OF_A_LICENSE:
        if not (key.isascii() and key.isdecimal() and len(key) <= 18):
            return None
        if name == "renewal-credits":
            return renewal_credits(int(key), company, on, known_at)
        return of_a_license(name, int(key), company, on, known_at)
    if name == "offering-credits":
        return offering_credits(key, company, on, known_at)
    if name == "offering-share":
        return offering_share(key, company, on, known_at)
    if name == "feature-share":
        return feature_share(key, company, on, known_at)
    if name == "feature-credits":
        feature = Feature.objects.filter(slug=key).first()
        return feature_credits(key, feature.name, company, on, known_at) if feature else None
    if name == "cause-change":
        return cause_change(key, company, on, known_at)
    if name == "credit-requirement" and key.count(".") == 1:
        feature_slug, line = key.split(".")
        return credit_requirement(feature_slug, line, on, known_at)
    return None


def _of_the_whole(name: str, company: Company, on: date, known_at: datetime | None) -> Explanation | None:
    if name in SUPPLY:
        return supply_figure(name, company, on, known_at)
    if name == "allocated-credits":
        return allocated(company, on, known_at)
    if name == "current-balance":
        return balance(company, on, known_at)
    if name == "allocated-share-of-valid":
        return share_of_valid(company, on, known_at)
    if name == "runway":
        return runway(company, on, known_at)
    return runway_short(company, on, known_at) if name == "runway-short" else None
