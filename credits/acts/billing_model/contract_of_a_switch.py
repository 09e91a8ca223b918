"""Under which contract a feature is switched to pay-as-you-go: one that runs on the day and is not suspended."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.errors import Refused
from credits.models import Feature
from credits.rules.billing_model import Switch, contract_on
from licensing.errors import in_words
from licensing.models import Company, License, LicenseStatement, Product


def require_contract_not_suspended(feature: Feature, made: list[Switch], day: date) -> None:
    """Refuse to switch a feature whose contract is suspended: it stays switched until that one is reinstated."""
    under = contract_on(made, day)
    if under is not None and under.is_suspended_on(day):
        raise Refused(
            _("The contract that %(feature)s is billed under is suspended on %(day)s. Have it reinstated first.")
            % {"feature": feature, "day": in_words(day)},
            field="on",
        )


def contract_on_day(company: Company, day: date) -> License:
    """The contract a switch of that day is made under."""
    licenses = list(License.objects.for_company(company).filter(product__kind=Product.Kind.PAY_AS_YOU_GO).order_by("id"))
    facts = LicenseStatement.objects.for_company(company).facts_by_license(licenses)
    periods = {each.pk: facts[each.pk].running_periods() for each in licenses}
    running = [each for each in licenses if any(first <= day < end for first, end in periods[each.pk])]
    if not running:
        begins = min((first for each in licenses for first, _end in periods[each.pk] if first > day), default=None)
        said = (
            _("No pay-as-you-go contract runs on %(day)s. One begins on %(begins)s: choose that day or a later one.")
            if begins
            else _("No pay-as-you-go contract runs on %(day)s. Buy one first, or choose a day on which one runs.")
        )
        raise Refused(said % {"day": in_words(day), "begins": in_words(begins) if begins else ""}, field="on")
    not_suspended = [each for each in running if facts[each.pk].state_on(day) != "suspended"]
    if not not_suspended:
        raise Refused(
            _("The pay-as-you-go contract is suspended on %(day)s, so nothing could be billed. Have it reinstated first.")
            % {"day": in_words(day)},
            field="on",
        )
    ends: dict[int, date] = {}
    for each in licenses:  # a contract is an order with its renewals
        for _first, end in periods[each.pk]:
            ends[each.order_id] = max(end, ends.get(each.order_id, end))
    return choose_contract(not_suspended, ends)


def choose_contract(running: list[License], ends: dict[int, date]) -> License:
    """Of several the one that ends last, so that no feature is left without while another runs on; of those the first bought.

    `ends` holds the end of each contract by its order.
    """
    return max(running, key=lambda license: (ends[license.order_id], -license.pk))
