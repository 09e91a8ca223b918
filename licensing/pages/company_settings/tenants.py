"""Sign-in by your organization: for owners, the tenants whose people may join, and who asks to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from console.errors import DomainError
from console.forms.key_form import KeyForm
from console.models import Actor
from console.people.openid_connect.signed_in_from import SignedInFrom, noted, providers_of_tenants
from console.status_message import StatusMessage, tell
from licensing.access import of_company
from licensing.acts.company_settings.join import answer_to_join
from licensing.acts.company_settings.tenants import remove_tenant, say_what_new_people_become, state_tenant, verify_tenant
from licensing.models import Company, JoinRequest, Permission, SignInTenant
from licensing.pages.company_settings.forms import Part


class StateForm(Part):
    name_of_part = "state"
    provider = forms.ChoiceField(label=gettext_lazy("Provider"), widget=forms.Select(attrs={"class": "form-select field"}))
    tenant = forms.CharField(
        label=gettext_lazy("Tenant ID"),
        max_length=36,
        help_text=gettext_lazy("In Microsoft Entra: Identity, Overview, Tenant ID."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        chosen: Any = self.fields["provider"]
        chosen.choices = list(providers_of_tenants().items())


class OneForm(KeyForm):
    """What is pressed beside a tenant or a request: which one."""

    pk = forms.IntegerField(min_value=1, max_value=2**63 - 1)


@dataclass(frozen=True)
class Row:
    """A tenant as the page shows it."""

    pk: int
    tenant: str
    provider: str
    verified: bool
    gives_viewer: bool
    is_here: bool
    """Whether the person signed in from it, so that they may verify it now."""
    sign_in_url: str
    """Where its provider is asked who the person is; empty where the installation has no such provider any more."""


@require_http_methods(["GET", "HEAD", "POST"])
@of_company(Permission.PEOPLE)
def company_tenants(request: HttpRequest, company: Company) -> HttpResponse:
    """Three statements beside the frame's. POST does what `part` says, to the tenant or the request `pk`."""
    if request.method != "POST":
        return _shown(request, company)
    part, by = request.POST.get("part", ""), Actor.person(request.user)  # type: ignore[arg-type]
    form: KeyForm = StateForm(request.POST) if part == StateForm.name_of_part else OneForm(request.POST)
    if part not in DOES or (isinstance(form, OneForm) and not form.is_valid()):
        raise Http404
    if not form.is_valid():
        return _shown(request, company, form, status=422)
    typed = {**form.cleaned_data, "came_from": noted(request)}
    try:
        said = DOES[part](company, typed, {"by": by, "key": typed["key"]})
    except DomainError as error:
        if isinstance(form, StateForm):
            return _shown(request, company, form, status=form.refuse(error))
        return _shown(request, company, refused=str(error), status=error.status)
    tell(request, said)
    return redirect("licensing:company-tenants", company.slug)


def _state(company: Company, typed: dict[str, Any], act: dict[str, Any]) -> StatusMessage:
    row = state_tenant(company, provider=typed["provider"], tenant=typed["tenant"], **act)
    return StatusMessage(_("Stated"), _("sign in from %(tenant)s to verify it.") % {"tenant": row.tenant})


def _verify(company: Company, typed: dict[str, Any], act: dict[str, Any]) -> StatusMessage:
    row = verify_tenant(company, pk=typed["pk"], came_from=typed["came_from"], **act)
    return StatusMessage(_("Verified"), _("people of %(tenant)s may ask to join.") % {"tenant": row.tenant})


def _viewers(company: Company, typed: dict[str, Any], act: dict[str, Any]) -> StatusMessage:
    say_what_new_people_become(company, pk=typed["pk"], viewer=True, **act)
    return StatusMessage(_("Saved"), _("new people become viewers when they first sign in, and you are told."))


def _ask(company: Company, typed: dict[str, Any], act: dict[str, Any]) -> StatusMessage:
    say_what_new_people_become(company, pk=typed["pk"], viewer=False, **act)
    return StatusMessage(_("Saved"), _("new people ask to join, and an owner answers."))


def _remove(company: Company, typed: dict[str, Any], act: dict[str, Any]) -> StatusMessage:
    row = remove_tenant(company, pk=typed["pk"], **act)
    return StatusMessage(_("Removed"), _("nobody joins from %(tenant)s any more. Members stay.") % {"tenant": row.tenant})


def _approve(company: Company, typed: dict[str, Any], act: dict[str, Any]) -> StatusMessage:
    row = answer_to_join(company, pk=typed["pk"], approve=True, **act)
    return StatusMessage(_("Approved"), _("%(person)s is a viewer now.") % {"person": row.person})


def _refuse(company: Company, typed: dict[str, Any], act: dict[str, Any]) -> StatusMessage:
    row = answer_to_join(company, pk=typed["pk"], approve=False, **act)
    return StatusMessage(_("Refused"), _("%(person)s was told by mail.") % {"person": row.person})


DOES = {
    "state": _state,
    "verify": _verify,
    "viewers": _viewers,
    "ask": _ask,
    "remove": _remove,
    "approve": _approve,
    "refuse": _refuse,
}


def _shown(
    request: HttpRequest, company: Company, form: forms.Form | None = None, *, refused: str = "", status: int = 200
) -> HttpResponse:
    here, providers = noted(request), providers_of_tenants()
    context = {
        "rows": [
            _row(row, company, here, providers) for row in SignInTenant.objects.filter(company=company).stated().order_by("pk")
        ],
        "requests": JoinRequest.objects.for_company(company).open().select_related("person").order_by("pk"),
        "providers": providers,
        "state_form": form or StateForm(),
        "refused": refused,
        "new_key": uuid4,  # a key of its own wherever it is written
    }
    return render(request, "licensing/company_settings/tenants.html", context, status=status)


def _row(row: SignInTenant, company: Company, here: SignedInFrom | None, providers: dict[str, str]) -> Row:
    back = reverse("licensing:company-tenants", args=[company.slug])
    there = ""
    if row.provider in providers:
        there = reverse("openid_connect_login", args=[row.provider], query={"process": "connect", "next": back})
    return Row(
        pk=row.pk,
        tenant=row.tenant,
        provider=providers.get(row.provider, row.provider),
        verified=row.verified_at is not None,
        gives_viewer=row.gives_viewer,
        is_here=here is not None and (here.provider, here.tenant) == (row.provider, row.tenant),
        sign_in_url=there,
    )
