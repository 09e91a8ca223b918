"""Which kinds of acts an order's state leaves: for pages that offer acts. The act itself judges when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from licensing.models import License, LicenseStatement, Order
from licensing.rules.license_profile import LicenseFacts


@dataclass(frozen=True)
class OrderAllows:
    """`stands`: something of it counts today, later, or once it is reinstated. `renewable`: its last term is not cancelled."""

    activated: bool = False
    goodwill: bool = False
    stands: bool = False
    counts: bool = False
    """Something of it that is not over is not suspended either."""
    renewable: bool = False
    suspended: bool = False
    cancelled: bool = False
    """Something of it that is not over is cancelled, and was not replaced by another plan."""

    @classmethod
    def of(cls, order: Order, licenses: list[License], facts: dict[int, LicenseFacts], today: date) -> OrderAllows:
        """From what was read. Free."""
        replaced = {each.replaces_id for each in licenses if each.replaces_id is not None}
        said = {each.pk: facts[each.pk] for each in licenses if each.pk in facts and not facts[each.pk].withdrawn}
        ahead = {pk: each for pk, each in said.items() if each.expires_on > today}
        states = {pk: {each.state_on(max(today, each.starts_on)), each.state_on(each.last_day)} for pk, each in ahead.items()}
        standing = {pk for pk, each in ahead.items() if each.state_on(each.last_day) != "cancelled"}
        ends = max((each.expires_on for each in said.values()), default=None)
        return cls(
            activated=order.company_id is not None,
            goodwill=order.goodwill,
            stands=bool(standing),
            counts=any("suspended" not in states[pk] for pk in standing),
            renewable=any(each.expires_on == ends and each.state_on(each.last_day) != "cancelled" for each in said.values()),
            suspended=any("suspended" in states[pk] for pk in standing),
            cancelled=any("cancelled" in found and pk not in replaced for pk, found in states.items()),
        )


def what_it_allows(order: Order) -> OrderAllows:
    """Read once for an order in hand, and kept with it: three statements, then free; none for one that nobody activated."""
    kept: OrderAllows | None = order.__dict__.get("allows")
    if kept is not None:
        return kept
    company = order.company
    if company is None:
        found = OrderAllows()
    else:
        licenses = list(License.objects.of_order(order).order_by("id"))
        facts = LicenseStatement.objects.for_company(company).facts_by_license(licenses)
        found = OrderAllows.of(order, licenses, facts, company.day_of(timezone.now()))
    return keep(order, found)


def keep(order: Order, found: OrderAllows) -> OrderAllows:
    order.__dict__["allows"] = found
    return found
