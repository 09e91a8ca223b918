"""A second reckoning of credits, written from the rules alone and as naively as it can be done.

It imports nothing of the applications: lists of what was said, in the order it was said, and for every day the
question "what holds today?" asked from the beginning. Where the ledger posts the difference between two profiles, this model
knows no entries at all. The property tests let both live through the same acts and compare them day by day.

Each act either changes the model or raises MustRefuse, naming the rule for which the real act has to be refused.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from itertools import count
from math import ceil

MOST_UNITS = 1_000_000_000
_numbers = count(1)


class MustRefuse(Exception):
    """The rules do not allow the act."""


def rounded_up(units: int, rate: Fraction) -> int:
    return ceil(units * rate)


def months_later(day: date, months: int) -> date:
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@dataclass
class DatedRate:
    """A rate said to be valid from a day; `rate` None says that the line is no longer listed."""

    day: date
    rate: Fraction | None
    until: date | None = None


def rate_in_force(rates: list[DatedRate], day: date) -> DatedRate | None:
    """The rate with the latest day not after `day`, of one day the last said."""
    found = None
    for candidate in rates:
        if candidate.day <= day and (found is None or candidate.day >= found.day):
            found = candidate
    return found


@dataclass
class ProductBook:
    name: str
    kind: str = "credits"
    rates: list[DatedRate] = field(default_factory=list)


# --- Supply


@dataclass(eq=False)
class Event:
    """Something said about a whole order: suspended, reinstated, cancelled or undone, from a day on.

    It is void for licenses that had expired on that day, and tells nothing about one that is cancelled then.
    """

    what: str
    day: date
    void_for: list[HeldLicense]


@dataclass(eq=False)
class HeldLicense:
    order: OrderBook
    kind: str
    product: ProductBook
    trial: bool
    rate: Fraction | None
    issued_units: int
    """What it was issued with, or what was last said of every day."""
    issued_on: date
    opener: HeldLicense | None = None
    """The license it tops up."""
    follows: HeldLicense | None = None
    """The license that opened the term it renews."""
    renewal_said: bool | None = None
    """Whether its renewal was last switched on or off."""
    instead_of: HeldLicense | None = None
    """The license whose term this one took over with another plan."""
    number: int = 0
    """Counts the licenses of all orders as they were issued."""
    dates: list[tuple[date, date]] = field(default_factory=list)
    quantities: list[tuple[date, int]] = field(default_factory=list)
    ended_on: list[date] = field(default_factory=list)
    """Days from which this license by itself is cancelled for good: reduced to nothing, or its plan was changed."""
    plan_ended_on: date | None = None
    """The day from which another plan has the place of the one that this license leads."""

    @property
    def starts_on(self) -> date:
        return self.dates[-1][0]

    @property
    def expires_on(self) -> date:
        return self.dates[-1][1]

    @property
    def leads(self) -> HeldLicense:
        """The license that leads its plan."""
        return self.opener or self

    @property
    def place(self) -> HeldLicense:
        """The license that opened its term, before any change of its plan."""
        return self.leads.instead_of.place if self.leads.instead_of else self.leads

    def units_on(self, day: date) -> int:
        units, latest = self.issued_units, None
        for said_day, said_units in self.quantities:
            if said_day <= day and (latest is None or said_day >= latest):
                units, latest = said_units, said_day
        return units

    def has_ended_by(self, day: date) -> bool:
        return any(ended <= day for ended in self.ended_on)

    def holds(self, day: date) -> bool:
        """Whether it is one of its term's licenses on a day, be the order cancelled then or not."""
        return self.starts_on <= day < self.expires_on and not self.has_ended_by(day)

    def counts_on(self, day: date) -> bool:
        return self.starts_on <= day < self.expires_on and not self.is_cancelled_on(day)

    def is_cancelled_on(self, day: date) -> bool:
        if self.has_ended_by(day):
            return True
        events = self.events()
        return any(
            event.what == "cancelled"
            and event.day <= day
            and not any(
                other.what == "undone" and other.day <= day and (at > number or other.day > event.day)
                for at, other in enumerate(events)
            )
            for number, event in enumerate(events)
        )

    def is_suspended_on(self, day: date) -> bool:
        suspended, latest = False, None
        for event in self.events():
            if event.what != "cancelled" and event.day <= day and (latest is None or event.day >= latest):
                suspended, latest = event.what == "suspended", event.day
        return suspended

    def events(self) -> list[Event]:
        """What was said about the order while this license had not expired; a top-up shares the story of its term."""
        return [event for event in self.order.events if self not in event.void_for]

    def credits_for(self, units: int) -> int:
        return 0 if self.trial or self.rate is None else rounded_up(units, self.rate)

    def credits_on(self, day: date) -> int:
        if not self.counts_on(day) or self.is_suspended_on(day):
            return 0
        return self.credits_for(self.units_on(day))


Term = list[HeldLicense]
"""The licenses of a term, as they were issued: the one that opened it first."""


def leader_of(term: Term) -> HeldLicense:
    """The license that leads the plan it is sold under last."""
    return [each for each in term if each.opener is None][-1]


def start_of(term: Term) -> date:
    return min(
        each.starts_on
        for each in term
        if each.opener is None and (each.plan_ended_on is None or each.starts_on < each.plan_ended_on)
    )


def end_of(term: Term) -> date:
    return leader_of(term).expires_on


def units_of(term: Term, day: date) -> int:
    return sum(each.units_on(day) for each in term if each.holds(day))


def counts_from(term: Term, day: date) -> bool:
    return any(
        each.counts_on(later)
        for each in term
        for later in {max(day, each.starts_on), *(event.day for event in each.order.events if event.day > day)}
    )


def days_from(first: date, end: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((end - first).days)]


@dataclass(eq=False)
class OrderBook:
    product: ProductBook
    units: int
    months: int | None = None
    term_starts_on: date | None = None
    term_ends_on: date | None = None
    marketplace: bool = False
    trial: bool = False
    goodwill: bool = False
    company: CompanyBook | None = None
    licenses: list[HeldLicense] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    totals: list[date] = field(default_factory=list)
    """Days for which the units in all were stated."""
    renews: bool = False
    transferred: bool = False
    moved_on: date | None = None
    """The day of the transfer that it came from."""

    # --- The order's terms

    def terms(self) -> list[Term]:
        groups: dict[HeldLicense, Term] = {}
        for each in self.licenses:
            groups.setdefault(each.place, []).append(each)
        return sorted(groups.values(), key=start_of)

    def term_of(self, license: HeldLicense) -> Term:
        return next(term for term in self.terms() if license in term)

    def crowded_days(self) -> set[date]:
        """Of the days on which anything changes, those on which two plans count, of one term or of two."""
        days = {edge for each in self.licenses for edge in (*each.dates[-1], *each.ended_on)} | {each.day for each in self.events}
        return {day for day in days if len({each.leads for each in self.licenses if each.counts_on(day)}) > 1}

    def forbid_crowds(self, before: set[date]) -> None:
        if self.crowded_days() - before:
            raise MustRefuse("on no day do two terms of an order count")

    def forbid_goodwill(self) -> None:
        if self.goodwill:
            raise MustRefuse("goodwill does not go on, grow or move")

    def _license(
        self,
        kind: str,
        units: int,
        starts_on: date,
        expires_on: date,
        today: date,
        *,
        product: ProductBook | None = None,
        opener: HeldLicense | None = None,
        like: HeldLicense | None = None,
        trial: bool | None = None,
    ) -> HeldLicense:
        product = product or self.product
        if starts_on >= expires_on:
            raise MustRefuse("a license starts before it expires")
        if trial is None:
            trial = like.trial if like else self.trial
        rate: Fraction | None = None
        if not trial:
            found = rate_in_force(product.rates, starts_on)
            rate = found.rate if found else None
            if rate is None and product.kind != "pay-as-you-go":
                raise MustRefuse("no rate is valid on the first day")
        license = HeldLicense(self, kind, product, trial, rate, units, min(today, starts_on), opener, number=next(_numbers))
        license.dates.append((starts_on, expires_on))
        self.licenses.append(license)
        if like is not None:
            # A further license of a term, or the next term's, shares what was said about the term, from any day.
            license.ended_on += like.ended_on
            for event in self.events:
                if like in event.void_for:
                    event.void_for.append(license)
        return license

    # --- Acts on it

    def activate(self, company: CompanyBook, today: date) -> None:
        if self.company is company:
            return
        if self.company is not None:
            raise MustRefuse("an order is activated once, by one company")
        starts_on = self.term_starts_on or today
        if self.marketplace:
            starts_on = min(starts_on, today)
        if self.term_ends_on is not None:
            expires_on = self.term_ends_on + timedelta(days=1)
        else:
            assert self.months is not None
            expires_on = months_later(starts_on, self.months)
        if expires_on <= today:
            raise MustRefuse("the term is over")
        self._license("goodwill" if self.goodwill else "initial", self.units, starts_on, expires_on, today)
        self.company = company
        company.orders.append(self)

    def _event_day(self, on: date | None, today: date) -> date:
        if on is not None and on > today:
            raise MustRefuse("an event lies at most today")
        return today if on is None else on

    def _terms_to_change(self, day: date) -> list[Term]:
        not_over = [term for term in self.terms() if day < end_of(term)]
        counting = [term for term in not_over if counts_from(term, max(day, start_of(term)))]
        if not counting:
            raise MustRefuse("expired or cancelled: renew instead")
        first = not_over[0]
        judged = max(day, start_of(first))
        if any(each.holds(judged) for each in first) and not any(each.counts_on(judged) for each in first):
            raise MustRefuse("cancelled on that day, and later not")
        return counting

    def top_up(self, units: int, today: date, on: date | None = None) -> None:
        self.forbid_goodwill()
        day = self._event_day(on, today)
        for term in self._terms_to_change(day):
            since = max(day, start_of(term))
            if max(units_of(term, each) for each in days_from(since, end_of(term))) + units > MOST_UNITS:
                raise MustRefuse("too many units")
            for leader in [each for each in term if each.opener is None]:
                starts_on = max(since, leader.starts_on)
                ends_on = min(each for each in (leader.expires_on, leader.plan_ended_on) if each is not None)
                if starts_on < ends_on:
                    self._top_up(leader, units, starts_on, today)

    def _top_up(self, leader: HeldLicense, units: int, starts_on: date, today: date) -> HeldLicense:
        return self._license(
            "top-up", units, starts_on, leader.expires_on, today, product=leader.product, opener=leader, like=leader
        )

    def _days_of_total(self, term: Term, day: date) -> list[date]:
        """A total holds until the next day for which one was stated."""
        until = min((each for each in self.totals if each > day), default=date.max)
        return days_from(max(day, start_of(term)), min(until, end_of(term)))

    def reduce(self, units: int, today: date, on: date | None = None) -> None:
        self.forbid_goodwill()
        day = self._event_day(on, today)
        changed = [self._bring_down(term, units, day, []) for term in self._terms_to_change(day)]
        if not any(changed):
            raise MustRefuse("there are no more units than that")
        self.totals.append(day)

    def set_units(self, units: int, today: date, on: date | None = None) -> None:
        self.forbid_goodwill()
        day = self._event_day(on, today)
        for term in self._terms_to_change(day):
            added: list[HeldLicense] = []
            for each in self._days_of_total(term, day):
                lacking = units - units_of([*term, *added], each)
                leaders = [one for one in term if one.opener is None and one.holds(each)]
                if leaders and lacking > 0:
                    added.append(self._top_up(leaders[-1], lacking, each, today))
            self._bring_down([*term, *added], units, day, added)
        self.totals.append(day)

    def _bring_down(self, term: Term, most: int, day: date, added: list[HeldLicense]) -> bool:
        """On each day by itself the newest of the licenses that count then gives first. Whether anything changed."""
        days = self._days_of_total(term, day)
        wanted: dict[HeldLicense, dict[date, int]] = {each: {} for each in term}
        for each in days:
            over = max(0, units_of(term, each) - most)
            for license in reversed(term):
                if license.holds(each):
                    taken = min(over, license.units_on(each))
                    wanted[license][each] = license.units_on(each) - taken
                    over -= taken
        until = min((each for each in self.totals if each > day), default=date.max)
        changed = [self._state(license, wanted[license], day, until, license in added) for license in term]
        return any(changed)

    @staticmethod
    def _state(license: HeldLicense, wanted: dict[date, int], day: date, until: date, is_new: bool) -> bool:
        if not wanted:
            return False
        after = 0 if is_new else license.units_on(until)
        goes_on = until < license.expires_on
        if all(license.units_on(each) == units for each, units in wanted.items()) and not (is_new and goes_on):
            return False
        begins = min(wanted)
        before = {each: min(license.units_on(each), wanted[begins]) for each in days_from(day, begins)}
        emptied = []
        for each, units in [*before.items(), *sorted(wanted.items()), *([(until, after)] if goes_on else [])]:
            if license.units_on(each) != units:
                license.quantities.append((each, units))
                if units == 0:
                    emptied.append(each)
        for each in emptied:
            if all(license.units_on(later) == 0 for later in days_from(each, max(license.expires_on, each + timedelta(days=1)))):
                license.ended_on.append(each)
                break
        return True

    def term_to_renew(self) -> Term:
        """Of the terms not renewed yet the last to begin; one of which something is left goes before those that are cancelled."""
        open_ended = [term for term in self.terms() if not any(each.follows is term[0] for each in self.licenses)]
        left = [term for term in open_ended if self.is_left(term)]
        latest = (left or open_ended)[0]
        for term in left or open_ended:
            if start_of(term) > start_of(latest):
                latest = term
        return latest

    @staticmethod
    def is_left(term: Term) -> bool:
        last_day = end_of(term) - timedelta(days=1)
        return any(not each.is_cancelled_on(max(last_day, each.issued_on)) for each in term)

    def renew(
        self,
        today: date,
        *,
        starts_on: date | None = None,
        expires_on: date | None = None,
        months: int | None = None,
        trial: bool | None = None,
        product: ProductBook | None = None,
    ) -> HeldLicense:
        self.forbid_goodwill()
        crowds = self.crowded_days()
        last = self.term_to_renew()
        leader, ends = leader_of(last), end_of(last)
        last_day = ends - timedelta(days=1)
        units = units_of(last, last_day) if any(each.counts_on(last_day) for each in last) else 0
        if units == 0:
            raise MustRefuse("there is nothing left to renew")
        begins = starts_on or ends
        if begins < ends:
            raise MustRefuse("a renewal never starts before the old term ends")
        renewal = self._license(
            "renewal",
            units,
            begins,
            expires_on or self._whole_months(begins, months or self.months or 12),
            today,
            product=product or leader.product,
            like=leader,
            trial=trial,
        )
        renewal.follows = last[0]
        self.forbid_crowds(crowds)
        return renewal

    def _whole_months(self, begins: date, months: int) -> date:
        """Counted from the order's first day where that leads to `begins`, so that a short month takes nothing for good."""
        first = start_of(self.terms()[0])
        for so_far in range(1_200):
            if months_later(first, so_far) == begins:
                return months_later(first, so_far + months)
        return months_later(begins, months)

    def say(self, what: str, today: date, on: date | None = None) -> None:
        """suspended, reinstated, cancelled or undone: every license that has not expired on that day."""
        day = self._event_day(on, today)
        if what == "undone" and self.transferred:
            raise MustRefuse("the credits are with another company")
        void = [each for each in self.licenses if each.expires_on <= day]
        if len(void) == len(self.licenses):
            raise MustRefuse("everything has expired")
        if what == "undone":
            self._undo(day, void)
            return
        if what != "cancelled":
            void += [each for each in self.licenses if each not in void and each.is_cancelled_on(day)]
            if len(void) == len(self.licenses):
                raise MustRefuse("it is cancelled: only support's undo brings it back")
            if all(each.is_suspended_on(day) == (what == "suspended") for each in self.licenses if each not in void):
                raise MustRefuse("it is so already")
        self.events.append(Event(what, day, void))

    def _undo(self, day: date, void: list[HeldLicense]) -> None:
        crowds = self.crowded_days()
        cancelled: dict[HeldLicense, list[date]] = {}
        for each in self.licenses:
            if each in void:
                continue
            days = [day, *sorted({event.day for event in each.events() if event.what == "cancelled" and event.day > day})]
            days = [later for later in days if not each.has_ended_by(later)]
            if any(each.is_cancelled_on(later) for later in days):
                cancelled[each] = days
            else:
                void.append(each)  # never what a reduction or a change of plan cancelled
        if not cancelled:
            raise MustRefuse("nothing is cancelled")
        self.events.append(Event("undone", day, void))
        # Each later day a cancellation was said for has something said for it still: what holds without it.
        for license, days in cancelled.items():
            for later in days[1:]:
                said = "suspended" if license.is_suspended_on(later) else "undone"
                self.events.append(Event(said, later, [each for each in self.licenses if each is not license]))
        self.forbid_crowds(crowds)

    def change_plan(self, product: ProductBook, today: date, on: date | None = None) -> None:
        self.forbid_goodwill()
        crowds = self.crowded_days()
        day = self._event_day(on, today)
        self._terms_to_change(day)
        terms = [term for term in self.terms() if day < end_of(term)]
        if any(each.plan_ended_on is not None and each.plan_ended_on > day for term in terms for each in term):
            raise MustRefuse("the plan was changed already from a later day")
        for term in terms:
            leader, begins = leader_of(term), max(day, start_of(term))
            units = {each: units_of(term, each) for each in days_from(begins, end_of(term))}
            changed = self._license("plan-change", units[begins], begins, end_of(term), today, product=product, like=leader)
            changed.instead_of = leader
            leader.plan_ended_on = day
            for each in term:
                each.ended_on.append(day)
            for each, held in units.items():
                if changed.units_on(each) != held:
                    changed.quantities.append((each, held))
        self.forbid_crowds(crowds)

    def switch_renewal(self, on: bool, today: date) -> None:
        for each in self.term_to_renew():
            if not each.is_cancelled_on(max(today, each.issued_on)):
                each.renewal_said = on

    def transfer(self, to: CompanyBook, today: date) -> OrderBook:
        if self.company is to:
            raise MustRefuse("it belongs to this company already")
        self.forbid_goodwill()
        terms = [term for term in self.terms() if today < end_of(term) and counts_from(term, today)]
        if not terms:
            raise MustRefuse("nothing is left to transfer")
        first, begins = terms[0], max(today, start_of(terms[0]))
        if not 1 <= units_of(first, begins) <= MOST_UNITS:
            raise MustRefuse("an order has at least one unit")
        plans = sorted({each.leads for each in terms[-1]}, key=lambda each: -each.number)
        said = [each.renewal_said for plan in plans for each in reversed(terms[-1]) if each.leads is plan]
        suspended = [
            self._suspended_since(each, today)
            for term in terms
            for each in term
            if not each.is_cancelled_on(max(today, each.issued_on)) and each.is_suspended_on(today)
        ]
        successor = OrderBook(
            leader_of(first).product,
            units_of(first, begins),
            term_starts_on=begins,
            term_ends_on=end_of(first) - timedelta(days=1),
            months=self.months,
            trial=leader_of(first).trial,
            renews=next((each for each in said if each is not None), self.renews),
            moved_on=today,
        )
        successor.activate(to, today)
        for term in terms[1:]:
            leader = leader_of(term)
            successor.renew(today, starts_on=start_of(term), expires_on=end_of(term), trial=leader.trial, product=leader.product)
        for term, license in zip(terms, successor.licenses, strict=True):
            for day in days_from(max(today, start_of(term)), end_of(term)):
                units = units_of(term, day)
                if units > MOST_UNITS:
                    raise MustRefuse("an order has at most so many units")
                if units != license.units_on(day):
                    if day == max(today, start_of(term)):
                        license.issued_units, license.quantities = units, []
                    else:
                        license.quantities.append((day, units))
        if suspended:
            successor.say("suspended", today, min(suspended))
        self.say("cancelled", today)
        self.transferred = True
        return successor

    @staticmethod
    def _suspended_since(license: HeldLicense, today: date) -> date:
        """The day from which it is suspended without a break."""
        first = min(event.day for event in license.order.events)
        day = today
        while day > first:
            before = day - timedelta(days=1)
            if not license.is_suspended_on(before) or license.is_cancelled_on(before):
                break
            day = before
        return day


def correct(
    license: HeldLicense,
    *,
    today: date,
    units: int | None = None,
    starts_on: date | None = None,
    expires_on: date | None = None,
    on: date | None = None,
) -> None:
    order, crowds = license.order, license.order.crowded_days()
    begins, ends = starts_on or license.starts_on, expires_on or license.expires_on
    if begins >= ends:
        raise MustRefuse("a license starts before it expires")
    if starts_on and order.moved_on and starts_on < order.moved_on:
        raise MustRefuse("until its transfer the order counted for the other company")
    if expires_on and not license.ended_on:
        for each in order.term_of(license):
            if each is not license and not each.ended_on:
                if each.starts_on >= ends:
                    raise MustRefuse("a license of the term would end before it starts")
                each.dates.append((each.starts_on, ends))
    license.dates.append((begins, ends))
    if units is not None and on is None:
        license.issued_units, license.quantities = units, []
    elif units is not None and on is not None:
        # Of a day before it begins it holds from its first day on.
        overruled = sorted({day for day, _units in license.quantities if on < day <= begins})
        license.quantities += [(day, units) for day in [on, *overruled]]
    order.forbid_crowds(crowds)


# --- Demand


@dataclass(eq=False)
class LineBook:
    """A requirement line: the same for all companies."""

    feature: FeatureBook
    name: str
    rates: list[DatedRate] = field(default_factory=list)

    def rate_on(self, day: date) -> Fraction:
        """A line that is no longer listed keeps its last rate."""
        found = rate_in_force([each for each in self.rates if each.rate is not None], day)
        return found.rate if found and found.rate is not None else Fraction(0)

    def takes_units_on(self, day: date) -> bool:
        found = rate_in_force(self.rates, day)
        return found is not None and found.rate is not None and (found.until is None or day < found.until)


@dataclass(eq=False)
class FeatureBook:
    name: str
    switchable: bool = False
    group: str = ""
    lines: list[LineBook] = field(default_factory=list)


@dataclass(eq=False)
class StatedUnits:
    line: LineBook
    day: date
    units: int
    withdrawn: bool = False
    by_a_switch: bool = False


@dataclass
class Switched:
    feature: FeatureBook
    day: date
    contract: OrderBook | None
    """The contract of a switch to pay-as-you-go; None for a switch back to annual credits."""


@dataclass(eq=False)
class CompanyBook:
    """Everything said in one company."""

    name: str = ""
    orders: list[OrderBook] = field(default_factory=list)
    stated: list[StatedUnits] = field(default_factory=list)
    switches: list[Switched] = field(default_factory=list)

    # --- What holds on a day

    def licenses(self) -> list[HeldLicense]:
        return [license for order in self.orders for license in order.licenses]

    def valid_on(self, day: date) -> int:
        return sum(license.credits_on(day) for license in self.licenses())

    def stated_units_on(self, line: LineBook, day: date) -> int:
        units, latest = 0, None
        for said in self.stated:
            if said.line is line and not said.withdrawn and said.day <= day and (latest is None or said.day >= latest):
                units, latest = said.units, said.day
        return units

    def pays_as_it_goes_on(self, feature: FeatureBook, day: date) -> bool:
        last = None
        for switch in self.switches:
            if switch.feature is feature and switch.day <= day and (last is None or switch.day >= last.day):
                last = switch
        return last is not None and last.contract is not None and runs_on(last.contract, day)

    def units_on(self, line: LineBook, day: date) -> int:
        return 0 if self.pays_as_it_goes_on(line.feature, day) else self.stated_units_on(line, day)

    def credits_on(self, line: LineBook, day: date) -> int:
        return rounded_up(self.units_on(line, day), line.rate_on(day))

    def allocated_on(self, lines: list[LineBook], day: date) -> int:
        return sum(self.credits_on(line, day) for line in lines)

    def balance_on(self, lines: list[LineBook], day: date) -> int:
        return self.valid_on(day) - self.allocated_on(lines, day)

    # --- Acts

    def allocate(
        self,
        units: dict[LineBook, int],
        *,
        all_lines: list[LineBook],
        today: date,
        on: date | None = None,
        support: bool = False,
        confirmed: bool = True,
    ) -> None:
        day = on or today
        if day < today and not support:
            raise MustRefuse("only support states a day in the past")
        for line, wanted in units.items():
            if self.pays_as_it_goes_on(line.feature, day):
                raise MustRefuse("billed pay-as-you-go: units are refused")
            if wanted > self.stated_units_on(line, day) and not line.takes_units_on(day):
                raise MustRefuse("a line no longer listed takes no more units")
        said = [StatedUnits(line, day, wanted) for line, wanted in units.items()]
        self.stated += said
        if not confirmed and self.balance_on(all_lines, day) < 0:
            del self.stated[-len(said) :]
            raise MustRefuse("a balance below zero is confirmed first")

    def withdraw(self, line: LineBook, on: date, today: date) -> None:
        plans = [
            each
            for each in self.stated
            if each.line is line
            and each.day == on
            and on > today
            and not each.withdrawn
            and not each.by_a_switch
            and (each.units or not any(switch.feature is line.feature and switch.day == on for switch in self.switches))
        ]
        if not plans:
            raise MustRefuse("nothing is planned for that day")
        for plan in plans:
            plan.withdrawn = True

    def switch(
        self,
        features: list[FeatureBook],
        *,
        pay_as_you_go: bool,
        contracts: list[OrderBook],
        today: date,
        on: date | None = None,
    ) -> None:
        day = on or today
        if day < today:
            raise MustRefuse("a switch holds from today or later")
        contract: OrderBook | None = None
        for feature in features:
            if not feature.switchable:
                raise MustRefuse("this feature is always billed from annual credits")
            if any(each.feature is feature and abs((each.day - day).days) < 30 for each in self.switches):
                raise MustRefuse("two changes lie at least 30 days apart")
            if self.pays_as_it_goes_on(feature, day) == pay_as_you_go:
                raise MustRefuse("billed this way already")
        if pay_as_you_go:
            running = [license for order in contracts for license in order.licenses if license_runs_on(license, day)]
            if not running:
                raise MustRefuse("no contract runs on that day")
            billable = [license for license in running if not license.is_suspended_on(day)]
            if not billable:
                raise MustRefuse("under a suspended contract nothing is switched")
            contract = max(billable, key=lambda license: (last_day_of(license.order), -license.number)).order
        for feature in features:
            self.switches.append(Switched(feature, day, contract))
            for plan in self.stated:
                if plan.line.feature is feature and plan.day >= day and plan.day > today and not plan.by_a_switch:
                    plan.withdrawn = True
            self.stated += [StatedUnits(line, day, 0, by_a_switch=True) for line in feature.lines]


def runs_on(contract: OrderBook, day: date) -> bool:
    """A contract runs, renewals included, while one of its licenses does."""
    return any(license_runs_on(license, day) for license in contract.licenses)


def license_runs_on(license: HeldLicense, day: date) -> bool:
    if license.product.kind != "pay-as-you-go":
        return False  # its plan was changed: no contract any more
    return license.starts_on <= day < license.expires_on and not license.is_cancelled_on(day)


def last_day_of(contract: OrderBook) -> date:
    """The last day on which a contract runs, its renewals included."""
    edges = {day for each in contract.licenses for day in (*each.dates[-1], *each.ended_on)} | {
        each.day for each in contract.events
    }
    days = {day + timedelta(days=shift) for day in edges for shift in (-1, 0)}
    return max((day for day in days if runs_on(contract, day)), default=date.min)


def load_price_list(
    lines: list[LineBook], rows: list[tuple[LineBook, date, Fraction, date | None]], *, correction: bool = False
) -> None:
    """A price list says what each line it lists takes, from which days; a line it leaves out is no longer listed."""
    for line, day, rate, _until in rows:
        listed = [each.rate for each in line.rates if each.day == day and each.rate is not None]
        if listed and listed[-1] != rate and not correction:
            raise MustRefuse("a line is listed with one rate from a day, unless that is corrected")
    latest = max(day for _, day, _, _ in rows)
    for line, day, rate, until in rows:
        of_that_day = [each for each in line.rates if each.day == day]
        if not of_that_day or (of_that_day[-1].rate, of_that_day[-1].until) != (rate, until):
            line.rates.append(DatedRate(day, rate, until))
    for line in lines:
        own = [row for row in rows if row[0] is line]
        if not line.rates:
            continue
        last_day = max(each.day for each in line.rates)
        last = [each for each in line.rates if each.day == last_day][-1]
        from_day = max(latest, last_day)
        if not own and last.rate is not None:
            line.rates.append(DatedRate(from_day, None))
        if own and last.rate is None:
            _, _, rate, until = max(own, key=lambda row: row[1])
            if until is None or until > from_day:
                line.rates.append(DatedRate(from_day, rate, until))
