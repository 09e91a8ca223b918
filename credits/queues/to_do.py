"""What stands on support's list, read for its pages: counts, the most urgent of each queue, and pages of things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from credits.models import DeskItem, DeskLook

KINDS = """
SELECT kind, (SELECT count(*) FROM credits_deskitem AS item
               WHERE ended_at IS NULL AND read_act_id IS NULL AND item.kind = wanted.kind),
       (SELECT id FROM credits_deskitem AS item
         WHERE ended_at IS NULL AND read_act_id IS NULL AND item.kind = wanted.kind ORDER BY rank, since, id LIMIT 1)
  FROM unnest(%s::text[]) AS wanted (kind)
"""


@dataclass(frozen=True)
class Queue:
    """How many things of a kind nobody has marked read, and the most urgent of them."""

    kind: DeskItem.Kind
    number: int
    first: DeskItem | None


def last_look() -> DeskLook | None:
    """As of when the list is. One statement."""
    return DeskLook.objects.first()


def queues_and_first(most: int) -> tuple[list[Queue], list[DeskItem]]:
    """All queues, and the `most` urgent things of any. Three statements, whose cost hangs on indexes."""
    with connection.cursor() as cursor:
        cursor.execute(KINDS, [[str(kind) for kind in DeskItem.Kind]])
        rows = cursor.fetchall()
    firsts = DeskItem.objects.select_related("company").in_bulk([first for *_kind, first in rows if first])
    urgent = list(_with_company(DeskItem.objects.to_do()).order_by("rank", "since", "id")[:most])
    return [Queue(DeskItem.Kind(kind), number, firsts.get(first)) for kind, number, first in rows], urgent


def things(kind: str, *, read: bool) -> QuerySet[DeskItem]:
    """Of one kind, or with "" of all: to do, the most urgent first; or what somebody has marked read, the latest first."""
    rows = DeskItem.objects.standing().exclude(read_act=None) if read else DeskItem.objects.to_do()
    rows = rows.filter(kind=kind) if kind else rows
    found = _with_company(rows)
    return found.select_related("company", "read_act__actor").order_by("-read_act__recorded_at") if read else found


def _with_company(rows: Any) -> Any:
    return rows.select_related("company").order_by("rank", "since", "id")
