"""Forms that are an act: they carry its key, so that what is sent twice is done once.

class WordsForm(KeyForm): ...
form = WordsForm(initial={"key": uuid4()})      # shown, with `{{ form.key }}`
return _shown(request, form, form.refuse(error))  # where the act refuses
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

from console.errors import DomainError


class KeyForm(forms.Form):
    """A hidden field that is missing or broken, the key or another, is told for the form as a whole: nobody sees it."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=100)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if any(self[name].is_hidden for name in self.errors if name in self.fields):
            self.add_error(None, _("The form was not sent as it was shown. Reload the page and try again."))
        return cleaned

    def refuse(self, error: DomainError) -> int:
        """Say beside its field why the act was refused; the status to answer with."""
        self.add_error(error.field if error.field in self.fields else None, str(error))
        return error.status


def key_sent(request: HttpRequest) -> str:
    """The key of a press that has no form to show anew. Empty where it is missing or broken, which the act refuses in words."""
    form = KeyForm(request.POST)
    return str(form.cleaned_data["key"]) if form.is_valid() else ""
