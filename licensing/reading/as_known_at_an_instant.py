"""As known at an instant: a reading that can never change later, for which acts under way are waited for.

No question is answered about an instant in the future.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from licensing.models import Company


def hold_still(company: Company, known_at: datetime) -> None:
    """Make sure that what was known at `known_at` can no longer change: wait for acts under way. One statement.

    Call it inside a transaction and read in a further statement. Raises ValueError for an instant in the future. The clock may be
    read before the row is had: whoever has it afterwards reads a later one still.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() FROM licensing_company WHERE id = %s FOR SHARE", [company.pk])
        (clock,) = cursor.fetchone()
    if known_at > clock:
        raise ValueError("What will be known in the future cannot be shown.")
