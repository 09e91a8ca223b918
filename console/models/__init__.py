from console.models.journal import Act, ActInProgress, Actor, recording_at
from console.models.ledger import AppendOnly, AppendOnlyQuerySet, FactsAreNeverEdited
from console.models.mail import OutgoingMail
from console.models.user import User

__all__ = [
    "Act",
    "ActInProgress",
    "Actor",
    "AppendOnly",
    "AppendOnlyQuerySet",
    "FactsAreNeverEdited",
    "OutgoingMail",
    "User",
    "recording_at",
]
