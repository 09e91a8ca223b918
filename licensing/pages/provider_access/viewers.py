"""Provider viewers: for owners of a service provider, who of its people may look at its customers."""

from __future__ import annotations

from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.errors import DomainError
from console.forms.key_form import key_sent
from console.models import Actor, User
from console.status_message import StatusMessage, tell
from licensing.access import may, of_company
from licensing.acts.providers.set_provider_viewer import set_provider_viewer
from licensing.models import Company, Membership, Permission
from licensing.providers.who_looks import people_of_provider


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(Permission.PEOPLE)
def provider_viewers(request: HttpRequest, company: Company) -> HttpResponse:
    """Two statements beside the frame's. POST `user`, the id of a person of the company, and `looks` (1 or 0)."""
    if request.method == "POST":
        return _state(request, company)
    customers = Company.objects.filter(parent=company)
    context = {
        "people": people_of_provider(company),
        "number": customers.count(),
        "sees_customers": may(request, Permission.CUSTOMERS),
        "key": uuid4(),
    }
    return render(request, "licensing/provider_viewers.html", context)


def _state(request: HttpRequest, company: Company) -> HttpResponse:
    said, looks = request.POST.get("user", ""), request.POST.get("looks") == "1"
    known = said.isdecimal() and len(said) < 19 and Membership.objects.filter(company=company, user=int(said)).exists()
    person = User.objects.get(pk=int(said)) if known else None
    try:
        if person is None:
            raise DomainError(_("This person has no role in %(company)s any more.") % {"company": company})
        set_provider_viewer(
            company,
            user=person,
            looks=looks,
            by=Actor.person(request.user),  # type: ignore[arg-type]
            key=key_sent(request),
        )
    except DomainError as error:
        tell(request, StatusMessage(_("Not saved"), str(error), refused=True))
    else:
        words = _("%(person)s may look at your customers.") if looks else _("%(person)s sees your customers no longer.")
        tell(request, StatusMessage(_("Saved"), words % {"person": person}))
    return redirect("licensing:provider-viewers", company.slug)
