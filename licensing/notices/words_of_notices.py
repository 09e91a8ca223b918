"""Notices in words: for a mail, a digest, a page; with the names of people looked up."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from console.models import OutgoingMail, User
from console.names_customers_see import person_as_shown
from console.vendor.mail_texts import written
from licensing.models import Company, Notice
from licensing.notices.kinds import NOTE, kind_of, why_told
from licensing.notices.texts_of_notices import NOTICE, values_of
from licensing.notices.ways_on import ways_on

PERSON = "by_person"
"""The fact that names a person by their id: names are read where they are shown, so that an erased one is gone everywhere."""


def with_people(notices: Collection[Notice]) -> None:
    """Give the notices the names of the people in their facts, as customers see them. One statement; none for nobody."""
    asked = {each.facts[PERSON] for each in notices if PERSON in each.facts}
    people = {str(each.pk): each for each in User.objects.filter(pk__in=asked)} if asked else {}
    for notice in notices:
        person = people.get(notice.facts.get(PERSON, ""))
        by = {} if person is None else {"by": person_as_shown(person)}
        notice.__dict__["facts_and_names"] = {**notice.facts, **by}


def mail_of(notice: Notice, company: Company, user: User) -> OutgoingMail:
    """The notice as a mail to one person, not yet queued."""
    context = {**words_of(notice, company), "company": company, "choice_url": absolute(reverse("account_notices"))}
    kinds = [f"notice.{notice.kind}", NOTICE.kind]
    values = values_of(context)
    subject = _("%(company)s: %(title)s") % {"company": company, "title": context["title"]}
    text = written(kinds, "body", values) or render_to_string("mail/notice.txt", context).strip()
    return OutgoingMail(
        to=user.email,
        subject=written(kinds, "subject", values) or subject,
        text=text + "\n",
        purpose=OutgoingMail.Purpose.NOTICE,
    )


def words_of(notice: Notice, company: Company) -> dict[str, Any]:
    """What a notice says: for its mail, a digest's section and its row in the console. Free after `with_people`.

    `page` is where one looks or acts, `ways` are links there and further on; `url`, for mails, leads to `page` too, unless the
    notice holds no more by then.
    """
    kind = kind_of(notice.kind)
    if "facts_and_names" not in notice.__dict__:
        with_people([notice])
    return {
        "title": kind.title_of(notice.facts),
        "sentence": kind.sentence_of(notice.__dict__["facts_and_names"]),
        "note": notice.facts.get(NOTE, ""),
        "next_step": kind.next_step,
        "page": kind.url(company.slug, notice.facts),
        "ways": ways_on(kind, company.slug, notice.facts),
        "url": absolute(reverse("licensing:notice", args=[company.slug, notice.pk])),
        "contact": kind.whom_to_ask,
        "told_to": why_told(kind, notice.facts),
    }


def absolute(path: str) -> str:
    """The address under which people open a page of the console."""
    return settings.CONSOLE_URL + path
