"""Why a code that somebody typed was not taken. Nothing of another business is told."""

from __future__ import annotations

from datetime import date
from math import ceil
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.errors import DomainError
from licensing.access import needs_role
from licensing.codes.code_format import Slip
from licensing.errors import in_words
from licensing.models import Permission, Role

if TYPE_CHECKING:
    from licensing.models import Company, License


class CodeRefused(DomainError):
    """The code was not taken; the message belongs beside the field `code`. `counts` as an attempt to guess one."""

    counts = True

    def __init__(self, message: Any) -> None:
        super().__init__(message, field="code")


class CodeMistyped(CodeRefused):
    """It cannot be a code: nothing typed, other characters, too long or short, or a check character that does not fit."""

    def __init__(self, slip: Slip) -> None:
        self.slip = slip
        self.counts = slip is not Slip.NOTHING
        super().__init__(
            {
                Slip.NOTHING: _("Enter the activation code or the registration key."),
                Slip.CHARACTERS: _(
                    "A code has only letters and digits, and none of 0, O, 1, I and L. Compare it with what you were sent."
                ),
                Slip.LENGTH: _(
                    "A code has five groups of five characters; a registration key begins with RK. "
                    "Compare it with what you were sent."
                ),
                Slip.CHECK: _("There is a slip in the code: one of its characters is wrong. Compare it with what you were sent."),
            }[slip]
        )


class CodeUnknown(CodeRefused):
    def __init__(self) -> None:
        super().__init__(_("This code is not known here. Check that you were sent it for this console, or ask support."))


class CodeUsed(CodeRefused):
    """Used already, by a company the person belongs to, who may see its license."""

    status = 409
    counts = False

    def __init__(self, company: Company, license: License) -> None:
        self.company, self.license = company, license
        super().__init__(
            _("%(company)s has used this code already; its license is in License Information.") % {"company": company}
        )

    @property
    def url(self) -> str:
        """The license's page."""
        return reverse("licensing:license", args=[self.company.slug, self.license.pk])


class CodeForeign(CodeRefused):
    status = 409

    def __init__(self) -> None:
        super().__init__(
            _("This code was used by another company. A code is used once and is not transferable: ask whoever sent it to you.")
        )


class CodeReserved(CodeRefused):
    """Reserved for a company in which the person may not register licenses; named only if the person belongs to it."""

    status = 403

    def __init__(self, company: Company | None = None) -> None:
        self.company = company
        if company is None:
            message = _("This code is reserved for a company you have no licensing permission in. Ask whoever sent it to you.")
        else:
            reserved = _("This code is reserved for %(company)s.") % {"company": company}
            message = f"{reserved} {needs_role(Permission.LICENSING)}"
        super().__init__(message)

    @property
    def ask_for_role_url(self) -> str:
        """Where the person asks the owners of the company for the role; empty where the company is not named."""
        if self.company is None:
            return ""
        return reverse("licensing:roles", args=[self.company.slug], query={"role": Role.LICENSE_ADMINISTRATOR.value})


class CodeExpired(CodeRefused):
    def __init__(self, last_day: date) -> None:
        self.last_day = last_day
        super().__init__(
            _("This code has expired: %(day)s was its last day. Ask whoever sent it to you for another.")
            % {"day": in_words(last_day)}
        )


class CodeWithdrawn(CodeRefused):
    def __init__(self) -> None:
        super().__init__(_("This code was withdrawn. Ask whoever sent it to you for another."))


class TooManyCodes(CodeRefused):
    """A pause, after too many wrong codes by the person or from their address. `seconds` until the next may be tried."""

    status = 429
    counts = False

    def __init__(self, seconds: float) -> None:
        self.seconds = ceil(seconds)
        minutes = ceil(self.seconds / 60)
        super().__init__(
            ngettext(
                "Too many wrong codes. Try again in %(minutes)s minute.",
                "Too many wrong codes. Try again in %(minutes)s minutes.",
                minutes,
            )
            % {"minutes": minutes}
        )
