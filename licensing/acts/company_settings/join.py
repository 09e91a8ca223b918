"""Acts by which people of a verified tenant come into its company: they ask, an owner answers; or the first sign-in does."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Conflict, NotAllowed
from console.mail.queueing import queue_mail
from console.models import Act, ActInProgress, Actor, OutgoingMail, User
from console.people.openid_connect.signed_in_from import SignedInFrom
from licensing.access import require
from licensing.acts.people.change_row import change_row
from licensing.acts.people.owners import mail_owners
from licensing.acts.people.roles_held import hold_roles, roles_of
from licensing.models import Company, JoinRequest, Membership, Permission, Role, SignInTenant


@as_act
def ask_to_join(company: Company, *, came_from: SignedInFrom, person: User, key: str) -> JoinRequest:
    """Somebody who signed in from a tenant verified for the company asks its owners, who are told by mail.

    One open request at most. Raises NotAllowed where the tenant is not, or no longer, verified for the company.
    """
    act = Act.begin("company.ask-to-join", scope=company, key=key, by=Actor.person(person), stated={"tenant": came_from.tenant})
    if act.done:
        return JoinRequest.objects.get(company=company, pk=act.result["request"])
    _require_open(company, came_from)
    if Membership.objects.filter(company=company, user=person).exists():
        raise Conflict(_("You are a member already."))
    if JoinRequest.objects.filter(company=company, person=person, decided_at=None).exists():
        raise Conflict(_("You asked already. You are told by mail when an owner answers."))
    row = JoinRequest.objects.create(company=company, person=person, tenant=came_from.tenant, asked_at=act.recorded_at)
    act.finish(request=row.pk, user=person.pk)
    said = {"address": person.email, "company": company.name}
    _tell_owners(
        company,
        _("%(address)s asks to join %(company)s") % said,
        _("%(address)s signed in from a tenant of %(company)s and asks to become a member. Approve or refuse it here:") % said,
    )
    return row


@as_act
def answer_to_join(company: Company, *, pk: int, approve: bool, by: Actor, key: str) -> JoinRequest:
    """An owner makes who asked a viewer, or refuses; either is told by mail. Further roles are given as to any member."""
    require(by, company, Permission.PEOPLE)
    act = Act.begin("company.answer-to-join", scope=company, key=key, by=by, stated={"request": pk, "approve": approve})
    row = JoinRequest.objects.filter(company=company, pk=pk).select_related("person").first()
    if row is None:
        raise Conflict(_("There is no such request."))
    if act.done:
        return row
    if row.decided_at is not None or not row.person.is_active:
        raise Conflict(_("This request was answered meanwhile."))
    outcome = JoinRequest.Outcome.APPROVED if approve else JoinRequest.Outcome.REFUSED
    change_row(company, row, decided_at=act.recorded_at, outcome=outcome)
    held = _make_viewer(act, row.person) if approve else {}  # of who is refused no roles are stated: they may hold some
    act.finish(request=row.pk, user=row.person_id, **held)
    _tell_person(company, row.person, approved=approve)
    return row


@as_act
def join_from_tenant(company: Company, *, came_from: SignedInFrom, person: User) -> Membership | None:
    """The sign-in that made a person makes them a viewer, where owners said so of their tenant; owners are told by mail.

    Once for each person, by its key: who was removed afterwards does not come back by signing in. None where nothing is given.
    """
    key = f"join-from-tenant:{person.pk}"
    by = Actor.system("Sign-in")  # whose keys nobody can use
    act = Act.begin("company.join-from-tenant", scope=company, key=key, by=by, stated={"user": person.pk})
    if act.done:
        return None
    if not SignInTenant.objects.of(came_from).filter(company=company, gives_viewer=True).exists():
        return None
    act.finish(user=person.pk, **_make_viewer(act, person))
    said = {"address": person.email, "company": company.name}
    _tell_owners(
        company,
        _("%(address)s is a viewer of %(company)s now") % said,
        _("%(address)s signed in from a tenant of %(company)s for the first time, and became a viewer as you set it.") % said,
    )
    return Membership.objects.get(company=company, user=person)


def _require_open(company: Company, came_from: SignedInFrom) -> None:
    if not SignInTenant.objects.of(came_from).filter(company=company).exists():
        raise NotAllowed(_("Your organization is no tenant of this company any more. Ask an owner of the company to invite you."))


def _make_viewer(act: ActInProgress, person: User) -> dict[str, list[str]]:
    """Beside what they hold; they are new, though they have signed in. What they held and hold, for the act's result."""
    before = roles_of(act.company, person)
    hold_roles(act, person, {*before, Role.VIEWER}, is_new=True)
    return {"before": before, "roles": roles_of(act.company, person)}


def _tell_owners(company: Company, subject: str, text: str) -> None:
    page = settings.CONSOLE_URL + reverse("licensing:company-tenants", args=[company.slug])
    mail_owners(company, subject=subject, text=f"{text}\n\n{page}\n")


def _tell_person(company: Company, person: User, *, approved: bool) -> None:
    said = {"company": company.name}
    if approved:
        subject = _("You are a member of %(company)s") % said
        text = _("An owner of %(company)s approved your request. You may see its pages:") % said
    else:
        subject = _("Your request to join %(company)s") % said
        text = _("An owner of %(company)s refused your request. If you think that is a mistake, talk to them.") % said
    way = f"\n{settings.CONSOLE_URL}/\n" if approved else ""
    queue_mail(to=person.email, subject=subject, text=f"{text}\n{way}", purpose=OutgoingMail.Purpose.NOTICE)
