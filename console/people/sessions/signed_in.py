"""Who asks: the person of the session, where its row says that it still holds. One statement, with the person.

    AUTHENTICATION_BACKENDS = ["console.people.sessions.signed_in.Backend"]

`request.sign_in` is the row, with `has_factor`: whether its person has a second factor by now.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.models import Authenticator
from django.db.models import DateTimeField, Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from console.logs.request_answered import answered
from console.models import SignIn, User
from console.people.sessions.begin_and_end import FACTORS, SIGN_IN, address_of, begin, end_sessions
from console.people.sessions.limits import limits_of
from console.people.staff.roles import StaffRole, may_by_model
from console.serving.prepared_queries import prepared

SEEN_EVERY = timedelta(minutes=5)
"""So often at most it is written down that somebody was there."""


@prepared
def _open(sign_in: int, person: int) -> QuerySet[SignIn]:
    factors = Authenticator.objects.filter(user=OuterRef("person"), type__in=FACTORS)
    rows = SignIn.objects.filter(pk=sign_in, person=person, ended_at=None).select_related("person")
    return rows.annotate(asked_at=Now(output_field=DateTimeField()), has_factor=Exists(factors))


class Backend(AuthenticationBackend):
    """django-allauth's own, for sessions that have a row; what staff may do is said by their roles, and by nothing else."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return obj is None and isinstance(user_obj, User) and may_by_model(user_obj, perm)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return isinstance(user_obj, User) and user_obj.may(StaffRole.LOOKS)

    def get_user(self, user_id: Any) -> User | None:
        """The person while the session holds. Called once a request, by whatever looks at `request.user` first."""
        request: Any = answered.get()
        session = getattr(request, "session", None)
        if session is None:
            return None
        person = _person_of(request, int(user_id))
        if person is None or not self.user_can_authenticate(person):
            session.flush()  # as Django does with one from before a change of password
            return None
        return person


def _person_of(request: Any, user_id: int) -> User | None:
    if SIGN_IN not in request.session:  # begun by an earlier version, which may still be running
        person = User.objects.filter(pk=user_id, is_active=True).first()
        return person if person is None else begin(request, person).person
    sign_in = request.session[SIGN_IN]
    found: Any = next(iter(_open(sign_in=sign_in, person=user_id)), None)
    if found is None:
        return None
    idle, whole = found.asked_at - found.seen_at, found.asked_at - found.signed_in_at
    person = found.person
    if why := limits_of(is_staff=person.is_staff, kept=found.kept).over(idle=idle, whole=whole):
        end_sessions(SignIn.objects.filter(pk=found.pk), why)
        return None
    if idle >= SEEN_EVERY:
        SignIn.objects.filter(pk=found.pk).update(seen_at=Now(), address=address_of(request))
    request.sign_in = found
    return person
