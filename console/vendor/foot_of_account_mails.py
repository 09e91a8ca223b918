"""What stands below every mail about an account: whose console it is, and whom to ask."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from console.vendor.held import vendors_own
from console.vendor.mail_texts import MailText, offer, written

FOOT = MailText(
    kind="account",
    label=gettext_lazy("Below mails about an account"),
    subject="",
    body="{vendor}, {host}\nWhom to ask: {contact}",
    examples={"vendor": "Aster Security", "host": "credits.example.com", "contact": "support@example.com"},
)
offer(FOOT)


def words_of_the_vendor(host: str) -> dict[str, Any]:
    """For the templates of mails about an account: the vendor's name, the contact, and the foot that it states itself, if any."""
    own = vendors_own()
    values = {"vendor": own.name, "host": host, "contact": own.support}
    foot = written([FOOT.kind], "body", values) or ""
    return {"support_contact": own.support, "vendor_name": own.name, "own_foot": foot}
