"""Somebody becomes support staff from the command line: what is refused, and the link that lets them in."""

from __future__ import annotations

from allauth.account import app_settings
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from console.logs.sign_ins import note
from console.mail.queueing import queue_mail
from console.models import OutgoingMail, User
from console.models.user import StaffRole
from console.people.demo_password import RESERVED

LETTER = """Hello,

you were made support staff of Allotment. Set your password here; the link works once, for three days:

{link}
"""


class RefusedStaff(Exception):
    """A sentence with what to do instead."""


@transaction.atomic
def make_staff(address: str, *, superuser: bool, name: str = "") -> tuple[User, bool]:
    """The person, and whether they are new; new ones have no password yet. Raises `RefusedStaff`, and then nothing was written.

    Somebody who is staff already and never signed in comes back unchanged: for a new link.
    """
    address = address.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise RefusedStaff(f'"{address}" is no e-mail address: write it as name@example.com.') from None
    if address.endswith(RESERVED) and not settings.DEMO:
        raise RefusedStaff(f"{address} cannot get mail, as {RESERVED} belongs to nobody: name an address that can.")
    may_give = Q(is_superuser=True) | Q(is_staff=True, staff_roles__contains=[StaffRole.STAFF])
    first = not User.objects.filter(may_give, is_active=True).exclude(email=address).exists()
    person = User.objects.select_for_update().filter(email=address).first()
    if (person is None or not person.is_staff) and first and not superuser:
        raise RefusedStaff("Nobody can give staff their rights yet: make the first one with --superuser.")
    if person is None:
        person = User.objects.create_user(address, None, name=name, is_staff=True, is_superuser=superuser)
        _has_become_staff(person)
        return person, True
    refuse(person, superuser=superuser)
    if not person.is_staff:
        person.is_staff, person.is_superuser = True, superuser
        person.set_unusable_password()  # whoever chose the one before was not choosing one of staff
        person.save(update_fields=["is_staff", "is_superuser", "password"])
        _has_become_staff(person)
    return person, False


def _has_become_staff(person: User) -> None:
    """Whoever added the person vouches for the address: no code is mailed to it, as mail may not work yet."""
    EmailAddress.objects.update_or_create(user=person, email=person.email, defaults={"verified": True, "primary": True})
    note("staff made", person, superuser="yes" if person.is_superuser else "no")


def refuse(person: User, *, superuser: bool) -> None:
    """Raise `RefusedStaff` where making this person staff would give somebody more than anybody meant."""
    if not person.is_active:
        raise RefusedStaff(f"{person.email} was deactivated, by somebody who had a reason: ask them, and activate in the admin.")
    if person.is_staff:
        if superuser and not person.is_superuser:
            raise RefusedStaff(
                f"{person.email} is staff already, without all rights: no page and no command gives them to staff that exists."
            )
        if person.has_usable_password() or person.last_login:
            raise RefusedStaff(
                f"{person.email} is staff already, with a way to sign in. A forgotten password is reset at the sign-in page."
            )
        return
    if person.memberships.exists():
        raise RefusedStaff(
            f"{person.email} signs in for a customer, where others may know a way into the account: name another address."
        )
    if SocialAccount.objects.filter(user=person).exists():
        raise RefusedStaff(
            f"{person.email} is signed in by an identity provider, who could then sign in as staff: name another address."
        )
    if person.last_login:
        raise RefusedStaff(
            f"{person.email} has signed in before, and whoever knows the password would be staff: name another address."
        )


def link_to_set_password(person: User) -> str:
    """Opens the account to whoever has it, once, for three days; sends nothing."""
    key = f"{user_pk_to_url_str(person)}-{app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(person)}"
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"}).replace("UID-KEY", key)
    return settings.CONSOLE_URL + path


def mail_link_to_set_password(person: User) -> None:
    """Queue it; the worker sends it."""
    text = LETTER.format(link=link_to_set_password(person))
    subject = "Your account at the support desk"
    queue_mail(to=person.email, subject=subject, text=text, purpose=OutgoingMail.Purpose.ACCOUNT, secret=True)
