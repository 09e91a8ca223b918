"""What people do with notices: read them, and open one.

What is due by the calendar is found by `licensing.notices.due_of_licenses`, once an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import BigIntegerField, OuterRef, Subquery, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from console.errors import NotAllowed
from console.models import User
from licensing.models import Company, Notice, NoticeDelivery
from licensing.notices.kinds import NoticeKind, kind_of, kinds_for, why_told
from licensing.notices.sources import no_longer_true
from licensing.notices.ways_on import Way
from licensing.notices.words_of_notices import with_people, words_of

SHOWN_AT_MOST = 200


@dataclass(frozen=True)
class NoticeRow:
    """A notice as its page shows it to one person."""

    id: int
    kind: NoticeKind
    title: str
    sentence: str
    note: str
    """What somebody wrote for the customer to read; often nothing."""
    next_step: str
    path: str
    ways: list[Way]
    created_at: datetime
    told_on: date
    unread: bool
    over: bool
    """Whether it is no longer true."""
    resolved_on: date | None
    """The company's day on which that was noted; None where it was not noted yet."""


def notices_for(company: Company, user: User, roles: list[str], *, at_most: int | None = SHOWN_AT_MOST) -> list[NoticeRow]:
    """What the company was told that concerns these roles, the newest first, and what of it holds no more by now.

    One statement; one more where a notice names a person, and at most four where one may have ended since the last run.
    """
    mine = NoticeDelivery.objects.filter(company=company, notice=OuterRef("pk"), user=user, act=None, read_at=None)
    rows = list(
        Notice.objects.for_company(company)
        .filter(kind__in=kinds_for(roles))
        .annotate(unread=Subquery(mine.values("pk")[:1]))
        .order_by("-created_at", "-pk")[:at_most]
    )
    return _rows([each for each in rows if kind_of(each.kind).concerns_person(user.pk, roles, each.facts)], company)


def notice_for(company: Company, number: int, user: User, roles: list[str]) -> NoticeRow | None:
    """One notice, and whether it holds now; None where there is none. As many statements as for all of them.

    Raises NotAllowed where it does not concern the person with these roles.
    """
    found = list(
        Notice.objects.for_company(company).filter(pk=number).annotate(unread=Value(None, output_field=BigIntegerField()))
    )
    for each in found:
        kind = kind_of(each.kind)
        if not kind.concerns_person(user.pk, roles, each.facts):
            raise NotAllowed(_("Notices of this kind go to: %(roles)s.") % {"roles": why_told(kind, each.facts)})
    return next(iter(_rows(found, company)), None)


def _rows(notices: list[Any], company: Company) -> list[NoticeRow]:
    with_people(notices)
    over = no_longer_true(company, notices, timezone.now())
    return [_row(each, company, over=each.pk in over) for each in notices]


def _row(notice: Any, company: Company, *, over: bool) -> NoticeRow:
    words = words_of(notice, company)
    return NoticeRow(
        id=notice.pk,
        kind=kind_of(notice.kind),
        title=words["title"],
        sentence=words["sentence"],
        note=words["note"],
        next_step=words["next_step"],
        path=words["page"],
        ways=words["ways"],
        created_at=notice.created_at,
        told_on=company.day_of(notice.created_at),
        unread=notice.unread is not None and not over,
        over=over,
        resolved_on=company.day_of(notice.resolved_at) if notice.resolved_at and notice.resolved_at > notice.created_at else None,
    )


def unread_notices(membership: Any) -> int | None:
    """How many notices the member has not read, None where no role of theirs is told of any. Free, from `memberships_of`."""
    kinds = kinds_for(membership.roles)
    if not kinds:
        return None
    return sum(row["number"] for row in membership.unread_rows if row["kind"] in kinds)


def mark_read(company: Company, user: User, *, up_to: int | None = None, only: int | None = None) -> int:
    """Note that a person has seen the company's notices: up to the last one they were shown, or `only` one. One statement.

    Not an act: it changes nothing of the company's, and nobody else sees it. Returns how many were unread.
    """
    unread = NoticeDelivery.objects.filter(company=company, user=user, act=None, read_at=None)
    if up_to is not None:
        unread = unread.filter(notice_id__lte=up_to)
    if only is not None:
        unread = unread.filter(notice_id=only)
    return unread.update(read_at=timezone.now())
