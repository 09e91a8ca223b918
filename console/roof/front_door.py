"""The front door: where somebody who signed in goes first."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from console.people.openid_connect.signed_in_from import noted
from licensing.access import memberships_of, of_person
from licensing.pages.company_settings.at_sign_in import is_welcome


@require_safe
@of_person
def home(request: HttpRequest) -> HttpResponse:
    """One company: its Annual credits; several: a chooser; none: what to do next, asking to join, or the workbench for staff."""
    memberships = request.memberships = memberships_of(request.user)  # type: ignore[attr-defined, arg-type]
    if len(memberships) == 1:
        return redirect("credits:annual-credits", memberships[0].company.slug)
    if memberships:
        return redirect("licensing:companies")
    if request.user.is_staff:
        return redirect("desk:home")
    if is_welcome(noted(request)):
        return redirect("join")
    return render(request, "licensing/no_company.html")
