"""Where one goes from a notice: links derived from what it is about when it is read, so that old rows have them too. Free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.contacts import address_of_contact
from licensing.notices.kinds import ALLOCATIONS, ASK, BALANCE, BUY, NoticeKind

PAGE_LABELS = {
    "licensing:license": gettext_lazy("View the license"),
    "licensing:license-information": gettext_lazy("View licenses"),
    "credits:request": gettext_lazy("See the request"),
    "credits:approvals": gettext_lazy("See the approvals"),
    "credits:annual-credits": gettext_lazy("View annual credits"),
    "credits:customers": gettext_lazy("View your customers"),
}


@dataclass(frozen=True)
class Way:
    """A link of a notice; `outside` where it leaves the console."""

    label: str
    url: str
    outside: bool = False


def ways_on(kind: NoticeKind, slug: str, facts: Mapping[str, Any]) -> list[Way]:
    """The page that the notice is about, then what its kind names, where that is not on the same page.

    Left out is what nobody has set up, a contact for instance. The first one leads to its page in any case.
    """
    credits = reverse("credits:annual-credits", args=[slug])
    named = {
        BALANCE: Way(_("Check the balance"), credits),
        ALLOCATIONS: Way(_("Lower allocations"), f"{credits}#features"),
        BUY: Way(_("Buy credits"), settings.MARKETPLACE_URL, outside=True),
        ASK: Way(_("Ask us"), address_of_contact(kind.whom_to_ask), outside=True),
    }
    page = Way(str(PAGE_LABELS.get(kind.page, _("Details"))), kind.url(slug, facts))
    found = [named[each] for each in kind.ways]
    on_its_page = any(each.url.partition("#")[0] == page.url for each in found)
    return [each for each in ([] if on_its_page else [page]) + found if each.url]
