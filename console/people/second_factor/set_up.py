"""Whether people have set up a second factor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from console.models import User
from console.people.sessions.begin_and_end import FACTORS


def has_factor(request: HttpRequest) -> bool:
    """Whether who signed in has one. Free, but for one statement in the request in which a session gets its row."""
    row: Any = getattr(request, "sign_in", None)
    known: bool | None = getattr(row, "has_factor", None)
    if known is None:
        known = Authenticator.objects.filter(user=request.user.pk, type__in=FACTORS).exists()
        if row is not None:
            row.has_factor = known
    return known


def factor_of(person: str) -> Exists:
    """For a statement: whether the person that the outer row names so has one."""
    return Exists(Authenticator.objects.filter(user=OuterRef(person), type__in=FACTORS))


def people_without(ids: Iterable[int]) -> list[User]:
    """Those of the active people who have none, by address. One statement."""
    people = User.objects.filter(pk__in=list(ids), is_active=True).annotate(has_factor=factor_of("pk"))
    return list(people.filter(has_factor=False).order_by("email"))
