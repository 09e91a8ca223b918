"""Whether a company waits for a price list that is being applied, as part of statements that read its credits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

AWAITED = """credits_pricelistrun
 WHERE under_way AND through < %(company)s AND coalesce(last, %(company)s) >= %(company)s"""
"""What to select from: the run whose turn for the company has not come, or nothing."""


@dataclass(frozen=True)
class ListAwaited:
    """A price list that is being applied, to `done` of `companies` so far; this company's turn has not come."""

    since: datetime
    done: int
    companies: int
