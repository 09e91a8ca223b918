"""What a member of staff may do: look, act on customers, act on marketplaces, manage staff."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy

from console.models import User


class StaffRole(models.TextChoices):
    """Every member of staff looks; the others are given one by one. Each act of support says which it needs."""

    LOOKS = "looks", gettext_lazy("Looks only")
    CUSTOMERS = "customers", gettext_lazy("Acts on customers")
    MARKETPLACES = "marketplaces", gettext_lazy("Acts on marketplaces")
    STAFF = "staff", gettext_lazy("Manages staff")


def may(person: User, role: StaffRole) -> bool:
    """Whether the person is staff and may do what `role` says. Customers may nothing here."""
    if not (person.is_active and person.is_staff):
        return False
    if role == StaffRole.LOOKS or person.is_superuser:
        return True
    model = {StaffRole.CUSTOMERS: "licensing.change_company", StaffRole.MARKETPLACES: "licensing.change_subscription"}.get(role)
    return model is not None and person.has_perm(model)
