"""The companies that were found for what was typed, with their figures; read by whoever keeps the credits.

finds_companies.register(finder)      # when an app starts
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext as _

from console.admin import Table
from licensing.models import Company


@dataclass(frozen=True)
class CompanyFound:
    """A company with its credits of its own today."""

    company: Company
    valid: int
    allocated: int

    @property
    def balance(self) -> int:
        return self.valid - self.allocated


@dataclass(frozen=True)
class Found:
    """What is offered below a field, best first; `further` were found and are not among them. `chosen` is the address name of
    the one that is ticked, empty for none."""

    typed: str
    rows: tuple[CompanyFound, ...] = ()
    further: int = 0
    chosen: str = ""


class FindsCompanies(Protocol):
    """Whoever knows the credits. It writes nothing."""

    def find(self, typed: str) -> tuple[list[Company], int]:
        """The companies that have it, best first, and how many more there are. One statement and one for the companies."""

    def with_figures(self, companies: Collection[Company]) -> list[CompanyFound]:
        """In the order given. Two statements, none for none."""

    def address(self, field: str) -> str:
        """What the field asks while somebody types; the typed text goes as `field`."""


class _Registered:
    finder: FindsCompanies | None = None

    def register(self, finder: FindsCompanies) -> None:
        self.finder = finder


finds_companies = _Registered()


def offered(typed: str) -> Found:
    """What is found for a text. Where it is one company alone, that one is ticked, so that the next press goes on with it."""
    finder = finds_companies.finder
    if finder is None:
        return Found(typed)
    companies, further = finder.find(typed)
    only = companies[0].slug if len(companies) == 1 and not further else ""
    return Found(typed, tuple(finder.with_figures(companies)), further, only)


def figures_of(companies: Collection[Company]) -> list[CompanyFound]:
    """The same of companies that are known."""
    finder = finds_companies.finder
    return finder.with_figures(companies) if finder else []


def balances_today(companies: Collection[Company]) -> Table:
    """Their figures beside a form that moves credits between them. Two statements."""
    return Table(
        _("Balances today"),
        [_("Company"), _("Balance"), _("Valid"), _("Allocated")],
        [[each.company.name, each.balance, each.valid, each.allocated] for each in figures_of(companies)],
    )
