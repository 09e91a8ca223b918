"""Mails to the vendor's own people: bought, activated, cancelled, a change refused. Once each, to those stated for the plan.

They name the purchase, the company and what it is of; never a person of the customer's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from console.company_in_hand import for_company
from console.mail.queueing import queue_mails
from console.models import Act, OutgoingMail
from console.vendor.held import vendors_own
from console.vendor.to_tell import EVENTS, addresses_for
from licensing.models import LicenseStatement, MarketplaceEvent, Order, Subscription, VendorTold
from licensing.rules.units_in_words import in_units


@dataclass(frozen=True)
class Happened:
    """One purchase to which something happened, in words. `plan` is "azure/offer/plan", empty for what no marketplace sold."""

    reference: str
    what: str
    plan: str
    company: str
    page: str
    more: str = ""


@transaction.atomic
def tell_vendors_people(event: str, about: str, now: datetime) -> list[OutgoingMail]:
    """Queue the mails about it, unless that was done. At most eight statements."""
    told = VendorTold(event=event, about=about, told_at=now)
    if VendorTold.objects.filter(event=event, about=about).exists():
        return []
    mails = []
    for each in _happened(event, about):
        mails += [
            OutgoingMail(to=to, subject=_subject(event, each), text=_text(event, each), purpose=OutgoingMail.Purpose.VENDOR)
            for to in addresses_for(event, each.plan)
        ]
    told.save(force_insert=True)  # twice at once: one of the two ends here, and finds it done when it is tried again
    return queue_mails(mails)


def mail_to_try(to: str) -> OutgoingMail:
    """Queue a mail that says nothing but that mail arrives. Two statements."""
    own = vendors_own()
    subject = _("%(vendor)s: a test mail") % {"vendor": own.name}
    text = _("This is a test. Mails of %(address)s reach this address.") % {"address": settings.CONSOLE_URL}
    return queue_mails([OutgoingMail(to=to, subject=subject, text=f"{text}\n", purpose=OutgoingMail.Purpose.VENDOR)])[0]


def _subject(event: str, of: Happened) -> str:
    return _("%(event)s: %(what)s, %(reference)s") % {"event": EVENTS[event], "what": of.what, "reference": of.reference}


def _text(event: str, of: Happened) -> str:
    lines = [
        str(EVENTS[event]),
        "",
        _("Purchase: %(reference)s") % {"reference": of.reference},
        _("What: %(what)s") % {"what": of.what},
        _("Offer and plan: %(plan)s") % {"plan": of.plan} if of.plan else "",
        _("Company: %(company)s") % {"company": of.company} if of.company else _("Company: none yet, it is not activated"),
        of.more,
        "",
        settings.CONSOLE_URL + of.page,
    ]
    return "\n".join(line for number, line in enumerate(lines) if line or number in (1, 7)) + "\n"


def _happened(event: str, about: str) -> Iterator[Happened]:
    if event == "bought":
        for bought in Subscription.objects.filter(pk=int(about)):
            yield _of_purchase(bought)
    elif event == "refused":
        for told in MarketplaceEvent.objects.filter(pk=int(about), subscription__isnull=False).select_related("subscription"):
            purchase = told.subscription
            assert purchase is not None
            wanted = _("plan %(plan)s") % {"plan": told.plan_id} if told.units is None else str(told.units)
            order = Order.objects.filter(pk=purchase.order_id or 0).select_related("company").first()
            name = str(order.company) if order is not None and order.company is not None else ""
            yield _of_purchase(purchase, company=name, more=_("Asked for: %(wanted)s") % {"wanted": wanted})
    else:
        act = Act.objects.filter(pk=UUID(about)).first()
        if act is not None and act.company_id is not None:
            yield from _of_act(act)


def _of_purchase(purchase: Subscription, *, company: str = "", more: str = "") -> Happened:
    units = "" if purchase.units is None else f", {purchase.units}"
    return Happened(
        reference=purchase.external_id,
        what=f"{purchase.plan_id or purchase.offer_id}{units}",
        plan=f"{purchase.channel}/{purchase.offer_id}/{purchase.plan_id}",
        company=company,
        page=_page_of(purchase.order_id)
        if purchase.order_id
        else reverse("admin:licensing_subscription_change", args=[purchase.pk]),
        more=more,
    )


def _page_of(order: int) -> str:
    """Where support works on an order."""
    return reverse("desk:order", args=[order])


def _of_act(act: Act) -> Iterator[Happened]:
    """One for each order that the act said something of: one, but for a transfer."""
    assert act.company_id is not None
    with for_company(act.company_id):
        said = LicenseStatement.objects.filter(company=act.company_id, act=act).values_list("license__order", flat=True)
        ids = set(said)
    for order in Order.objects.filter(pk__in=ids).select_related("product", "company").order_by("pk"):
        sold = Subscription.objects.filter(order=order).first()
        yield Happened(
            reference=order.number,
            what=f"{order.product.name}, {in_units(order.units, order.product.unit)}",
            plan=f"{sold.channel}/{sold.offer_id}/{sold.plan_id}" if sold is not None else "",
            company=str(order.company or ""),
            page=_page_of(order.pk),
        )
