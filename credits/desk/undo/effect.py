"""What an undo would do: it is run and rolled back, and the figures of each company before and after are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from console.company_in_hand import for_company
from console.errors import DomainError
from console.models.act import acts_on_trial
from credits.reading.totals_on_day import Totals, totals_on
from licensing.models import Company


@dataclass(frozen=True)
class EffectOnCompany:
    company: Company
    day: date
    before: Totals
    after: Totals

    @property
    def balance_before(self) -> int:
        return self.before.valid - self.before.allocated

    @property
    def balance_after(self) -> int:
        return self.after.valid - self.after.allocated


class _NothingIsKept(Exception):
    pass


def effect_of(run: Callable[[], object], companies: Iterable[tuple[Company, date]]) -> tuple[list[EffectOnCompany], str]:
    """(the figures of each company on its day, why it would be refused). Two statements a company, and the act; nothing stays."""
    concerned = list(companies)
    before = _totals(concerned)
    after, refused = before, ""
    try:
        with acts_on_trial(), transaction.atomic():
            run()
            after = _totals(concerned)
            raise _NothingIsKept
    except _NothingIsKept:
        pass
    except DomainError as error:
        refused = str(error)
    rows = zip(concerned, before, after, strict=True)
    return [EffectOnCompany(company, day, was, now) for (company, day), was, now in rows], refused


def _totals(companies: list[tuple[Company, date]]) -> list[Totals]:
    found = []
    for company, day in companies:
        with for_company(company):
            found.append(totals_on(company, day))
    return found
