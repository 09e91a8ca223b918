"""The daily digest: for those who chose it, one mail a day with all that was told since the last one, a section per company.

It leaves at 08:00 of the person's earliest company: of their companies' zones the one where it is 08:00 first. A job looks every
quarter of an hour; a day that was missed comes with the next.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.company_in_hand import for_all
from console.mail.queueing import queue_mails
from console.models import OutgoingMail, User
from console.names import in_order_of_names
from console.vendor.held import vendors_own
from console.vendor.mail_texts import written
from licensing.models import Company, CompanyTimeZone, Membership, Notice, NoticeDelivery
from licensing.notices.kinds import kind_of
from licensing.notices.texts_of_notices import DIGEST
from licensing.notices.words_of_notices import absolute, with_people, words_of
from licensing.rules.zones.company_day import zone_at

LEAVES_AT = time(8)
DIGESTS_AT_ONCE = 500
WAITING = {"channel": NoticeDelivery.Channel.DIGEST, "mail": None, "notice__resolved_at": None}
"""Deliveries that the next digest takes along: what is no longer true waits until it is true again."""


def last_departure(companies: list[Company], now: datetime) -> datetime:
    """The latest 08:00 not after `now` in the earliest of the companies' zones."""
    found = []
    for zone in {ZoneInfo(zone_at(company.zone_spans, now)) for company in companies}:
        today = now.astimezone(zone).date()
        days = (today, today - timedelta(days=1))
        departures = [datetime.combine(day, LEAVES_AT, zone).astimezone(UTC) for day in days]
        found.append((now.astimezone(zone).utcoffset(), next(each for each in departures if each <= now)))
    return max(found)[1]


@for_all("a digest tells of all of a person's companies, for all people")
def send_digests(now: datetime) -> list[OutgoingMail]:
    """Queue the digests that are due. At most nine statements however many, two where nobody waits; so many people at once."""
    people = list(NoticeDelivery.objects.filter(**WAITING).order_by("user").values_list("user", flat=True).distinct())
    mails: list[OutgoingMail] = []
    for first in range(0, len(people), DIGESTS_AT_ONCE):
        mails += _send_to(people[first : first + DIGESTS_AT_ONCE], now)
    return mails


@transaction.atomic
def _send_to(people: list[int], now: datetime) -> list[OutgoingMail]:
    users = list(User.objects.select_for_update(no_key=True).filter(pk__in=people, is_active=True).order_by("pk"))
    waiting: dict[int, list[NoticeDelivery]] = defaultdict(list)
    for delivery in (
        NoticeDelivery.objects.filter(user__in=users, **WAITING)
        .select_related("notice", "company")
        .order_by("notice__created_at", "notice_id")
    ):
        waiting[delivery.user_id].append(delivery)
    with_people([each.notice for deliveries in waiting.values() for each in deliveries])
    companies: dict[int, list[Company]] = defaultdict(list)
    roles: dict[tuple[int, int], list[str]] = {}
    members = list(Membership.objects.filter(user__in=users).select_related("company"))
    _give_zones([member.company for member in members])
    for member in members:
        companies[member.user_id].append(member.company)
        roles[member.user_id, member.company_id] = member.roles
    mails, sent = [], []
    for user in users:
        if not companies[user.pk]:
            continue
        until = last_departure(companies[user.pk], now)
        # Who has lost a role meanwhile is no longer told what it was told.
        due = [
            each
            for each in waiting[user.pk]
            if each.created_at < until and _concerns(each.notice, roles.get((user.pk, each.company_id), []))
        ]
        if due:
            mail = _mail_of(user, due)
            mails.append(mail)
            sent += [(each, mail) for each in due]
    queue_mails(mails)
    for delivery, mail in sent:
        delivery.mail = mail
    NoticeDelivery.objects.bulk_update([delivery for delivery, _mail in sent], ["mail"])
    return mails


def _concerns(notice: Notice, roles: list[str]) -> bool:
    return kind_of(notice.kind).concerns(roles, notice.facts)


def _give_zones(companies: list[Company]) -> None:
    """Read the zones of all of them at once. One statement."""
    found: dict[int, list[dict[str, str]]] = {company.pk: [] for company in companies}
    for row in CompanyTimeZone.objects.filter(company__in=list(found)).order_by("id"):
        found[row.company_id].append({"at": row.effective_at.isoformat(), "zone": row.time_zone})
    for company in companies:
        company.__dict__["zone_rows"] = found[company.pk]


def _mail_of(user: User, due: list[NoticeDelivery]) -> OutgoingMail:
    sections: dict[str, list[dict]] = defaultdict(list)
    for delivery in sorted(due, key=lambda each: in_order_of_names(each.company.name)):
        sections[delivery.company.name].append(words_of(delivery.notice, delivery.company))
    number = ngettext("%(number)s notice", "%(number)s notices", len(due)) % {"number": len(due)}
    names = ", ".join(sections)
    told = [{"company": name, "rule": "=" * len(name), "notices": notices} for name, notices in sections.items()]
    context = {
        "notices": render_to_string("mail/digest_sections.txt", {"sections": told}).strip(),
        "choice_url": absolute(reverse("account_notices")),
    }
    values = {**context, "companies": names, "number": number, "vendor": vendors_own().name}
    subject = _("%(companies)s: %(number)s") % {"companies": names, "number": number}
    text = written([DIGEST.kind], "body", values) or render_to_string("mail/digest.txt", context).strip()
    return OutgoingMail(
        to=user.email,
        subject=written([DIGEST.kind], "subject", values) or subject,
        text=text + "\n",
        purpose=OutgoingMail.Purpose.DIGEST,
    )
