"""The credits that a license is worth if it is renewed: units times the rate of the day on which it ends."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from console.templatetags.formats import credits as written
from console.templatetags.formats import rate as written_rate
from credits.reading.explanations.explanation import Explanation, Step
from credits.reading.runway.switches_and_next_terms import switches_and_next_terms
from licensing.errors import in_words
from licensing.models import Company, License


def renewal_credits(pk: int, company: Company, on: date, known_at: datetime | None) -> Explanation | None:
    """Two statements. Without a number where it leads no term that can be renewed, None without a license."""
    license = License.objects.for_company(company).known_at(known_at).with_order().filter(pk=pk).first()
    if license is None:
        return None
    _switches, terms = switches_and_next_terms(company, on=on, licenses=[pk], known_at=known_at)
    term = next((each for each in terms if each.license_id == pk), None)
    name = license.order.name or license.product.name
    if term is None:
        return Explanation(
            f"renewal-credits.{pk}",
            _("Credits of %(name)s if renewed") % {"name": name},
            None,
            _("There is nothing to renew: on this day the license leads no term that ends and can be renewed."),
            check="none",
        )
    return Explanation(
        f"renewal-credits.{pk}",
        _("Credits of %(name)s if renewed") % {"name": name},
        term.credits,
        _("is what the %(units)s units of the term that ends on %(day)s come to at %(rate)s credits each, rounded up once.")
        % {"units": written(term.units), "day": in_words(term.ends_on), "rate": written_rate(term.rate)},
        check="product",
        steps=(
            Step(_("Units of the term that ends"), term.units),
            Step(_("Credits per unit, listed for %(day)s") % {"day": in_words(term.ends_on)}, term.rate),
        ),
    )
