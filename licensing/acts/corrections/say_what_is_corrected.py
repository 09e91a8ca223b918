"""What a correction and an extension say: other units, other dates, or both.

Dates with which two terms would count on one day are refused beside the one that has to be another.
"""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.errors import Refused
from console.models import ActInProgress
from licensing.acts.conditions.starts_after_its_transfer import require_start_after_transfer
from licensing.acts.corrections.a_term_has_one_end import licenses_of_another_end
from licensing.acts.corrections.units_for_every_day import say_corrected_units
from licensing.acts.order_in_hand import OrderInHand, settle
from licensing.allowed_units import whole_units
from licensing.errors import TermsCollide, in_words
from licensing.models import License, LicenseStatement


def say_what_is_corrected(
    act: ActInProgress,
    held: OrderInHand,
    license: License,
    *,
    units: int | None,
    starts_on: date | None,
    expires_on: date | None,
    on: date | None,
    today: date,
) -> None:
    if units is None and starts_on is None and expires_on is None:
        raise Refused(_("State what to correct: the units, the dates, or both."), field="units")
    facts, term = held.facts[license.pk], held.term_of(license)
    begins, ends = starts_on or facts.starts_on, expires_on or facts.expires_on
    if not begins < ends:
        raise Refused(_("A license must start before it expires."), field="expires_on")
    if starts_on is not None:
        require_start_after_transfer(held, starts_on)
    others = [] if expires_on is None else licenses_of_another_end(term, license, expires_on)
    dates = {} if starts_on is None and expires_on is None else {"starts_on": begins, "expires_on": ends}
    if units is None:
        held.say(act, license, LicenseStatement.Kind.CORRECTED, facts.issued.day, **dates)
    else:
        whole_units(units, least=0)
        say_corrected_units(act, held, license, units, on, begins, dates)
    for each in others:
        other = held.facts[each.pk]
        held.say(act, each, LicenseStatement.Kind.CORRECTED, other.issued.day, starts_on=other.starts_on, expires_on=expires_on)
    changed = [license, *others]
    try:
        settle(act, held, changed, today)
    except TermsCollide as error:
        raise _in_terms_of_dates(error, license, starts_on, expires_on) from error
    act.finish(license=license.pk, licenses=sorted(each.pk for each in changed))


def _in_terms_of_dates(error: TermsCollide, license: License, starts_on: date | None, expires_on: date | None) -> Refused:
    """The same refusal, beside the date that has to be another one."""
    one, other = error.collision.one, error.collision.other
    if expires_on is not None and license in one.licenses and one.opener.pk != other.opener.pk:
        text = _("Its renewal starts on %(day)s: correct that one's start first.") % {"day": in_words(other.starts_on)}
        return Refused(text, field="expires_on")
    if starts_on is not None and license in other.licenses and one.opener.pk != other.opener.pk:
        text = _("The term it renews expires on %(day)s: correct that one's end first.") % {"day": in_words(one.expires_on)}
        return Refused(text, field="starts_on")
    return Refused(str(error), field="expires_on" if starts_on is None else "starts_on")
