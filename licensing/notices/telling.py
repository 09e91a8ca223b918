"""Telling companies what holds for them: each thing once, to whom it concerns, in the way each of them chose.

    bring_up_to_date(companies, kinds=…, news=…, now=now)    # from jobs: resolves what no longer holds, too
    tell([News(…)], now=now)                                 # from acts: this one thing
    still_holding(notices, news, day)                        # for whoever reads them meanwhile

All set-based: so many statements however many companies, notices and people there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Q

from console.mail.queueing import queue_mails
from console.models import User, added_rows
from licensing.models import Company, CompanyTimeZone, Membership, Notice, NoticeDelivery
from licensing.notices.kinds import NoticeKind, kind_of
from licensing.notices.words_of_notices import mail_of, with_people

COMPANIES_AT_ONCE = 200


CHANNELS = {
    User.Told.AT_ONCE.value: NoticeDelivery.Channel.MAIL,
    User.Told.DIGEST.value: NoticeDelivery.Channel.DIGEST,
    User.Told.CONSOLE.value: NoticeDelivery.Channel.CONSOLE,
}


def channel_of(person: User, kind: NoticeKind) -> NoticeDelivery.Channel | None:
    """How a notice of the kind reaches a person; None where they switched it off."""
    return CHANNELS.get(person.way_of(kind.name, may_be_off=not kind.asks_for_action))


@dataclass(frozen=True)
class News:
    """Something that holds for a company. It is told once per `about`, which may end in a day: "order:12:2026-03-02".

    `told_by`, where that day can move, says whether an open notice about another day has told it already. `to_tell` is False for
    what holds too long by now to be told: an open notice of it stays open, a new one is not made. `over` is what happened and
    holds no more: it is told, and past already. `but` is the id of a person who is not told, for it was they who did it.
    """

    company_id: int
    kind: str
    about: str
    facts: dict[str, Any] = field(compare=False, default_factory=dict)
    holds_until: date | None = None
    to_tell: bool = True
    over: bool = False
    but: int | None = None
    told_by: Callable[[date], bool] | None = field(compare=False, default=None)

    @property
    def key(self) -> tuple[int, str, str]:
        return self.company_id, self.kind, self.about

    @property
    def stem(self) -> tuple[int, str, str]:
        """The key without its day."""
        return self.company_id, self.kind, self.about.rpartition(":")[0]


def companies_in_batches() -> Iterator[Sequence[Company]]:
    """All companies with their zones, by id. One statement a batch."""
    zones = CompanyTimeZone.objects.of_outer_company("pk")
    last = 0
    while batch := list(
        Company.objects.filter(pk__gt=last).annotate(zone_rows=ArraySubquery(zones)).order_by("pk")[:COMPANIES_AT_ONCE]
    ):
        yield batch
        last = batch[-1].pk


@transaction.atomic
def bring_up_to_date(
    companies: Collection[Company], *, kinds: Collection[str], news: Iterable[News], now: datetime
) -> list[Notice]:
    """Tell what is new, resolve what no longer holds, open again what holds again. Returns the new notices.

    One statement where nothing changed, at most twelve otherwise. The companies concerned are locked, by id, so that two runs
    at once tell nothing twice.
    """
    held = list(news)
    days = {company.pk: company.day_of(now) for company in companies}
    changes = _compare(days, kinds, held)
    if not changes:
        return []
    _lock(changes.companies)
    changes = _compare(days, kinds, held)
    if changes.over:
        Notice.objects.filter(pk__in=changes.over).update(resolved_at=now)
    if changes.again:
        Notice.objects.filter(pk__in=changes.again).update(resolved_at=None)
    return _write(changes.new, now)


@transaction.atomic
def tell(news: Collection[News], *, now: datetime) -> list[Notice]:
    """Tell these, unless they were told before. Returns the new notices. At most nine statements."""
    _lock({each.company_id for each in news})
    told = set(
        Notice.objects.filter(
            company__in={each.company_id for each in news}, about__in={each.about for each in news}
        ).values_list("company_id", "kind", "about")
    )
    return _write([each for each in news if each.key not in told], now)


def _lock(companies: Collection[int]) -> None:
    """As an act locks: nobody else tells these companies anything until we are done."""
    list(Company.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=companies).order_by("pk").values_list("pk"))


@dataclass
class _Changes:
    new: list[News] = field(default_factory=list)
    over: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    companies: set[int] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.companies)


def _compare(days: dict[int, date], kinds: Collection[str], held: list[News]) -> _Changes:
    """What has to change so that the open notices are those that hold. One statement."""
    rows = Notice.objects.filter(company__in=list(days), kind__in=kinds).filter(
        Q(resolved_at=None) | Q(about__in={each.about for each in held})
    )
    by_key = {(row.company_id, row.kind, row.about): row for row in rows.order_by("pk")}
    by_stem: dict[tuple[int, str, str], list[Notice]] = defaultdict(list)
    for row in by_key.values():
        if row.resolved_at is None:
            by_stem[row.company_id, row.kind, row.about.rpartition(":")[0]].append(row)
    changes, still = _Changes(), set()
    for each in held:
        told = by_key.get(each.key) or _told_already(each, by_stem[each.stem])
        if told is not None and each.over:
            continue
        if told is not None:
            still.add(told.pk)
            if told.resolved_at is not None:
                changes.again.append(told.pk)
                changes.companies.add(told.company_id)
        elif each.to_tell:
            changes.new.append(each)
            changes.companies.add(each.company_id)
    for row in by_key.values():
        if row.resolved_at is None and row.pk not in still and not _stands(row, days[row.company_id]):
            changes.over.append(row.pk)
            changes.companies.add(row.company_id)
    return changes


def not_told_yet(days: dict[int, date], kinds: Collection[str], held: Iterable[News]) -> list[News]:
    """What `bring_up_to_date` would tell. One statement."""
    return _compare(days, kinds, list(held)).new


def people_told(news: Collection[News]) -> list[tuple[News, list[User]]]:
    """Whom each would be told to, however it reaches them. One statement."""
    members = list(
        Membership.objects.filter(company__in={each.company_id for each in news}, user__is_active=True)
        .select_related("user")
        .order_by("company_id", "user_id")
    )
    return [(each, [user for user, _channel in _told_to(each, members)]) for each in news]


def _told_to(news: News, members: Collection[Membership]) -> Iterator[tuple[User, NoticeDelivery.Channel]]:
    kind = kind_of(news.kind)
    for member in members:
        if member.company_id != news.company_id or member.user_id == news.but:
            continue
        if not kind.concerns_person(member.user_id, member.roles, news.facts):
            continue
        channel = channel_of(member.user, kind)
        if channel is not None:
            yield member.user, channel


def _stands(notice: Notice, day: date) -> bool:
    """Whether it is of use for a time, which is not over."""
    return notice.holds_until is not None and day < notice.holds_until


def still_holding(notices: Collection[Notice], news: Iterable[News], day: date) -> set[int]:
    """The ids of those that hold, of one company on its day, by what there is to tell now. Free.

    So a notice can say that it holds no more before a run has noted it.
    """
    held = [each for each in news if not each.over]
    keys = {each.key for each in held}
    by_stem: dict[tuple[int, str, str], list[News]] = defaultdict(list)
    for each in held:
        by_stem[each.stem].append(each)
    found = set()
    for row in notices:
        key = row.company_id, row.kind, row.about
        stem = row.company_id, row.kind, row.about.rpartition(":")[0]
        if key in keys or _stands(row, day) or any(_told_already(each, [row]) for each in by_stem[stem]):
            found.add(row.pk)
    return found


def _told_already(news: News, open_ones: list[Notice]) -> Notice | None:
    if news.told_by is None:
        return None
    return next((row for row in open_ones if news.told_by(date.fromisoformat(row.about.rpartition(":")[2]))), None)


def _write(news: Collection[News], now: datetime) -> list[Notice]:
    """The notices, a delivery for each person concerned, and the mails. At most seven statements, none for no news."""
    if not news:
        return []
    notices = added_rows(
        (
            Notice(
                company_id=each.company_id,
                kind=each.kind,
                about=each.about,
                facts=each.facts,
                created_at=now,
                holds_until=each.holds_until,
                resolved_at=now if each.over else None,
            )
            for each in news
        ),
        known_by=("company_id", "kind", "about"),
    )
    but = {each.key: each.but for each in news}
    members = list(
        Membership.objects.filter(company__in={each.company_id for each in notices}, user__is_active=True)
        .select_related("user", "company")
        .order_by("company_id", "user_id")
    )
    with_people(notices)
    deliveries, mails = [], []
    for notice in notices:
        kind = kind_of(notice.kind)
        for member in members:
            if member.company_id != notice.company_id or not kind.concerns_person(member.user_id, member.roles, notice.facts):
                continue
            channel = channel_of(member.user, kind)
            if channel is None or member.user_id == but[notice.company_id, notice.kind, notice.about]:
                continue
            delivery = NoticeDelivery(
                company_id=notice.company_id,
                notice=notice,
                user=member.user,
                channel=channel,
                created_at=now,
            )
            deliveries.append(delivery)
            if delivery.channel == NoticeDelivery.Channel.MAIL:
                delivery.mail = mail_of(notice, member.company, member.user)
                mails.append(delivery.mail)
    queue_mails(mails)
    for delivery in deliveries:
        delivery.mail = delivery.mail  # takes the id that the mail has by now
    NoticeDelivery.objects.bulk_create(deliveries)
    return notices
