"""The forms of company settings, one for each part of the page. A part is named by the hidden field `part`."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.forms.key_form import KeyForm
from console.models import User
from licensing.acts.company_settings.rename import LONGEST_NAME
from licensing.models.company_time_zone import time_zones


class Part(KeyForm):
    """What all have: the part of the page that they are."""

    name_of_part = ""
    part = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        given = {"key": uuid4(), "part": self.name_of_part, **(initial or {})}
        super().__init__(data, initial=given, auto_id=f"{self.name_of_part}-%s")


class NameForm(Part):
    name_of_part = "name"
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=LONGEST_NAME,
        help_text=gettext_lazy(
            "On every page from now on, also on those of earlier days. The address of the pages stays as it is."
        ),
    )


class TimeZoneForm(Part):
    name_of_part = "time-zone"
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), widget=forms.Select(attrs={"class": "form-select field"}))

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        chosen: Any = self.fields["time_zone"]
        chosen.choices = [(name, name.replace("_", " ")) for name in sorted(time_zones())]
        if self.initial.get("time_zone", "UTC") not in time_zones():  # an old name: the first of the list is no answer
            chosen.choices.insert(0, ("", _("Choose a time zone")))


class FactorForm(Part):
    name_of_part = "second-factor"
    on = forms.DateField(
        label=gettext_lazy("Required from"), widget=forms.DateInput(attrs={"type": "date", "class": "form-control field"})
    )

    @classmethod
    def offering(cls, day: date) -> FactorForm:
        return cls(initial={"on": day.isoformat()})


class NoFactorForm(Part):
    name_of_part = "no-second-factor"


class NoticesForm(Part):
    name_of_part = "notices"
    told = forms.ChoiceField(
        label=gettext_lazy("How notices reach new members"), choices=User.Told.choices, widget=forms.RadioSelect
    )


FORMS: dict[str, type[Part]] = {
    each.name_of_part: each for each in (NameForm, TimeZoneForm, FactorForm, NoFactorForm, NoticesForm)
}
