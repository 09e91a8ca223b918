"""What allocations would be, lowered to what is used: to the peak of 30 days, where more than that is allocated."""

from __future__ import annotations

from datetime import date

from credits.acts.feature_in_hand import features_in_hand
from credits.reading.usage.observed import observed_of_lines
from credits.rules.billing_model import billed_pay_as_you_go_on
from credits.rules.units_in_use import in_use
from licensing.models import Company


def lowered_to_peak(company: Company, today: date, *, feature: str = "") -> dict[int, int]:
    """line id -> units, of every line that can be lowered; of the feature with a slug, or of all. Four statements."""
    observed = observed_of_lines(company, until=today)
    found = {}
    for each in features_in_hand(company, lines=list(observed)).values() if observed else ():
        if feature and each.feature.slug != feature:
            continue
        takes_units = not billed_pay_as_you_go_on(each.switches, today)
        for line, units in each.units_on(today).items():
            known = in_use(observed.get(line, ()), today, units, takes_units=takes_units)
            if known and known.lower_to is not None:
                found[line] = known.lower_to
    return found
