"""A second reckoning of credits, written from the rules alone and as naively as it can be done.

It imports nothing of the applications: lists of what was said, in the order it was said, and for every day the
question "what holds today?" asked from the beginning. Where the ledger posts the difference between two profiles, this model
knows no entries at all. The property tests let both live through the same acts and compare them day by day.

Each act either changes the model or raises MustRefuse, naming the rule for which the real act has to be refused. A refused act
leaves the model half changed: whoever calls it keeps a copy.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import ceil
from zoneinfo import ZoneInfo

MOST_UNITS = 1_000_000_000
A_DAY = timedelta(days=1)


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


@dataclass(eq=False)
class ProductBook:
    name: str
    kind: str = "credits"
    rates: list[DatedRate] = field(default_factory=list)


# --- Supply: an order has terms, a term has plans one after the other, a plan has licenses


@dataclass(eq=False)
class HeldLicense:
    plan: Plan
    kind: str
    rate: Fraction | None
    starts_on: date
    expires_on: date
    """Dates are those said last, for every day."""
    always: int
    """The units of every day before the first of `said`."""
    said: dict[date, int] = field(default_factory=dict)
    """Day -> the units said for it and the days after it."""
    story: list[tuple[str, date]] = field(default_factory=list)
    """What was said of its order while it had not expired: suspended, reinstated, cancelled, undone; and from which day."""
    gone_from: date | None = None
    """The day from which it is cancelled for good: reduced to nothing, or its plan was changed."""

    # --- What holds on a day

    def units_on(self, day: date) -> int:
        days = [each for each in self.said if each <= day]
        return self.said[max(days)] if days else self.always

    def is_gone_on(self, day: date) -> bool:
        return self.gone_from is not None and self.gone_from <= day

    def is_called_off_on(self, day: date) -> bool:
        """Its order was cancelled, and the cancellation not undone."""
        return self._last_said(("cancelled", "undone"), day) == "cancelled"

    def is_cancelled_on(self, day: date) -> bool:
        return self.is_gone_on(day) or self.is_called_off_on(day)

    def is_suspended_on(self, day: date) -> bool:
        """An undone cancellation leaves nothing suspended from its day on."""
        return self._last_said(("suspended", "reinstated", "undone"), day) == "suspended"

    def _last_said(self, what: tuple[str, ...], day: date) -> str:
        """Of the latest day not after `day`, of one day what was said last."""
        last, of_day = "", date.min
        for said, said_for in self.story:
            if said in what and of_day <= said_for <= day:
                last, of_day = said, said_for
        return last

    def lasts_on(self, day: date) -> bool:
        """Begun, not expired, not given up; whether its order is cancelled is not asked."""
        return self.starts_on <= day < self.expires_on and not self.is_gone_on(day)

    def runs_on(self, day: date) -> bool:
        """Suspended days are days on which it runs."""
        return self.lasts_on(day) and not self.is_called_off_on(day)

    def credits_on(self, day: date) -> int:
        if self.rate is None or not self.runs_on(day) or self.is_suspended_on(day):
            return 0
        return rounded_up(self.units_on(day), self.rate)

    def status_on(self, day: date) -> str:
        if self.is_cancelled_on(day):
            return "cancelled"
        if day >= self.expires_on:
            return "expired"
        if self.is_suspended_on(day):
            return "suspended"
        if day < self.starts_on:
            return "not-yet-valid"
        return "expires-soon" if (self.expires_on - day).days <= 30 else "valid"

    def edges(self) -> set[date]:
        """Every day on which anything above can become something else."""
        days = {self.starts_on, self.expires_on, *self.said, *(day for _, day in self.story)}
        return days if self.gone_from is None else {*days, self.gone_from}

    # --- What is said of it

    def say_units(self, units: int, day: date) -> None:
        """From `day` on; said before it has begun, they are what it begins with, whatever else was said for days before that."""
        for each in [each for each in self.said if day <= each <= self.starts_on]:
            del self.said[each]
        self.said[day] = units

    def give_up(self, day: date) -> None:
        self.gone_from = day if self.gone_from is None else min(day, self.gone_from)


@dataclass(eq=False)
class Plan:
    """What a term is worth until its plan is changed: one product, and the licenses of it, oldest first."""

    term: Term
    product: ProductBook
    trial: bool
    licenses: list[HeldLicense] = field(default_factory=list)

    @property
    def leader(self) -> HeldLicense:
        return self.licenses[0]


@dataclass(eq=False)
class Term:
    """A stretch of time of an order, whatever licenses fill it."""

    order: OrderBook
    plans: list[Plan] = field(default_factory=list)
    renewal_said: bool | None = None
    """Whether it is to be renewed, as was said last, under whatever plan."""

    @property
    def licenses(self) -> list[HeldLicense]:
        """In the order they were issued."""
        return [each for each in self.order.licenses if each.plan.term is self]

    @property
    def starts_on(self) -> date:
        """The first day on which any of its licenses is more than given up."""
        days = [each.starts_on for each in self.licenses if each.lasts_on(each.starts_on)]
        return min(days or [self.plans[0].leader.starts_on])

    @property
    def expires_on(self) -> date:
        return self.plans[-1].leader.expires_on

    @property
    def last_day(self) -> date:
        return self.expires_on - A_DAY

    def first_day(self, day: date) -> date:
        """The first day of the term on which what is said for `day` holds."""
        return max(day, self.starts_on)

    def units_on(self, day: date) -> int:
        return sum(each.units_on(day) for each in self.licenses if each.lasts_on(day))

    def days(self, first: date, before: date | None = None) -> list[date]:
        """`first`, and every later day on which the term becomes something else, `before` excluded."""
        end = self.expires_on if before is None else min(before, self.expires_on)
        return sorted({day for each in self.licenses for day in each.edges() if first <= day < end} | {first})

    def runs_on(self, day: date) -> bool:
        return any(each.runs_on(day) for each in self.licenses)

    def plan_on(self, day: date) -> Plan | None:
        return next((each for each in self.plans if each.leader.lasts_on(day)), None)


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
    renews: bool = False
    company: CompanyBook | None = None
    terms: list[Term] = field(default_factory=list)
    licenses: list[HeldLicense] = field(default_factory=list)
    """In the order they were issued."""
    totals: list[date] = field(default_factory=list)
    """The days for which a total was said."""
    plan_changes: list[date] = field(default_factory=list)
    moved_on: date | None = None
    """The day it went to another company."""
    moved_here_on: date | None = None
    """The day it came from another company."""

    def _issue(
        self,
        plan: Plan,
        kind: str,
        units: int,
        starts_on: date,
        expires_on: date,
        like: HeldLicense | None = None,
    ) -> HeldLicense:
        """A further license shares the story of the one it is `like`."""
        if starts_on >= expires_on:
            raise MustRefuse("a license starts before it expires")
        if units > MOST_UNITS:
            raise MustRefuse("an order has at most so many units")
        rate: Fraction | None = None
        if not plan.trial:
            found = rate_in_force(plan.product.rates, starts_on)
            rate = found.rate if found else None
            if rate is None and plan.product.kind != "pay-as-you-go":
                raise MustRefuse("no rate is valid on the first day")
        license = HeldLicense(plan, kind, rate, starts_on, expires_on, units, story=list(like.story) if like else [])
        plan.licenses.append(license)
        self.licenses.append(license)
        return license

    def _open_term(self, product: ProductBook, trial: bool) -> Plan:
        term = Term(self)
        self.terms.append(term)
        term.plans.append(Plan(term, product, trial))
        return term.plans[0]

    # --- What every act asks

    @staticmethod
    def _event_day(on: date | None, today: date) -> date:
        if on is not None and on > today:
            raise MustRefuse("an event lies at most today")
        return today if on is None else on

    def _refuse_goodwill(self) -> None:
        if self.goodwill:
            raise MustRefuse("goodwill is corrected, or another is issued")

    def terms_to_change(self, day: date) -> list[Term]:
        """Those not over on the day that count on any of the days for which the act holds."""
        left = [each for each in self.terms if day < each.expires_on]
        found = [term for term in left if any(term.runs_on(each) for each in term.days(term.first_day(day)))]
        if not found:
            raise MustRefuse("expired or cancelled: renew instead")
        first = left[0].first_day(day)
        if not left[0].runs_on(first) and any(each.lasts_on(first) for each in left[0].licenses):
            raise MustRefuse("cancelled on that day, and later not")
        return found

    def refuse_two_at_once(self) -> None:
        """On no day do two terms of an order count, nor two plans of one term."""
        for day in {day for each in self.licenses for day in each.edges()}:
            running = [each for each in self.licenses if each.runs_on(day)]
            if len({id(each.plan.term) for each in running}) > 1:
                raise MustRefuse(f"two terms would count on {day}")
            if len({id(each.plan) for each in running}) > 1:
                raise MustRefuse(f"two plans of a term would count on {day}")

    # --- Acts

    def activate(self, company: CompanyBook, today: date) -> None:
        if self.company is company:
            return
        if self.company is not None:
            raise MustRefuse("an order is activated once, by one company")
        if self.marketplace and not 3 <= self.units <= 1_000_000:
            raise MustRefuse("a marketplace sells 3 to 1,000,000 units")
        starts_on = self.term_starts_on or today
        if self.marketplace:
            starts_on = min(starts_on, today)
        if self.term_ends_on is not None:
            expires_on = self.term_ends_on + A_DAY
        else:
            assert self.months is not None
            expires_on = months_later(starts_on, self.months)
        if expires_on <= today:
            raise MustRefuse("the term is over")
        plan = self._open_term(self.product, self.trial)
        self._issue(plan, "goodwill" if self.goodwill else "initial", self.units, starts_on, expires_on)
        self.company = company
        company.orders.append(self)

    def top_up(self, units: int, today: date, on: date | None = None) -> None:
        day = self._event_day(on, today)
        self._refuse_goodwill()
        terms = self.terms_to_change(day)
        if any(term.units_on(each) + units > MOST_UNITS for term in terms for each in term.days(term.first_day(day))):
            raise MustRefuse("too many units")
        for term in terms:
            self._add(term, units, day)

    def _add(self, term: Term, units: int, day: date) -> None:
        """A license more in the plan of the day, and in each that took its place later."""
        for plan in list(term.plans):
            first = max(day, plan.leader.starts_on)
            if not plan.leader.is_gone_on(first):
                added = self._issue(plan, "top-up", units, first, plan.leader.expires_on, plan.leader)
                added.gone_from = plan.leader.gone_from

    def _next_total(self, day: date) -> date | None:
        return min((each for each in self.totals if each > day), default=None)

    def reduce(self, units: int, today: date, on: date | None = None) -> None:
        day = self._event_day(on, today)
        self._refuse_goodwill()
        terms, until = self.terms_to_change(day), self._next_total(day)
        if not any(
            term.units_on(each) > units
            for term in terms
            for each in term.days(term.first_day(day), until)
            if not until or each < until
        ):
            raise MustRefuse("there are no more units than that")
        for term in terms:
            self._cap(term, units, day, until)
        self.totals.append(day)

    def set_units(self, units: int, today: date, on: date | None = None) -> None:
        if units > MOST_UNITS:
            raise MustRefuse("an order has at most so many units")
        day = self._event_day(on, today)
        self._refuse_goodwill()
        until = self._next_total(day)
        for term in self.terms_to_change(day):
            first = term.first_day(day)
            if until is not None and until <= first:
                continue  # a total of a later day holds in all of it
            added: list[HeldLicense] = []
            for each in term.days(first, until):
                lacking, plan = units - term.units_on(each), term.plan_on(each)
                if lacking > 0 and plan is not None:
                    added.append(self._issue(plan, "top-up", lacking, each, plan.leader.expires_on, plan.leader))
                    added[-1].gone_from = plan.leader.gone_from
            self._cap(term, units, day, until, added)
        self.totals.append(day)

    @staticmethod
    def _cap(term: Term, units: int, day: date, until: date | None, added: Iterable[HeldLicense] = ()) -> None:
        """Bring each day before `until` down to `units`, newest license first; what is `added` has none from `until` on."""
        added = list(added)
        first = term.first_day(day)
        if until is not None and until <= first:
            return
        left: dict[HeldLicense, dict[date, int]] = {}
        emptied: dict[HeldLicense, set[date]] = {}
        for each_day in term.days(first, until):
            over = max(0, term.units_on(each_day) - units)
            for license in reversed(term.licenses):
                if license.lasts_on(each_day):
                    held = license.units_on(each_day)
                    taken = min(over, held)
                    over -= taken
                    left.setdefault(license, {})[each_day] = held - taken
                    if taken:
                        emptied.setdefault(license, set()).update({each_day} if taken == held else ())
        for license in term.licenses:
            goes_on = until is not None and until < license.expires_on and not license.is_gone_on(until)
            if license not in emptied and not (license in added and goes_on):
                continue
            from_then_on = dict(left[license])
            if goes_on and until is not None:
                from_then_on[until] = 0 if license in added else license.units_on(until)
                emptied.setdefault(license, set()).update({until} if license in added else ())
            for each_day, left_over in from_then_on.items():
                since = day if each_day == min(from_then_on) and license.starts_on >= each_day else each_day
                license.say_units(left_over, since)
            for each_day in sorted(emptied[license]):
                if not any(license.units_on(later) for later in {each_day, *license.edges()} if later >= each_day):
                    license.give_up(day if license.starts_on >= each_day else each_day)
                    break

    def renew(
        self,
        today: date,
        *,
        starts_on: date | None = None,
        expires_on: date | None = None,
        months: int | None = None,
        trial: bool | None = None,
    ) -> HeldLicense:
        self._refuse_goodwill()
        last = self.terms[-1]
        units = last.units_on(last.last_day)
        if not last.runs_on(last.last_day) or units == 0:
            raise MustRefuse("there is nothing left to renew")
        begins = starts_on or last.expires_on
        if begins < last.expires_on:
            raise MustRefuse("a renewal never starts before the old term ends")
        before = last.plans[-1]
        if trial and not before.trial:
            raise MustRefuse("what is paid for never becomes a trial")
        plan = self._open_term(before.product, before.trial if trial is None else trial)
        ends = expires_on or self._whole_months(begins, months or self.months or 12)
        return self._issue(plan, "renewal", units, begins, ends, before.leader)

    def _whole_months(self, begins: date, months: int) -> date:
        """Counted from the order's first day where that leads to `begins`, so that a short month takes nothing for good."""
        first = self.terms[0].starts_on
        for so_far in range(60):
            if months_later(first, so_far) == begins:
                return months_later(first, so_far + months)
        return months_later(begins, months)

    def say(self, what: str, today: date, on: date | None = None) -> None:
        """suspended, reinstated, cancelled or undone: every license that has not expired on that day."""
        day = self._event_day(on, today)
        if what == "undone" and self.moved_on is not None:
            raise MustRefuse("the credits are with another company")
        left = [each for each in self.licenses if each.expires_on > day]
        if not left:
            raise MustRefuse("everything has expired")
        if what == "suspended":
            told = [each for each in left if not each.is_cancelled_on(day)]
            if all(each.is_suspended_on(day) for each in told):
                told = []
        elif what == "reinstated":
            told = [each for each in left if not each.is_cancelled_on(day)]
            if not any(each.is_suspended_on(day) for each in told):
                told = []
        elif what == "undone":
            told = [each for each in left if any(each.is_called_off_on(later) for later in {day, *each.edges()} if later >= day)]
        else:
            told = left
        if not told:
            raise MustRefuse(f"it is so already, or cannot be {what}")
        for each in told:
            if what == "undone":
                each.story = [(said, of_day) for said, of_day in each.story if said != "cancelled" or of_day < day]
            each.story.append((what, day))
        if what == "undone":
            self.refuse_two_at_once()

    def change_plan(self, product: ProductBook, today: date, on: date | None = None, trial: bool | None = None) -> None:
        day = self._event_day(on, today)
        self._refuse_goodwill()
        self.terms_to_change(day)
        if any(each > day for each in self.plan_changes):
            raise MustRefuse("the plan was changed already, from a later day")
        for term in self.terms:
            if term.expires_on <= day:
                continue  # one that is cancelled as a whole is told too: should that be undone, it is of the new plan
            first, held = term.first_day(day), term.plans[-1]
            if trial and not held.trial:
                raise MustRefuse("what is paid for never becomes a trial")
            plan = Plan(term, product, held.trial if trial is None else trial)
            units = {each: term.units_on(each) for each in term.days(first)}
            for each in term.licenses:
                each.give_up(day)
            license = self._issue(plan, "plan-change", units.pop(first), first, term.expires_on, held.leader)
            license.said.update(units)
            term.plans.append(plan)
        self.plan_changes.append(day)

    def switch_renewal(self, on: bool, today: date) -> None:
        last = self.terms[-1]
        if not all(each.is_cancelled_on(last.first_day(today)) for each in last.licenses):
            last.renewal_said = on

    def renews_now(self) -> bool:
        said = self.terms[-1].renewal_said
        return self.renews if said is None else said

    def transfer(self, to: CompanyBook, today: date) -> OrderBook:
        if self.company is to:
            raise MustRefuse("it belongs to this company already")
        self._refuse_goodwill()
        terms = self.terms_to_change(today)
        begins = terms[0].first_day(today)
        if not 1 <= terms[0].units_on(begins) <= MOST_UNITS:
            raise MustRefuse("an order has at least one unit")
        plan = terms[0].plans[-1]
        successor = OrderBook(
            plan.product, terms[0].units_on(begins), self.months, trial=plan.trial, company=to, renews=self.renews_now()
        )
        successor.moved_here_on = today
        to.orders.append(successor)
        for number, term in enumerate(terms):
            begins = term.first_day(today)
            plan = term.plans[-1]
            units = {day: term.units_on(day) for day in term.days(begins)}
            opened = successor._open_term(plan.product, plan.trial)
            kind = "renewal" if number else "initial"
            license = successor._issue(opened, kind, units.pop(begins), begins, term.expires_on)
            for what, day in plan.leader.story:  # suspended since a day before it came, it can be reinstated from one
                if what != "cancelled":
                    license.story.append(("suspended" if what == "suspended" else "reinstated", day))
            license.said.update(units)
        successor.totals = list(self.totals)
        self.say("cancelled", today)
        self.moved_on = today
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
    term, order = license.plan.term, license.plan.term.order
    begins, ends = starts_on or license.starts_on, expires_on or license.expires_on
    if begins >= ends:
        raise MustRefuse("a license starts before it expires")
    if starts_on and order.moved_here_on and starts_on < order.moved_here_on:
        raise MustRefuse("both companies would count")
    license.starts_on = begins
    license.expires_on = ends
    if expires_on and license.gone_from is None:
        for each in term.licenses:
            if not each.is_gone_on(min(ends, each.expires_on)):
                if each.starts_on >= ends:
                    raise MustRefuse("a license of the term would end before it starts")
                each.expires_on = ends
    if units is not None:
        if on is None:
            license.always, license.said = units, {}
        else:
            license.say_units(units, on)
    order.refuse_two_at_once()


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

    def contract_on(self, feature: FeatureBook, day: date) -> OrderBook | None:
        """The contract a feature is billed under, None while it takes annual credits."""
        last = None
        for switch in self.switches:
            if switch.feature is feature and switch.day <= day and (last is None or switch.day >= last.day):
                last = switch
        return last.contract if last and last.contract and runs_on(last.contract, day) else None

    def pays_as_it_goes_on(self, feature: FeatureBook, day: date) -> bool:
        return self.contract_on(feature, day) is not None

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
            billed_under = self.contract_on(feature, day)
            if billed_under is not None and is_suspended_contract(billed_under, day):
                raise MustRefuse("under a suspended contract nothing is switched")
        if pay_as_you_go:
            billable = [each for each in contracts if runs_on(each, day) and not is_suspended_contract(each, day)]
            if not billable:
                raise MustRefuse("no contract runs on that day that is not suspended")
            contract = max(billable, key=runs_until)
        for feature in features:
            self.switches.append(Switched(feature, day, contract))
            for plan in self.stated:
                if plan.line.feature is feature and plan.day >= day and plan.day > today and not plan.by_a_switch:
                    plan.withdrawn = True
            self.stated += [StatedUnits(line, day, 0, by_a_switch=True) for line in feature.lines]


def contract_licenses(order: OrderBook) -> list[HeldLicense]:
    """Where the plan was changed to another kind, it is no contract any more."""
    return [each for each in order.licenses if each.plan.product.kind == "pay-as-you-go"]


def runs_on(contract: OrderBook, day: date) -> bool:
    """A contract runs, renewals included, while one of its licenses does."""
    return any(each.runs_on(day) for each in contract_licenses(contract))


def runs_until(contract: OrderBook) -> date:
    """The first day after which it runs no more."""
    held = contract_licenses(contract)
    return max(day for each in held for day in each.edges() if any(one.runs_on(day - A_DAY) for one in held))


def is_suspended_contract(contract: OrderBook, day: date) -> bool:
    return any(each.runs_on(day) and each.is_suspended_on(day) for each in contract_licenses(contract))


def load_price_list(
    lines: list[LineBook], rows: list[tuple[LineBook, date, Fraction, date | None]], *, correction: bool = False
) -> None:
    """A price list says what each line it lists takes, from which days; a line it leaves out is no longer listed."""
    latest = max(day for _, day, _, _ in rows)
    for line, day, rate, until in rows:
        of_that_day = [each for each in line.rates if each.day == day]
        listed = [each.rate for each in of_that_day if each.rate is not None]
        if listed and listed[-1] != rate and not correction:
            raise MustRefuse("a rate is listed once for a line and a day")
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


# --- Days


@dataclass
class ZonesBook:
    """The zones a company's days are counted in, each with the instant from which it counts."""

    said: list[tuple[datetime, str]]

    def day_at(self, instant: datetime) -> date:
        begun = [zone for since, zone in self.said if since <= instant] or [self.said[0][1]]
        return instant.astimezone(ZoneInfo(begun[-1])).date()

    def switch(self, zone: str, instant: datetime) -> None:
        """From the new zone's first midnight, at most three days later, at which the company's day does not go back."""
        begins = max([instant, *(since for since, _ in self.said)])
        quarter = timedelta(minutes=15)  # every zone's midnight is a multiple of it
        tried = begins.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        while tried <= begins + timedelta(days=3):
            new_day = tried.astimezone(ZoneInfo(zone)).date()
            is_midnight = (tried - quarter).astimezone(ZoneInfo(zone)).date() < new_day
            if tried > begins and is_midnight and new_day >= self.day_at(tried - timedelta(microseconds=1)):
                self.said.append((tried, zone))
                return
            tried += quarter
        raise MustRefuse("the zone is more than a day behind")
