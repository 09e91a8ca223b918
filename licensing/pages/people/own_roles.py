"""What one's own roles allow, asking the owners for another one, and leaving the company."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from console.errors import DomainError
from console.forms.key_form import KeyForm
from console.models import Actor, User
from console.security.too_often import DAY, too_often
from console.status_message import StatusMessage, tell
from licensing.access import may, of_company
from licensing.acts.people.ask_for_role import LONGEST_WORDS, ask_for_role, roles_to_ask_for
from licensing.acts.people.leave import leave
from licensing.acts.people.roles_held import is_only_owner
from licensing.models import GIVEN_BY_OWNERS, Company, Permission, Role, RoleRequest
from licensing.models.roles_and_what_they_may import WHAT_THEY_MAY
from licensing.pages.people.fields import described, words_field
from licensing.reading.people import latest_request

MOST_IN_A_DAY = 10
"""So often a person asks the owners of a company, who get a mail each time."""


class AskForm(KeyForm):
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose the role that you need."),
            "invalid_choice": gettext_lazy("Choose a role that you do not have yet."),
        },
    )
    words = words_field(gettext_lazy("What you need it for"), gettext_lazy("The owners read it."), most=LONGEST_WORDS)

    def __init__(self, *args: Any, choices: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = described(choices)  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@of_company()
def roles(request: HttpRequest, company: Company) -> HttpResponse:
    """`?role=` chooses what to ask for. POST asks; owners, who may everything, are told that there is nothing to ask for."""
    assert isinstance(request.user, User)
    held = request.membership.roles  # type: ignore[attr-defined]
    choices = roles_to_ask_for(held, has_customers=_has_customers(request))
    form = AskForm(request.POST if request.method == "POST" else None, choices=choices, initial=_initial(request))
    if request.method != "POST":
        return _shown(request, company, form)
    if may(request, Permission.PEOPLE):
        words = _("you are an owner of %(company)s, and may do everything in it.") % {"company": company}
        tell(request, StatusMessage(_("Nothing to ask for"), words, refused=True))
        return redirect("licensing:roles", company.slug)
    if not form.is_valid():
        return _shown(request, company, form, 422)
    if too_often(f"roles:{company.pk}:{request.user.pk}", most=MOST_IN_A_DAY, in_a=DAY):
        form.add_error(None, _("You have asked often today. Nothing was sent; ask again tomorrow."))
        return _shown(request, company, form, 429)
    try:
        ask_for_role(company, **form.cleaned_data, by=Actor.person(request.user))
    except DomainError as error:
        return _shown(request, company, form, form.refuse(error))
    tell(request, StatusMessage(_("Asked"), _("an owner decides, and you get a mail.")))
    return redirect("licensing:roles", company.slug)


def _initial(request: HttpRequest) -> dict[str, Any]:
    return {"key": uuid4(), "role": request.GET.get("role", "")}


def _has_customers(request: HttpRequest) -> bool:
    """Whether the company looks after others. Free, from the memberships."""
    return getattr(request.membership, "has_customers", False)  # type: ignore[attr-defined]


def _shown(request: HttpRequest, company: Company, form: AskForm, status: int = 200) -> HttpResponse:
    held = request.membership.roles  # type: ignore[attr-defined]
    latest = latest_request(company, request.user)  # type: ignore[arg-type]
    told = [role for role in Role if role in GIVEN_BY_OWNERS or role in held or _has_customers(request)]
    context = {
        "form": form,
        "all_roles": [{"label": role.label, "may": WHAT_THEY_MAY[role], "held": role in held} for role in told],
        "asked": latest,
        "waits": latest is not None and latest.state == RoleRequest.State.OPEN,
        "owner": may(request, Permission.PEOPLE),
        "has_customers": _has_customers(request),
    }
    return render(request, "licensing/people/roles.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@of_company()
def leave_company(request: HttpRequest, company: Company) -> HttpResponse:
    """GET asks once more; POST leaves. The last owner is told what to do first."""
    assert isinstance(request.user, User)
    form = KeyForm(request.POST if request.method == "POST" else None, initial={"key": uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            leave(company, by=Actor.person(request.user), key=form.cleaned_data["key"])
        except DomainError as error:
            tell(request, StatusMessage(_("Not left"), str(error), refused=True))
            return redirect("licensing:leave", company.slug)
        tell(request, StatusMessage(_("Left"), _("you are no longer a member of %(company)s.") % {"company": company}))
        return redirect("licensing:companies")
    context = {"form": form, "only_owner": is_only_owner(company, request.user)}
    return render(request, "licensing/people/leave.html", context, status=422 if form.errors else 200)
