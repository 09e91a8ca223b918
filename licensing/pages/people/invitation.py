"""Where the link of an invitation leads: who invites to which company with which roles, and accepting it.

The secret stands in the path, from which `console.security.secret_out_of_address` takes it; its digest alone goes on, in the
session. Opening a link changes nothing: a mail scanner may do so. What is good for nothing gets a sentence, and learns nothing.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from allauth.account.utils import perform_login
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from console.company_in_hand import for_company
from console.errors import DomainError
from console.forms.key_form import KeyForm
from console.models import Actor, User
from console.names_customers_see import machine_as_shown, person_as_shown
from console.people.name_at_sign_up import NameForm
from console.people.who_may_sign_in import SECONDS_OF_STRANGERS
from console.security.sealing import Secret, digest
from console.security.too_often import HOUR, too_often
from console.status_message import StatusMessage, tell
from licensing.acts.people.join import FOR_ANOTHER, WHY_NOT, join, join_as_new_person
from licensing.models import Invitation, Membership, roles_label
from licensing.reading.people import invitation_of_link

OPENED_HERE = "invitation"
"""In the session: the digest of the link that this browser opened last."""
TRIES_IN_AN_HOUR = 30
"""Of one invitation: a password is hashed each time."""
UNKNOWN = gettext_lazy(
    "This link opens no invitation. If you were sent a newer mail, use the link in that one; otherwise ask whoever invited you."
)
OPEN_AGAIN = gettext_lazy("Open the link in the mail once more, in this browser.")


class AccountForm(NameForm, KeyForm):
    """For somebody without an account; the address is the invited one."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        max_length=1_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 12 characters, not only digits, and nothing that many people use."),
    )


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@sensitive_variables("secret", "link")
def invitation(request: HttpRequest) -> HttpResponse:
    """With a link: keep it and go on without; without: show what it opened, or accept it (POST)."""
    secret: Secret | None = getattr(request, "secret_parameter", None)
    if secret is not None:
        return _opened(request, digest(secret.reveal()))
    link = request.session.get(OPENED_HERE, "")
    found = invitation_of_link(link) if link else None
    if found is None:
        return _sentence(request, UNKNOWN if link else OPEN_AGAIN, 404)
    if said := _not_for(request, found):
        return _sentence(request, said, 403)
    state = found.state_at(timezone.now())
    if state == Invitation.State.ACCEPTED and request.user.is_authenticated and found.accepted_by_id == request.user.pk:
        return _joined(request, found)
    if state != Invitation.State.OPEN:
        return _sentence(request, WHY_NOT[state], 410)
    known = User.objects.filter(email=found.email).first() if not request.user.is_authenticated else None
    if known is not None and not known.is_active:
        return _sentence(request, _("The account with this address is switched off. Ask support to switch it on again."), 403)
    if request.method != "POST":
        return _shown(request, found, known)
    return _accept(request, found, known, link)


def _opened(request: HttpRequest, link: str) -> HttpResponse:
    """Only what can still be accepted is kept: strangers fill nothing. Who has accepted it is led to the company."""
    found = invitation_of_link(link)
    if found is None:
        return _sentence(request, UNKNOWN, 404)
    if said := _not_for(request, found):
        return _sentence(request, said, 403)
    state = found.state_at(timezone.now())
    is_in = state == Invitation.State.ACCEPTED and _is_member(request, found)
    if state != Invitation.State.OPEN and not is_in:
        return _sentence(request, WHY_NOT[state], 410)
    if request.method != "HEAD" and not is_in:
        request.session[OPENED_HERE] = link
        if not request.user.is_authenticated:
            request.session.set_expiry(SECONDS_OF_STRANGERS)
    response = redirect(_company_page(found) if is_in else "invitation")
    response["Referrer-Policy"], response["Cache-Control"] = "no-referrer", "no-store"
    return response


def _is_member(request: HttpRequest, found: Invitation) -> bool:
    """Whether who has signed in is in the company: whoever accepted may have left again."""
    if not isinstance(request.user, User):
        return False
    with for_company(found.company):
        return Membership.objects.filter(company=found.company, user=request.user).exists()


def _not_for(request: HttpRequest, found: Invitation) -> Any:
    """Why it is not for who has signed in; nothing for its person, and for who has not signed in."""
    if not isinstance(request.user, User):
        return ""
    is_theirs = found.accepted_by_id == request.user.pk if found.accepted_at else found.email in ("", request.user.email)
    return "" if is_theirs else FOR_ANOTHER


@sensitive_variables("link", "password")
def _accept(request: HttpRequest, found: Invitation, known: User | None, link: str) -> HttpResponse:
    if isinstance(request.user, User):
        form = KeyForm(request.POST)
        try:
            key = form.cleaned_data["key"] if form.is_valid() else ""
            join(found.company, invitation=found.pk, link=link, by=Actor.person(request.user), key=key)
        except DomainError as error:
            return _sentence(request, error, error.status)
        return _joined(request, found)
    if known is not None:
        return redirect(f"{reverse('account_login')}?next={reverse('invitation')}")
    account = AccountForm(request.POST)
    if not account.is_valid():
        return _shown(request, found, None, account, 422)
    if too_often(f"invitation:{found.pk}", most=TRIES_IN_AN_HOUR, in_a=HOUR):
        account.add_error(None, _("This was tried often in this hour. Try again in an hour."))
        return _shown(request, found, None, account, 429)
    name, password = account.cleaned_data["name"], account.cleaned_data["password"]
    try:
        person = join_as_new_person(found.company, invitation=found.pk, link=link, name=name, password=password)
    except DomainError as error:
        return _shown(request, found, None, account, account.refuse(error))
    _tell(request, found)
    return perform_login(request, person, email_verification="none", redirect_url=_company_page(found))


def _joined(request: HttpRequest, found: Invitation) -> HttpResponse:
    request.session.pop(OPENED_HERE, None)
    _tell(request, found)
    return redirect(_company_page(found))


def _tell(request: HttpRequest, found: Invitation) -> None:
    said = {"company": found.company, "roles": roles_label(found.roles)}
    tell(request, StatusMessage(_("Joined"), _("you are a member of %(company)s now: %(roles)s.") % said))


def _company_page(found: Invitation) -> str:
    return reverse("licensing:roles", args=[found.company.slug])


def _shown(
    request: HttpRequest, found: Invitation, known: User | None, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    new = known is None and not request.user.is_authenticated
    context = {
        "form": form or (AccountForm if new else KeyForm)(initial={"key": uuid4()}),
        "new": new,
        "known": known,
        "invitation": found,
        "invites": person_as_shown(found.invited_by) if found.invited_by else machine_as_shown(""),
        "roles": roles_label(found.roles),
    }
    return _kept_nowhere(render(request, "licensing/people/invitation.html", context, status=status))


def _sentence(request: HttpRequest, said: Any, status: int) -> HttpResponse:
    return _kept_nowhere(render(request, "licensing/people/invitation_over.html", {"said": said}, status=status))


def _kept_nowhere(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
