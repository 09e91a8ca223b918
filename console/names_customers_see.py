"""The name that customers see in the place of who acted: no name of our staff, and of a machine its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from console.models.user import User


def person_as_shown(person: User) -> str:
    """Staff are "Support", everybody else goes by their own name."""
    return _("Support") if person.is_staff else str(person)


def machine_as_shown(label: str) -> str:
    """A machine goes by its label, as a marketplace does by its name."""
    return label or _("System")
