"""Access of the service provider: for owners of a customer, who of it may look, who did, and the switch that closes it."""

from __future__ import annotations

from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.errors import DomainError
from console.exports.export_of import export_of, wants_export
from console.exports.sheet import Sheet, instant, text
from console.forms.key_form import key_sent
from console.models import Actor
from console.status_message import StatusMessage, tell
from licensing.access import of_company
from licensing.acts.providers.close_to_provider import close_to_provider
from licensing.models import Company, Permission
from licensing.providers.who_looks import LOOKS_AT_MOST, Look, looks_at, viewers_of_provider


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(Permission.PEOPLE)
def provider_access(request: HttpRequest, company: Company) -> HttpResponse:
    """Three statements beside the frame's. POST `closed` (1 or 0) and `provider`, the id of the one that was shown."""
    if request.method == "POST":
        return _state(request, company)
    looks = looks_at(company)
    if wants_export(request):
        return export_of(request, looks_sheet(looks))
    provider = Company.objects.filter(pk=company.parent_id).first() if company.parent_id else None
    context = {
        "provider": provider,
        "viewers": viewers_of_provider(company),
        "looks": looks,
        "looks_at_most": LOOKS_AT_MOST,
        "key": uuid4(),
    }
    return render(request, "licensing/provider_access.html", context)


def _state(request: HttpRequest, company: Company) -> HttpResponse:
    said = request.POST.get("provider", "")
    provider = Company.objects.filter(pk=int(said)).first() if said.isdecimal() and len(said) < 19 else None
    closed = request.POST.get("closed") == "1"
    if provider is None or provider.pk != company.parent_id:
        words = _("This is no longer your service provider. Nothing was saved.")
        tell(request, StatusMessage(_("Not saved"), words, refused=True))
        return redirect("licensing:provider-access", company.slug)
    try:
        close_to_provider(
            company,
            provider=provider,
            closed=closed,
            by=Actor.person(request.user),  # type: ignore[arg-type]
            key=key_sent(request),
        )
    except DomainError as error:
        tell(request, StatusMessage(_("Not saved"), str(error), refused=True))
    else:
        words = (
            _("nobody of %(provider)s sees it from now on.") if closed else _("provider viewers of %(provider)s may look again.")
        )
        tell(request, StatusMessage(_("Closed") if closed else _("Opened"), words % {"provider": provider}))
    return redirect("licensing:provider-access", company.slug)


def looks_sheet(looks: list[Look]) -> Sheet:
    """The latest first, as on the page."""
    return Sheet(
        "provider-looks",
        _("Pages seen by a service provider"),
        (
            instant("at", _("When")),
            text("person", _("Who")),
            text("on_behalf_of", _("On behalf of")),
            text("page", _("Page")),
            text("address", _("Address")),
        ),
        [(each.at, each.person, each.provider, each.page, each.address) for each in looks],
    )
