"""What the company was told: each notice with its words, whom it reached, and its mail as it was sent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator

from console.admin.outgoing_mail import STATES
from licensing.models import Notice, NoticeDelivery
from licensing.notices.kinds import kind_of
from licensing.notices.send_again import address_of_resending
from licensing.notices.words_of_notices import with_people, words_of

ON_ONE_PAGE = 20
LONGEST_ID = 18
"""Digits of an id that the database can hold."""


@dataclass(frozen=True)
class DeliveryShown:
    """A notice on its way to a person; `text` is its mail's, empty where none is kept."""

    delivery: NoticeDelivery
    state: str
    text: str

    @property
    def resend_url(self) -> str:
        return address_of_resending(self.delivery.pk)


@dataclass(frozen=True)
class NoticeShown:
    notice: Notice
    label: str
    words: dict[str, Any]
    deliveries: tuple[DeliveryShown, ...]


def notices_shown(asked: Any) -> dict[str, Any]:
    """Four statements, however many there are. `?person=` (an id) leaves those to one person, and their deliveries."""
    company = asked.company
    deliveries = NoticeDelivery.objects.filter(company=company)
    found = Notice.objects.filter(company=company).order_by("-created_at", "-pk")
    person = asked.request.GET.get("person", "")
    person = person if person.isascii() and person.isdigit() and len(person) <= LONGEST_ID else ""
    if person:
        deliveries = deliveries.filter(user=int(person))
        found = found.filter(pk__in=deliveries.values("notice"))
    page = Paginator(found, ON_ONE_PAGE).get_page(asked.request.GET.get("page"))
    notices = list(page.object_list)
    with_people(notices)
    reached: dict[int, list[DeliveryShown]] = defaultdict(list)
    rows = deliveries.filter(notice__in=[each.pk for each in notices])
    for row in rows.select_related("user", "mail").order_by("pk"):
        text = row.mail.text if row.mail is not None and not row.mail.secret else ""
        reached[row.notice_id].append(DeliveryShown(row, str(STATES.get(row.state, row.get_channel_display())), text))
    return {
        "page": page,
        "notices": [
            NoticeShown(each, str(kind_of(each.kind).label), words_of(each, company), tuple(reached[each.pk])) for each in notices
        ],
        "person": person,
        "all_url": asked.as_of.with_(asked.request.path, tab="mail"),
        "base": asked.as_of.with_(asked.request.path, tab="mail", **({"person": person} if person else {})),
    }
