"""What licensing has to ask of whoever keeps the credits, without knowing who that is.

The credits app registers its answers when it starts. Without it a reduction is never covered by a free balance, and nobody
is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from console.models import ActInProgress
from licensing.models.company import Company

FreeBalances = Callable[[Mapping[int, date]], dict[int, int]]
ContractChanged = Callable[[ActInProgress, date], None]

_free_balances: list[FreeBalances] = []
_contract_changed: list[ContractChanged] = []


def answer_free_balances_with(function: FreeBalances) -> None:
    """Register what answers `free_balances`; the last registration holds."""
    _free_balances[:] = [function]


def tell_about_contracts(function: ContractChanged) -> None:
    """Register what is called, inside the act, after a pay-as-you-go contract changed; the last registration holds."""
    _contract_changed[:] = [function]


def free_balances(days: Mapping[int, date]) -> dict[int, int]:
    """Valid minus allocated credits of companies, by their ids, each on its own day. One statement, however many there are."""
    return _free_balances[0](days) if _free_balances else dict.fromkeys(days, 0)


def free_balance(company: Company, on: date) -> int:
    """Valid minus allocated credits on a day; what is planned for later is not considered."""
    return free_balances({company.pk: on})[company.pk]


def contract_changed(act: ActInProgress, today: date) -> None:
    """A license of a pay-as-you-go contract was issued or changed by `act`."""
    for function in _contract_changed:
        function(act, today)
