"""Erase a person who asked support for it: what becomes of what is kept, then the act, with the reason."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from console.admin.of_staff import of_staff, staff_person
from console.errors import DomainError
from console.forms.key_form import refuse
from console.models import Actor, ReasonKind, User, Why
from console.models.why import LONGEST_CASE_NUMBER
from console.people.privacy.data_of import data_of
from console.people.privacy.erase import erase_person
from console.people.privacy.parts import hindrances
from console.people.staff.roles import StaffRole
from console.status_message import StatusMessage, tell
from credits.desk.frame import desk_page


class EraseForm(forms.Form):
    """`said` is what the act takes."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    without_owner = forms.BooleanField(label=gettext_lazy("Also where a company is left without an owner"), required=False)
    reason_kind = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", gettext_lazy("Choose a reason")), *ReasonKind.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("In words"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("Only staff read this. Without the person’s name and address: the journal keeps it."),
    )
    case_number = forms.CharField(label=gettext_lazy("Case number"), max_length=LONGEST_CASE_NUMBER, required=False)
    sure = forms.BooleanField(label=gettext_lazy("The person asked for it, and I have made sure that it was them"))

    @property
    def said(self) -> dict[str, Any]:
        said = self.cleaned_data
        why = Why(said["reason"], said["reason_kind"], said["case_number"])
        return {"key": str(said["key"]), "without_owner": said["without_owner"], "reason": why}


@of_staff(StaffRole.CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    """What is kept of the person, part by part, with how many rows. Posted: erase them."""
    person = get_object_or_404(User, pk=pk)
    form, status = EraseForm(initial={"key": uuid4()}), 200
    if request.method == "POST":
        form, status = EraseForm(request.POST), 422
        if form.is_valid():
            try:
                erase_person(person, by=Actor.person(staff_person(request)), **form.said)
            except DomainError as error:
                status = refuse(form, error)
            else:
                tell(request, StatusMessage(_("Erased"), _("the person is a former member everywhere.")))
                return redirect(reverse("admin:console_user_change", args=[pk]))
    parts = [(each["part"], each["when_you_are_erased"], len(each["rows"])) for each in data_of(person)["parts"] if each["rows"]]
    context = {
        "form": form,
        "person": person,
        "parts": parts,
        "hindrances": [said for each in hindrances for said in each(person)],
        "person_url": reverse("admin:console_user_change", args=[pk]),
    }
    return desk_page(request, "desk/erase.html", context, section="records", status=status)
