"""What a changed pay-as-you-go contract does to the features switched under one."""

from __future__ import annotations

from datetime import date

from console.models import ActInProgress
from credits.acts.post_demand import repost_lines
from credits.models import BillingModelChange, CreditRequirement


def repost_after_contract_change(act: ActInProgress, today: date) -> None:
    """A pay-as-you-go contract was issued or changed: bring the lines of features switched under one to what now holds."""
    switched = (
        BillingModelChange.objects.for_company(act.company).filter(model=BillingModelChange.Model.PAY_AS_YOU_GO).values("feature")
    )
    repost_lines([act], CreditRequirement.objects.filter(feature__in=switched))
