"""Invitations in tests: sent by the act, and the link as it stands in the mail."""

from __future__ import annotations

import re
from typing import Any

from console.models import Actor, OutgoingMail, User
from console.security.sealing import unseal
from licensing.acts.people.ask_for_role import ask_for_role
from licensing.acts.people.invite import invite
from licensing.models import Company, Invitation, Role
from tests.factories import make_user, new_key


def owner_of(company: Company) -> User:
    """An owner, who is made where there is none."""
    found = User.objects.filter(memberships__company=company, memberships__roles__contains=[Role.OWNER], is_active=True).first()
    return found or make_user(company=company, roles=["owner"])


def invited(company: Company, email: str = "new@aster.example", *, by: User | None = None, **more: Any) -> Invitation:
    said: dict[str, Any] = {"roles": ["viewer"], "key": new_key(), **more}
    return invite(company, email=email, by=Actor.person(by or owner_of(company)), **said)


def mail_to(email: str) -> str:
    """The text of the latest mail to an address, opened where it is sealed."""
    mail = OutgoingMail.objects.filter(to=email).latest("pk")
    return unseal(mail.text) if mail.secret else mail.text


def link_in_mail(email: str) -> str:
    """The path that the latest mail to an address leads to."""
    found = re.search(r"/invitations/[\w-]+/", mail_to(email))
    assert found is not None
    return found[0]


def numbers_of_people(company: Company) -> dict[str, int]:
    """A member who asks for a role, and an invitation: what addresses of people take."""
    member = make_user(company=company, roles=["viewer"])
    asked = ask_for_role(company, role="credit-manager", by=Actor.person(member), key=new_key())
    return {"member": member.pk, "role_request": asked.pk, "invitation": invited(company).pk}
