"""Act: erase a person. Name, address, factors, sessions and mails go; what they did keeps their id, and shows a former member."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection
from django.db.models import JSONField
from django.utils.translation import gettext as _
from psycopg.sql import SQL, Identifier

from console.company_in_hand import as_act
from console.errors import NotAllowed, Refused
from console.logs.sign_ins import note
from console.models import Act, Actor, Reason, SignIn, User, why_of
from console.models.user import ERASED_AT, FORMER_MEMBER
from console.people.privacy.parts import Identity, forgets, mentioned, steps
from console.people.sessions.begin_and_end import end_sessions, open_sessions_of

REPLACE = SQL("UPDATE {table} SET {column} = regexp_replace({column}::text, %s, %s, 'gi')::{kind} WHERE {column}::text ~* %s")


@as_act(for_all="a person is erased in all their companies")
def erase_person(person: User, *, by: Actor, key: str, reason: Reason = "", without_owner: bool = False) -> Act:
    """Erase `person`, for good: by themselves, or by support. Whoever has the address later is somebody else.

    Their memberships end first. Raises Refused where a company would lose its last owner, unless support says that it may be
    `without_owner`; for staff, who leave the staff first; and for a reason that names them, as the journal keeps it.
    """
    stated = {"person": person.pk, **({"without_owner": True} if without_owner else {})}
    act = Act.begin("person.erase", scope=f"user:{person.pk}", key=key, by=by, stated=stated, reason=reason)
    if act.done:
        return Act.objects.get(scope=act.scope, key=by.own_key(key))
    person = User.objects.select_for_update().get(pk=person.pk)
    _require(person, by, reason, without_owner)
    who = identity_of(person)
    for step in steps:
        step(person, by, key, without_owner)
    end_sessions(open_sessions_of(person), SignIn.Ended.SWITCHED_OFF)
    for forget in forgets:
        forget(who)
    for model, columns in mentioned().items():
        _replace(model, columns, who)
    _replace_person(person)
    note("account erased", person)
    return act.finish(user=person.pk)


def identity_of(person: User) -> Identity:
    """Who they are, by every address that is known of them. One statement."""
    confirmed = EmailAddress.objects.filter(user=person).values_list("email", flat=True)
    addresses = {each.strip().lower() for each in (person.email, *confirmed)}
    return Identity(person.pk, person.name.strip(), tuple(sorted(addresses)))


def _require(person: User, by: Actor, reason: Reason, without_owner: bool) -> None:
    own = by.user is not None and by.user.pk == person.pk
    if not (own or by.is_support or by.is_machine):
        raise NotAllowed(_("People are erased by themselves, or by support."))
    if without_owner and own:
        raise NotAllowed(_("Only support leaves a company without an owner."))
    if person.is_erased:
        raise Refused(_("This person is erased already."))
    if person.is_staff or person.is_superuser:
        raise Refused(_("Whoever is staff leaves the staff first: ask whoever manages staff."))
    said = why_of(reason)
    if identity_of(person).is_named_in(f"{said.words} {said.case}"):
        raise Refused(
            _("Leave out name and address: the journal keeps the reason, and must not name who is erased."), field="reason"
        )


def _replace_person(person: User) -> None:
    person.email, person.name = f"erased-{person.pk}{ERASED_AT}", FORMER_MEMBER
    person.is_active, person.last_login = False, None
    person.told, person.told_of = User.Told.AT_ONCE, {}
    person.set_unusable_password()
    person.save()
    person.groups.clear()
    person.user_permissions.clear()


def _replace(label: str, columns: tuple[str, ...], who: Identity) -> None:
    """Names and addresses in texts of ours become those of a former member. A statement a column."""
    model = apps.get_model(label)
    for each in columns:
        field = model._meta.get_field(each)
        kind = Identifier("jsonb" if isinstance(field, JSONField) else "text")
        replace = REPLACE.format(table=Identifier(model._meta.db_table), column=Identifier(field.column), kind=kind)
        with connection.cursor() as cursor:
            cursor.execute(replace, [who.pattern, FORMER_MEMBER, who.pattern])
