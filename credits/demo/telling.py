"""What a story is made of: one company, and dated events in their order, each of them an act.

Days are told as days before the company's today (`ago`; negative: days to come). Events happen on working days and in working
hours of the company's zone, the last one before today, so that nothing is recorded in the future.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from console.models import Actor, Reason
from credits.acts.approvals.ask_for_units import ask_for_units
from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.acts.customers.state_threshold import state_threshold
from credits.acts.set_allocation import set_allocation
from credits.acts.usage.observe import Observation, observe
from credits.acts.withdraw_plan import withdraw_plan
from credits.demo.people import AWS_MARKETPLACE, AZURE_MARKETPLACE, STAFF_OF_A_COMPANY, SUPPORT
from credits.demo.stage import Bought, Business, By, Event, Stage, Term
from credits.models import CreditRequirement, Feature
from licensing.acts.activate import activate_order
from licensing.acts.companies.register_company import register_company
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.corrections.correct import correct_license
from licensing.acts.issue_order import issue_order
from licensing.acts.renew import renew_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.models import Company, License, Order, Product

OPENS_AT = time(8, 40)
WORKING_MINUTES = 460
STRIDE = 97
"""Minutes by which each event of a story is later in the working day than the one before; wraps around."""
PAUSE = timedelta(minutes=11)
"""Between two events of one day whose times would otherwise be in the wrong order."""


class Story:
    """The events of one company. Each method tells one; they are told in the order in which they happened."""

    def __init__(self, business: Business, today: date) -> None:
        self.business = business
        self.today = today
        self.events: list[Event] = []
        self.products: set[str] = set()
        self.lines: set[tuple[str, str]] = set()

    # --- Days

    def day(self, ago: int) -> date:
        """A day for a term or a plan, never 29 February: whole months later it would not be there."""
        day = self.today - timedelta(days=ago)
        return day.replace(day=28) if (day.month, day.day) == (2, 29) else day

    def workday(self, ago: int) -> date:
        """The working day at or before `day`; two days keep their order."""
        return working_day(self.day(ago))

    # --- The company and its people

    def registers(self, ago: int) -> None:
        """Support registers the company and names its owner."""
        business = self.business

        def register(stage: Stage, key: str) -> None:
            stage.companies[business.slug] = register_company(
                name=business.name,
                slug=business.slug,
                business_id=business.business_id,
                time_zone=business.time_zone,
                parent=stage.companies[business.parent] if business.parent else None,
                by=stage.actor(SUPPORT, business.slug),
                key=key,
            )

        self._tell(ago, "register", register)
        self.gives_roles(ago, f"owner@{business.slug}.example", {"owner"}, by=SUPPORT)

    def invites_staff(self, ago: int) -> None:
        """The owner invites the company's license administrator, credit manager and viewer."""
        for who, roles in STAFF_OF_A_COMPANY.items():
            self.gives_roles(ago, f"{who}@{self.business.slug}.example", roles)

    def gives_roles(self, ago: int, email: str, roles: Collection[str], by: By = "owner") -> None:
        self._tell(
            ago,
            f"roles:{email}",
            lambda stage, key: set_roles(
                self._company(stage), user=stage.people[email], roles=roles, by=self._by(stage, by), key=key
            ),
        )

    # --- Orders and licenses

    def buys(
        self,
        ago: int,
        channel: str,
        external_id: str,
        sku: str,
        units: int,
        *,
        name: str = "",
        term: Term | None = None,
        term_months: int | None = None,
        renews: bool = False,
        trial: bool = False,
    ) -> Bought:
        """The order is recorded as bought: by its marketplace, else by support. It names its term, or `term_months`."""
        self.products.add(sku)
        by: By = {"azure": AZURE_MARKETPLACE, "aws": AWS_MARKETPLACE}.get(channel, SUPPORT)
        self._tell(
            ago,
            f"buy:{external_id}",
            lambda stage, key: issue_order(
                channel=channel,
                external_id=external_id,
                product=Product.objects.get(sku=sku),
                units=units,
                name=name,
                term_months=term_months,
                term_starts_on=term.first_day if term else None,
                term_ends_on=term.last_day if term else None,
                renews=renews,
                trial=trial,
                # A sales order is made out to a business; a marketplace does not know ours.
                reserved_for=self._company(stage) if channel == "direct" else None,
                by=self._by(stage, by),
                key=key,
            ),
        )
        return Bought(channel, external_id)

    def activates(self, ago: int, bought: Bought, by: By = "admin") -> None:
        day = self.workday(ago)
        self._tell(
            ago,
            f"activate:{bought.external_id}",
            lambda stage, key: activate_order(
                order_of(bought), company=self._company(stage), today=day, by=self._by(stage, by), key=key
            ),
        )

    def tops_up(self, ago: int, bought: Bought, units: int, by: By, *, note: str = "") -> None:
        """`units` more."""
        self._tell_order(ago, "top-up", bought, top_up_order, by, units=units, note=note)

    def sets_units(self, ago: int, bought: Bought, units: int, by: By, *, reason: Reason = "", note: str = "") -> None:
        """`units` in all."""
        self._tell_order(ago, "quantity", bought, set_order_units, by, units=units, reason=reason, note=note)

    def renews(self, ago: int, bought: Bought, by: By, *, reason: Reason = "") -> None:
        self._tell_order(ago, "renewal", bought, renew_order, by, term_months=12, reason=reason)

    def switches_renewal_off(self, ago: int, bought: Bought, by: By, *, reason: Reason, note: str) -> None:
        self._tell_order(ago, "renewal-off", bought, switch_renewal, by, on=False, reason=reason, note=note)

    def suspends(self, ago: int, bought: Bought, by: By, *, note: str) -> None:
        self._tell_order(ago, "suspend", bought, suspend_order, by, note=note)

    def reinstates(self, ago: int, bought: Bought, by: By, *, note: str) -> None:
        self._tell_order(ago, "reinstate", bought, reinstate_order, by, note=note)

    def corrects_expiration(self, ago: int, bought: Bought, expires_on: date, *, reason: Reason, note: str) -> None:
        """Support corrects the expiration date of the order's first license."""
        day = self.workday(ago)
        self._tell(
            ago,
            f"correct:{bought.external_id}",
            lambda stage, key: correct_license(
                License.objects.of_order(order_of(bought)).order_by("id")[0],
                today=day,
                expires_on=expires_on,
                reason=reason,
                note=note,
                by=self._by(stage, SUPPORT),
                key=key,
            ),
        )

    # --- Allocations and billing

    def allocates(
        self,
        ago: int,
        feature: str,
        units: int | Mapping[str, int],
        note: str = "",
        *,
        by: By = "manager",
        on: date | None = None,
        reason: Reason = "",
        below_zero: bool = False,
    ) -> None:
        """Set the units of a feature (of its only line, else per line) from that day, or from the day `on`.

        `below_zero` says that whoever does it confirms a negative balance.
        """
        by_line = {"base": units} if isinstance(units, int) else dict(units)
        self.lines |= {(feature, line) for line in by_line}
        day = self.workday(ago)

        def allocate(stage: Stage, key: str) -> None:
            found = Feature.objects.get(slug=feature)
            ids = dict(CreditRequirement.objects.filter(feature=found).values_list("slug", "pk"))
            set_allocation(
                self._company(stage),
                feature=found,
                units={ids[line]: count for line, count in by_line.items()},
                today=day,
                on=on,
                note=note,
                reason=reason,
                below_zero_confirmed=below_zero,
                by=self._by(stage, by),
                key=key,
            )

        self._tell(ago, f"allocate:{feature}", allocate)

    def asks(self, ago: int, feature: str, units: int, words: str, *, by: By = "viewer") -> None:
        """Ask for units of a feature's only line: it stays open, and changes no figure."""
        day = self.workday(ago)

        def ask(stage: Stage, key: str) -> None:
            line = CreditRequirement.objects.get(feature__slug=feature, slug="base")
            company, person = self._company(stage), self._by(stage, by)
            ask_for_units(company, units={line.pk: units}, words=words, today=day, by=person, key=key)

        self._tell(ago, f"ask:{feature}", ask)

    def observes(self, ago: int, seen: Mapping[str, Mapping[int, int]], *, by: By = "manager") -> None:
        """Record units in use: feature (of one line) -> days before the company's today -> units."""
        today = self.workday(ago)

        def record(stage: Stage, key: str) -> None:
            lines = dict(CreditRequirement.objects.filter(feature__slug__in=seen).values_list("feature__slug", "pk"))
            said = [
                Observation(lines[slug], self.today - timedelta(days=back), units)
                for slug, by_day in seen.items()
                for back, units in by_day.items()
            ]
            observe(self._company(stage), observations=said, today=today, by=self._by(stage, by), key=key, source="file")

        self._tell(ago, "observe", record)

    def withdraws(self, ago: int, feature: str, on: date, note: str, *, by: By = "manager") -> None:
        """Withdraw what is planned for the feature's only line on the day `on`."""
        day = self.workday(ago)

        def withdraw(stage: Stage, key: str) -> None:
            line = CreditRequirement.objects.select_related("feature").get(feature__slug=feature, slug="base")
            withdraw_plan(
                self._company(stage),
                feature=line.feature,
                line=line,
                on=on,
                today=day,
                note=note,
                by=self._by(stage, by),
                key=key,
            )

        self._tell(ago, f"withdraw:{feature}", withdraw)

    def bills_pay_as_you_go(self, ago: int, feature: str, note: str, *, by: By = "manager") -> None:
        """Switch a feature, with those of its group."""
        day = self.workday(ago)
        self._tell(
            ago,
            f"pay-as-you-go:{feature}",
            lambda stage, key: switch_billing_model(
                self._company(stage),
                feature=Feature.objects.get(slug=feature),
                model="pay-as-you-go",
                today=day,
                note=note,
                by=self._by(stage, by),
                key=key,
            ),
        )

    def states_threshold(self, ago: int, customer: str, credits: int | None = None, *, by: By = "owner") -> None:
        """A threshold of a customer: so many credits, or without any the average of three months."""
        day, kind = self.workday(ago), "dynamic" if credits is None else "manual"
        self._tell(
            ago,
            f"threshold:{customer}",
            lambda stage, key: state_threshold(
                self._company(stage),
                customer=stage.companies[customer],
                kind=kind,
                credits=credits,
                today=day,
                by=self._by(stage, by),
                key=key,
            ),
        )

    # --- Telling

    def _company(self, stage: Stage) -> Company:
        return stage.companies[self.business.slug]

    def _by(self, stage: Stage, by: By) -> Actor:
        return stage.actor(by, self.business.slug)

    def _tell_order(self, ago: int, what: str, bought: Bought, act: Callable[..., object], by: By, **arguments: object) -> None:
        day = self.workday(ago)
        self._tell(
            ago,
            f"{what}:{bought.external_id}",
            lambda stage, key: act(order_of(bought), today=day, by=self._by(stage, by), key=key, **arguments),
        )

    def _tell(self, ago: int, what: str, act: Callable[[Stage, str], object]) -> None:
        if ago < 1:
            raise ValueError(f"{what}: a story ends the day before today")
        day = self.workday(ago)
        minutes = STRIDE * len(self.events) % WORKING_MINUTES
        instant = datetime.combine(day, OPENS_AT, ZoneInfo(self.business.time_zone)) + timedelta(minutes=minutes)
        if self.events:
            before = self.events[-1].instant
            if day < before.date():
                raise ValueError(f"{what}: told after something that happened later")
            instant = max(instant, before + PAUSE)
        key = f"demo:{self.business.slug}:{day}:{what}"
        if any(event.key == key for event in self.events):
            raise ValueError(f"{key}: told twice")
        self.events.append(Event(instant, key, act))


def working_day(day: date) -> date:
    """`day`, or the Friday before it."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def order_of(bought: Bought) -> Order:
    return Order.objects.get(channel=bought.channel, external_id=bought.external_id)
