"""What was attached to an account before its address was proved goes once it is: it may be a stranger's.

Whoever comes by a provider may name anybody's address; the account is there from then on, and stays unused until somebody proves
the address. That may be its owner, much later, by a mailed link: the stranger's way in must not be theirs.
"""

from __future__ import annotations

import logging
from typing import Any

from allauth.account import signals as account
from allauth.account.internal.stagekit import unstash_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import Q
from django.http import HttpRequest

from console.logs.sign_ins import note
from console.models import SignIn, User
from console.people.sessions.begin_and_end import SIGN_IN, end_sessions, open_sessions_of


def listen() -> None:
    """Once, when all applications are there."""
    account.password_reset.connect(_password_set_by_mail, dispatch_uid="before_the_address_was_proved")
    account.email_confirmed.connect(_address_proved, dispatch_uid="before_the_address_was_proved")


def is_proved(person: User, *, besides: int | None = None) -> bool:
    """Whether somebody has proved an address of the account, another than `besides`. One statement."""
    return EmailAddress.objects.filter(user=person, verified=True).exclude(pk=besides).exists()


def take_away(person: User, request: HttpRequest | None, *, but: Q | None = None) -> None:
    """Delete the accounts at providers (but those of `but`) and the factors of the person, and end every other session."""
    accounts = SocialAccount.objects.filter(user=person)
    gone, _each = (accounts.exclude(but) if but is not None else accounts).delete()
    factors, _each = Authenticator.objects.filter(user=person).delete()
    this = request.session.get(SIGN_IN, 0) if request is not None else 0
    end_sessions(open_sessions_of(person).exclude(pk=this), SignIn.Ended.PERSON)
    if gone or factors:
        note("unproved ways in removed", person, level=logging.WARNING, accounts=str(gone), factors=str(factors))


def _password_set_by_mail(user: Any = None, request: Any = None, **kwargs: Any) -> None:
    """Whoever follows the mailed link reads the mail of the address; who came before has not shown that."""
    if not is_proved(user):
        take_away(user, request)


def _address_proved(email_address: Any = None, request: Any = None, **kwargs: Any) -> None:
    """By the code of a sign-in; the account at a provider by which that very sign-in came is the person's own."""
    person = email_address.user
    if is_proved(person, besides=email_address.pk):
        return
    login = unstash_login(request, peek=True) if request is not None else None
    came_by = (login.signal_kwargs or {}).get("sociallogin") if login is not None and login.user == person else None
    own = came_by.account if came_by is not None else None
    take_away(person, request, but=Q(provider=own.provider, uid=own.uid) if own is not None else None)
