"""What sign-up asks for besides address and password."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from console.allowed_text import require_visible
from console.errors import DomainError


class NamesAPerson:
    """For forms with a field `name`: a person's name is held to the characters that any name may have."""

    cleaned_data: dict[str, Any]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        try:
            if name:
                require_visible(name, field="name")
        except DomainError as error:
            raise forms.ValidationError(str(error)) from None
        return name


class NameForm(NamesAPerson, forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    def signup(self, request: HttpRequest, user: Any) -> None:
        """Nothing more: the adapter keeps the name."""
