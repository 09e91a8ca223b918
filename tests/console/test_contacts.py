"""Where a contact of the settings leads."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string

from console.contacts import address_of_contact, mailbox_of_contact

CONTACTS = {
    "support@vendor.example": ("mailto:support@vendor.example", "support@vendor.example"),
    "mailto:support@vendor.example": ("mailto:support@vendor.example", "support@vendor.example"),
    "https://vendor.example/help": ("https://vendor.example/help", ""),
    "/help/": ("/help/", ""),
    "tel:+4930123456": ("tel:+4930123456", ""),
    "": ("", ""),
}


@pytest.mark.parametrize("contact", CONTACTS)
def test_a_contact_leads_to_its_page_or_number_or_to_mail(contact: str) -> None:
    assert (address_of_contact(contact), mailbox_of_contact(contact)) == CONTACTS[contact]


def test_a_template_says_the_same() -> None:
    assert render_to_string("includes/contact_href.html", {"to": "a&b@vendor.example"}) == "mailto:a&amp;b@vendor.example"
