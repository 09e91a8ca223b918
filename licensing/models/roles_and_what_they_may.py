"""The roles a person may hold in a company, and what each of them may do."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from django.db import models
from django.utils.translation import gettext_lazy


class Role(models.TextChoices):
    """What a person may do in one company. Roles are held as a set."""

    VIEWER = "viewer", gettext_lazy("Viewer")
    CREDIT_MANAGER = "credit-manager", gettext_lazy("Credit manager")
    LICENSE_ADMINISTRATOR = "license-administrator", gettext_lazy("License administrator")
    OWNER = "owner", gettext_lazy("Owner")


EVERYONE = frozenset(Role)


class Permission(Enum):
    """What a person may do, with the roles that allow it."""

    SEE = EVERYONE
    ALLOCATE = frozenset({Role.CREDIT_MANAGER, Role.OWNER})
    LICENSING = frozenset({Role.LICENSE_ADMINISTRATOR, Role.OWNER})
    PEOPLE = frozenset({Role.OWNER})

    def allowed_to(self, roles: object) -> bool:
        return bool(self.value & set(roles))  # type: ignore[call-overload]


def roles_label(roles: Iterable[str]) -> str:
    """The roles in the words of the screens, the most powerful first."""
    held = set(roles)
    return ", ".join(str(role.label) for role in reversed(list(Role)) if role in held)
