"""What there is to tell of an order by the acts that changed it: one notice for each, before and after it.

Most tell of an event and stand for a month. That it is suspended, counts again, is cancelled, or is renewed or not, is told of
as long as it is so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from licensing.acts.order_in_hand import OrderInHand
from licensing.errors import in_words
from licensing.models import License
from licensing.notices.changes.acts_to_tell import ActToTell, RecentActs
from licensing.notices.changes.facts_of_orders import names, with_product, worth_of
from licensing.notices.changes.kinds_of_changes import (
    ACTIVATED,
    CANCELLED,
    CORRECTED,
    EXTENDED,
    PLAN_CHANGED,
    REINSTATED,
    RENEWAL_OFF,
    RENEWAL_ON,
    RENEWED,
    SUSPENDED,
    TRANSFERRED_AWAY,
    TRANSFERRED_HERE,
    UNDONE,
    UNITS_DOWN,
    UNITS_UP,
)
from licensing.notices.changes.what_changed import Change, Standing, Step, changed_by, standing_on, without
from licensing.notices.kinds import MOVES_CREDITS, NOTE, NoticeKind
from licensing.notices.telling import News
from licensing.notices.words_of_notices import PERSON
from licensing.rules.license_profile import LicenseFacts
from licensing.rules.terms import Term
from licensing.rules.to_be_renewed import is_to_be_renewed
from licensing.rules.units_in_words import in_units

STANDS = timedelta(days=30)
"""For so long a notice of what happened stands."""

KIND_OF_ACT = {
    "order.change-plan": PLAN_CHANGED,
    "order.renew": RENEWED,
    "order.suspend": SUSPENDED,
    "order.reinstate": REINSTATED,
    "order.undo-cancellation": REINSTATED,
    "order.cancel": CANCELLED,
    "order.transfer": TRANSFERRED_AWAY,
    "license.correct": CORRECTED,
    "order.undo": UNDONE,
    "license.extend": EXTENDED,
}
LASTING = {each.name for each in (SUSPENDED, REINSTATED, CANCELLED, RENEWAL_ON, RENEWAL_OFF)}
"""What holds as long as it is so, and no longer."""


def about(act: UUID) -> str:
    """What a notice of an act is about: the act, so that it is told once."""
    return f"act:{act}"


def news_of_order(held: OrderInHand, recent: RecentActs, today: date) -> list[News]:
    """What is told of the order's acts, and what was told of older ones and still is so. Free."""
    company = held.licenses[0].company_id
    so = (News(company, kind.name, about(act), to_tell=False) for kind, act in _still_so(held, today))
    found = {each.key: each for each in so}
    for each in recent.of_order(held.order, held.facts.values()):
        news = _news_of_act(held, each, today) if each.is_due else None
        if news is not None:
            # What is so no more was so: it is told, and past at once.
            is_so = found.pop(news.key, None) is not None
            found[news.key] = replace(news, over=news.kind in LASTING and not is_so)
    return list(found.values())


# --- What is so


def _still_so(held: OrderInHand, today: date) -> Iterator[tuple[NoticeKind, UUID]]:
    """The kinds that last and are so today, with the acts that said so."""
    terms = [term for term in held.terms() if term.expires_on > today]
    standing = [(term, license) for term in terms for license in term.standing(today)]
    facts = [(held.facts[license.pk], term.day_for(license, today)) for term, license in standing]
    states = {"suspended": SUSPENDED, "active": REINSTATED}
    for known, day in facts:
        state = known.state_on(day)
        if known.units_on(day):
            yield from ((states[state], act) for act in _said_last(state, known))
    if terms and not standing:
        for term in terms:
            yield from ((CANCELLED, act) for each in term.licenses for act in _said_last("cancelled", held.facts[each.pk]))
    for _term, license in standing:
        switched = [said for said in held.facts[license.pk].said if said.kind in ("renewal-on", "renewal-off")]
        if switched and switched[-1].act is not None:
            yield (RENEWAL_ON if switched[-1].kind == "renewal-on" else RENEWAL_OFF), switched[-1].act


def _said_last(state: str, facts: LicenseFacts) -> set[UUID]:
    """The acts that said a state of a license since an act said nothing but another one."""
    by_act: dict[UUID, set[str]] = {}
    for each in facts.said:
        if each.state and each.act is not None:
            by_act.setdefault(each.act, set()).add(each.state)
    found: set[UUID] = set()
    for act, states in by_act.items():
        found = {*found, act} if state in states else set()
    return found


# --- What happened


def _news_of_act(held: OrderInHand, told: ActToTell, today: date) -> News | None:
    """None where the act said what held already."""
    if told.act.name == "order.switch-renewal":
        return _switched(held, told, today)
    change = changed_by(told.parts, told.later, held.licenses, held.facts)
    if change is None:
        return None
    kind = _kind_of(held, told, change)
    before, after = change.first.before, change.first.after
    leader = (before if kind in (CANCELLED, TRANSFERRED_AWAY) or not after.runs else after).leader
    span = change.span or change.span_before
    facts = {
        **_common(held, told, leader),
        MOVES_CREDITS: int(change.changes_credits),
        "changed_on": str(change.first.day),
        "before": _worth(before),
        "after": _worth(after),
        **({} if span is None else {"starts_on": str(span[0]), "last_on": str(span[1])}),
        **_more_facts(kind, held, told, change),
    }
    return _event(kind, held, told, facts, today)


def _kind_of(held: OrderInHand, told: ActToTell, change: Change) -> NoticeKind:
    name = told.act.name
    if name == "order.activate":
        return ACTIVATED if held.order.transferred_from_id is None else TRANSFERRED_HERE
    if name in ("order.top-up", "order.reduce", "order.units"):
        return UNITS_UP if change.first.after.units > change.first.before.units else UNITS_DOWN
    return KIND_OF_ACT[name]


def _common(held: OrderInHand, told: ActToTell, license: License) -> dict[str, Any]:
    note = {NOTE: told.act.note} if told.act.note else {}
    return {**names(held.order, license), **note, **_by_whom(held, told)}


def _by_whom(held: OrderInHand, told: ActToTell) -> dict[str, str]:
    """The person who acted, who at an activation may be behind the marketplace's act; else the machine."""
    person = told.act.actor_id
    if person is None and told.act.name == "order.activate":
        person = next((found for each in held.licenses if (found := getattr(each, "activated_by", None)) is not None), None)
    return {"by": told.act.by_whom} if person is None else {PERSON: str(person)}


def _more_facts(kind: NoticeKind, held: OrderInHand, told: ActToTell, change: Change) -> dict[str, Any]:
    first = change.first
    if kind == ACTIVATED:
        return {"worth": _worth(first.after)}
    if kind in (UNITS_UP, UNITS_DOWN):
        return {"further": _further(change)}
    if kind == PLAN_CHANGED:
        return {"product_before": _with_product(first.before), "product_after": _with_product(first.after)}
    if kind == RENEWED and change.span_before is not None:
        known, last = without(held.facts, told.parts | told.later), change.span_before[1]
        return {"before": _worth(standing_on(last, held.licenses, known)), "last_before_on": str(last)}
    if kind == SUSPENDED:
        return {"units": in_units(first.before.units, first.before.leader.product.unit), "suspended_on": str(first.day)}
    if kind == CANCELLED:
        return {"worth": _worth(first.before), "cancelled_on": str(first.day)}
    if kind == EXTENDED and change.span_before is not None:
        return {"after": _worth(first.after), "last_before_on": str(change.span_before[1])}
    if kind == CORRECTED:
        return {"corrections": _corrections(change)}
    return {}


def _event(kind: NoticeKind, held: OrderInHand, told: ActToTell, facts: dict[str, Any], today: date) -> News:
    until = None if kind.name in LASTING else today + STANDS
    return News(held.licenses[0].company_id, kind.name, about(told.act.pk), facts, holds_until=until)


def _switched(held: OrderInHand, told: ActToTell, today: date) -> News | None:
    before = _last_term(held, told.parts | told.later, today)
    after = _last_term(held, told.later, today)
    if before is None or after is None or before[1] == after[1]:
        return None
    term, renews = after
    standing = standing_on(term.last_day, held.licenses, term.facts)
    facts = {**_common(held, told, term.leader), "after": _worth(standing), "last_on": str(term.last_day)}
    return _event(RENEWAL_ON if renews else RENEWAL_OFF, held, told, facts, today)


def _last_term(held: OrderInHand, unsaid: frozenset[UUID], today: date) -> tuple[Term, bool] | None:
    """The term that is renewed next and whether it is to be, while these acts had said nothing."""
    known = without(held.facts, unsaid)
    licenses = [each for each in held.licenses if each.pk in known]
    if not licenses:
        return None
    term = OrderInHand(held.order, licenses, known).last_term()
    return term, is_to_be_renewed(term.renews_on(today), as_bought=held.order.renews)


# --- In words


def _worth(standing: Standing) -> str:
    return worth_of(standing) if standing.runs else _("nothing")


def _with_product(standing: Standing) -> str:
    return with_product(standing) if standing.runs else _("nothing")


def _further(change: Change) -> str:
    """What else the order has on later days, as in a renewal that had other units: at most three of them, each after a space."""
    first = change.first.before.units, change.first.after.units
    others = [each for each in change.steps[1:] if (each.before.units, each.after.units) != first]
    return "".join(f" {_from_then_on(each, in_a_sentence=False)}" for each in _in_units(others)[:3])


def _corrections(change: Change) -> str:
    was, runs = change.span_before, change.span
    ends = {day for span in (was, runs) if span is not None for day in (span[0], span[1] + timedelta(days=1))}
    said = [_from_then_on(each) for each in _in_units(change.steps) if _is_in_between(each, ends)][:3]
    if was is not None and runs is not None:
        for words, one, other in (
            (_("the first day is %(day)s instead of %(before)s"), runs[0], was[0]),
            (_("the last day is %(day)s instead of %(before)s"), runs[1], was[1]),
        ):
            if one != other:
                said.append(words % {"day": in_words(one), "before": in_words(other)})
    return "; ".join(said) or _from_then_on(change.first)


def _is_in_between(step: Step, ends: set[date]) -> bool:
    """Whether a step is more than that the order begins or ends on another day."""
    return (step.before.runs and step.after.runs) or step.day not in ends


def _in_units(steps: Sequence[Step]) -> list[Step]:
    return [each for each in steps if each.before.units != each.after.units]


def _from_then_on(step: Step, *, in_a_sentence: bool = True) -> str:
    words = _("from %(day)s on %(after)s instead of %(before)s")
    if not in_a_sentence:
        words = _("From %(day)s on it has %(after)s instead of %(before)s.")
    return words % {"day": in_words(step.day), "after": _worth(step.after), "before": _worth(step.before)}
