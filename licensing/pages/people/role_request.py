"""A request for a role, for owners: approving it, or refusing it with words."""

from __future__ import annotations

from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from console.errors import DomainError
from console.forms.key_form import KeyForm
from console.models import Actor, User
from console.status_message import StatusMessage, tell
from licensing.access import of_company
from licensing.acts.people.ask_for_role import LONGEST_WORDS, decide_role_request
from licensing.models import Company, Permission, Role, RoleRequest
from licensing.models.roles_and_what_they_may import WHAT_THEY_MAY
from licensing.pages.people.fields import words_field


class DecisionForm(KeyForm):
    words = words_field(
        gettext_lazy("A word to them"), gettext_lazy("Say why, where you refuse: they read it in a mail."), most=LONGEST_WORDS
    )


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(Permission.PEOPLE)
def role_request(request: HttpRequest, company: Company, number: int) -> HttpResponse:
    """POST decides, as its button says: `decision` is approve, or refuse."""
    assert isinstance(request.user, User)
    asked = RoleRequest.objects.for_company(company).select_related("person", "decided_by").filter(pk=number).first()
    if asked is None:
        raise Http404
    form = DecisionForm(request.POST if request.method == "POST" else None, initial={"key": uuid4()})
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        grants = request.POST.get("decision") == "approve"
        said = {"words": form.cleaned_data["words"], "key": form.cleaned_data["key"]}
        try:
            decide_role_request(company, request=number, grants=grants, **said, by=Actor.person(request.user))
        except DomainError as error:
            status = form.refuse(error)
        else:
            about = {"person": asked.person, "role": asked.get_role_display()}
            approved = StatusMessage(_("Approved"), _("%(person)s is %(role)s from the next page they open.") % about)
            refused = StatusMessage(_("Refused"), _("%(person)s gets your words by mail.") % about)
            tell(request, approved if grants else refused)
            return redirect("licensing:people", company.slug)
    context = {
        "form": form,
        "asked": asked,
        "may": WHAT_THEY_MAY[Role(asked.role)],
        "open": asked.state == RoleRequest.State.OPEN,
    }
    return render(request, "licensing/people/role_request.html", context, status=status)
