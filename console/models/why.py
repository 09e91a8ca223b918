"""Why support does something: a reason from a list, in words, and the number of the case. Read by staff alone."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.errors import Refused

LONGEST_CASE_NUMBER = 60


class ReasonKind(models.TextChoices):
    """What support chooses from; what it means to the customer is said in the note, never by these."""

    CUSTOMER_ASKED = "customer-asked", gettext_lazy("The customer asked for it")
    CONTRACT = "contract", gettext_lazy("An order or contract was signed")
    EXTENSION_AGREED = "extension-agreed", gettext_lazy("An extension was agreed")
    GOODWILL = "goodwill", gettext_lazy("Goodwill")
    CUSTOMERS_MISTAKE = "customers-mistake", gettext_lazy("A mistake of the customer")
    OUR_MISTAKE = "our-mistake", gettext_lazy("A mistake of ours")
    OUT_OF_STEP = "out-of-step", gettext_lazy("The marketplace and we were out of step")
    PAYMENT = "payment", gettext_lazy("Payment")
    ABUSE = "abuse", gettext_lazy("Fraud or abuse")
    TEST = "test", gettext_lazy("A test")
    OTHER = "other", gettext_lazy("Another reason")


@dataclass(frozen=True)
class Why:
    """`kind` is one of `ReasonKind` or empty, `case` the number under which support keeps the matter.

    True where it says something: words, or a kind that speaks for itself. Raises Refused for a kind that is not on the list and
    for a case number longer than `LONGEST_CASE_NUMBER`.
    """

    words: str = ""
    kind: str = ""
    case: str = ""

    def __post_init__(self) -> None:
        if self.kind and self.kind not in ReasonKind.values:
            raise Refused(_("Choose a reason from the list."), field="reason_kind")
        if len(self.case) > LONGEST_CASE_NUMBER:
            raise Refused(_("Enter at most %(most)s characters.") % {"most": LONGEST_CASE_NUMBER}, field="case_number")

    @property
    def typed(self) -> tuple[str, ...]:
        """What people type of it, which `console.allowed_text` looks at."""
        return self.words, self.case

    def __str__(self) -> str:
        said = ": ".join(filter(None, [str(ReasonKind(self.kind).label) if self.kind else "", self.words]))
        case = _("case %(number)s") % {"number": self.case} if self.case else ""
        return f"{said} ({case})" if said and case else said or case

    def __bool__(self) -> bool:
        return bool(self.words.strip()) or self.kind not in ("", ReasonKind.OTHER)


type Reason = str | Why
"""What acts take as their reason: words alone, or all of it."""


def why_of(reason: Reason) -> Why:
    return reason if isinstance(reason, Why) else Why(reason)
