"""One member, for owners: their roles, and removing them from the company, which asks once more."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.errors import DomainError
from console.forms.key_form import KeyForm
from console.models import Actor, User
from console.status_message import StatusMessage, tell
from licensing.access import of_company
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.people.roles_held import is_only_owner
from licensing.models import GIVEN_BY_OWNERS, Company, Membership, Permission, Role, RoleRequest, roles_label
from licensing.pages.people.fields import RolesForm


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(Permission.PEOPLE)
def member(request: HttpRequest, company: Company, person: int) -> HttpResponse:
    """Exactly the roles chosen, from the person's next request on. Roles that owners do not choose from stay."""
    assert isinstance(request.user, User)
    held = _member(company, person)
    keeps = _kept(held)
    initial = {"key": uuid4(), "roles": held.roles}
    form = RolesForm(request.POST if request.method == "POST" else None, keeps=keeps, initial=initial)
    if request.method != "POST":
        return _shown(request, held, form)
    if not form.is_valid():
        return _shown(request, held, form, 422)
    roles = {*form.cleaned_data["roles"], *keeps}
    key = form.cleaned_data["key"]
    try:
        set_roles(company, user=held.user, roles=roles, by=Actor.person(request.user), key=key)
    except DomainError as error:
        return _shown(request, held, form, form.refuse(error))
    words = _("%(person)s is %(roles)s from the next page they open.") % {"person": held.user, "roles": roles_label(roles)}
    tell(request, StatusMessage(_("Roles changed"), words))
    if held.user == request.user and Role.OWNER not in roles:
        return redirect("licensing:roles", company.slug)
    return redirect("licensing:people", company.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(Permission.PEOPLE)
def remove_member(request: HttpRequest, company: Company, person: int) -> HttpResponse:
    """GET asks once more; POST removes. What they did stays in the journal under their name."""
    assert isinstance(request.user, User)
    held = _member(company, person)
    form = KeyForm(request.POST if request.method == "POST" else None, initial={"key": uuid4()})
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            set_roles(company, user=held.user, roles=[], by=Actor.person(request.user), key=form.cleaned_data["key"])
        except DomainError as error:
            status = form.refuse(error)
        else:
            words = _("%(person)s is no longer a member of %(company)s.") % {"person": held.user, "company": company}
            tell(request, StatusMessage(_("Removed"), words))
            return redirect(
                "licensing:companies" if held.user == request.user else "licensing:people", *_of(company, held, request)
            )
    context = {"form": form, "held": held, "only_owner": is_only_owner(company, held.user)}
    return render(request, "licensing/people/remove.html", context, status=status)


def _of(company: Company, held: Membership, request: HttpRequest) -> list[str]:
    return [] if held.user == request.user else [company.slug]


def _member(company: Company, person: int) -> Membership:
    """404 for who is no member of this company."""
    held = Membership.objects.filter(company=company, user=person).select_related("user").first()
    if held is None:
        raise Http404
    return held


def _kept(held: Membership) -> set[str]:
    """Roles that owners give elsewhere: that of a provider viewer."""
    return set(held.roles) - set(GIVEN_BY_OWNERS)


def _shown(request: HttpRequest, held: Membership, form: Any, status: int = 200) -> HttpResponse:
    asked = RoleRequest.objects.for_company(request.company).open().filter(person=held.user).first()  # type: ignore[attr-defined]
    context = {"form": form, "held": held, "asked": asked, "kept": roles_label(_kept(held))}
    return render(request, "licensing/people/member.html", context, status=status)
