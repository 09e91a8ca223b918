"""Who recorded an entry, and why, as customers read it: the columns of an act that every statement here reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from console.models import User
from console.names_customers_see import machine_as_shown, person_as_shown

COLUMNS = """act.name, act.actor_kind, act.actor_label, act.note_for_customer, act.note, person.name, person.email,
       person.is_staff, entry.recorded_at"""
JOINS = """JOIN console_act AS act ON act.company_id = %(company)s AND act.id = entry.act_id
  LEFT JOIN console_user AS person ON person.id = act.actor_id"""
NUMBER = 9
"""How many columns these are."""


@dataclass(frozen=True)
class WhoAndWhy:
    """`note` is the customer's, empty without one."""

    act: str
    by: str
    note: str
    recorded_at: datetime


def who_and_why(columns: tuple[Any, ...]) -> WhoAndWhy:
    act, kind, label, note, unlabelled, name, email, is_staff, recorded_at = columns
    person = User(name=name, email=email, is_staff=is_staff) if email is not None else None
    by = person_as_shown(person) if kind == "person" and person is not None else machine_as_shown(label)
    # Typed without a label, it is shown only where customers alone could type it: see `Act.note_shown`.
    own = act == "allocation.set" and person is not None and not is_staff
    return WhoAndWhy(act, by, note or (unlabelled if own else ""), recorded_at)


def approved_by(by: str, name: str | None, email: str | None, is_staff: bool | None) -> str:
    """Who acted, and who had asked for it where it was an approval: the person of these columns. Empty ones are nobody."""
    if email is None:
        return by
    asked_by = person_as_shown(User(name=name or "", email=email, is_staff=bool(is_staff)))
    return _("%(by)s, asked for by %(asked_by)s") % {"by": by, "asked_by": asked_by}
