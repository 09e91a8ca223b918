"""Following a marketplace: bringing an order to the state that its purchase has there, whatever was missed or told twice.

Nothing is applied as a difference. What a notification says is only where to look, and from which day the change holds; the
purchase as it is now decides, through the same acts as support's. So the order of events does not matter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.company_in_hand import for_company
from console.errors import DomainError
from console.models import Actor
from licensing.acts.change_plan import change_plan
from licensing.acts.corrections.correct import correct_license
from licensing.acts.order_in_hand import OrderInHand, Term, in_hand, lock_order
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.units.set_units import set_order_units
from licensing.marketplaces.contract import Action, MarketplaceError, Patience, Problem, Purchase, PurchaseStatus
from licensing.models import MarketplaceEvent, Order, Subscription
from licensing.purchases.accepted_and_not_shown_yet import accepted_and_not_shown_yet
from licensing.purchases.believed_day import believed_day
from licensing.purchases.for_support.list_for_support import Found, Kind, keep_list
from licensing.purchases.mirror import ASKED_AGAIN_AT_MOST, marketplace_of, mirror, version_of
from licensing.purchases.order_in_charge import order_in_charge
from licensing.rules.to_be_renewed import is_to_be_renewed

MOVES = {
    Action.CHANGE_QUANTITY: Kind.QUANTITY,
    Action.CHANGE_PLAN: Kind.PLAN,
    Action.SUSPEND: Kind.STATUS,
    Action.REINSTATE: Kind.STATUS,
    Action.UNSUBSCRIBE: Kind.STATUS,
    Action.RENEW: Kind.TERM,
}


@dataclass(frozen=True)
class Cause:
    """Why we look: an event that names an instant, or nothing in particular. `key` makes each resulting act happen once."""

    key: str
    actor: Actor
    action: Action = Action.UNKNOWN
    event: MarketplaceEvent | None = None


@dataclass
class Outcome:
    """What a look at a purchase brought."""

    subscription: Subscription
    found: list[Found] = field(default_factory=list)
    passed_over: set[str] = field(default_factory=set)
    """Kinds that could not be compared, so that nothing new is known of them."""

    @property
    def is_mended(self) -> bool:
        """Whether something differed, and nothing does any more."""
        return bool(self.found) and all(each.mended for each in self.found)

    @property
    def in_words(self) -> str:
        return "; ".join(str(each) for each in self.found)


def follow(subscription: Subscription, cause: Cause, *, patience: Patience = Patience.JOB) -> Outcome:
    """Ask the marketplace how the purchase stands, and bring our order there. Raises `MarketplaceError`.

    The question is asked outside of any transaction; if the row has taken in another answer meanwhile, it is asked again.
    """
    source = marketplace_of(subscription.channel)
    for _try in range(ASKED_AGAIN_AT_MOST):
        version = version_of(subscription)
        purchase = source.purchase(subscription.external_id, patience=patience)
        with transaction.atomic():
            row = Subscription.objects.locked().get(pk=subscription.pk)
            if row.version != version:
                continue
            return take_in_and_converge(row, purchase, cause)
    raise MarketplaceError(Problem.UNAVAILABLE, "The purchase kept changing while it was read.")


def take_in_and_converge(row: Subscription, purchase: Purchase, cause: Cause) -> Outcome:
    """Write the answer into the locked row and bring the order there; in the caller's transaction.

    What could not be mended is on support's list afterwards.
    """
    mirror(row, purchase)
    outcome = Outcome(row)
    if row.order_id is not None:
        _converge(outcome, purchase, cause)
        keep_list(row, outcome.found, passed_over=outcome.passed_over)
    return outcome


def _converge(outcome: Outcome, purchase: Purchase, cause: Cause) -> None:
    row = outcome.subscription
    if purchase.status == PurchaseStatus.UNKNOWN and not row.is_final:
        problem = _("The marketplace gives a status we do not know, so nothing is compared.")
        outcome.found.append(Found(Kind.STATUS, row.status_said, row.status, problem))
        outcome.passed_over.update(Kind.values)
        return
    if accepted_and_not_shown_yet(row):
        outcome.passed_over.update((Kind.PLAN, Kind.QUANTITY))
    order = order_in_charge(row)
    assert order is not None
    looks = {
        Kind.TERM: _term,
        Kind.TRIAL: _trial,
        Kind.PLAN: _plan,
        Kind.QUANTITY: _quantity,
        Kind.STATUS: _status,
        Kind.RENEWAL: _renewal,
    }
    assert order.company_id is not None
    with for_company(order.company_id):
        for kind, look in looks.items():
            if kind in outcome.passed_over or (row.is_final and kind != Kind.STATUS):
                continue
            found = _mend(look, order, row, cause)
            if found is not None:
                outcome.found.append(found)


@dataclass
class _Look:
    order: Order
    held: OrderInHand
    row: Subscription
    today: date

    @property
    def running(self) -> list[Term]:
        return self.held.running_terms(self.today)


@dataclass
class _Act:
    found: Found
    run: Callable[[date, str, Actor], object] | None = None
    """Called with the day, the key and who acts; None where only a person can mend it."""


def _mend(look: Callable[[_Look], _Act | None], order: Order, row: Subscription, cause: Cause) -> Found | None:
    order = lock_order(order)
    assert order.company is not None
    today = order.company.day_of(timezone.now())
    kind_of_event = MOVES.get(cause.action)
    # The event's day counts for what the event is about; everything else that is found on the way holds from today.
    event_day = believed_day(cause.event, order.company, today) if cause.event else today
    found: Found | None = None
    for number, day in enumerate(dict.fromkeys([event_day, today])):
        act = look(_Look(order, in_hand(order), row, today))
        if act is None:
            return found
        if act.run is None:
            return act.found
        on = day if act.found.kind == kind_of_event else today
        try:
            with transaction.atomic():
                act.run(on, f"{cause.key}:{act.found.kind}:{row.version}:{number}", cause.actor)
            found = act.found
        except DomainError as error:
            found = Found(act.found.kind, act.found.theirs, act.found.ours, str(error))
    return found


def _term(look: _Look) -> _Act | None:
    row, ends_on = look.row, look.row.term_ends_on
    if ends_on is None:
        return None
    expires_on, last = ends_on + timedelta(days=1), look.held.last_term()
    standing = last.standing(last.last_day)
    if last.expires_on == expires_on or not standing:
        return None
    found = Found(Kind.TERM, _until(ends_on), _until(last.last_day))
    if last.expires_on < expires_on and row.term_starts_on is not None and row.term_starts_on >= last.expires_on:
        trial = False if last.leader.trial and not row.trial else None
        return _Act(
            found,
            lambda on, key, by: renew_order(look.order, expires_on=expires_on, trial=trial, today=look.today, by=by, key=key),
        )
    if any(each.expires_on == expires_on for each in look.held.terms()):
        return None  # a renewal is issued here already that has not begun there
    why = _("The marketplace names other dates.")
    return _Act(
        found,
        lambda on, key, by: correct_license(
            standing[0], expires_on=expires_on, today=look.today, by=by, key=key, reason=why, note=why
        ),
    )


def _until(last_day: date) -> str:
    return _("until %(day)s") % {"day": last_day}


def _trial(look: _Look) -> _Act | None:
    """A trial that was paid for before its end: the rest of its term counts, from the day on."""
    row, running = look.row, look.running
    if not running or running[0].leader.trial == row.trial:
        return None
    ours = running[0].leader
    if row.trial:
        return _Act(Found(Kind.TRIAL, _("trial"), _("paid"), _("It is paid for here. Ask the marketplace's support.")))
    if row.term_ends_on is not None and running[0].expires_on != row.term_ends_on + timedelta(days=1):
        return None  # the paid term has not begun
    product = row.product() or ours.product
    return _Act(
        Found(Kind.TRIAL, _("paid"), _("trial")),
        lambda on, key, by: change_plan(look.order, product=product, trial=False, on=on, today=look.today, by=by, key=key),
    )


def _plan(look: _Look) -> _Act | None:
    running = look.running
    if not running:
        return None
    row, ours = look.row, running[0].leader.product
    product = row.product()
    if product == ours:
        return None
    found = Found(Kind.PLAN, row.plan_id, str(ours))
    if product is None:
        plan = f"{row.offer_id} / {row.plan_id}"
        problem = _("The plan %(plan)s has no product here: add it under marketplace plans.") % {"plan": plan}
        return _Act(Found(found.kind, found.theirs, found.ours, problem))
    return _Act(found, lambda on, key, by: change_plan(look.order, product=product, on=on, today=look.today, by=by, key=key))


def _quantity(look: _Look) -> _Act | None:
    units = look.row.units
    held = [term.units_on(max(look.today, term.starts_on)) for term in look.running]
    if units is None or not held or all(each == units for each in held):
        return None
    return _Act(
        Found(Kind.QUANTITY, f"{units:,}", f"{held[0]:,}"),
        lambda on, key, by: set_order_units(look.order, units=units, on=on, today=look.today, by=by, key=key),
    )


def _status(look: _Look) -> _Act | None:
    order, held, today = look.order, look.held, look.today
    licenses = [each for term in held.terms() for each in term.licenses if term.expires_on > today]
    states = {held.facts[each.pk].state_on(today) for each in licenses} - {"cancelled"}
    theirs = look.row.status
    if theirs == PurchaseStatus.UNSUBSCRIBED:
        if not states:
            return None
        found = Found(Kind.STATUS, _("Unsubscribed"), _states(states))
        return _Act(found, lambda on, key, by: cancel_order(order, on=on, today=today, by=by, key=key))
    if not states:
        if not licenses:
            return None
        return _Act(
            Found(
                Kind.STATUS,
                theirs,
                "cancelled",
                _("Cancelled here by hand. Undo the cancellation, or cancel it at the marketplace."),
            )
        )
    wanted, act = ("suspended", suspend_order) if theirs == PurchaseStatus.SUSPENDED else ("active", reinstate_order)
    if states == {wanted}:
        return None
    found = Found(Kind.STATUS, theirs, _states(states))
    return _Act(found, lambda on, key, by: act(order, on=on, today=today, by=by, key=key))


def _states(states: set[str]) -> str:
    return _(" and ").join(sorted(states))


def _renewal(look: _Look) -> _Act | None:
    renews, last = look.row.renews, look.held.last_term()
    standing = last.standing(look.today)
    if renews is None or not standing or last.expires_on <= look.today:
        return None
    said = [last.facts[each.pk].renews_on(last.day_for(each, look.today)) for each in standing]
    ours = {is_to_be_renewed(each, as_bought=look.order.renews) for each in said}
    if ours == {renews}:
        return None
    return _Act(
        Found(Kind.RENEWAL, *((_("on"), _("off")) if renews else (_("off"), _("on")))),
        lambda on, key, by: switch_renewal(look.order, on=renews, today=look.today, by=by, key=key),
    )
