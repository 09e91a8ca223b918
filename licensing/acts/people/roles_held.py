"""A person's roles in a company as acts leave them: what is held is written here, and a company keeps an owner.

Beside it, who registers a company becomes its owner (`register_company.py`), and an import adds people that it did not have
(`licensing/imports/people.py`); neither changes what somebody holds.
"""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from console.errors import Refused
from console.models import ActInProgress, User
from licensing import credit_questions
from licensing.acts.company_settings.notices_of_new_members import tell_new_member
from licensing.acts.people.change_row import change_row
from licensing.acts.people.mail_answer import mail_answer
from licensing.acts.people.owners import owners_of
from licensing.models import Company, Invitation, JoinRequest, Membership, Role, RoleRequest


def roles_of(company: Company, user: User) -> list[str]:
    """What a person holds; nothing for who is no member. One statement."""
    held = Membership.objects.filter(user=user, company=company).first()
    return list(held.roles) if held else []


def hold_roles(act: ActInProgress, user: User, roles: Collection[str], *, is_new: bool | None = None) -> list[str]:
    """The person holds exactly these from here on, none ends the membership; a request that this answers is answered.

    Whoever holds nothing any more asks for nothing any more: their requests, for a role and for units, are over.

    Under the lock of the company. Returns what they held before. `is_new`: whether they are new to the console, where the act
    knows it better than by their never having signed in.
    """
    company: Company = act.company
    before = roles_of(company, user)
    if roles:
        held = [role for role in Role.values if role in roles]
        Membership.objects.update_or_create(user=user, company=company, defaults={"roles": held})
        if not before and (user.last_login is None if is_new is None else is_new):
            tell_new_member(company, user)
        waits = JoinRequest.objects.for_company(company).filter(person=user, decided_at=None)
        waits.update(decided_at=act.recorded_at, outcome=JoinRequest.Outcome.APPROVED)
    else:
        Membership.objects.filter(user=user, company=company).delete()
        # What let them in stays no door to come back by.
        sent_to = Invitation.objects.for_company(company).open().filter(email__iexact=user.email)
        sent_to.update(withdrawn_at=act.recorded_at, email="", words="")
        if before:
            credit_questions.member_gone(act, user)
    open_one = RoleRequest.objects.for_company(company).open().filter(person=user).first()
    if open_one is not None and (not roles or open_one.role in roles):
        settle(open_one, RoleRequest.State.GRANTED if roles else RoleRequest.State.ENDED, act)
        if roles and act.by.user != user:  # who took the role by an invitation knows
            mail_answer(open_one, company, act.by)
    return before


def settle(asked: RoleRequest, state: RoleRequest.State, act: ActInProgress, *, answer: str = "") -> None:
    """A request was decided by who acts, or is over."""
    change_row(act.company, asked, state=state, decided_at=act.recorded_at, decided_by=act.by.user, answer=answer)


def is_only_owner(company: Company, user: User) -> bool:
    """Whether the company has this owner and no other. One statement."""
    return set(owners_of(company).values_list("user", flat=True)) == {user.pk}


def require_another_owner(company: Company, user: User) -> None:
    """Raise Refused where nobody but this person is an owner: they can neither leave nor be demoted nor removed.

    Under the lock of the company, so that of two who leave at once one stays.
    """
    if is_only_owner(company, user):
        raise Refused(_("A company keeps at least one owner. Make somebody else an owner first."), field="roles")
