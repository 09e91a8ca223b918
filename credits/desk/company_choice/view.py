"""What is offered below a field of a form while somebody types into it; `?<field>=` is the text. It answers with that alone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from console.admin.of_staff import of_staff
from credits.desk.search.find import LONGEST
from licensing.admin.company_field.field import in_one_line
from licensing.admin.company_field.found import offered


@of_staff()
@require_safe
def company_choice(request: HttpRequest, field: str) -> HttpResponse:
    """`field` is the name of the form's field."""
    typed = in_one_line(request.GET.get(field))[:LONGEST]
    context = {"found": offered(typed) if typed else None, "name": field}
    return TemplateResponse(request, "desk/company_found.html", context)
