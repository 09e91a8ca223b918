"""What the console itself keeps of a person, and how it is forgotten."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from console.models import OutgoingMail, SignIn
from console.people.attempts import passwords as attempts
from console.people.privacy.parts import Identity, forgets, holds, mentions

KEPT = gettext_lazy("kept, by the id alone")
KEPT_WITH_WORDS = gettext_lazy("kept, by the id alone, with its notes and reasons: they explain the figures")
DELETED = gettext_lazy("deleted")


def register() -> None:
    """Once, when all applications are there."""
    holds("console.User.id", gettext_lazy("Account"), gettext_lazy("name and address replaced"), left_out=("password",))
    holds("console.Act.actor", gettext_lazy("What was done, with units asked for"), KEPT_WITH_WORDS, left_out=("digest", "key"))
    holds("console.Export.person", gettext_lazy("Exported tables"), KEPT)
    holds(
        "console.SignIn.person", gettext_lazy("Sign-ins"), gettext_lazy("kept, without address and device"), left_out=("session",)
    )
    holds("console.OutgoingMail.to", gettext_lazy("Mails"), gettext_lazy("emptied"), found_by="address")
    holds("account.EmailAddress.user", gettext_lazy("Confirmed addresses"), DELETED)
    holds("mfa.Authenticator.user", gettext_lazy("Second factors and passkeys"), DELETED, left_out=("data",))
    holds("socialaccount.SocialAccount.user", gettext_lazy("Accounts at identity providers"), DELETED)
    holds("admin.LogEntry.user", gettext_lazy("Changes in the admin"), KEPT)
    mentions("admin.LogEntry", "object_repr")
    mentions("console.OutgoingMail", "subject", "text", "problem")
    forgets.append(_forget)


def _forget(who: Identity) -> None:
    EmailAddress.objects.filter(user=who.pk).delete()
    for factor in Authenticator.objects.filter(user=who.pk):  # one by one: each leaves its line in the log
        factor.delete()
    SocialAccount.objects.filter(user=who.pk).delete()
    SignIn.objects.filter(person=who.pk).update(address="", device="", session="")
    _forget_mail(who)
    _forget_tries(who)


def _forget_mail(who: Identity) -> None:
    """Theirs is emptied, and given up where it waits; what was sent to others and names them is emptied too: it is a copy."""
    theirs = Q()
    for address in who.addresses:
        theirs |= Q(to__iexact=address)
    mails = OutgoingMail.objects.filter(theirs)
    mails.waiting().update(given_up_at=timezone.now())
    mails.update(to="", subject="", text="", problem="")
    sent = OutgoingMail.objects.exclude(given_up_at=None, sent_at=None)
    sent.filter(Q(subject__iregex=who.pattern) | Q(text__iregex=who.pattern)).update(subject="", text="")


def _forget_tries(who: Identity) -> None:
    """How often their password was tried stands under a fingerprint of the address, which ends with it."""
    for address in who.addresses:
        attempts.forget(address)
