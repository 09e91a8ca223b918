"""Where a purchase and ours differ: what a look found, and support's list of what still does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from licensing.models import Difference, Subscription

Kind = Difference.Kind


@dataclass(frozen=True)
class Found:
    """One difference, in words, and why it stays if it does."""

    kind: str
    theirs: str
    ours: str
    problem: str = ""

    @property
    def mended(self) -> bool:
        return not self.problem

    def __str__(self) -> str:
        change = _("%(what)s: %(ours)s → %(theirs)s") % {"what": Kind(self.kind).label, "ours": self.ours, "theirs": self.theirs}
        return f"{change} {self.problem}".strip()


def keep_list(row: Subscription, found: list[Found], *, passed_over: Collection[str] = ()) -> None:
    """Write what still differs onto support's list, and close what no longer does, but for kinds that were not compared."""
    now = timezone.now()
    standing = [each for each in found if not each.mended]
    stay = {each.kind for each in standing} | set(passed_over)
    Difference.objects.filter(**_of(row), mended_at=None).exclude(kind__in=stay).update(mended_at=now, seen_at=now)
    for each in standing:
        what = {**_said(row, each), "problem": each.problem, "seen_at": now}
        Difference.objects.update_or_create(
            **_of(row), kind=each.kind, mended_at=None, defaults=what, create_defaults={**what, "found_at": now}
        )


def note_mended(row: Subscription, found: list[Found]) -> int:
    """Write down what a comparison found and mended, for support to see that something was missed. How many there were."""
    now = timezone.now()
    rows = [
        Difference(**_of(row), **_said(row, each), kind=each.kind, found_at=now, seen_at=now, mended_at=now)
        for each in found
        if each.mended
    ]
    return len(Difference.objects.bulk_create(rows))


def _of(row: Subscription) -> dict[str, Any]:
    return {"channel": row.channel, "external_id": row.external_id}


def _said(row: Subscription, found: Found) -> dict[str, Any]:
    return {"subscription": row, "theirs": found.theirs[:200], "ours": found.ours[:200]}
