"""Loading a price list: it is stated by one act, then applied to all companies, a slice after the other."""

from __future__ import annotations

from collections.abc import Callable

from console.models import Actor, Reason
from credits.acts.price_list.load_report import LoadReport
from credits.acts.price_list.reprice import SLICE, Slice, reprice
from credits.acts.price_list.state_price_list import state_price_list
from credits.catalogue.files_and_rows import Catalogue


def load_price_list(
    catalogue: Catalogue,
    *,
    by: Actor,
    key: str,
    correction: bool = False,
    reason: Reason = "",
    label: str = "",
    companies_at_once: int = SLICE,
    tell: Callable[[Slice], None] = lambda done: None,
) -> LoadReport:
    """State a catalogue and apply it, or go on applying it; loading it again changes nothing. Support and machines only.

    As `state_price_list`, whose errors it raises. Killed at any moment and called again it comes to the same end.
    """
    report = state_price_list(catalogue, by=by, key=key, correction=correction, reason=reason, label=label)
    apply_price_list(report, by=by, companies_at_once=companies_at_once, tell=tell)
    return report


def apply_price_list(
    report: LoadReport, *, by: Actor, companies_at_once: int = SLICE, tell: Callable[[Slice], None] = lambda done: None
) -> None:
    """Re-price what is left to re-price, each slice in a transaction of its own; `tell` hears of each."""
    while (done := reprice(by=by, companies_at_once=companies_at_once)) is not None:
        report.repriced += [(str(company), change) for company, change in done.repriced]
        tell(done)
