"""Writing what became of an invitation or a request: under the lock of its company, which every act on one takes."""

from __future__ import annotations

from typing import Any

from licensing.models import Company, Invitation, JoinRequest, RoleRequest


def change_row(company: Company, row: Invitation | JoinRequest | RoleRequest, **values: Any) -> None:
    """These columns have these values from here on, in the row and in the object. One statement."""
    type(row).objects.for_company(company).filter(pk=row.pk).update(**values)
    for name, value in values.items():
        setattr(row, name, value)
