"""What units a line takes: none while its feature is billed pay-as-you-go, no more than it holds once it is not listed."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.errors import Refused
from credits.acts.feature_in_hand import FeatureInHand
from credits.models import CreditRequirement
from credits.rules.billing_model import billed_pay_as_you_go_on
from credits.rules.rate_of_a_line import listed_on
from credits.rules.statements_that_stand import units_on
from licensing.allowed_units import whole_units
from licensing.errors import in_words


def check_units(held: FeatureInHand, line: CreditRequirement, count: int, day: date) -> None:
    field = f"units_{line.pk}"
    whole_units(count, field=field, least=0)
    if billed_pay_as_you_go_on(held.switches, day):
        raise Refused(
            _("The feature is billed pay-as-you-go on %(day)s and takes no units. Switch its billing model first.")
            % {"day": in_words(day)},
            field=field,
        )
    now = units_on(held.statements[line.pk], day)
    if count > now and not listed_on(held.rates[line], day):
        raise Refused(
            ngettext(
                "The price list of that day no longer offers this; at most the %(now)s unit held can stay.",
                "The price list of that day no longer offers this; at most the %(now)s units held can stay.",
                now,
            )
            % {"now": f"{now:,}"},
            field=field,
        )
