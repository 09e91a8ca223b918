"""Act: a person of a company tells support that a figure looks wrong. Kept with its facts, and sent as a mail."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.contacts import mailbox_of_contact
from console.errors import Refused
from console.mail.queueing import queue_mail
from console.models import Act, Actor, OutgoingMail, Why
from console.vendor.held import vendors_own
from licensing.access import require
from licensing.errors import in_words
from licensing.models import Company, Permission, ViewPurpose


def mailbox_of_support() -> str:
    """The address of mail to support; empty where support is reached in another way."""
    return mailbox_of_contact(vendors_own().support)


def facts_in_words(company: Company, *, page: str, day: date, seen_at: datetime, figure: str) -> str:
    """What support needs to see the same figures: a line each."""
    return "\n".join(
        [
            _("Company: %(name)s (%(slug)s)") % {"name": company.name, "slug": company.slug},
            _("Page: %(address)s") % {"address": settings.CONSOLE_URL + page},
            _("Day shown: %(day)s") % {"day": day},
            _("Figures of: %(instant)s") % {"instant": seen_at.isoformat(timespec="seconds")},
            _("Which figure: %(figure)s") % {"figure": figure or _("not said")},
        ]
    )


def case_number_of(report: UUID) -> str:
    """Under which support keeps a report: "R-3F2A91BC", from the id of its act."""
    return f"R-{report.hex[:8].upper()}"


def address_of_view(company: Company, *, page: str, day: date, seen_at: datetime, case: str) -> str:
    """Where support opens the page as the customer saw it: the form of a view, filled in."""
    known = seen_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    query = {"page": page, "on": str(day), "known": known, "purpose": ViewPurpose.REPORT, "case": case}
    return reverse("desk:view-as", args=[company.slug], query=query)


@as_act
def report_figure(
    company: Company, *, page: str, day: date, seen_at: datetime, figure: str, words: str, by: Actor, key: str
) -> None:
    """Send support, as a case, the address of a page of the company, day and instant of its figures, and the person’s words.

    Raises Refused where nothing is said, or where support has no mailbox.
    """
    require(by, company, Permission.SEE)
    facts = {"page": page, "day": day, "seen_at": seen_at, "figure": figure, "words": words}
    act = Act.begin("figure.report", scope=company, key=key, by=by, stated=facts)
    if act.done:
        return
    if not words.strip():
        raise Refused(_("Say what looks wrong."), field="words")
    mailbox = mailbox_of_support()
    if not mailbox:
        raise Refused(_("Support cannot be written to from here."))
    act.why = Why("", "", case_number_of(act.id))
    view = settings.CONSOLE_URL + address_of_view(company, page=page, day=day, seen_at=seen_at, case=act.why.case)
    said = facts_in_words(company, page=page, day=day, seen_at=seen_at, figure=figure)
    sender = _("From: %(name)s, %(email)s") % {"name": by.user, "email": by.user.email} if by.user else by.label
    queue_mail(
        to=mailbox,
        subject=_("%(company)s: a figure of %(day)s is questioned") % {"company": company.name, "day": in_words(day)},
        text="\n".join(
            [
                _("Case: %(number)s") % {"number": act.why.case},
                sender,
                said,
                _("Open what the customer saw: %(address)s") % {"address": view},
                "",
                words,
                "",
            ]
        ),
        purpose=OutgoingMail.Purpose.REPORT,
    )
    act.finish(page=page, day=str(day), seen_at=seen_at.isoformat(), figure=figure, words=words)
