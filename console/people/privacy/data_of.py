"""All that is kept of a person, as data: every row that leads to them, but for secrets. What they are given as a file."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils import timezone

from console.company_in_hand import for_all
from console.models import User
from console.people.privacy.erase import identity_of
from console.people.privacy.parts import Held, Identity, held

SCHEMA = "allotment.person.v1"


def data_of(person: User) -> dict[str, Any]:
    """By `held()`: each part with its title, what erasing does with it, and its rows. A statement a part.

    Rows of facts name companies and other people by their ids alone, so that nobody is given the data of others.
    """
    who = identity_of(person)
    with for_all("a person's own data, each row found by their id or address"):
        parts = [
            {
                "part": str(each.title),
                "found_in": column,
                "when_you_are_erased": str(each.becomes),
                "rows": [_told(row, each) for row in _rows(each, who)],
            }
            for column, each in held().items()
        ]
    return {"schema": SCHEMA, "person": person.pk, "written_at": timezone.now(), "parts": parts}


def _rows(part: Held, who: Identity) -> QuerySet[Any]:
    label, _dot, column = part.column.rpartition(".")
    rows = apps.get_model(label)._base_manager.order_by("pk")
    if part.found_by == "id":
        return rows.filter(**{column: who.pk})
    found = Q()
    for address in who.addresses:
        found |= Q(**{f"{column}__iexact": address})
    return rows.filter(found)


def _told(row: Any, part: Held) -> dict[str, Any]:
    sealed = {each.name for each in getattr(row, "sealed_columns", ())} if getattr(row, "secret", False) else set()
    left_out = {*part.left_out, *sealed}
    return {each.attname: getattr(row, each.attname) for each in row._meta.concrete_fields if each.name not in left_out}
