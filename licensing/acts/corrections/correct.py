"""Acts: correct what was recorded about a license, by a further statement; extend it. An end is said for the whole term."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, ActInProgress, Actor, Reason
from licensing.access import require_support
from licensing.acts.order_in_hand import OrderInHand, activated, in_hand, settle
from licensing.allowed_units import whole_units
from licensing.errors import TermsCollide, in_words
from licensing.models import License, LicenseStatement
from licensing.rules.license_profile import Said
from licensing.rules.terms import Term

CORRECT, EXTEND = "license.correct", "license.extend"


@as_act
def correct_license(
    license: License,
    *,
    today: date,
    by: Actor,
    key: str,
    reason: Reason,
    units: int | None = None,
    starts_on: date | None = None,
    expires_on: date | None = None,
    on: date | None = None,
    note: str = "",
) -> License:
    """State other units (from the day `on`, else for every day), other dates, or both. Support only.

    The rate stays the one it was issued at. Dates hold for every day, and so do units without a day: what was recorded of them
    before counts no more. Units from a day before the license begins hold from its first day. An end is stated for each license
    of the term that has not ended by itself; the act's result names all that changed. Refused where two terms would count on one
    day, and where the successor of a transfer would count before it. A license that was reduced to nothing, or whose plan was
    changed, is corrected by itself.
    """
    require_support(by, reason=reason)
    order, company = activated(license.order)
    act = Act.begin(
        CORRECT,
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"license": license, "units": units, "starts_on": starts_on, "expires_on": expires_on, "on": on},
    )
    if act.done:
        return license
    held = in_hand(order)
    say_what_is_corrected(act, held, license, units=units, starts_on=starts_on, expires_on=expires_on, on=on, today=today)
    return license


@as_act
def extend_license(
    license: License, *, expires_on: date, today: date, by: Actor, key: str, reason: Reason, note: str = ""
) -> License:
    """Let the term end later than was bought, as agreed: no mistake, and customers read that it was extended. Support only.

    Says what a correction of the end says, for each license of the term. Refused where it would not end later.
    """
    require_support(by, reason=reason)
    order, company = activated(license.order)
    stated = {"license": license, "expires_on": expires_on}
    act = Act.begin(EXTEND, scope=company, key=key, by=by, reason=reason, note=note, stated=stated)
    if act.done:
        return license
    held = in_hand(order)
    ends_on = held.facts[license.pk].expires_on
    if expires_on <= ends_on:
        raise Refused(_("Choose a day after %(day)s, when it ends now.") % {"day": in_words(ends_on)}, field="expires_on")
    say_what_is_corrected(act, held, license, units=None, starts_on=None, expires_on=expires_on, on=None, today=today)
    return license


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


def say_corrected_units(
    act: ActInProgress, held: OrderInHand, license: License, units: int, on: date | None, begins: date, dates: dict[str, date]
) -> None:
    kind, facts = LicenseStatement.Kind.CORRECTED, held.facts[license.pk]
    if on is None:
        held.say_units(act, license, kind, begins, units, every_day=True, **dates)
        return
    held.say_units(act, license, kind, on, units, **dates)
    for day in days_of_units_overruled(facts.quantities, on, begins):
        held.say_units(act, license, kind, day, units)


def days_of_units_overruled(said: Sequence[Said], on: date, begins: date) -> list[date]:
    """The days after `on` for which units were stated before the license begins: on them, too, it is to have the new ones."""
    return sorted({each.day for each in said[1:] if on < each.day <= begins})


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


def require_start_after_transfer(held: OrderInHand, starts_on: date) -> None:
    """The order it was transferred from counts until the day of the transfer, on which its first license was issued."""
    moved_on = held.facts[held.licenses[0].pk].issued.day
    if held.order.transferred_from_id is not None and starts_on < moved_on:
        raise Refused(
            _("The order was transferred on %(day)s and counts elsewhere before that. Choose that day or a later one.")
            % {"day": in_words(moved_on)},
            field="starts_on",
        )


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
