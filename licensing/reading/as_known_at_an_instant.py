"""As known at an instant: a reading that can never change later, for which acts under way are waited for.

No question is answered about an instant in the future.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from console.database_roles.looking_only import recorded_meanwhile
from licensing.models import Company


def hold_still(company: Company, known_at: datetime) -> None:
    """Make sure that what was known at `known_at` can no longer change: wait for acts under way. One statement.

    A price list that is being loaded is waited for too. Call it inside a transaction and read in a further statement. Raises
    ValueError for an instant in the future. The clock is read before the locks are had; whoever has them next reads a later one.
    """
    still = """
        SELECT clock_timestamp(), pg_advisory_xact_lock_shared(hashtextextended('catalogue', 0))
          FROM licensing_company WHERE id = %s FOR SHARE
    """  # the locks of `Act.begin`, shared, in the order in which a price list is applied
    with recorded_meanwhile(), connection.cursor() as cursor:  # a lock is no look, though it writes nothing
        cursor.execute(still, [company.pk])
        clock, _locked = cursor.fetchone()
    if known_at > clock:
        raise ValueError("What will be known in the future cannot be shown.")
