"""What a member of staff may do, for pages and acts: the roles, and the question."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.models import User
from console.models.user import GIVEN, StaffRole

__all__ = ["GIVEN", "StaffRole", "may", "may_by_model", "roles_in_words"]

OF_MARKETPLACES = {
    "activation",
    "connectionnote",
    "difference",
    "marketplaceevent",
    "marketplaceplan",
    "reconciliation",
    "subscription",
}
"""Models whose acts change what marketplaces and we say of each other."""


def may(person: User, role: StaffRole) -> bool:
    """Whether the person is staff and may do what `role` says. Customers may nothing here."""
    return person.may(role)


def may_by_model(person: User, permission: str) -> bool:
    """Django's question, such as "licensing.change_order": what the catalogue of rows asks of every model."""
    action, __, model = permission.partition(".")[2].partition("_")
    if action == "view":
        return person.may(StaffRole.LOOKS)
    return person.may(StaffRole.MARKETPLACES if model in OF_MARKETPLACES else StaffRole.CUSTOMERS)


def roles_in_words(person: User) -> str:
    if not person.is_staff:
        return _("Not staff")
    if person.is_superuser:
        return _("Superuser: may do everything")
    return ", ".join(str(role.label) for role in GIVEN if role in person.staff_roles) or str(StaffRole.LOOKS.label)
