"""A form that is out of date writes nothing: somebody else changed meanwhile what it was shown with."""

from __future__ import annotations

from datetime import date

from credits.acts.feature_in_hand import FeatureInHand
from credits.errors import ChangedMeanwhile


def require_form_up_to_date(held: FeatureInHand, seen: int | None, day: date) -> None:
    """Raise ChangedMeanwhile where the feature has a later statement than the one the form was shown with."""
    if seen is not None and seen != held.latest_statement:
        raise ChangedMeanwhile(held.units_on(day))
