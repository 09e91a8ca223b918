"""What about an act has to be looked at twice, as sentences; and the sentence that says that it is meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from console.admin import ActForm
from console.models import ReasonKind
from console.templatetags import formats
from credits.desk.preview.books import Books
from credits.desk.preview.licenses import OnOrder
from licensing.models import Order

TIMES = 10
DAYS = ("on", "starts_on", "expires_on", "last_day", "term_starts_on", "term_ends_on", "valid_until")
"""Fields of forms that hold a day from which or up to which something holds."""


def unusual(form: ActForm, orders: Sequence[OnOrder], books: Mapping[int, tuple[Books, Books]]) -> tuple[str, ...]:
    """The sentences, each once."""
    found = [*_sizes(form, orders), *_days(form), *_below_zero(books), *_whose(form), *_goodwill(form)]
    return tuple(dict.fromkeys(found))


def tick(form: ActForm, orders: Sequence[OnOrder]) -> str:
    """What is ticked: it says the thing itself where units are typed, with the day from which they hold."""
    said = form.cleaned_data
    if said.get("units") is None:
        return _("All of this is meant")
    day = min((each.change.first.day for each in orders if each.change), default=None)
    day = day or said.get("on") or said.get("term_starts_on") or form.today
    words = _("%(units)s units from %(day)s is what was agreed")
    return words % {"units": formats.credits(said["units"]), "day": formats.day(day)}


def _sizes(form: ActForm, orders: Sequence[OnOrder]) -> Iterator[str]:
    for each in orders:
        for step in each.change.steps if each.change else ():
            if step.before.runs and step.after.runs:
                yield from _times(step.before.units, step.after.units, _("as before"))
            # Of an act that states no units: whoever stated them was asked then.
            if step.after.runs and form.cleaned_data.get("units") is not None:
                yield from _times(each.order.units, step.after.units, _("as were ordered"))
    new = (form.target is None and form.cleaned_data.get("units")) or (form.target.units if _is_activation(form) else None)
    if new:
        yield from _more_than_others(form, int(new))


def _times(before: int, after: int, than: str) -> Iterator[str]:
    if before and after >= before * TIMES:
        yield _("%(times)s times as many units %(than)s") % {"times": formats.credits(after // before), "than": than}
    elif after and before >= after * TIMES:
        words = _("%(after)s units: less than a tenth of the %(before)s %(than)s")
        if before > after * TIMES:
            yield words % {"after": formats.credits(after), "before": formats.credits(before), "than": than}
        else:
            yield _("%(after)s units: a tenth of the %(before)s %(than)s") % {
                "after": formats.credits(after),
                "before": formats.credits(before),
                "than": than,
            }


def _is_activation(form: ActForm) -> bool:
    return isinstance(form.target, Order) and form.target.company_id is None and "to" in form.cleaned_data


def _more_than_others(form: ActForm, units: int) -> Iterator[str]:
    """Ten times the largest order of the company, or where it has none, of all."""
    company = form.cleaned_data.get("to") or form.cleaned_data.get("reserved_for")
    others = Order.objects.exclude(pk=form.target.pk) if form.target is not None else Order.objects.all()
    if form.target is None:
        # Its row stands already, in the transaction that is taken back.
        others = others.exclude(channel=form.cleaned_data["channel"], external_id=form.cleaned_data["external_id"])
    if company is not None:
        most = others.filter(company=company).aggregate(most=Max("units"))["most"]
        if most is not None:
            if units >= most * TIMES:
                yield _("%(times)s times the largest order of %(company)s so far") % {
                    "times": formats.credits(units // most),
                    "company": company,
                }
            return
    most = others.aggregate(most=Max("units"))["most"]
    if most and units >= most * TIMES:
        yield _("%(times)s times the largest order of all companies") % {"times": formats.credits(units // most)}


def _days(form: ActForm) -> Iterator[str]:
    for name in DAYS:
        day = form.cleaned_data.get(name)
        if isinstance(day, date) and day < form.today:
            ago = (form.today - day).days
            yield _("%(field)s: %(day)s, %(ago)s days ago") % {
                "field": form.fields[name].label,
                "day": formats.day(day),
                "ago": formats.credits(ago),
            }


def _below_zero(books: Mapping[int, tuple[Books, Books]]) -> Iterator[str]:
    for before, after in books.values():
        names = {"company": after.company.name}
        more = after.days_below_zero - before.days_below_zero
        if more:
            words = (
                _("%(company)s was below zero on %(days)s more days of the past")
                if more > 0
                else _("It takes %(days)s days of the past out of below zero for %(company)s")
            )
            yield words % {**names, "days": formats.credits(abs(more))}
        was, now = before.on(before.today).balance, after.on(after.today).balance
        if now < 0 and now < was:
            yield _("The balance of %(company)s is below zero today: %(balance)s") % {**names, "balance": formats.credits(now)}
        elif after.lowest_ahead < 0 and after.lowest_ahead < before.lowest_ahead:
            yield _("The balance of %(company)s goes below zero, to %(balance)s") % {
                **names,
                "balance": formats.credits(after.lowest_ahead),
            }


def _whose(form: ActForm) -> Iterator[str]:
    to: Any = form.cleaned_data.get("to")
    held = form.company()
    if to is not None and held is not None and to != held:
        yield _("The purchase of %(holder)s becomes one of %(company)s") % {"holder": held, "company": to}
    subscription = getattr(form.target, "subscription", None) if isinstance(form.target, Order) else None
    if to is not None and subscription is not None and subscription.claimed_by not in (None, to, held):
        yield _("At the marketplace %(company)s has claimed this purchase") % {"company": subscription.claimed_by}


def _goodwill(form: ActForm) -> Iterator[str]:
    reason = form.cleaned_data.get("reason_kind")
    if form.takes_back:
        return
    if form.cleaned_data.get("goodwill") or reason == ReasonKind.GOODWILL:
        yield _("It is goodwill: credits that nobody pays for")
