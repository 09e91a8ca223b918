"""The acts that an order's state leaves, in groups, the dangerous ones apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from console.admin import ReadOnlyAdmin
from console.models import User
from console.people.staff.roles import StaffRole, may
from licensing.admin import LicenseAdmin, OrderAdmin
from licensing.models import License, Order

RENEW = {"renew", "switch-renewal"}
DANGER = {"suspend", "cancel", "transfer"}
TITLES = {
    "change": gettext_lazy("Change"),
    "renew": gettext_lazy("Renew"),
    "danger": gettext_lazy("With care: credits end by these"),
}


@dataclass(frozen=True)
class Group:
    name: str
    title: str
    acts: tuple[tuple[str, str], ...]


def offered(admin: type[ReadOnlyAdmin], reader: User, row: Any, address: str) -> list[tuple[str, str, str]]:
    """(name, title, address) of each act that fits the row and that the reader may do."""
    return [
        (name, str(form.title), reverse(address, args=[row.pk, name]))
        for name, form in admin.acts.items()
        if may(reader, getattr(form, "needs", StaffRole.CUSTOMERS)) and form.fits(row)
    ]


def acts_on_order(reader: User, order: Order, *, moved: bool) -> list[Group]:
    """Groups without an act are left out. `moved`: its credits are another company's, so that no cancellation of it is undone."""
    found = offered(OrderAdmin, reader, order, "admin:licensing_order_act")
    found = [each for each in found if not (moved and each[0] == "undo-cancellation")]
    groups = []
    for name, title in TITLES.items():
        acts = tuple((text, url) for act, text, url in found if group_of(act) == name)
        if acts:
            groups.append(Group(name, str(title), acts))
    return groups


def acts_on_license(reader: User, license: License) -> list[tuple[str, str]]:
    return [(title, url) for _name, title, url in offered(LicenseAdmin, reader, license, "admin:licensing_license_act")]


def group_of(act: str) -> str:
    return "renew" if act in RENEW else "danger" if act in DANGER else "change"
