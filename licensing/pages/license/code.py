"""The code of a license, in clear: revealed or copied by those with the licensing permission, and recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from console.htmx import render_page, wants_part
from console.models import Actor, User
from licensing.access import of_company
from licensing.codes.reveal_code import code_to_show, reveal_code
from licensing.models import Company, License, Order, Permission
from licensing.pages.license.view import code_shown, license_context
from licensing.pages.license_information.rows import CodeInRow


@require_POST
@of_company(Permission.LICENSING)
@sensitive_variables("clear", "context", "code")
def code(request: HttpRequest, company: Company, pk: int) -> HttpResponse:
    """The license's page with the code in clear, in the answer itself, so that no address, session or cache holds it.

    Copied from a row of License Information, the row's code alone is answered, which stays masked to the eye.
    """
    assert isinstance(request.user, User)
    licenses = License.objects.for_company(company).filter(order__channel=Order.Channel.CODE)
    license = licenses.select_related("order").filter(pk=min(pk, 2**63 - 1)).first()
    found = code_to_show(license.order) if license else None
    if license is None or found is None:
        raise Http404(_("There is no such code in this company."))
    purpose: Any = request.POST.get("purpose", "reveal")
    in_row = wants_part(request) and request.htmx.target == f"code-of-{license.order_id}"  # type: ignore[attr-defined]
    clear = reveal_code(found, by=Actor.person(request.user), key=str(uuid4()), purpose=purpose)
    if in_row and purpose == "copy":
        row = CodeInRow(license.order_id, found.masked, found.get_kind_display(), request.path)
        return render_page(request, "licensing/license.html", {"code": row, "clear": clear}, part="licensing/order_code.html")
    context: dict[str, Any] = {"code": code_shown(request, license)} if wants_part(request) else license_context(request, pk)
    context["code"] = replace(context["code"], clear=clear, copies=purpose == "copy")
    return render_page(request, "licensing/license.html", context, partial="code")
