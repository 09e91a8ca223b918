"""Acts: invite an address to a company by mail, send the invitation again, withdraw it."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from console.company_in_hand import as_act
from console.errors import Conflict, Refused
from console.mail.queueing import queue_mail
from console.models import Act, ActInProgress, Actor, OutgoingMail
from console.names_customers_see import machine_as_shown, person_as_shown
from console.security.sealing import digest
from console.vendor.held import vendors_own
from licensing.access import require
from licensing.acts.people.change_row import change_row
from licensing.errors import in_words
from licensing.models import GIVEN_BY_OWNERS, Company, Invitation, Membership, Permission, Role, roles_label

OPEN_FOR = timedelta(days=7)
MOST_OPEN = 50
"""So many invitations of one company may be open at a time, expired ones among them."""
LONGEST_WORDS = 500


@as_act
@sensitive_variables("secret")
def invite(company: Company, *, email: str, roles: Collection[str], words: str = "", by: Actor, key: str) -> Invitation:
    """Mail a link to an address, which lets whoever has it join with these roles, once, for seven days.

    Raises Conflict for a member and for an address that is invited already, Refused for roles that owners do not give.
    """
    email = email.strip().lower()
    stated = {"email": email, "roles": frozenset(roles), "words": words}
    act = Act.begin("people.invite", scope=company, key=key, by=by, stated=stated)
    require(by, company, Permission.PEOPLE)
    invitations = Invitation.objects.for_company(company)
    if act.done:
        return invitations.get(pk=act.result["invitation"])
    _require_invitation(email, roles, words)
    if Membership.objects.filter(company=company, user__email=email).exists():
        raise Conflict(
            _("%(email)s is a member already. Change their roles on the page of people.") % {"email": email}, field="email"
        )
    if invitations.open().filter(email=email).exists():
        raise Conflict(
            _("%(email)s is invited already. Send that invitation again from the page of people.") % {"email": email},
            field="email",
        )
    if invitations.open().count() >= MOST_OPEN:
        said = _("%(number)s invitations are open. Withdraw those that are no longer needed first.")
        raise Refused(said % {"number": MOST_OPEN})
    secret = secrets.token_urlsafe(32)
    invitation = invitations.create(
        company=company,
        email=email,
        roles=[role for role in Role.values if role in roles],
        words=words.strip(),
        invited_by=by.user,
        invited_at=act.recorded_at,
        **_good_for_a_while(secret, act),
    )
    _mail_link(invitation, secret, by=by)
    act.finish(invitation=invitation.pk, roles=invitation.roles)
    return invitation


@as_act
@sensitive_variables("secret")
def send_again(company: Company, *, invitation: int, by: Actor, key: str) -> Invitation:
    """Mail a new link, good for seven days from now; the one before opens nothing more. Raises Conflict where it is over."""
    act = Act.begin("people.send-again", scope=company, key=key, by=by, stated={"invitation": invitation})
    require(by, company, Permission.PEOPLE)
    found = _open_one(company, invitation) if not act.done else Invitation.objects.for_company(company).get(pk=invitation)
    if not act.done:
        secret = secrets.token_urlsafe(32)
        change_row(company, found, **_good_for_a_while(secret, act))
        _mail_link(found, secret, by=by)
        act.finish(invitation=found.pk)
    return found


@as_act
def withdraw_invitation(company: Company, *, invitation: int, by: Actor, key: str) -> None:
    """Its link opens nothing from here on, and the address is forgotten. Raises Conflict where it is over already."""
    act = Act.begin("people.withdraw-invitation", scope=company, key=key, by=by, stated={"invitation": invitation})
    require(by, company, Permission.PEOPLE)
    if act.done:
        return
    found = _open_one(company, invitation)
    change_row(company, found, withdrawn_at=act.recorded_at, email="", words="")
    act.finish(invitation=found.pk)


def _require_invitation(email: str, roles: Collection[str], words: str) -> None:
    try:
        validate_email(email)
    except ValidationError:
        raise Refused(_("Enter an e-mail address, such as name@company.example."), field="email") from None
    if len(email) > 254:
        raise Refused(_("An e-mail address has at most 254 characters."), field="email")
    if not roles:
        raise Refused(_("Choose at least one role."), field="roles")
    if unknown := set(roles) - set(GIVEN_BY_OWNERS):
        raise Refused(_("There is no role called %(roles)s.") % {"roles": ", ".join(sorted(unknown))}, field="roles")
    if len(words) > LONGEST_WORDS:
        raise Refused(_("Write at most %(number)s characters.") % {"number": LONGEST_WORDS}, field="words")


def _open_one(company: Company, pk: int) -> Invitation:
    """Under the lock of the company, which every act on its invitations takes."""
    found = Invitation.objects.for_company(company).open().filter(pk=pk).first()
    if found is None:
        raise Conflict(_("This invitation was accepted or withdrawn meanwhile."))
    return found


@sensitive_variables("secret")
def _good_for_a_while(secret: str, act: ActInProgress) -> dict[str, Any]:
    return {"link": digest(secret), "sent_at": act.recorded_at, "expires_at": act.recorded_at + OPEN_FOR}


@sensitive_variables("secret", "address", "lines")
def _mail_link(invitation: Invitation, secret: str, *, by: Actor) -> None:
    """Queue the mail, which is sealed while it waits and forgotten once it is sent."""
    company, console = invitation.company, vendors_own().name
    said = {
        "who": person_as_shown(by.user) if by.user else machine_as_shown(by.label),
        "company": company.name,
        "console": console,
    }
    address = f"{settings.CONSOLE_URL}{reverse('invitation')}{secret}/"
    lines = [
        _("%(who)s invites you to %(company)s in %(console)s.") % said,
        _("Your roles there: %(roles)s.") % {"roles": roles_label(invitation.roles)},
        *(["", _("“%(words)s”") % {"words": invitation.words}] if invitation.words else []),
        "",
        _("Accept the invitation:"),
        address,
        "",
        _("The link works once, until %(day)s.") % {"day": in_words(company.day_of(invitation.expires_at))},
        _("If you do not know who invites you, ignore this mail: nothing happens."),
        "",
    ]
    queue_mail(
        to=invitation.email,
        subject=_("%(who)s invites you to %(company)s") % said,
        text="\n".join(lines),
        purpose=OutgoingMail.Purpose.ACCOUNT,
        secret=True,
    )
