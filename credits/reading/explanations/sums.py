"""Figures that are sums of entries, and the balance, which is the difference of two: each read anew, by its own statement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.templatetags.formats import credits as written
from console.templatetags.formats import signed
from credits.models import Offering
from credits.reading.explanations.demand_entries import demand_entries
from credits.reading.explanations.explanation import Explanation, Group, Posted, Step, in_groups, total_of
from credits.reading.explanations.supply_entries import supply_entries, up_to
from licensing.errors import in_words
from licensing.models import Company

SUPPLY = {
    "total-valid-credits": None,
    "purchased-credits": False,
    "converted-credits": True,
}
"""Figure -> whether it is of converted licenses; None of all."""


def supply_figure(figure: str, company: Company, on: date, known_at: datetime | None) -> Explanation:
    wanted = SUPPLY[figure]
    posted = supply_entries(company, known_at=known_at, of=lambda converted: wanted is None or converted == wanted)
    groups = in_groups(up_to(posted, on))
    titles = {
        "total-valid-credits": _("Total valid credits"),
        "purchased-credits": _("Purchased credits"),
        "converted-credits": _("Credits of converted licenses"),
    }
    counting = sum(1 for each in groups if each.total)
    what = ngettext("what %(number)s license counts", "what %(number)s licenses count", counting) % {"number": counting}
    return Explanation(
        figure, titles[figure], total_of(groups), _sentence(what, groups), groups=groups, not_in_it=_later(posted, on)
    )


def allocated(company: Company, on: date, known_at: datetime | None) -> Explanation:
    posted = demand_entries(company, known_at=known_at)
    groups = in_groups(up_to(posted, on))
    return Explanation(
        "allocated-credits",
        _("Allocated credits"),
        total_of(groups),
        _sentence(_holds(groups), groups),
        groups=groups,
        not_in_it=_later(posted, on),
    )


def offering_credits(slug: str, company: Company, on: date, known_at: datetime | None) -> Explanation | None:
    """0 where nothing of it is allocated yet, which costs a statement more; None for an offering that there is not."""
    posted = demand_entries(company, known_at=known_at, offering=slug)
    groups = in_groups(up_to(posted, on))
    name = groups[0].note if groups else Offering.objects.filter(slug=slug).values_list("name", flat=True).first()
    if name is None:
        return None
    return Explanation(
        f"offering-credits.{slug}",
        _("Credits of %(name)s") % {"name": name},
        total_of(groups),
        _sentence(_holds(groups), groups),
        groups=groups,
        not_in_it=_later(posted, on),
    )


def feature_credits(slug: str, name: str, company: Company, on: date, known_at: datetime | None) -> Explanation:
    """A feature that exists may have no entry at all: its credits are 0. Of several lines each has a group of its own."""
    posted = demand_entries(company, known_at=known_at, feature=slug)
    lines = {each.entry.line_slug for each in posted}
    if len(lines) > 1:
        posted = [replace(each, group=_group_of_line(each)) for each in posted]
    groups = in_groups(up_to(posted, on))
    sentence = _sentence(_("what its units take"), groups)
    return Explanation(
        f"feature-credits.{slug}",
        _("Credits of %(name)s") % {"name": name},
        total_of(groups),
        sentence,
        groups=groups,
        not_in_it=_later(posted, on),
    )


def _group_of_line(posted: Posted) -> Group:
    return replace(posted.group, kind="line", key=f"{posted.group.key}.{posted.entry.line_slug}", name=posted.entry.line)


def balance(company: Company, on: date, known_at: datetime | None) -> Explanation:
    """Both sides, entry by entry: what is allocated takes from the balance."""
    supply, demand = supply_entries(company, known_at=known_at), demand_entries(company, known_at=known_at)
    valid, taken = in_groups(up_to(supply, on)), in_groups(up_to(demand, on))
    both = sorted(
        [*up_to(supply, on), *(_negative(each) for each in up_to(demand, on))],
        key=lambda each: (each.entry.day, each.entry.recorded_at),
    )
    return Explanation(
        "current-balance",
        _("Current balance"),
        total_of(valid) - total_of(taken),
        _("is %(valid)s valid less %(allocated)s allocated credits.")
        % {"valid": written(total_of(valid)), "allocated": written(total_of(taken))},
        groups=in_groups(both),
        steps=(
            Step(_("Total valid credits"), total_of(valid), figure="total-valid-credits"),
            Step(_("less allocated credits"), -total_of(taken), figure="allocated-credits"),
        ),
        not_in_it=_later([*supply, *(_negative(each) for each in demand)], on),
    )


def _negative(posted: Posted) -> Posted:
    return replace(posted, entry=replace(posted.entry, change=-posted.entry.change))


def _holds(groups: tuple[Group, ...]) -> str:
    features = [each for each in groups if each.total]
    offerings = len({each.note for each in features})
    return _("what %(features)s in %(offerings)s hold") % {
        "features": ngettext("%(number)s feature", "%(number)s features", len(features)) % {"number": len(features)},
        "offerings": ngettext("%(number)s offering", "%(number)s offerings", offerings) % {"number": offerings},
    }


def _sentence(what: str, groups: tuple[Group, ...]) -> str:
    entries = [each for group in groups for each in group.entries]
    if not entries:
        return _("because nothing is recorded that holds on this day.")
    days = sorted(each.day for each in entries)
    number = ngettext("%(number)s entry", "%(number)s entries", len(entries)) % {"number": len(entries)}
    period = (
        _("of %(day)s") % {"day": in_words(days[0])}
        if days[0] == days[-1]
        else _("from %(first)s to %(last)s") % {"first": in_words(days[0]), "last": in_words(days[-1])}
    )
    return _("is %(what)s: the sum of %(entries)s %(period)s.") % {"what": what, "entries": number, "period": period}


def _later(posted: list[Posted], on: date) -> str:
    """What holds only after the day."""
    later = [each.entry for each in posted if each.entry.day > on]
    if not later:
        return ""
    first = min(each.day for each in later)
    change: int | Decimal = sum(each.change for each in later if each.day == first)
    if all(each.day == first for each in later):
        return _("What comes later is not in it: %(change)s on %(day)s.") % {
            "change": signed(int(change)),
            "day": in_words(first),
        }
    said = {"number": len(later), "change": signed(int(change)), "day": in_words(first)}
    if not change:  # as where a term ends and is renewed
        return _("What comes later is not in it: %(number)s entries, the next on %(day)s.") % said
    return _("What comes later is not in it: %(number)s entries, the next %(change)s on %(day)s.") % said
