"""The field of every form in which support names a company.

What is typed is the whole name, business ID or address name, or a part: then the companies that have it are listed, each with
its figures, and one is ticked. They are listed by the button Find, by a press that could not tell which is meant, and while
somebody types. Two companies of one name are never told apart by a guess.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy

from console.admin import ActForm
from licensing.admin.company_field.found import Found, figures_of, finds_companies, offered
from licensing.models import Company

LISTED, CHOSEN = "listed", "chosen"
"""Beside the typed text a form sends the text that the list was of, and the address name of the company ticked in it."""


def in_one_line(text: Any) -> str:
    return " ".join(str(text or "").split())


class CompanySearch(forms.TextInput):
    """The text, or the company that was ticked in the list of it; a list of another text counts no more."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed = super().value_from_datadict(data, files, name)
        chosen = data.get(f"{name}-{CHOSEN}")
        if chosen and in_one_line(data.get(f"{name}-{LISTED}")) == in_one_line(typed):
            return chosen
        return typed


class CompanyBoundField(forms.BoundField):
    """Knows what is listed below the field."""

    form: ActForm
    field: CompanyField

    def build_widget_attrs(self, attrs: Any, widget: Any = None) -> Any:
        found = super().build_widget_attrs(attrs, widget)
        if finder := finds_companies.finder:
            listed = f"#{self.id_for_label}_found"
            found |= {
                "hx-get": finder.address(self.html_name),
                "hx-trigger": "input changed delay:200ms",
                "hx-sync": "this:replace",
                "hx-target": listed,
                "data-changes": listed,
            }
        return found

    @cached_property
    def typed(self) -> str:
        return in_one_line(self.value())

    @cached_property
    def company(self) -> Company | None:
        """The one that is named, if the text names one alone."""
        try:
            return self.field.to_python(self.typed)
        except ValidationError:
            return None

    @cached_property
    def found(self) -> Found | None:
        """None where nothing was typed, and nobody asked."""
        asked = self.form.finding == self.name
        if self.company is not None and not asked:
            return Found(self.typed, tuple(figures_of([self.company])), 0, self.company.slug)
        if not self.typed and not asked:
            return None
        return offered(self.typed)


class CompanyField(forms.ModelChoiceField):
    widget = CompanySearch

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            Company.objects.all(),
            **{
                "to_field_name": "slug",
                "widget": CompanySearch(attrs={"class": "vTextField", "autocomplete": "off", "maxlength": 200}),
                "label": gettext_lazy("Company"),
                "help_text": gettext_lazy("Its name, business ID or address name; Find lists what has a part of it."),
                "error_messages": {
                    "invalid_choice": gettext_lazy("No company has exactly this name, business ID or address name. Choose one."),
                    "several": gettext_lazy("Several companies are called this. Choose one of them."),
                },
                **kwargs,
            },
        )

    def get_bound_field(self, form: Any, field_name: str) -> CompanyBoundField:
        return CompanyBoundField(form, self, field_name)

    def to_python(self, value: Any) -> Company | None:
        """The one company with this address name, else with this name or business ID, in any case. One statement."""
        if isinstance(value, Company):
            return value
        ProhibitNullCharactersValidator()(value)
        typed = in_one_line(value).lower()
        if not typed:
            return None
        rows = Company.objects.alias(lower_name=Lower("name"), lower_id=Lower("business_id"), lower_slug=Lower("slug"))
        found = list(rows.filter(Q(lower_name=typed) | Q(lower_id=typed) | Q(lower_slug=typed)).order_by("pk")[:20])
        named = [each for each in found if each.slug == in_one_line(value)] or found
        if len(named) != 1:
            wrong = "several" if named else "invalid_choice"
            raise ValidationError(self.error_messages[wrong], code=wrong)
        return named[0]

    def prepare_value(self, value: Any) -> Any:
        return value.slug if isinstance(value, Company) else value
