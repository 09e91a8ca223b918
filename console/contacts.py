"""Where a contact of the settings leads: a page, an address of mail, or a number to call."""

from __future__ import annotations

import re

CONTACT = re.compile(r"(https?://[^\s/]+\S*|tel:\S+|(mailto:)?[^@\s]+@[^@\s]+\.[^@\s]+)")
"""What a contact may be: a page, a number, an address of mail."""
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def address_of_contact(contact: str) -> str:
    """What a link to it has: a page and whatever names its scheme as they are, else mail; empty for none."""
    return contact if not contact or "/" in contact or SCHEME.match(contact) else f"mailto:{contact}"


def mailbox_of_contact(contact: str) -> str:
    """The address that mail to it is sent to; empty where it is reached in another way."""
    address = address_of_contact(contact)
    mailbox = address.removeprefix("mailto:")
    return mailbox if mailbox != address and "@" in mailbox else ""
