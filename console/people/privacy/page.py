"""Privacy: what is kept of a person, given to them as a file, and their erasure. Both ask for the password or a code first."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from console.errors import DomainError
from console.exports.export_of import note_export
from console.forms.key_form import refuse
from console.models import Actor, User
from console.people.privacy.data_of import data_of
from console.people.privacy.erase import erase_person
from console.people.privacy.parts import held, hindrances
from console.status_message import StatusMessage, tell


class ErasureForm(forms.Form):
    """The address is typed, so that nobody is erased by a slip."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    address = forms.CharField(
        label=gettext_lazy("Your e-mail address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
        help_text=gettext_lazy("Type it to say that you mean it."),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        self.person = person
        super().__init__(*args, **kwargs)

    def clean_address(self) -> str:
        typed: str = self.cleaned_data["address"].strip()
        if typed.lower() != self.person.email:
            raise forms.ValidationError(_("This is not your address. It is %(email)s.") % {"email": self.person.email})
        return typed


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept, with what becomes of it. Posted: erase the person who asks, who is then signed out."""
    person: Any = request.user
    if request.method != "POST":
        return _page(request, ErasureForm(person=person, initial={"key": uuid4()}))
    form = ErasureForm(request.POST, person=person)
    if form.is_valid():
        try:
            erase_person(person, by=Actor.person(person), key=str(form.cleaned_data["key"]))
        except DomainError as error:
            refuse(form, error, beside="")
        else:
            logout(request)
            tell(request, StatusMessage(_("Erased"), _("nothing here leads to you any more.")))
            return redirect("account_login")
    return _page(request, form, status=422)


@require_safe
@reauthentication_required
def own_data(request: HttpRequest) -> HttpResponse:
    """All that is kept of whoever asks, as JSON. Its record says that it was taken, as of every export."""
    person: Any = request.user
    found = data_of(person)
    if request.method != "HEAD":
        note_export(request, sheet="personal-data", written="json", rows=sum(len(part["rows"]) for part in found["parts"]))
    answer = JsonResponse(found, json_dumps_params={"indent": 1, "ensure_ascii": False})
    answer["Content-Disposition"] = 'attachment; filename="allotment-personal-data.json"'
    return answer


def _page(request: HttpRequest, form: ErasureForm, status: int = 200) -> HttpResponse:
    becomes: dict[str, list[str]] = {}
    for each in held().values():
        titles = becomes.setdefault(str(each.becomes), [])
        if str(each.title) not in titles:
            titles.append(str(each.title))
    context = {"form": form, "becomes": becomes, "hindrances": [said for each in hindrances for said in each(form.person)]}
    return render(request, "account/privacy.html", context, status=status)
