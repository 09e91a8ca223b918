"""The one search: `?q=`. For htmx the results alone, while somebody types; else a page, or at once what was meant.

What is typed may be somebody's address or a whole code: logs name the route and never the address (`console/logs`), and a code
is repeated nowhere, neither in the page nor in a link. `?all=1` shows the results also where one is exactly what was typed.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from console.admin.of_staff import of_staff
from console.htmx import wants_part
from console.status_message import StatusMessage, WayOn, tell
from credits.desk.frame import desk_page
from credits.desk.search.find import LONGEST, SHORTEST, hits_for, is_code, slip_of
from credits.desk.search.results import MORE_OF_A_KIND, OF_A_KIND, in_words, looked_in, the_one


@of_staff()
@require_safe
@sensitive_variables()
def search(request: HttpRequest) -> HttpResponse:
    typed = " ".join(request.GET.get("q", "").split())[:LONGEST]
    part = wants_part(request)
    groups = in_words(hits_for(typed), OF_A_KIND if part else MORE_OF_A_KIND)
    slip = "" if groups else slip_of(typed)
    secret = bool(slip) or is_code(typed)
    one = the_one(groups)
    if one is not None and not part and not request.GET.get("all"):
        back = reverse("desk:search", query={"all": 1} if secret else {"q": typed, "all": 1})
        if one.url.startswith(reverse("desk:home")):
            tell(request, StatusMessage(_("Found"), one.name, WayOn(_("Back to the search"), back)))
        else:  # the catalogue of rows shows plain messages
            messages.info(
                request, format_html('{}: {}. <a href="{}">{}</a>', _("Found"), one.name, back, _("Back to the search"))
            )
        return redirect(one.url)
    context = {
        "q": "" if secret else typed,
        "groups": groups,
        "number": sum(len(group.rows) + group.further for group in groups),
        "too_short": len(typed) < SHORTEST,
        "is_code": secret,
        "slip": slip,
        "looked_in": list(looked_in()),
        "all_url": "" if secret else reverse("desk:search", query={"q": typed, "all": 1}),
    }
    template = "desk/search.html#found" if part else "desk/search.html"
    response = desk_page(request, template, context, section="")
    patch_vary_headers(response, ["HX-Request"])
    return response
