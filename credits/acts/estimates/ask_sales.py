"""Act: a person of a company asks sales about an estimate. Kept with what it said, and sent as a mail with its overview."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.mail.attached import with_spreadsheet
from console.mail.queueing import queue_mail
from console.models import Act, Actor, OutgoingMail
from console.vendor.held import vendors_own
from licensing.access import require
from licensing.errors import in_words
from licensing.models import Company, Permission


def mailbox_of_sales() -> str:
    """The address of mail to sales; empty where sales is reached in another way."""
    contact = vendors_own().sales.removeprefix("mailto:")
    return contact if "@" in contact and "/" not in contact else ""


@as_act
def ask_sales(company: Company, *, page: str, day: date, overview: str, words: str, by: Actor, key: str) -> None:
    """Send sales the overview of an estimate of a day, the address of its page, and the person's words, which may be none.

    Raises Refused where nothing is estimated, or where sales has no mailbox.
    """
    require(by, company, Permission.SEE)
    act = Act.begin(
        "sales.ask", scope=company, key=key, by=by, stated={"page": page, "day": day, "overview": overview, "words": words}
    )
    if act.done:
        return
    if not overview.strip():
        raise Refused(_("Nothing is estimated yet. Enter units first."))
    mailbox = mailbox_of_sales()
    if not mailbox:
        raise Refused(_("Sales cannot be written to from here."))
    sender = _("From: %(name)s, %(email)s") % {"name": by.user, "email": by.user.email} if by.user else by.label
    lines = [
        sender,
        _("Company: %(name)s (%(slug)s)") % {"name": company.name, "slug": company.slug},
        _("Estimate: %(address)s") % {"address": settings.CONSOLE_URL + page},
        _("Rates of: %(day)s") % {"day": day},
    ]
    said = f"\n\n{words.strip()}" if words.strip() else ""
    text = "\n".join(lines) + said + "\n\n" + _("The overview is attached as a spreadsheet.") + "\n"
    queue_mail(
        to=mailbox,
        subject=_("%(company)s asks about an estimate of %(day)s") % {"company": company.name, "day": in_words(day)},
        text=with_spreadsheet(text, name=f"estimate-{company.slug}-{day}.csv", rows=overview),
        purpose=OutgoingMail.Purpose.REPORT,
    )
    act.finish(page=page, day=str(day), overview=overview, words=words)
