"""Inviting somebody by mail, for owners: the form, and the presses that send an invitation again or withdraw it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from console.errors import Conflict, DomainError
from console.forms.key_form import key_sent
from console.models import Actor, User
from console.security.too_often import DAY, too_often
from console.status_message import StatusMessage, tell
from licensing.access import of_company
from licensing.acts.people.invite import LONGEST_WORDS, invite, send_again, withdraw_invitation
from licensing.models import Company, Invitation, Permission
from licensing.pages.people.fields import RolesForm, words_field

MAILS_A_DAY = 100
"""Of one company's invitations, sent again or not."""


class InviteForm(RolesForm):
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("Enter an e-mail address, such as name@company.example.")},
    )
    words = words_field(gettext_lazy("A word to them"), gettext_lazy("Stands in the mail, below your name."), most=LONGEST_WORDS)


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(Permission.PEOPLE)
def invite_person(request: HttpRequest, company: Company) -> HttpResponse:
    assert isinstance(request.user, User)
    form = InviteForm(request.POST if request.method == "POST" else None, initial={"key": uuid4()})
    if request.method != "POST":
        return _shown(request, form)
    if not form.is_valid():
        return _shown(request, form, 422)
    said = {name: form.cleaned_data[name] for name in ("email", "roles", "words", "key")}
    if _too_many(company):
        form.add_error(None, _("Many invitations were sent today. Nothing was sent; send this one tomorrow."))
        return _shown(request, form, 429)
    try:
        sent = invite(company, **said, by=Actor.person(request.user))
    except DomainError as error:
        return _shown(request, form, form.refuse(error), is_known=isinstance(error, Conflict) and error.field == "email")
    words = _("%(email)s. The link in the mail works once, for seven days.") % {"email": sent.email or said["email"]}
    tell(request, StatusMessage(_("Invited"), words))
    return redirect("licensing:people", company.slug)


@require_POST
@of_company(Permission.PEOPLE)
def invite_again(request: HttpRequest, company: Company, number: int) -> HttpResponse:
    """The mail with a new link; the one before opens nothing more."""
    assert isinstance(request.user, User)
    key = _key_of(request, company, number)
    if _too_many(company):
        words = _("many invitations were sent today. Send this one tomorrow.")
        tell(request, StatusMessage(_("Not sent"), words, refused=True))
    else:
        try:
            sent = send_again(company, invitation=number, by=Actor.person(request.user), key=key)
        except DomainError as error:
            tell(request, StatusMessage(_("Not sent"), str(error), refused=True))
        else:
            words = _("%(email)s has a new link. The one before opens nothing more.") % {"email": sent.email}
            tell(request, StatusMessage(_("Sent again"), words))
    return redirect("licensing:people", company.slug)


@require_POST
@of_company(Permission.PEOPLE)
def withdraw(request: HttpRequest, company: Company, number: int) -> HttpResponse:
    assert isinstance(request.user, User)
    key = _key_of(request, company, number)
    try:
        withdraw_invitation(company, invitation=number, by=Actor.person(request.user), key=key)
    except DomainError as error:
        tell(request, StatusMessage(_("Not withdrawn"), str(error), refused=True))
    else:
        tell(request, StatusMessage(_("Withdrawn"), _("the link of that invitation opens nothing more.")))
    return redirect("licensing:people", company.slug)


def _key_of(request: HttpRequest, company: Company, number: int) -> str:
    """The key of a press on one of the company's invitations; another's is 404."""
    if not Invitation.objects.for_company(company).filter(pk=number).exists():
        raise Http404
    return key_sent(request)


def _too_many(company: Company) -> bool:
    return too_often(f"invitations:{company.pk}", most=MAILS_A_DAY, in_a=DAY)


def _shown(request: HttpRequest, form: Any, status: int = 200, *, is_known: bool = False) -> HttpResponse:
    """`is_known`: whoever has the address is a member or is invited, which the page of people shows."""
    return render(request, "licensing/people/invite.html", {"form": form, "is_known": is_known}, status=status)
