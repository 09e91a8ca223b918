"""Acts: accept an invitation, as the person of its address, or as somebody who has no account yet."""

from __future__ import annotations

from dataclasses import replace

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from console.allowed_text import require_text, require_visible
from console.company_in_hand import as_act
from console.errors import Conflict, NotAllowed, Refused
from console.models import Act, ActInProgress, Actor, User
from licensing.acts.people.change_row import change_row
from licensing.acts.people.roles_held import hold_roles, roles_of
from licensing.models import Company, Invitation

WHY_NOT = {
    Invitation.State.ACCEPTED: gettext_lazy("This invitation was used already. Sign in to open the company."),
    Invitation.State.WITHDRAWN: gettext_lazy("This invitation was withdrawn. Ask whoever invited you, if you still need access."),
    Invitation.State.EXPIRED: gettext_lazy(
        "This invitation has expired: a link works for seven days. Ask for it to be sent again."
    ),
}
FOR_ANOTHER = gettext_lazy(
    "This invitation is for another address than yours. Sign out and open the link again, or ask for one to yours."
)


@as_act
def join(company: Company, *, invitation: int, link: str, by: Actor, key: str) -> None:
    """The person joins with the roles of the invitation, beside those they hold. `link`: the digest of the one they opened.

    Raises NotAllowed for somebody of another address, Conflict where the invitation is good for nothing more.
    """
    act = Act.begin("people.join", scope=company, key=key, by=by, stated={"invitation": invitation})
    if act.done:
        return
    assert by.user is not None
    found = _good_one(company, invitation, link, act)
    if by.user.email != found.email or not by.user.is_active:
        raise NotAllowed(FOR_ANOTHER)
    _join(act, found, by.user)


@as_act
@sensitive_variables("password")
def join_as_new_person(company: Company, *, invitation: int, link: str, name: str, password: str) -> User:
    """Make an account with the invited address, which the link has proved, and join with it.

    An invitation makes one account, whatever was sent twice. Raises Refused beside `name` or `password`, Conflict where the
    invitation is good for nothing more, or where somebody has an account with the address by now.
    """
    key = f"invitation:{invitation}"
    machine = Actor.system("Invitation")
    act = Act.begin("people.join", scope=company, key=key, by=machine, stated={"invitation": invitation})
    if act.done:
        raise Conflict(WHY_NOT[Invitation.State.ACCEPTED])
    found = _good_one(company, invitation, link, act)
    require_text(name, most=150, field="name")
    require_visible(name, field="name")
    if User.objects.filter(email=found.email).exists():
        raise Conflict(_("There is an account with this address already. Sign in to accept."))
    person = User(email=found.email, name=name.strip())
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Refused(" ".join(error.messages), field="password") from None
    person.set_password(password)
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    _join(replace(act, by=Actor.person(person)), found, person)  # who acts exists only now
    return person


def _good_one(company: Company, pk: int, link: str, act: ActInProgress) -> Invitation:
    """Under the lock of the company, which every act on its invitations takes."""
    found = Invitation.objects.for_company(company).filter(pk=pk, link=link).first()
    if found is None:
        raise Conflict(_("A newer mail has taken the place of this link. Open the link in that one."))
    state = found.state_at(act.recorded_at)
    if state != Invitation.State.OPEN:
        raise Conflict(WHY_NOT[state])
    return found


def _join(act: ActInProgress, invitation: Invitation, person: User) -> None:
    before = roles_of(act.company, person)
    hold_roles(act, person, {*before, *invitation.roles})
    change_row(act.company, invitation, accepted_at=act.recorded_at, accepted_by=person, email="", words="")
    act.finish(user=person.pk, invitation=invitation.pk, before=before, roles=roles_of(act.company, person))
