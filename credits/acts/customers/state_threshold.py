"""Act: state from how many allocated credits on a service provider is told of a customer."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor
from credits.acts.days_that_may_be_stated import LATEST_PLAN_MONTHS
from credits.models import ThresholdStatement
from licensing.access import require
from licensing.errors import TooFarAhead, in_words
from licensing.models import Company, Permission
from licensing.rules.calendar_arithmetic import add_months
from licensing.rules.units_times_rate import MAX_UNITS


@as_act
def state_threshold(
    company: Company,
    *,
    customer: Company,
    kind: str,
    today: date,
    by: Actor,
    key: str,
    credits: int | None = None,
    on: date | None = None,
) -> ThresholdStatement:
    """A threshold of `customer`, one that `company` looks after and that is open to it, from `on` or from `today` on.

    It replaces what was stated for later days. `today` is the customer's, whose own days its figures are held against it by.
    Nothing changes for the customer. Refused beside `customer`, `kind`, `credits` or `on`.
    """
    require(by, company, Permission.CUSTOMERS)
    on = on or today
    stated = {"customer": customer, "kind": kind, "credits": credits, "on": on}
    act = Act.begin("customer.threshold", scope=company, key=key, by=by, stated=stated)
    if act.done:
        return ThresholdStatement.objects.for_company(company).get(pk=act.result["statement"])
    if not Company.objects.filter(pk=customer.pk, parent=company, closed_to_provider=False).exists():
        raise Refused(_("This company is none of your customers, or it is closed to you."), field="customer")
    if kind not in ThresholdStatement.Kind.values:
        raise Refused(_("Choose none, so many credits, or the average of three months."), field="kind")
    is_manual = kind == ThresholdStatement.Kind.MANUAL
    if is_manual and (credits is None or not 0 <= credits <= MAX_UNITS):
        raise Refused(_("Say from how many credits on, in whole credits from 0."), field="credits")
    if on < today:
        words = _("A threshold holds from today or a later day. Today is %(today)s.")
        raise Refused(words % {"today": in_words(today)}, field="on")
    if on > (latest := add_months(today, LATEST_PLAN_MONTHS)):
        raise TooFarAhead(latest)
    row = ThresholdStatement.objects.create(
        company=company,
        customer=customer,
        kind=kind,
        credits=credits if is_manual else None,
        effective_on=on,
        act_id=act.id,
        recorded_at=act.recorded_at,
    )
    act.finish(statement=row.pk, customer=customer.pk)
    return row
