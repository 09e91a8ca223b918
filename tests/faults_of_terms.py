"""Faults that the acts once had, each as a switch that puts it back: what tests and random histories have to notice.

    with a_change_of_plan_leaves_renewals_issued_already():
        ...                                                   # the acts are wrong in here

Each breaks the one rule that its name says, by replacing the function which keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date
from typing import Any
from unittest.mock import patch

from console.errors import Refused
from credits.acts.billing_model import switch_billing_model
from credits.acts.price_list import rates_to_add
from licensing.acts import change_plan, issue_order, order_in_hand, renew, transfer
from licensing.acts.conditions import terms_an_act_changes
from licensing.acts.conditions.two_terms_never_count_on_one_day import require_one_term_a_day
from licensing.acts.corrections import say_what_is_corrected
from licensing.acts.order_in_hand import STATE_KINDS, OrderInHand
from licensing.acts.state import cancelled_on_later_days, suspend_and_reinstate, undo_cancellation
from licensing.acts.units import days_a_total_holds, reduce, set_units, top_up
from licensing.errors import TermsCollide
from licensing.models import License, LicenseStatement
from licensing.rules import terms as term
from licensing.rules.license_profile import LicenseFacts
from licensing.rules.terms import Term
from licensing.rules.two_terms_on_one_day import new_collision

Kind = LicenseStatement.Kind
Fault = Callable[[], AbstractContextManager[None]]

FAULTS: dict[str, Fault] = {}
"""All of them by their names."""


def fault(function: Callable[[], Iterable[tuple[Any, str, Any]]]) -> Fault:
    """Make a context manager of a function that lists what to replace: (where, name, by what)."""

    @contextmanager
    def put_back() -> Iterator[None]:
        with ExitStack() as stack:
            for where, name, replacement in function():
                stack.enter_context(patch.object(where, name, replacement))
            yield

    FAULTS[function.__name__] = put_back
    return put_back


def nothing(*_args: Any, **_kwargs: Any) -> None:
    return None


def _units_then(of: Term, day: date) -> int:
    return sum(of.facts[each.pk].units_on(of.day_for(each, day)) for each in of.standing(day))


# --- Which term it is; on which days it counts


@fault
def a_term_is_known_by_the_license_that_leads_it() -> Iterable[tuple[Any, str, Any]]:
    """A change of plan makes a further term of it, which is renewed by itself."""

    def led_by(licenses: Iterable[License]) -> dict[int, int]:
        return {each.pk: each.top_up_of_id or each.pk for each in licenses}

    return [
        (term, "opened_by", led_by),
        (order_in_hand, "opened_by", led_by),
        (order_in_hand, "require_one_term_a_day", nothing),
        (change_plan, "terms_to_tell", lambda terms: terms[:1]),
    ]


@fault
def a_renewal_that_is_cancelled_by_now_holds_no_end_back() -> Iterable[tuple[Any, str, Any]]:
    """The guard of dates looks at a state now where it should look at days."""

    def by_state_now(held: OrderInHand) -> None:
        standing = [each for each in held.terms() if each.standing(each.last_day)]
        found = new_collision(held.before or [], standing)
        if found is not None:
            raise TermsCollide(found)

    return [(order_in_hand, "require_one_term_a_day", by_state_now)]


@fault
def an_undo_does_not_look_at_dates() -> Iterable[tuple[Any, str, Any]]:
    """What was corrected while it was cancelled counts beside another term once the cancellation is undone."""
    guard = require_one_term_a_day

    def unless_undone(held: OrderInHand) -> None:
        if not any(each.kind in (Kind.REINSTATED, Kind.SUSPENDED) for each in held.to_write):
            guard(held)

    return [(order_in_hand, "require_one_term_a_day", unless_undone)]


@fault
def a_successor_starts_before_its_transfer() -> Iterable[tuple[Any, str, Any]]:
    return [(say_what_is_corrected, "require_start_after_transfer", nothing)]


# --- Units by days


@fault
def units_of_a_term_not_begun_are_judged_on_the_day_of_the_event() -> Iterable[tuple[Any, str, Any]]:
    """A statement for a later day, recorded already, is not looked for."""

    def fill_up(act: Any, held: OrderInHand, of: Term, units: int, day: date, today: date) -> list[License]:
        lacking = units - _units_then(of, day)
        if lacking <= 0:
            return []
        return [top_up.issue_top_up(act, held, of, of.plans[-1], lacking, max(day, of.starts_on), today)]

    def bring_down(act: Any, held: OrderInHand, of: Term, most: int, day: date) -> list[License]:
        over, changed = _units_then(of, day) - most, []
        for license in reversed(of.standing(day)):
            since = of.day_for(license, day)
            units = held.facts[license.pk].units_on(since)
            taken = min(max(over, 0), units)
            over -= taken
            if taken:
                held.say_units(act, license, Kind.REDUCED, since, units - taken)
                reduce._give_up(act, held, license)
                changed.append(license)
        return changed

    return [
        (set_units, "_fill_up", fill_up),
        (set_units, "bring_down", bring_down),
        (reduce, "bring_down", bring_down),
    ]


@fault
def a_correction_is_stated_for_the_day_of_issue() -> Iterable[tuple[Any, str, Any]]:
    """A statement for a day before the term begins beats one from the first day, and one without a day."""

    def say_units(
        act: Any, held: OrderInHand, license: License, units: int, on: date | None, begins: date, dates: dict[str, date]
    ) -> None:
        issued = held.facts[license.pk].issued.day
        held.say_units(act, license, Kind.CORRECTED, max(on or issued, issued), units, **dates)

    return [(say_what_is_corrected, "say_corrected_units", say_units)]


def _standing_then(held: OrderInHand, day: date) -> list[Term]:
    return [each for each in held.terms() if each.expires_on > day and each.standing(day)]


@fault
def a_top_up_reaches_a_renewal_that_never_was() -> Iterable[tuple[Any, str, Any]]:
    """A renewal cancelled before its first day, though not on the day of the event, gets a license without credits."""
    return [(top_up, "terms_to_top_up", _standing_then)]


@fault
def a_renewal_cancelled_on_the_day_of_an_event_gets_no_top_up() -> Iterable[tuple[Any, str, Any]]:
    """Though it counts from its first day on."""

    def still_standing(held: OrderInHand, day: date) -> list[Term]:
        standing = _standing_then(held, day)
        return [
            each for each in terms_an_act_changes.terms_to_change(held, day) if each in standing or each.starts_on <= day
        ] or standing

    return [(top_up, "terms_to_top_up", still_standing)]


@fault
def a_reduction_holds_for_its_own_day_only() -> Iterable[tuple[Any, str, Any]]:
    """What was recorded meanwhile for later days is not capped."""
    days_changed = days_a_total_holds.days_changed
    return [(each, "days_changed", lambda held, of, day: days_changed(held, of, day)[:1]) for each in (set_units, reduce)]


@fault
def a_total_overrules_the_one_of_a_later_day() -> Iterable[tuple[Any, str, Any]]:
    return [(OrderInHand, "next_total_after", nothing)]


@fault
def units_are_taken_on_a_day_on_which_the_order_is_cancelled() -> Iterable[tuple[Any, str, Any]]:
    return [(terms_an_act_changes, "cancelled_on", lambda _term, _day: False)]


# --- Changes of plan


@fault
def a_change_of_plan_leaves_renewals_issued_already() -> Iterable[tuple[Any, str, Any]]:
    """So that what follows, a transfer too, has to guess which plan they are of."""
    return [(change_plan, "terms_to_tell", lambda terms: terms[:1])]


@fault
def a_change_of_plan_forgets_units_of_later_days() -> Iterable[tuple[Any, str, Any]]:
    return [(change_plan, "units_by_day", lambda of, starts_on: {starts_on: of.units_at(starts_on)})]


@fault
def a_plan_is_changed_before_a_change_recorded_already() -> Iterable[tuple[Any, str, Any]]:
    return [(Term, "changed_from", nothing)]


# --- States


@fault
def an_undo_revives_what_ended_by_itself() -> Iterable[tuple[Any, str, Any]]:
    """What a reduction to nothing or a change of plan cancelled."""
    return [(undo_cancellation, "ended_by_itself_on", nothing)]


@fault
def a_late_cancellation_outlasts_an_undo_of_a_later_day() -> Iterable[tuple[Any, str, Any]]:
    return [(cancelled_on_later_days, "cancelled_until", nothing)]


@fault
def what_is_suspended_is_suspended_again() -> Iterable[tuple[Any, str, Any]]:
    def state(act: Any, held: OrderInHand, licenses: list[License], day: date, state: str) -> list[License]:
        standing = [each for each in licenses if held.facts[each.pk].state_on(day) != "cancelled"]
        for license in standing:
            held.say(act, license, STATE_KINDS[state], day, state=state)
        return standing

    return [(suspend_and_reinstate, "_state", state)]


@fault
def a_transfer_suspends_from_its_own_day() -> Iterable[tuple[Any, str, Any]]:
    """So that a reinstatement dated before it is lost."""
    since = transfer.suspended_since
    return [(transfer, "suspended_since", lambda terms, day: None if since(terms, day) is None else day)]


# --- Contracts, rates, what is sold


@fault
def a_switch_takes_the_contract_bought_first() -> Iterable[tuple[Any, str, Any]]:
    """Though it is suspended, or ends while another one runs."""

    def contract_on(company: Any, day: date) -> License:
        licenses = License.objects.for_company(company).filter(product__kind="pay-as-you-go").order_by("id")
        facts: dict[int, LicenseFacts] = LicenseStatement.objects.for_company(company).facts_by_license(licenses)
        running = (each for each in licenses if any(one <= day < end for one, end in facts[each.pk].running_periods()))
        found = next(running, None)
        if found is None:
            raise Refused("No contract runs.", field="on")
        return found

    return [(switch_billing_model, "contract_on_day", contract_on)]


@fault
def goodwill_goes_on() -> Iterable[tuple[Any, str, Any]]:
    return [(each, "require_no_goodwill", nothing) for each in (top_up, reduce, set_units, renew, change_plan, transfer)]


@fault
def a_rate_is_listed_twice_for_a_day() -> Iterable[tuple[Any, str, Any]]:
    return [(rates_to_add, "require_rates_listed_once", nothing)]


@fault
def a_marketplace_sells_any_number_of_units() -> Iterable[tuple[Any, str, Any]]:
    return [(issue_order, "require_units_that_are_sold", nothing)]
