"""The last acts, each as a sentence: who did what to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.models import Act, User
from licensing.models import Company

DID = {
    "activation.begin": gettext_lazy("began an activation"),
    "activation.resume": gettext_lazy("set an activation going again"),
    "allocation.set": gettext_lazy("set an allocation"),
    "allocation.set-many": gettext_lazy("set several allocations"),
    "allocation.undo": gettext_lazy("took an allocation back"),
    "allocation.withdraw": gettext_lazy("withdrew a plan"),
    "billing.switch": gettext_lazy("switched a billing model"),
    "catalogue.load": gettext_lazy("loaded a price list"),
    "code.copy": gettext_lazy("copied an activation code"),
    "code.issue": gettext_lazy("issued an activation code"),
    "code.reveal": gettext_lazy("revealed an activation code"),
    "code.withdraw": gettext_lazy("withdrew an activation code"),
    "company.register": gettext_lazy("registered a company"),
    "company.register-own": gettext_lazy("registered their company"),
    "company.roles": gettext_lazy("changed a person’s roles"),
    "company.time-zone": gettext_lazy("stated a time zone"),
    "desk.read": gettext_lazy("marked something to do as read"),
    "difference.read": gettext_lazy("marked a difference as read"),
    "event.read": gettext_lazy("marked a notification as read"),
    "figure.report": gettext_lazy("questioned a figure"),
    "license.correct": gettext_lazy("corrected a license"),
    "license.extend": gettext_lazy("extended a term"),
    "notice.resend": gettext_lazy("sent a notice again"),
    "order.activate": gettext_lazy("activated an order"),
    "order.cancel": gettext_lazy("cancelled an order"),
    "order.carry-use": gettext_lazy("carried the choice of use over to an order"),
    "order.change-plan": gettext_lazy("changed the plan of an order"),
    "order.choose-use": gettext_lazy("chose how converted seats are used"),
    "order.issue": gettext_lazy("issued an order"),
    "order.reduce": gettext_lazy("reduced an order"),
    "order.reinstate": gettext_lazy("reinstated an order"),
    "order.renew": gettext_lazy("renewed an order"),
    "order.suspend": gettext_lazy("suspended an order"),
    "order.switch-renewal": gettext_lazy("switched a renewal"),
    "order.top-up": gettext_lazy("topped an order up"),
    "order.transfer": gettext_lazy("transferred an order"),
    "order.undo-cancellation": gettext_lazy("undid a cancellation"),
    "order.units": gettext_lazy("changed the units of an order"),
    "person.choose-notices": gettext_lazy("chose their notices"),
    "person.end-sessions": gettext_lazy("ended sessions of a person"),
    "price-list.apply": gettext_lazy("applied a price list"),
    "sales.ask": gettext_lazy("asked sales about an estimate"),
    "scenario.apply": gettext_lazy("applied a scenario"),
    "scenario.drop": gettext_lazy("dropped a scenario"),
    "scenario.keep": gettext_lazy("kept a scenario"),
}
"""Name of an act -> what it did."""
SHOWN = 6


@dataclass(frozen=True)
class Lately:
    """ "You" "topped an order up", "Aster Foods", at that instant, of that case."""

    who: str
    initials: str
    did: str
    company: str
    at: datetime
    case: str
    act: str


def lately(person: User) -> list[Lately]:
    """The last acts of anybody. Two statements."""
    acts = list(Act.objects.select_related("actor").order_by("-recorded_at")[:SHOWN])
    companies = Company.objects.in_bulk({each.company_id for each in acts if each.company_id})
    found = []
    for each in acts:
        company = companies.get(each.company_id) if each.company_id else None
        name = str(each.actor) if each.actor else each.actor_label or _("The system")
        found.append(
            Lately(
                who=_("You") if each.actor_id == person.pk else name,
                initials="".join(word[0] for word in name.split()[:2]).upper(),
                did=str(DID.get(each.name, _("did something"))),
                company=company.name if company else "",
                at=each.recorded_at,
                case=each.case_number,
                act=str(each.pk),
            )
        )
    return found
