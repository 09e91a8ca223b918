"""Where the explanations of a page's figures are, for rows that are joined in Python."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from django.urls import reverse

from credits.pages.annual_credits.one_address_for_many import address_for_each
from licensing.pages.day_shown import AsOf

A_FIGURE = "figure-name"
"""Stands for the figure in the address that all rows share."""


def addresses_of_explanations(company: str, as_of: AsOf) -> Callable[[object], str]:
    """The address of each figure's explanation by its name, as `feature-credits.email-sensor`, to stand in HTML as it is."""
    return address_for_each(escape(reverse("explain", args=[company, A_FIGURE]) + as_of.query), A_FIGURE)
