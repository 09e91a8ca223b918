"""Acts: a member asks for a role, and an owner approves or refuses it."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Conflict, NotAllowed, Refused
from console.models import Act, Actor, User
from licensing.access import needs_role, require
from licensing.acts.people.mail_answer import mail_answer
from licensing.acts.people.owners import mail_owners
from licensing.acts.people.roles_held import hold_roles, roles_of, settle
from licensing.models import GIVEN_BY_OWNERS, Company, Permission, Role, RoleRequest

LONGEST_WORDS = 500


@as_act
def ask_for_role(company: Company, *, role: str, words: str = "", by: Actor, key: str) -> RoleRequest:
    """Ask the owners for one more role; each of them gets a mail. Raises Conflict while an earlier request is open."""
    act = Act.begin("roles.ask", scope=company, key=key, by=by, stated={"role": role, "words": words})
    require(by, company, Permission.SEE)
    requests = RoleRequest.objects.for_company(company)
    if act.done:
        return requests.get(pk=act.result["request"])
    held = roles_of(company, by.user) if by.user else []
    if by.user is None or not held:
        raise NotAllowed(needs_role(Permission.SEE))
    if len(words) > LONGEST_WORDS:
        raise Refused(_("Write at most %(number)s characters.") % {"number": LONGEST_WORDS}, field="words")
    if role not in roles_to_ask_for(held, has_customers=role == Role.PROVIDER_VIEWER and _has_customers(company)):
        raise Refused(_("Choose a role that you do not have yet."), field="role")
    if requests.open().filter(person=by.user).exists():
        raise Conflict(_("You have asked already. Wait until an owner has decided."))
    asked = requests.create(company=company, person=by.user, role=role, words=words.strip(), asked_at=act.recorded_at)
    _tell_owners(asked, company, by.user)
    act.finish(request=asked.pk, user=by.user.pk, role=role)
    return asked


def roles_to_ask_for(held: Collection[str], *, has_customers: bool) -> list[Role]:
    """Those that would let a person do more than they may. Owners give themselves what they want, and everybody sees."""
    if Role.OWNER in held:
        return []
    looks = [Role.PROVIDER_VIEWER] if has_customers else []
    return [role for role in [*looks, *GIVEN_BY_OWNERS] if role not in held and role != Role.VIEWER]


def _has_customers(company: Company) -> bool:
    return Company.objects.filter(parent=company).exists()


@as_act
def decide_role_request(company: Company, *, request: int, grants: bool, words: str = "", by: Actor, key: str) -> RoleRequest:
    """Approve what was asked for, beside what the person holds, or refuse it with words; they get a mail either way.

    Raises Conflict where it was decided before, Refused where it is refused without a word, and for a provider viewer of a
    company that looks after no other one any more.
    """
    stated = {"request": request, "grants": grants, "words": words}
    act = Act.begin("roles.decide", scope=company, key=key, by=by, stated=stated)
    require(by, company, Permission.PEOPLE)
    asked = RoleRequest.objects.for_company(company).select_related("person").get(pk=request)
    if act.done:
        return asked
    if asked.state != RoleRequest.State.OPEN:
        raise Conflict(_("This was decided before: %(state)s.") % {"state": asked.get_state_display().lower()})
    if len(words) > LONGEST_WORDS:
        raise Refused(_("Write at most %(number)s characters.") % {"number": LONGEST_WORDS}, field="words")
    if not grants and not words.strip():
        raise Refused(_("Say why, so that they know what to do instead."), field="words")
    if grants and asked.role == Role.PROVIDER_VIEWER and not _has_customers(company):
        raise Refused(_("%(company)s looks after no other company.") % {"company": company})
    before = roles_of(company, asked.person)
    settle(asked, RoleRequest.State.GRANTED if grants else RoleRequest.State.DECLINED, act, answer=words.strip())
    if grants:
        hold_roles(act, asked.person, {*before, asked.role})
    mail_answer(asked, company, by)
    act.finish(
        request=asked.pk,
        user=asked.person_id,
        role=asked.role,
        granted=grants,
        before=before,
        roles=roles_of(company, asked.person),
    )
    return asked


def _tell_owners(asked: RoleRequest, company: Company, person: User) -> None:
    said = {"who": person, "role": asked.get_role_display(), "company": company.name}
    lines = [
        _("%(who)s asks for the role %(role)s in %(company)s.") % said,
        *([_("“%(words)s”") % {"words": asked.words}] if asked.words else []),
        "",
        _("Decide here: %(address)s")
        % {"address": settings.CONSOLE_URL + reverse("licensing:role-request", args=[company.slug, asked.pk])},
        "",
    ]
    subject = _("%(company)s: %(who)s asks for a role") % said
    mail_owners(company, subject=subject, text="\n".join(lines))
