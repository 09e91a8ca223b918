"""Two changes of a feature's billing model lie at least 30 days apart."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils.translation import gettext as _

from console.errors import Refused
from credits.models import Feature
from credits.rules.billing_model import Switch, days_apart
from licensing.errors import in_words

DAYS_BETWEEN_SWITCHES = 30


def require_days_apart(feature: Feature, made: list[Switch], day: date) -> None:
    """Refuse a switch too near to one that was made; `made` are those of the feature."""
    if near := days_apart(day, [switch.day for switch in made], DAYS_BETWEEN_SWITCHES):
        raise Refused(
            _("%(feature)s is switched on %(near)s already. Changes lie 30 days apart: choose %(day)s or later.")
            % {
                "feature": feature,
                "near": in_words(near),
                "day": in_words(max(switch.day for switch in made) + timedelta(days=DAYS_BETWEEN_SWITCHES)),
            },
            field="on",
        )
