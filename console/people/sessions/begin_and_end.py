"""A session begins with a row that it names, and ends with it: the row decides, wherever the session itself may lie.

Whoever ends one marks the row; the session's own data go with it where they are found. What asks with a session whose row is
gone or has ended is nobody (`signed_in`).
"""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import signals as auth
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.db.models.signals import post_save
from django.http import HttpRequest

from console.logs.request_answered import answered
from console.logs.sign_ins import note
from console.models import SignIn, User
from console.people.sessions.device import device_in_words

SIGN_IN = "sign_in"
"""In the session: the id of its row."""
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a second factor; recovery codes alone do not."""


def listen() -> None:
    """Once, when all applications are there."""
    auth.user_logged_in.connect(_begin, dispatch_uid="sessions")
    auth.user_logged_out.connect(_signed_out, dispatch_uid="sessions")
    post_save.connect(_person_saved, sender=User, dispatch_uid="sessions")
    mfa.authenticator_added.connect(_factor_added, dispatch_uid="sessions")


def open_sessions_of(person: User) -> QuerySet[SignIn]:
    """Those that have not ended; a limit may have passed that nobody met yet."""
    return SignIn.objects.filter(person=person, ended_at=None)


def end_sessions(sessions: QuerySet[SignIn], because: str) -> int:
    """End those of them that are open, at once; how many. A line in the log for each. Three statements."""
    found = list(sessions.filter(ended_at=None).order_by("pk").values_list("pk", "session", "person"))
    if not found:
        return 0
    ended = SignIn.objects.filter(pk__in=[pk for pk, _session, _person in found], ended_at=None)
    ended.update(ended_at=Now(), ended_because=because)
    Session.objects.filter(session_key__in=[session for _pk, session, _person in found]).delete()
    for pk, _session, person in found:
        note("session ended", User(pk=person), because=because, session=str(pk))
    return len(found)


def name_of(session: Any) -> str:
    """What a row calls its session: the hash it is kept under where the engine keeps it so, never the key."""
    if not session.session_key:
        session.create()
    row_of = getattr(import_module(settings.SESSION_ENGINE), "row_of", None)
    return str(row_of(session.session_key) if row_of else hashlib.sha256(session.session_key.encode()).hexdigest())


def is_kept(session: Any) -> bool:
    """Whether the person asked to be kept signed in on the device."""
    return bool((session.get("_session_expiry") or 0) > 0)


def address_of(request: HttpRequest) -> str:
    """Where a request comes from, empty where it cannot be told."""
    try:
        return str(get_adapter(request).get_client_ip(request))[:45]
    except PermissionDenied:
        return ""


def _begin(request: Any = None, user: Any = None, **kwargs: Any) -> None:
    """The session is the person's by now, under its new key."""
    if request is None or user is None:
        return
    before = [each for each in (request.session.get(SIGN_IN), _id_in_hand()) if each]
    if before:  # somebody signs in anew in the same browser: a new key, as Django makes one for another person only
        request.session.cycle_key()
        end_sessions(SignIn.objects.filter(pk__in=before), SignIn.Ended.SIGNED_OUT)
    begin(request, user)


def begin(request: Any, user: User) -> SignIn:
    """Write the row of the session that the request has, which is this person's."""
    begun = SignIn.objects.create(
        person=user,
        session=name_of(request.session),
        device=device_in_words(request.META.get("HTTP_USER_AGENT", "")),
        address=address_of(request),
        kept=is_kept(request.session),
    )
    request.session[SIGN_IN] = begun.pk
    request.sign_in = begun
    return begun


def _id_in_hand() -> int | None:
    """Of the session that the request came with."""
    return getattr(getattr(answered.get(), "sign_in", None), "pk", None)


def _signed_out(request: Any = None, user: Any = None, **kwargs: Any) -> None:
    if request is not None and user is not None:
        held = SignIn.objects.filter(pk=request.session.get(SIGN_IN), person=user)
        held.filter(ended_at=None).update(ended_at=Now(), ended_because=SignIn.Ended.SIGNED_OUT)


def _person_saved(instance: User, created: bool, update_fields: Any = None, **kwargs: Any) -> None:
    """Whoever changed the password or switched the account off, on whichever page."""
    if created:
        return
    if not instance.is_active and (update_fields is None or "is_active" in update_fields):
        end_sessions(open_sessions_of(instance), SignIn.Ended.SWITCHED_OFF)
    elif instance._password is not None:  # type: ignore[attr-defined]  # what Django looks at, to tell the validators
        end_sessions(open_sessions_of(instance).exclude(pk=_id_in_hand() or 0), SignIn.Ended.PASSWORD)


def _factor_added(request: Any = None, user: Any = None, authenticator: Any = None, **kwargs: Any) -> None:
    """Sessions that were begun with the password alone would else count as begun with the factor."""
    if authenticator is None or authenticator.type not in FACTORS:
        return
    if not Authenticator.objects.filter(user=user, type__in=FACTORS).exclude(pk=authenticator.pk).exists():
        this = request.session.get(SIGN_IN, 0) if request is not None else 0
        end_sessions(open_sessions_of(user).exclude(pk=this), SignIn.Ended.FACTOR)
