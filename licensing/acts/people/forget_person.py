"""What erasing a person does with invitations, and with what they asked of companies; what is kept of it names an id alone."""

from __future__ import annotations

from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy

from console.people.privacy.of_the_console import KEPT
from console.people.privacy.parts import Identity, forgets, holds
from licensing.models import Invitation, JoinRequest, RoleRequest

WORDS_EMPTIED = gettext_lazy("their words emptied")


def register() -> None:
    """Once, when all applications are there."""
    invited = gettext_lazy("Invitations to this address")
    hidden = ("link", "words")
    holds("licensing.Invitation.email", invited, gettext_lazy("withdrawn"), left_out=(*hidden, "invited_by"), found_by="address")
    holds("licensing.Invitation.accepted_by", gettext_lazy("Accepted invitations"), KEPT, left_out=(*hidden, "invited_by"))
    holds(
        "licensing.Invitation.invited_by",
        gettext_lazy("Invitations sent"),
        WORDS_EMPTIED,
        left_out=("link", "email", "accepted_by"),
    )
    holds("licensing.RoleRequest.person", gettext_lazy("Roles asked for"), WORDS_EMPTIED, left_out=("decided_by", "answer"))
    holds("licensing.RoleRequest.decided_by", gettext_lazy("Role requests decided"), WORDS_EMPTIED, left_out=("person", "words"))
    holds("licensing.JoinRequest.person", gettext_lazy("Companies asked to join"), gettext_lazy("deleted while they are open"))
    holds("licensing.ProviderLook.person", gettext_lazy("Customers’ pages seen"), KEPT)
    forgets.append(_forget)


def _forget(who: Identity) -> None:
    sent_to = Invitation.objects.open().annotate(to=Lower("email")).filter(to__in=who.addresses)
    sent_to.update(withdrawn_at=timezone.now(), email="", words="")
    Invitation.objects.filter(invited_by=who.pk).update(words="")
    RoleRequest.objects.filter(person=who.pk).update(words="")
    RoleRequest.objects.filter(decided_by=who.pk).update(answer="")
    JoinRequest.objects.filter(person=who.pk, decided_at=None).delete()
