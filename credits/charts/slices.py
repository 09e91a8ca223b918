"""Which offerings are slices of the ring, and which are gathered in one: the same for SVG and plotly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from credits.reading.annual_credits import LegendRow

LARGEST_SLICES = 8
OTHER = "other"


@dataclass(frozen=True)
class Slice:
    """`offerings` are the slugs it stands for; `slot` is 0 for the rest."""

    slug: str
    name: str
    slot: int
    credits: int
    share: Decimal
    offerings: tuple[str, ...]


def slices_of(legend: Sequence[LegendRow]) -> list[Slice]:
    """Up to eight slices, the largest first; of more offerings the smallest are one."""
    shown = legend if len(legend) <= LARGEST_SLICES else legend[: LARGEST_SLICES - 1]
    tail = legend[len(shown) :]
    slices = [Slice(row.slug, row.name, row.slot, row.credits, row.share, (row.slug,)) for row in shown]
    if tail:
        name = _("Other (%(number)s)") % {"number": len(tail)}
        credits, share = sum(row.credits for row in tail), sum((row.share for row in tail), Decimal(0))
        slices.append(Slice(OTHER, name, 0, credits, share, tuple(row.slug for row in tail)))
    return slices
