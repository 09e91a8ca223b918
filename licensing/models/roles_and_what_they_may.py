"""The roles a person may hold in a company, and what each of them may do."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from django.db import models
from django.utils.translation import gettext_lazy


class Role(models.TextChoices):
    """What a person may do in one company. Roles are held as a set."""

    VIEWER = "viewer", gettext_lazy("Viewer")
    PROVIDER_VIEWER = "provider-viewer", gettext_lazy("Provider viewer")
    CREDIT_MANAGER = "credit-manager", gettext_lazy("Credit manager")
    LICENSE_ADMINISTRATOR = "license-administrator", gettext_lazy("License administrator")
    OWNER = "owner", gettext_lazy("Owner")


EVERYONE = frozenset(Role)

GIVEN_BY_OWNERS = (Role.VIEWER, Role.CREDIT_MANAGER, Role.LICENSE_ADMINISTRATOR, Role.OWNER)
"""What an owner chooses from for a person, and what members ask an owner for: the last of them may most.

A service provider's owners give the role of a provider viewer on a page of its own, and members ask for it beside these.
"""

WHAT_THEY_MAY = {
    Role.VIEWER: gettext_lazy("Sees credits, licenses, requirements and explanations; changes nothing."),
    Role.PROVIDER_VIEWER: gettext_lazy("Sees the companies that this one looks after, as a viewer there; changes nothing."),
    Role.CREDIT_MANAGER: gettext_lazy("Sets and plans allocations, and chooses billing models."),
    Role.LICENSE_ADMINISTRATOR: gettext_lazy("Activates and registers licenses, and reveals codes."),
    Role.OWNER: gettext_lazy("Allocates, activates and reveals codes; invites people, gives roles and removes people."),
}
"""Each role in a sentence, for who has to choose one."""


class Permission(Enum):
    """What a person may do, with the roles that allow it."""

    SEE = EVERYONE
    ALLOCATE = frozenset({Role.CREDIT_MANAGER, Role.OWNER})
    LICENSING = frozenset({Role.LICENSE_ADMINISTRATOR, Role.OWNER})
    PEOPLE = frozenset({Role.OWNER})
    CUSTOMERS = frozenset({Role.PROVIDER_VIEWER})
    """Of a service provider: see the companies that it looks after, one level down, and never to act in them."""

    def allowed_to(self, roles: object) -> bool:
        return bool(self.value & set(roles))  # type: ignore[call-overload]


def roles_label(roles: Iterable[str]) -> str:
    """The roles in the words of the screens, the most powerful first."""
    held = set(roles)
    return ", ".join(str(role.label) for role in reversed(list(Role)) if role in held)
