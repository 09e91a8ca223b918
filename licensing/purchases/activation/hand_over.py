"""An activation handed from one person to another: the link, and whoever takes it up."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.errors import Refused
from console.models import User
from console.security.sealing import digest, fingerprints
from licensing.models import Activation
from licensing.purchases.activation.exchange_token import OPEN
from licensing.purchases.activation.whose_an_activation_is import open_one

HANDED_OVER_DAYS = 7


@transaction.atomic
def hand_over(activation: Activation) -> str:
    """A secret that gives the activation to whoever opens it first; an earlier one ends. Refused once it is under way."""
    row = open_one(activation.pk)
    secret = secrets.token_urlsafe(32)
    row.handed_over = digest(secret)
    row.handed_over_until = timezone.now() + timedelta(days=HANDED_OVER_DAYS)
    row.save(update_fields=["handed_over", "handed_over_until"])
    return secret


def handed_over(secret: str) -> Activation | None:
    """The activation a secret hands over, while it can still be taken."""
    return (
        Activation.objects.filter(handed_over__in=_kept_as(secret), handed_over_until__gt=timezone.now(), state__in=OPEN)
        .exclude(handed_over="")
        .select_related("subscription", "person")
        .first()
    )


@transaction.atomic
def take_over(secret: str, person: User) -> Activation:
    """The activation becomes this person's; the secret is used up. Raises Refused."""
    found = handed_over(secret)
    row = open_one(found.pk) if found else None
    if row is None or row.handed_over not in _kept_as(secret):
        raise Refused(_("This link was used already or is too old. Ask for a new one."))
    if row.person_id != person.pk:
        row.handed_over_by, row.taken_over_at = row.person, timezone.now()
    # Nor does the company go along that an attempt of theirs was for.
    row.person, row.company, row.problem, row.handed_over, row.handed_over_until = person, None, "", "", None
    row.save(
        update_fields=["person", "company", "problem", "handed_over", "handed_over_until", "handed_over_by", "taken_over_at"]
    )
    return row


def _kept_as(secret: str) -> list[str]:
    """What a link may be found by: links of earlier versions hang on a sealing key."""
    return [digest(secret), *fingerprints(secret)]
