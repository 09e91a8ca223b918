"""Ask to join: for whoever signed in from a tenant that a company has verified, and is no member of it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.company_in_hand import for_company
from console.errors import DomainError
from console.forms.key_form import KeyForm
from console.models import User
from console.people.openid_connect.signed_in_from import noted
from console.security.too_often import DAY, too_often
from console.status_message import StatusMessage, tell
from licensing.access import memberships_of, of_person
from licensing.acts.company_settings.join import ask_to_join
from licensing.models import JoinRequest, SignInTenant

MOST_IN_A_DAY = 5


@require_http_methods(["GET", "HEAD", "POST"])
@of_person
def join(request: HttpRequest) -> HttpResponse:
    """GET says what there is to ask, POST asks. What company it is comes from the session's tenant, never from the form."""
    assert isinstance(request.user, User)
    found = noted(request)
    row = SignInTenant.objects.of(found).select_related("company").first() if found else None
    request.memberships = memberships_of(request.user)  # type: ignore[attr-defined]
    if found is None or row is None or request.method != "POST":
        return _shown(request, row, KeyForm(initial={"key": uuid4()}), status=404 if request.method == "POST" else 200)
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _shown(request, row, form, status=422)
    if too_often(f"join:{request.user.pk}", most=MOST_IN_A_DAY, in_a=DAY):
        form.add_error(None, _("You asked often today. Ask an owner of the company to invite you."))
        return _shown(request, row, form, status=429)
    try:
        ask_to_join(row.company, came_from=found, person=request.user, key=form.cleaned_data["key"])
    except DomainError as error:
        return _shown(request, row, form, form.refuse(error))
    tell(request, StatusMessage(_("Asked"), _("the owners of %(company)s were told by mail.") % {"company": row.company.name}))
    return redirect("join")


def _shown(request: HttpRequest, row: SignInTenant | None, form: KeyForm, status: int = 200) -> HttpResponse:
    held: Any = request.memberships  # type: ignore[attr-defined]
    asked = None
    if row is not None:
        with for_company(row.company):
            asked = JoinRequest.objects.filter(company=row.company, person=request.user.pk).order_by("-pk").first()
    context = {
        "welcome_in": row.company if row else None,
        "is_member": row is not None and any(each.company_id == row.company_id for each in held),
        "asked": asked,
        "form": form,
    }
    return render(request, "licensing/company_settings/join.html", context, status=status)
