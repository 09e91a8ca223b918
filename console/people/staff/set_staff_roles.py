"""Acts: add somebody to the staff, say what they may do, end it."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import NotAllowed, Refused
from console.logs.sign_ins import note
from console.models import Act, Actor, Reason, SignIn, User
from console.models.same_key_same_request import digest_of
from console.people.sessions.begin_and_end import end_sessions, open_sessions_of
from console.people.staff.make_staff import RefusedStaff, mail_link_to_set_password, make_staff
from console.people.staff.roles import GIVEN, StaffRole


@as_act
def add_staff(address: str, name: str, roles: Collection[StaffRole], *, by: Actor, key: str, reason: Reason = "") -> User:
    """Make the person with this address staff; a link to set a password is mailed to them. Raises NotAllowed, Refused."""
    wanted = sorted(StaffRole(role).value for role in roles)
    stated = {"address": digest_of("address", {"address": address.strip().lower()}), "roles": wanted}
    act = Act.begin("staff.add", scope="staff", key=key, by=by, stated=stated, reason=reason)
    if act.done:
        return User.objects.get(pk=act.result["user"])
    _require_management(by)
    _require_given(wanted)
    try:
        person, _is_new = make_staff(address, superuser=False, name=name)
    except RefusedStaff as refused:
        raise Refused(str(refused), field="address") from None
    person.staff_roles = wanted
    person.save(update_fields=["staff_roles"])
    mail_link_to_set_password(person)
    act.finish(user=person.pk, roles=wanted)
    return person


@as_act
def set_staff_roles(
    person: User, roles: Collection[StaffRole], *, staff: bool = True, by: Actor, key: str, reason: Reason = ""
) -> User:
    """`roles` beyond looking; without `staff` the person is none any longer, and signed out. Holds from the next request.

    For staff who manage staff, and machines. Nobody changes their own, so that somebody else always knows; superusers stay
    what the command made them. Raises NotAllowed, Refused.
    """
    wanted = sorted(StaffRole(role).value for role in roles) if staff else []
    stated = {"person": person.pk, "roles": wanted, "staff": staff}
    act = Act.begin("staff.set-roles", scope=f"user:{person.pk}", key=key, by=by, stated=stated, reason=reason)
    if act.done:
        return User.objects.get(pk=person.pk)
    _require_management(by)
    if by.user is not None and by.user.pk == person.pk:
        raise NotAllowed(_("Nobody changes their own roles. Ask somebody else who manages staff."))
    person = User.objects.get(pk=person.pk)  # as it is now that the act holds its lock
    if not person.is_staff:
        raise Refused(_("This person is not staff. Add them by their address."))
    if person.is_superuser:
        raise Refused(_("A superuser may do everything; the command add_staff makes them, and no page changes that."))
    _require_given(wanted)
    before = {"staff": person.is_staff, "roles": sorted(person.staff_roles)}
    if before == {"staff": staff, "roles": wanted}:
        raise Refused(_("This is what holds already."))
    person.is_staff, person.staff_roles = staff, wanted
    person.save(update_fields=["is_staff", "staff_roles"])
    if not staff:
        end_sessions(open_sessions_of(person), SignIn.Ended.SUPPORT)
        note("staff ended", person)
    act.finish(user=person.pk, before=before, staff=staff, roles=wanted)
    return person


def _require_management(by: Actor) -> None:
    if not (by.is_machine or by.may(StaffRole.STAFF)):
        raise NotAllowed(_("Only staff who manage staff can do this."))


def _require_given(roles: Collection[str]) -> None:
    if set(roles) - {role.value for role in GIVEN}:
        raise Refused(_("Looking comes with being staff and is not given by itself."), field="roles")
