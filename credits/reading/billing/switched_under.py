"""Whether a feature was switched under a pay-as-you-go contract since an instant."""

from __future__ import annotations

from datetime import datetime

from credits.models import BillingModelChange
from licensing.models import Company, Order


def switched_under(company: Company, order: Order, since: datetime) -> bool:
    """One statement."""
    changes = BillingModelChange.objects.for_company(company)
    return changes.filter(contract__company=company, contract__order=order, recorded_at__gt=since).exists()
