"""The overview of an estimate: a header and rows, for a spreadsheet and for the mail to sales."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import StringIO

from django.utils.translation import gettext as _

from credits.pages.solutions.worked_out import WorkedOut

Cell = str | int | Decimal | None


def overview(found: WorkedOut) -> tuple[list[str], list[list[Cell]]]:
    """Header and rows: a row per line, then the sums, which stand in the column of the credits."""
    header = [_("Solution"), _("Feature"), _("Tier"), _("Unit"), _("Units"), _("Credits per unit"), _("Credits")]
    rows: list[list[Cell]] = [
        [
            each.feature.offering_name,
            each.feature.name,
            each.line.label,
            each.line.unit,
            each.units,
            each.line.rate,
            each.credits,
        ]
        for each in found.lines
    ]
    estimate = found.estimate
    sums = [(_("Credits for one year"), estimate.total)]
    if found.asked.from_today:
        sums += [(_("Allocated already"), -estimate.allocated), (_("Required"), estimate.required)]
    if found.asked.purchase:
        sums += [(_("Current balance"), estimate.balance), (_("Recommended purchase"), estimate.recommended_purchase)]
    for label, credits in sums:
        rows.append([label, None, None, None, None, None, credits])
    return header, rows


FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Numbers stay numbers; a text that a spreadsheet would take for a formula is marked as text."""
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(header)
    for row in rows:
        writer.writerow([_as_text(each) if isinstance(each, str) else each for each in row])
    return written.getvalue()


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell
