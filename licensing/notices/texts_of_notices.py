"""The texts of notices' mails that the vendor may state instead: of all kinds together, of each kind, and of the digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy

from console.vendor.held import vendors_own
from console.vendor.mail_texts import MailText, offer

SUBJECT = "{company}: {title}"
BODY = """{company}

{title}

{sentence}

Note: {note}

What to do next:
{next_step}
{url}

Whom to ask: {contact}

You are told because of your role in {company}; notices of this kind go to: {told_to}.
Choose for each kind whether it reaches you at once, once a day or in the console only:
{choice_url}"""
"""As mail/notice.txt says it."""
EXAMPLES = {
    "company": "Aster Industries",
    "title": "Credits expires on 1 July 2027",
    "sentence": "1,000 credits of order SUB-2041 count up to and including 30 June 2027.",
    "note": "",
    "next_step": "If you still need it, renew it before that day where it was bought, or ask us for a renewal.",
    "url": "https://credits.example.com/companies/aster/notices/12/",
    "contact": "sales@example.com",
    "told_to": "owners and license administrators",
    "choice_url": "https://credits.example.com/accounts/notices/",
    "vendor": "Aster Security",
}
NOTICE = MailText(
    kind="notice",
    label=gettext_lazy("All notices"),
    subject=SUBJECT,
    body=BODY,
    examples=EXAMPLES,
    needs=frozenset({"url", "choice_url"}),
)


def values_of(context: Mapping[str, Any]) -> dict[str, str]:
    """What stands for the placeholders, of a notice in words."""
    return {**{name: str(context.get(name) or "") for name in EXAMPLES}, "vendor": vendors_own().name}


def offer_texts(*kinds: tuple[str, Any]) -> None:
    """Of each kind, by its name and label, a text of its own; that of all holds where none is stated for it."""
    offer(*(replace(NOTICE, kind=f"notice.{name}", label=label, part_of=NOTICE.kind) for name, label in kinds))


DIGEST = MailText(
    kind="digest",
    label=gettext_lazy("Daily digest"),
    subject="{companies}: {number}",
    body="{notices}\n\nYou chose to be told once a day. Choose otherwise:\n{choice_url}",
    examples={
        "companies": "Aster Industries",
        "number": "1 notice",
        "notices": "Aster Industries\n================\n\nCredits expires on 1 July 2027\n\nRenew it before that day.",
        "choice_url": EXAMPLES["choice_url"],
        "vendor": EXAMPLES["vendor"],
    },
    needs=frozenset({"notices", "choice_url"}),
)
offer(NOTICE, DIGEST)
