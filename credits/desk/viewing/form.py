"""Which page of a company support opens, of which day and as known when; and why."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.errors import DomainError
from console.models.why import LONGEST_CASE_NUMBER
from licensing.models import Company, ViewPurpose
from licensing.pages.day_shown import FIRST_DAY, LAST_DAY, instant_passed
from licensing.pages.page_of_company import page_of_company

OF_A_DAY = ("on", "known")
SPACE_BEFORE_TIME = re.compile(r"(?<=^[0-9]{4}-[0-9]{2}-[0-9]{2}) +(?=[0-9])")


class ViewForm(forms.Form):
    """`page_to_open` is the address that it asks for, once it is valid."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", gettext_lazy("Choose a reason")), *ViewPurpose.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
        help_text=gettext_lazy("The company reads this in its record."),
    )
    words = forms.CharField(
        label=gettext_lazy("In words"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control words"}),
        help_text=gettext_lazy("Only staff read this."),
    )
    case = forms.CharField(
        label=gettext_lazy("Case number"),
        max_length=LONGEST_CASE_NUMBER,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Only staff read this."),
    )
    page = forms.CharField(
        label=gettext_lazy("Page"),
        max_length=2_000,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Its address; empty: Annual credits."),
    )
    on = forms.CharField(
        label=gettext_lazy("Day"),
        max_length=10,
        required=False,
        widget=forms.TextInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Empty: the day in the address, else today."),
    )
    known = forms.CharField(
        label=gettext_lazy("As known at"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Like 2026-11-29 10:07, in the time of the company. Empty: by all that is recorded now."),
    )

    def __init__(self, data: Any = None, *, company: Company, **kwargs: Any) -> None:
        self.company = company
        super().__init__(data, **kwargs)

    def clean_page(self) -> str:
        """The path and query of a page of the company, from an address with or without the console's own."""
        typed = self.cleaned_data["page"].strip()
        parts = urlsplit(typed) if typed else None
        own = f"{parts.path}?{parts.query}" if parts is not None and parts.query else parts.path if parts is not None else ""
        found = page_of_company(own or reverse("credits:annual-credits", args=[self.company.slug]), self.company)
        if not found:
            raise forms.ValidationError(_("This is no page of %(name)s.") % {"name": self.company.name})
        return found

    def clean_on(self) -> str:
        typed = self.cleaned_data["on"].strip()
        try:
            if typed and not FIRST_DAY <= date.fromisoformat(typed) <= LAST_DAY:
                raise ValueError
        except ValueError:
            raise forms.ValidationError(_("Write a day like 2026-11-20, from 2000-01-01 to 2199-12-31.")) from None
        return typed

    def clean_known(self) -> str:
        typed: str = SPACE_BEFORE_TIME.sub("T", self.cleaned_data["known"].strip(), count=1)
        if typed:
            try:
                instant_passed(typed, self.company)
            except DomainError as error:
                raise forms.ValidationError(str(error)) from None
        return typed

    @property
    def page_to_open(self) -> str:
        """The page, with the day and the instant that were chosen in the place of those in its address."""
        path, _mark, query = self.cleaned_data["page"].partition("?")
        chosen = {name: self.cleaned_data[name] for name in OF_A_DAY if self.cleaned_data[name]}
        kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in chosen]
        asked = urlencode([*kept, *chosen.items()])
        return f"{path}?{asked}" if asked else path
