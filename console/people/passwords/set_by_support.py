"""Act: note that support has set a password of a person, which is then known to two."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import NotAllowed
from console.logs.sign_ins import note
from console.models import Act, Actor, User
from console.people.staff.roles import StaffRole


@as_act
def note_password_set(person: User, *, by: Actor, key: str) -> None:
    """In the journal and in the trace of sign-ins, with who set it; neither has the password or its hash.

    Runs in the transaction that sets it, and takes it back where that is not theirs: raises NotAllowed.
    """
    act = Act.begin("person.set-password", scope=f"user:{person.pk}", key=key, by=by, stated={"person": person.pk})
    if act.done:
        return
    if not by.may(StaffRole.STAFF if person.is_staff else StaffRole.CUSTOMERS):
        raise NotAllowed(_("Only staff who act on customers set a password, and of staff those who manage staff."))
    assert by.user is not None
    note("password set by support", person, by=str(by.user.pk))
    act.finish(user=person.pk, usable=person.has_usable_password())
