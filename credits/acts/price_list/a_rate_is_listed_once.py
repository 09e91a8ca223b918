"""A rate is listed once for a line and a day: another one is refused, unless the list is said to be a correction."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.errors import Refused
from credits.catalogue.files_and_rows import Catalogue
from credits.models import CreditRate, CreditRequirement
from licensing.errors import in_words


def require_rates_listed_once(
    catalogue: Catalogue, lines: dict[tuple[str, str], CreditRequirement], found: list[CreditRate]
) -> None:
    """Refuse another rate for a line and a day than the one listed last for them; `found` are in the order they were recorded."""
    listed = {(each.line_id, each.valid_from): each.credits_per_unit for each in found if each.credits_per_unit is not None}
    for row in catalogue.requirements:
        line = lines[row.feature, row.line]
        known = listed.get((line.pk, row.valid_from), row.credits_per_unit)
        if known != row.credits_per_unit:
            raise Refused(
                _(
                    "%(line)s is listed with %(known)s credits from %(day)s already, not %(stated)s. Choose a later day, or load "
                    "the list as a correction, with a reason: then what is allocated from that day on is re-priced."
                )
                % {
                    "line": line,
                    "known": f"{known.normalize():f}",
                    "stated": f"{row.credits_per_unit.normalize():f}",
                    "day": in_words(row.valid_from),
                }
            )
