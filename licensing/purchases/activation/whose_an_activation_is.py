"""Whose an activation is: the first person's who signs in with it, until they hand it over."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from console.errors import Refused
from console.models import User
from licensing.models import Activation


def belongs_to(activation: Activation, person: User) -> Activation:
    """Bind an activation that a browser brought to the person who signed in with it; the first one holds."""
    Activation.objects.filter(pk=activation.pk, person=None).update(person=person)
    activation.refresh_from_db()
    return activation


def open_one(pk: UUID) -> Activation:
    row = Activation.objects.select_for_update().get(pk=pk)
    if not row.is_open:
        raise Refused(_("This activation is under way already and cannot be handed over."))
    return row
