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
    issued_on: date
    opener: HeldLicense | None = None
    follows: HeldLicense | None = None
    """The license whose term this one renews."""
    renewal_said: bool | None = None
    """Whether its renewal was last switched on or off."""
    instead_of: HeldLicense | None = None
    """The license whose term this one took over with another plan."""
    number: int = 0
    """Counts the licenses of all orders as they were issued."""
    its_plan_was_changed: bool = False
    dates: list[tuple[date, date]] = field(default_factory=list)
    quantities: list[tuple[date, int]] = field(default_factory=list)
    ended_on: list[date] = field(default_factory=list)
    """Days from which this license by itself is cancelled for good: reduced to nothing, or its plan was changed."""

    @property
    def starts_on(self) -> date:
        return self.dates[-1][0]

    @property
    def expires_on(self) -> date:
        return self.dates[-1][1]

    @property
    def term(self) -> HeldLicense:
        return self.opener or self

    @property
    def place(self) -> HeldLicense:
        """What the term was before any change of its plan."""
        return self.term.instead_of.place if self.term.instead_of else self.term

    @property
    def place_before(self) -> HeldLicense | None:
        return self.place.follows.place if self.place.follows else None

    def is_cancelled_by(self, today: date) -> bool:
        return self.is_cancelled_on(self.said_for(today))

    def said_for(self, day: date) -> date:
        """Nothing is said about a license for a day before it was issued."""
        return max(day, self.issued_on)

    def say_units(self, units: int, day: date) -> None:
        """From `day` on. The issue states units too, for its day: a statement for an earlier one is repeated for that."""
        if day < self.issued_on and self.starts_on < self.issued_on:
            self.quantities.append((day, units))
        self.quantities.append((self.said_for(day), units))

    def units_on(self, day: date) -> int:
        units, latest = self.issued_units, None
        for said_day, said_units in [(self.issued_on, self.issued_units), *self.quantities]:
            if said_day <= day and (latest is None or said_day >= latest):
                units, latest = said_units, said_day
        return units

    def is_cancelled_on(self, day: date) -> bool:
        if any(ended <= day for ended in self.ended_on):
            return True
        return any(
            event.what == "cancelled"
            and event.day <= day
            and not any(later.what == "undone" and later.day <= day for later in self.events_after(event))
            for event in self.events()
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

    def events_after(self, event: Event) -> list[Event]:
        events = self.events()
        return events[events.index(event) + 1 :]

    def credits_for(self, units: int) -> int:
        return 0 if self.trial or self.rate is None else rounded_up(units, self.rate)

    def credits_on(self, day: date) -> int:
        if day < self.starts_on or day >= self.expires_on:
            return 0
        if self.is_cancelled_on(day) or self.is_suspended_on(day):
            return 0
        return self.credits_for(self.units_on(day))


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
    renews: bool = False
    transferred: bool = False

    # --- The order's terms

    def terms(self) -> list[list[HeldLicense]]:
        openers = sorted((each for each in self.licenses if each.opener is None), key=lambda each: each.starts_on)
        return [[opener, *(each for each in self.licenses if each.opener is opener)] for opener in openers]

    def terms_not_over(self, day: date) -> list[list[HeldLicense]]:
        return [
            term
            for term in self.terms()
            if day < term[0].expires_on and any(not each.is_cancelled_on(each.said_for(day)) for each in term)
        ]

    @staticmethod
    def standing(term: list[HeldLicense], day: date) -> list[HeldLicense]:
        return [each for each in term if not each.is_cancelled_on(each.said_for(day))]

    def units_of(self, term: list[HeldLicense], day: date) -> int:
        return sum(each.units_on(each.said_for(day)) for each in self.standing(term, day))

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

    def _terms_to_change(self, day: date) -> list[list[HeldLicense]]:
        terms = self.terms_not_over(day)
        if not terms:
            raise MustRefuse("expired or cancelled: renew instead")
        return terms

    def top_up(self, units: int, today: date, on: date | None = None) -> None:
        day = self._event_day(on, today)
        terms = self._terms_to_change(day)
        if any(self.units_of(term, day) + units > MOST_UNITS for term in terms):
            raise MustRefuse("too many units")
        for term in terms:
            self._top_up(term, units, day, today)

    def _top_up(self, term: list[HeldLicense], units: int, day: date, today: date) -> None:
        opener = term[0]
        self._license(
            "top-up",
            units,
            max(day, opener.starts_on),
            opener.expires_on,
            today,
            product=opener.product,
            opener=opener,
            like=opener,
        )

    def reduce(self, units: int, today: date, on: date | None = None) -> None:
        day = self._event_day(on, today)
        terms = [term for term in self._terms_to_change(day) if self.units_of(term, self._since(term, day)) > units]
        if not terms:
            raise MustRefuse("there are no more units than that")
        for term in terms:
            self._reduce(term, units, self._since(term, day))

    def _since(self, term: list[HeldLicense], day: date) -> date:
        """No change of a term's units reaches back behind a license that is counted in them."""
        return max([day] + [min(each.issued_on, each.starts_on) for each in self.standing(term, day)])

    def _reduce(self, term: list[HeldLicense], units: int, day: date) -> None:
        over = self.units_of(term, day) - units
        for license in reversed(self.standing(term, day)):
            since = license.said_for(day)
            held = license.units_on(since)
            taken = min(over, held)
            over -= taken
            if taken == 0:
                continue
            if taken == held:
                license.ended_on.append(min(day, since) if license.starts_on < license.issued_on else since)
            else:
                license.say_units(held - taken, day)

    def set_units(self, units: int, today: date, on: date | None = None) -> None:
        day = self._event_day(on, today)
        for term in self._terms_to_change(day):
            since = self._since(term, day)
            held = self.units_of(term, since)
            if held < units:
                self._top_up(term, units - held, since, today)
            elif held > units:
                self._reduce(term, units, since)

    def term_to_renew(self) -> list[HeldLicense]:
        """Of the terms not renewed yet the last to begin; one of which something is left goes before those that are cancelled."""
        open_ended = [term for term in self.terms() if not any(each.follows is term[0] for each in self.licenses)]
        left = [term for term in open_ended if self.standing(term, term[0].expires_on - timedelta(days=1))]
        latest = (left or open_ended)[0]
        for term in left or open_ended:
            if term[0].starts_on > latest[0].starts_on:
                latest = term
        return latest

    def renew(
        self,
        today: date,
        *,
        starts_on: date | None = None,
        expires_on: date | None = None,
        months: int | None = None,
        trial: bool | None = None,
    ) -> HeldLicense:
        last = self.term_to_renew()
        ends = last[0].expires_on
        units = self.units_of(last, ends - timedelta(days=1))
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
            product=last[0].product,
            like=last[0],
            trial=trial,
        )
        renewal.follows = last[0]
        return renewal

    def _whole_months(self, begins: date, months: int) -> date:
        """Counted from the order's first day where that leads to `begins`, so that a short month takes nothing for good."""
        first = self.licenses[0].starts_on
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
        for each in self.licenses:
            if what in ("suspended", "reinstated") and each.is_cancelled_on(day):
                void.append(each)  # only support's undo brings it back
            if what == "undone" and each.term.its_plan_was_changed:
                void.append(each)  # another product has its place
        self.events.append(Event(what, day, void))
        if what == "undone":
            # Each later day a cancellation was said for has something said for it still: what holds without it.
            for license in [each for each in self.licenses if each not in void]:
                others = [each for each in self.licenses if each is not license]
                for later in sorted({each.day for each in license.events() if each.what == "cancelled" and each.day > day}):
                    said = "suspended" if license.is_suspended_on(later) else "reinstated"
                    self.events.append(Event(said, later, list(others)))

    def change_plan(self, product: ProductBook, today: date, on: date | None = None) -> None:
        day = self._event_day(on, today)
        term = self._terms_to_change(day)[0]
        day = self._since(term, day)
        opener, units, replaced = term[0], self.units_of(term, day), self.standing(term, day)
        if opener.its_plan_was_changed:
            raise MustRefuse("the plan was changed already on a later day")
        starts_on = max(day, opener.starts_on)
        changed = self._license("plan-change", units, starts_on, opener.expires_on, today, product=product, like=opener)
        changed.instead_of = opener
        opener.its_plan_was_changed = True
        for license in replaced:
            license.ended_on.append(day)

    def switch_renewal(self, on: bool, today: date) -> None:
        for each in self.standing(self.term_to_renew(), today):
            each.renewal_said = on

    def transfer(self, to: CompanyBook, today: date) -> OrderBook:
        if self.company is to:
            raise MustRefuse("it belongs to this company already")
        terms = self._terms_to_change(today)
        first, begins = terms[0], max(today, terms[0][0].starts_on)
        if not 1 <= self.units_of(first, begins) <= MOST_UNITS:
            raise MustRefuse("an order has at least one unit")
        said = [each.renewal_said for each in self.standing(terms[-1], today)]
        successor = OrderBook(
            first[0].product,
            self.units_of(first, begins),
            term_starts_on=begins,
            term_ends_on=first[0].expires_on - timedelta(days=1),
            months=self.months,
            trial=first[0].trial,
            goodwill=self.goodwill,
            renews=next((each for each in said if each is not None), self.renews),
        )
        successor.activate(to, today)
        for opener, *_rest in terms[1:]:
            successor.renew(today, starts_on=opener.starts_on, expires_on=opener.expires_on, trial=opener.trial)
        for term, license in zip(terms, successor.licenses, strict=True):
            begins = day = max(today, term[0].starts_on)
            while day < term[0].expires_on:
                units = self.units_of(term, day)
                if units > MOST_UNITS:
                    raise MustRefuse("an order has at most so many units")
                if units != license.units_on(license.said_for(day)):
                    # What it begins with, it is issued with: later acts that hold from a day before its start change it.
                    license.say_units(units, license.issued_on if day == begins else day)
                day += timedelta(days=1)
        if any(each.is_suspended_on(today) for term in terms for each in self.standing(term, today)):
            successor.say("suspended", today)
        self.say("cancelled", today)
        self.transferred = True
        return successor


def correct(
    license: HeldLicense,
    *,
    today: date,
    units: int | None = None,
    starts_on: date | None = None,
    expires_on: date | None = None,
    on: date | None = None,
) -> None:
    begins, ends = starts_on or license.starts_on, expires_on or license.expires_on
    if begins >= ends:
        raise MustRefuse("a license starts before it expires")
    standing = [each for each in license.order.licenses if not each.is_cancelled_by(today)]
    if license in standing:
        for each in standing:
            if starts_on and license.place_before is each.place and begins < each.expires_on:
                raise MustRefuse("a renewal starts where the term it renews has ended")
            if expires_on and each.place_before is license.place and each.starts_on < ends:
                raise MustRefuse("a term ends before its renewal starts")
            if expires_on and each.term is license.term and each is not license:
                if each.starts_on >= ends:
                    raise MustRefuse("a license of the term would end before it starts")
                each.dates.append((each.starts_on, ends))
    license.dates.append((begins, ends))
    if units is not None:
        license.say_units(units, on or min(begins, license.issued_on))


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
        contract = None
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
            contract = min(running, key=lambda license: license.number).order
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


def load_price_list(lines: list[LineBook], rows: list[tuple[LineBook, date, Fraction, date | None]]) -> None:
    """A price list says what each line it lists takes, from which days; a line it leaves out is no longer listed."""
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
