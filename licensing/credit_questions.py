"""What licensing has to ask of whoever keeps the credits, without knowing who that is.

The credits app registers its answers when it starts. Without it a reduction is never covered by a free balance, and nobody
is told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from console.models import ActInProgress
from licensing.models.company import Company

FreeBalance = Callable[[Company, date], int]
ContractChanged = Callable[[ActInProgress, date], None]

_free_balance: list[FreeBalance] = []
_contract_changed: list[ContractChanged] = []


def answer_free_balance_with(function: FreeBalance) -> None:
    """Register what answers `free_balance`; the last registration holds."""
    _free_balance[:] = [function]


def tell_about_contracts(function: ContractChanged) -> None:
    """Register what is called, inside the act, after a pay-as-you-go contract changed; the last registration holds."""
    _contract_changed[:] = [function]


def free_balance(company: Company, on: date) -> int:
    """Valid minus allocated credits on a day; what is planned for later is not considered."""
    return _free_balance[0](company, on) if _free_balance else 0


def contract_changed(act: ActInProgress, today: date) -> None:
    """A license of a pay-as-you-go contract was issued or changed by `act`."""
    for function in _contract_changed:
        function(act, today)
