"""Acts of support on what is their own, and acts that take others back or bring many at once, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.people.staff.roles import GIVEN, StaffRole
from credits.desk.sentences.act_to_tell import ActToTell
from credits.desk.sentences.told import Name, Words
from licensing.reading.entries_in_words import withdrawn_in_words


def add_staff(told: ActToTell) -> Words:
    return told.says(_("%(who)s added %(person)s to the staff"), _roles(told), person=told.person())


def set_staff_roles(told: ActToTell) -> Words:
    if not told.result.get("staff", True):
        return told.says(_("%(who)s took %(person)s off the staff"), person=told.person())
    return told.says(_("%(who)s set what %(person)s may do"), _roles(told), person=told.person())


def _roles(told: ActToTell) -> str:
    held = told.result.get("roles", [])
    return ", ".join(str(role.label) for role in GIVEN if role.value in held) or str(StaffRole.LOOKS.label)


def undo_of_an_order(told: ActToTell) -> Words:
    if told.undone is None:
        return told.undid(withdrawn_in_words(told.act), otherwise=_("%(who)s undid %(change)s of an order"))
    return told.undid(told.of_supply(), otherwise="")


def undo_case(told: ActToTell) -> Words:
    case = told.act.scope.partition(":")[2]
    return told.says(_("%(who)s undid case %(case)s"), case=Name(case))


def read_thing(told: ActToTell) -> Words:
    return told.says(_("%(who)s marked something to do as read"))


def state_vendor(told: ActToTell) -> Words:
    return told.says(_("%(who)s changed what the vendor calls its own"))


def import_rows(told: ActToTell) -> Words:
    number = int(told.result.get("rows") or told.result.get("lines") or 0)
    rows = ngettext("%(number)s line", "%(number)s lines", number) % {"number": f"{number:,}"} if number else ""
    return told.says(_("%(who)s imported from a file"), rows)


SENTENCES = {
    "staff.add": add_staff,
    "staff.set-roles": set_staff_roles,
    "order.undo": undo_of_an_order,
    "case.undo": undo_case,
    "desk.read": read_thing,
    "vendor.state": state_vendor,
    "import.rows": import_rows,
}
