"""Where a feature's row leads: to its allocation, or on a page as known at an instant to the explanation of its credits."""

from __future__ import annotations

from django.urls import reverse

from licensing.pages.day_shown import AsOf


def address_of_feature(company: str, feature: str, as_of: AsOf) -> str:
    """The form of an allocation tells what is known now, so that a page of another instant does not lead there."""
    if as_of.known_at is not None:
        return reverse("explain", args=[company, f"feature-credits.{feature}"]) + as_of.query
    return reverse("credits:allocation", args=[company, feature]) + as_of.query
