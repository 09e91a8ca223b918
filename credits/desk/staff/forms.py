"""What is typed to add somebody to the staff, or to change what they may do."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.models import ReasonKind, Why
from console.models.why import LONGEST_CASE_NUMBER
from console.people.staff.roles import GIVEN


class RolesForm(forms.Form):
    """`roles` beyond looking, and why; `said` is what the acts take."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("May also"),
        choices=[(role.value, role.label) for role in GIVEN],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("Without any of them the person looks only."),
    )
    reason_kind = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", gettext_lazy("Choose a reason")), *ReasonKind.choices],
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    reason = forms.CharField(label=gettext_lazy("In words"), max_length=2000)
    case_number = forms.CharField(label=gettext_lazy("Case number"), max_length=LONGEST_CASE_NUMBER, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"key": uuid4(), **self.initial}

    @property
    def said(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        why = Why(said.pop("reason"), said.pop("reason_kind"), said.pop("case_number"))
        return {**said, "key": str(said["key"]), "reason": why}


class NewStaffForm(RolesForm):
    address = forms.EmailField(label=gettext_lazy("E-mail address"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=150, required=False)

    field_order = ("address", "name", "roles", "reason_kind", "reason", "case_number")


class ChangeStaffForm(RolesForm):
    ends = forms.BooleanField(label=gettext_lazy("No longer staff: signed out everywhere, at once"), required=False)

    field_order = ("roles", "ends", "reason_kind", "reason", "case_number")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("ends") and cleaned.get("roles"):
            self.add_error("ends", _("Whoever is no longer staff has no roles: take them away, too."))
        return cleaned
