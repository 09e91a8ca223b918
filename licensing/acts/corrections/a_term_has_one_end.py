"""A term has one end: whoever corrects that of one license says it of the others, too."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.errors import Refused
from licensing.errors import in_words
from licensing.models import License
from licensing.rules.terms import Term


def licenses_of_another_end(term: Term, license: License, expires_on: date) -> list[License]:
    """The term's other licenses that have to be told its end. Refused where one starts only then."""
    if term.ends_of(license) is not None:
        return []
    others = [each for each in term.licenses if each != license and _lasts_until(term, each, expires_on)]
    starts_last = max((term.facts[each.pk].starts_on for each in others), default=None)
    if starts_last is not None and starts_last >= expires_on:
        raise Refused(
            _("A license of this term starts on %(day)s: correct that one's start first.") % {"day": in_words(starts_last)},
            field="expires_on",
        )
    return [each for each in others if term.facts[each.pk].expires_on != expires_on]


def _lasts_until(term: Term, license: License, expires_on: date) -> bool:
    """Whether it is one of the term's until the end it has, or the new one; else it ends by itself before either."""
    ends_on = term.ends_of(license)
    return ends_on is None or ends_on > min(expires_on, term.facts[license.pk].expires_on)
