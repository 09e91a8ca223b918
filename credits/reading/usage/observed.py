"""What was observed to be in use: of lines by day, up to a day and as known at an instant."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

from credits.models import UnitsInUse
from credits.rules.units_in_use import Observed
from licensing.models import Company


def observed_of_lines(
    company: Company, *, until: date, known_at: datetime | None = None, feature: int | None = None
) -> dict[int, list[Observed]]:
    """line id -> its observations by day, one for each day, the last recorded; of one feature, or of all. One statement."""
    rows = UnitsInUse.objects.for_company(company).known_at(known_at).filter(observed_on__lte=until)
    if feature is not None:
        rows = rows.filter(feature=feature)
    found: dict[int, list[Observed]] = defaultdict(list)
    for row in rows.latest_of_each_day():
        found[row.line_id].append(row.said)
    return found
