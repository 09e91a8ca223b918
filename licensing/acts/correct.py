"""Act: correct what was recorded about a license, by a further statement; an end, for the whole term at once."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor
from licensing.access import require_support
from licensing.acts.order_in_hand import OrderInHand, Term, activated, in_hand, post_and_tell, say
from licensing.allowed_units import whole_units
from licensing.errors import in_words
from licensing.models import License, LicenseStatement
from licensing.rules.units_times_rate import credits_for


@as_act
def correct_license(
    license: License,
    *,
    today: date,
    by: Actor,
    key: str,
    reason: str,
    units: int | None = None,
    starts_on: date | None = None,
    expires_on: date | None = None,
    on: date | None = None,
) -> License:
    """State other units (from the day `on`, else from the first day), other dates, or both. Support only.

    The rate stays the one it was issued at. Dates hold for every day. An end is stated for each license of the term that is not
    cancelled; the act's result names all that changed. Refused where credits would count twice: an end after the start of the
    term's renewal, a start before the end of the term it renews. A cancelled license is corrected by itself.
    """
    require_support(by, reason=reason)
    order, company = activated(license.order)
    act = Act.begin(
        "license.correct",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        stated={"license": license, "units": units, "starts_on": starts_on, "expires_on": expires_on, "on": on},
    )
    if act.done:
        return license
    if units is None and starts_on is None and expires_on is None:
        raise Refused(_("State what to correct: the units, the dates, or both."), field="units")
    held = in_hand(order)
    facts = held.facts[license.pk]
    begins, ends = starts_on or facts.starts_on, expires_on or facts.expires_on
    if not begins < ends:
        raise Refused(_("A license must start before it expires."), field="expires_on")
    term = next(each for each in held.terms() if license in each.licenses)
    standing = term.standing(today)
    changed = [license]
    if license in standing:
        if starts_on is not None:
            _require_start_after_term_before(held, term, starts_on, today)
        if expires_on is not None:
            _require_end_before_renewal(held, term, expires_on, today)
            changed += _of_another_end(term, [each for each in standing if each != license], expires_on)
    days = facts.days_to_state(on or min(begins, facts.issued.day), begins)
    what: dict[str, object] = {}
    if units is not None:
        whole_units(units, least=0)
        rate = facts.issued.rate
        what |= {"units": units, "rate": rate, "credits": 0 if rate is None else credits_for(units, rate)}
        for day in days[1:]:
            say(act, license, LicenseStatement.Kind.CORRECTED, day, **what)
    if starts_on is not None or expires_on is not None:
        what |= {"starts_on": begins, "expires_on": ends}
    say(act, license, LicenseStatement.Kind.CORRECTED, days[0], **what)
    for each in changed[1:]:
        other = held.facts[each.pk]
        say(act, each, LicenseStatement.Kind.CORRECTED, other.issued.day, starts_on=other.starts_on, expires_on=expires_on)
    post_and_tell(act, changed, today)
    act.finish(license=license.pk, licenses=sorted(each.pk for each in changed))
    return license


def _of_another_end(term: Term, others: list[License], expires_on: date) -> list[License]:
    """Those of the term's other licenses that have to be told its end. Refused where one starts only then."""
    starts_last = max((term.facts[each.pk].starts_on for each in others), default=None)
    if starts_last is not None and starts_last >= expires_on:
        raise Refused(
            _("A license of this term starts on %(day)s: correct that one's start first.") % {"day": in_words(starts_last)},
            field="expires_on",
        )
    return [each for each in others if term.facts[each.pk].expires_on != expires_on]


def _require_end_before_renewal(held: OrderInHand, term: Term, expires_on: date, today: date) -> None:
    place = _place(held, term.opener)
    renewals = [each for each in held.terms() if _place_renewed(held, each) == place]
    first = min((held.facts[each.pk].starts_on for renewal in renewals for each in renewal.standing(today)), default=None)
    if first is not None and expires_on > first:
        raise Refused(
            _("Its renewal starts on %(day)s: correct that one's start first.") % {"day": in_words(first)},
            field="expires_on",
        )


def _require_start_after_term_before(held: OrderInHand, term: Term, starts_on: date, today: date) -> None:
    place = _place_renewed(held, term)
    before = [each for each in held.terms() if _place(held, each.opener) == place]
    end = max((held.facts[each.pk].expires_on for renewed in before for each in renewed.standing(today)), default=None)
    if end is not None and starts_on < end:
        raise Refused(
            _("The term it renews expires on %(day)s: correct that one's end first.") % {"day": in_words(end)},
            field="starts_on",
        )


def _place(held: OrderInHand, opener: License) -> License:
    """The license that first opened the term: after a change of plan another has its place, with the same renewal to follow."""
    by_id = {each.pk: each for each in held.licenses}
    while opener.replaces_id is not None:
        opener = by_id[opener.replaces_id]
    return opener


def _place_renewed(held: OrderInHand, term: Term) -> License | None:
    """The place of the term that this one renews; None for an order's first."""
    renewed = _place(held, term.opener).renewal_of_id
    return None if renewed is None else _place(held, next(each for each in held.licenses if each.pk == renewed))
