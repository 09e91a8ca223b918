"""Which licenses an act changes, and what of that a marketplace will set back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from console.admin.preview.effect import Line
from console.templatetags import formats
from licensing.models import Company, License, LicenseStatement, Order, Subscription
from licensing.notices.changes.what_changed import Change, changed_by, without
from licensing.pages.license_information.rows import STATUS_LABELS
from licensing.rules.license_profile import LicenseFacts
from licensing.rules.license_status import status_on


@dataclass(frozen=True)
class OnOrder:
    """What an act did to an order: the licenses that it speaks of, in words, and the order's units, plan and state by days."""

    order: Order
    company: Company
    lines: list[Line]
    change: Change | None


def changed_orders(days: Mapping[Company, date], acts: Collection[UUID]) -> list[OnOrder]:
    """The orders these acts speak of, of each company on its day. At most four statements a company."""
    return [each for company, today in days.items() for each in _of_company(company, acts, today)]


def _of_company(company: Company, acts: Collection[UUID], today: date) -> list[OnOrder]:
    said = LicenseStatement.objects.for_company(company)
    spoken_of = set(said.filter(act__in=acts).values_list("license_id", flat=True))
    if not spoken_of:
        return []
    orders = set(License.objects.filter(company=company, pk__in=spoken_of).values_list("order_id", flat=True))
    licenses = list(License.objects.filter(company=company, order__in=orders).select_related("order", "product").order_by("pk"))
    facts = said.facts_by_license(licenses)
    before = without(facts, acts)
    by_order: dict[int, list[License]] = defaultdict(list)
    for each in licenses:
        by_order[each.order_id].append(each)
    return [
        OnOrder(
            own[0].order,
            company,
            [_line(each, before.get(each.pk), facts[each.pk], today) for each in own if each.pk in spoken_of],
            changed_by(acts, [], own, {each.pk: facts[each.pk] for each in own}),
        )
        for own in by_order.values()
    ]


def _line(license: License, before: LicenseFacts | None, after: LicenseFacts, today: date) -> Line:
    """What becomes of one license: its units, its term and its status, each from what it was."""
    day = min(max(today, after.starts_on), after.last_day)
    what = _("%(product)s, order %(order)s") % {"product": license.product.name, "order": license.order.number}
    term = _("%(first)s to %(last)s") % {"first": formats.day(after.starts_on), "last": formats.day(after.last_day)}
    status = STATUS_LABELS[status_on(after, today)]
    if before is None:
        words = _("a new license of %(units)s units, %(term)s. Today it is: %(status)s.")
        return Line("license", what, words % {"units": formats.credits(after.units_on(day)), "term": term, "status": status})
    if after.withdrawn and not before.withdrawn:
        words = _("the license of %(units)s units, %(term)s, is taken back.")
        return Line("license", what, words % {"units": formats.credits(before.units_on(day)), "term": term})
    parts = []
    days = sorted({each.day for each in after.said} | {day})
    stepped = [each for each in days if before.units_on(each) != after.units_on(each) and each >= after.starts_on]
    if stepped:
        first = stepped[0]
        parts.append(
            _("%(before)s to %(after)s units from %(day)s")
            % {
                "before": formats.credits(before.units_on(first)),
                "after": formats.credits(after.units_on(first)),
                "day": formats.day(first),
            }
        )
    was = _("%(first)s to %(last)s") % {"first": formats.day(before.starts_on), "last": formats.day(before.last_day)}
    parts.append(
        _("its term stays, %(term)s") % {"term": term}
        if was == term
        else _("its term %(was)s becomes %(term)s") % {"was": was, "term": term}
    )
    old = STATUS_LABELS[status_on(before, today)]
    if old != status:
        parts.append(_("today %(old)s becomes %(new)s") % {"old": old, "new": status})
    return Line("license", what, "; ".join(parts) + ".")


def set_back(found: OnOrder) -> Line | None:
    """What the comparison with the marketplace will bring back to what the marketplace says. At most two statements."""
    row = Subscription.objects.filter(order=found.order).first()
    if row is None or found.change is None:
        return None
    stays = found.change.steps[-1].after if found.change.steps[-1].after.runs else found.change.first.after
    differ = []
    if row.is_final:
        if stays.runs:
            differ.append(_("cancelled, as it is there"))
    else:
        if row.units is not None and stays.runs and stays.units != row.units:
            differ.append(_("%(units)s units") % {"units": formats.credits(row.units)})
        product = row.product()
        if product is not None and stays.runs and product.pk not in stays.products:
            differ.append(_("the plan %(plan)s") % {"plan": product.name})
        state = "suspended" if row.status == "suspended" else "active"
        if stays.runs and stays.states != {state}:
            differ.append(_("suspended") if state == "suspended" else _("not suspended"))
        ends_on = row.term_ends_on
        if ends_on is not None and found.change.span is not None and found.change.span[1] != ends_on:
            differ.append(_("a term until %(day)s") % {"day": formats.day(ends_on)})
        if not stays.runs and found.change.first.before.runs:
            words = _("it is still subscribed there. The comparison lists it for you; it brings nothing back.")
            return Line("plug-connected", found.order.get_channel_display(), words)
    if not differ:
        return None
    words = _("the next comparison sets the order to %(what)s, which the marketplace still says. Change it there, too.")
    return Line("plug-connected", found.order.get_channel_display(), words % {"what": _(" and ").join(differ)})
