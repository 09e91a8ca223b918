"""View as the customer: the form with the reason, and the end of a view."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from console.admin.of_staff import of_staff, staff_person
from console.company_in_hand import for_company
from console.errors import DomainError
from console.status_message import StatusMessage, tell
from credits.desk.frame import desk_page
from credits.desk.viewing.form import ViewForm
from licensing.models import Company
from licensing.viewing.begin_and_end import VIEWING, begin_view, end_view


@of_staff()
@require_http_methods(["GET", "HEAD", "POST"])
def view_as(request: HttpRequest, slug: str) -> HttpResponse:
    """`page`, `on`, `known`, `purpose` and `case` fill the form in; `ended` says that a view is over."""
    company = get_object_or_404(Company, slug=slug)
    with for_company(company):
        if request.method != "POST":
            return _shown(request, company, ViewForm(company=company, initial=request.GET.dict()))
        form = ViewForm(request.POST, company=company)
        if not form.is_valid():
            return _shown(request, company, form, status=422)
        said = {name: form.cleaned_data[name] for name in ("purpose", "words", "case")}
        try:
            begin_view(request.session, company, person=staff_person(request), **said)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
            return _shown(request, company, form, status=error.status)
    return HttpResponseRedirect(form.page_to_open)


@of_staff()
@require_POST
def end_now(request: HttpRequest) -> HttpResponse:
    """End the view that runs in this session, and go on where it was begun."""
    named = request.session.get(VIEWING)
    if end_view(request.session):
        tell(request, StatusMessage(_("View ended"), _("You work as support again.")))
    return HttpResponseRedirect(reverse("desk:view-as", args=[named[2]]) if named else reverse("desk:home"))


def _shown(request: HttpRequest, company: Company, form: ViewForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "customer": company, "ended": "ended" in request.GET}
    response = desk_page(request, "desk/view_as.html", context, section="home", status=status)
    return response.render()  # type: ignore[attr-defined]
