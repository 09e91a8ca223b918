"""Shares of a whole: of what is valid, and those that are rounded together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from django.utils.translation import gettext as _

from console.templatetags.formats import credits as written
from credits.models import Feature, Offering
from credits.reading.explanations.demand_entries import demand_entries
from credits.reading.explanations.explanation import Explanation, Group, Posted, ShareStep, Step
from credits.reading.explanations.supply_entries import supply_entries, up_to
from credits.rules.rounded_shares import share
from licensing.models import Company


def share_of_valid(company: Company, on: date, known_at: datetime | None) -> Explanation:
    """Where nothing is valid there is no percentage, and the sentence says so."""
    valid = _total(up_to(supply_entries(company, known_at=known_at), on))
    taken = _total(up_to(demand_entries(company, known_at=known_at), on))
    value = share(taken, valid)
    figure, title = "allocated-share-of-valid", _("Allocated share of valid credits")
    steps = (
        Step(_("Allocated credits"), taken, figure="allocated-credits"),
        Step(_("Total valid credits"), valid, figure="total-valid-credits"),
    )
    if value is None:
        nothing = _("There is no share: no credits are valid on this day, and of nothing there is no percentage.")
        return Explanation(figure, title, None, nothing, check="none", steps=steps)
    exact = Fraction(taken * 100, valid)
    return Explanation(
        figure,
        title,
        value,
        _("is %(allocated)s allocated of %(valid)s valid credits, in percent, rounded to one decimal, half up.")
        % {"allocated": written(taken), "valid": written(valid)},
        check="quotient",
        percent=True,
        steps=steps,
        not_in_it=_("Before rounding: %(exact)s %%.") % {"exact": f"{float(exact):,.5f}"},
    )


def offering_share(slug: str, company: Company, on: date, known_at: datetime | None) -> Explanation | None:
    """The share of an offering in the legend: all of its shares are rounded together."""
    return _rounded_together(f"offering-share.{slug}", "offering", slug, company, on, known_at)


def feature_share(slug: str, company: Company, on: date, known_at: datetime | None) -> Explanation | None:
    """The share of a feature in the details of what is allocated."""
    return _rounded_together(f"feature-share.{slug}", "feature", slug, company, on, known_at)


def _rounded_together(
    figure: str, kind: str, slug: str, company: Company, on: date, known_at: datetime | None
) -> Explanation | None:
    amounts: dict[str, int] = defaultdict(int)
    units: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    heads: dict[str, Group] = {}
    for each in up_to(demand_entries(company, known_at=known_at), on):
        group, entry = each.group, each.entry
        key = group.parent if kind == "offering" else group.key
        amounts[key] += int(entry.change)
        units[key][group.key, entry.line_slug] = entry.units or 0
        heads[key] = replace(group, name=group.note) if kind == "offering" else group
    if kind == "offering":
        rows = sorted((key for key in amounts if amounts[key]), key=lambda key: (-amounts[key], heads[key].slot))
    else:
        held = [key for key, of_lines in units.items() if any(of_lines.values())]
        rows = sorted(held, key=lambda key: (heads[key].slot, heads[key].name))
    whole = sum(amounts[key] for key in rows)
    if slug not in rows or not whole:
        return _no_share(figure, kind, slug, whole)
    shares = largest_remainder([(key, heads[key].name, heads[key].slot, amounts[key]) for key in rows], slug)
    own = next(each for each in shares if each.asked)
    return Explanation(
        figure,
        _("Share of %(name)s") % {"name": own.name},
        own.share,
        _(
            "is %(credits)s of %(whole)s allocated credits, in percent. All shares are rounded together so that they make 100.0:"
            " cut down to one decimal, and what is missing, %(missing)s times 0.1, goes to the largest remainders."
        )
        % {
            "credits": written(own.credits),
            "whole": written(whole),
            "missing": sum(each.gains for each in shares),
        },
        check="remainder",
        percent=True,
        shares=shares,
        steps=(
            Step(own.name, own.credits, figure=figure.replace("-share.", "-credits.")),
            Step(_("Allocated credits"), whole, figure="allocated-credits"),
        ),
    )


def _no_share(figure: str, kind: str, slug: str, whole: int) -> Explanation | None:
    """What exists but has no part in what is allocated on the day. One statement more; None for what does not exist."""
    model: type[Feature] | type[Offering] = Offering if kind == "offering" else Feature
    name = model._default_manager.filter(slug=slug).values_list("name", flat=True).first()
    if name is None:
        return None
    return Explanation(
        figure,
        _("Share of %(name)s") % {"name": name},
        None,
        _("There is no share: on this day %(name)s takes nothing of %(whole)s allocated credits.")
        % {"name": name, "whole": written(whole)},
        check="none",
        steps=(Step(_("Allocated credits"), whole, figure="allocated-credits"),),
    )


def largest_remainder(rows: list[tuple[str, str, int, int]], asked: str) -> tuple[ShareStep, ...]:
    """(key, name, slot, amount) -> the steps to a share of one decimal; of equal remainders the earlier row gains."""
    whole = sum(row[3] for row in rows)
    exact = [Fraction(row[3] * 100, whole) for row in rows]
    missing = 1000 - sum(int(each * 10) for each in exact)
    by_remainder = sorted(range(len(rows)), key=lambda index: (int(exact[index] * 10) - exact[index] * 10, index))
    gaining = set(by_remainder[:missing])
    return tuple(
        ShareStep(key, name, slot, amount, exact[index], index in gaining, key == asked)
        for index, (key, name, slot, amount) in enumerate(rows)
    )


def _total(posted: Iterable[Posted]) -> int:
    return sum(int(each.entry.change) for each in posted)
