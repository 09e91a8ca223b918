from console.models.act import Act, ActInProgress
from console.models.actor import Actor
from console.models.added_rows import added_rows
from console.models.append_only import AppendOnly, AppendOnlyQuerySet, FactsAreNeverEdited
from console.models.instant_of_recording import recording_at
from console.models.locked_row import locked_row
from console.models.outgoing_mail import OutgoingMail
from console.models.records.backup_note import BackupNote
from console.models.records.export import Export
from console.models.records.ledger_verification import LedgerVerification
from console.models.records.sign_in import SignIn
from console.models.records.vendor import VendorLogo, VendorStatement
from console.models.user import User
from console.models.why import Reason, ReasonKind, Why, why_of

__all__ = [
    "Act",
    "ActInProgress",
    "Actor",
    "AppendOnly",
    "AppendOnlyQuerySet",
    "BackupNote",
    "Export",
    "FactsAreNeverEdited",
    "LedgerVerification",
    "OutgoingMail",
    "Reason",
    "ReasonKind",
    "SignIn",
    "User",
    "VendorLogo",
    "VendorStatement",
    "Why",
    "added_rows",
    "locked_row",
    "recording_at",
    "why_of",
]
