"""Forms that are an act: they carry its key, so that what is sent twice is done once.

class WordsForm(KeyForm): ...
form = WordsForm(initial={"key": uuid4()})      # shown, with `{{ form.key }}`
return _shown(request, form, form.refuse(error))  # where the act refuses
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

from console.errors import DomainError, KeyUsedForSomethingElse


class KeyForm(forms.Form):
    """A hidden field that is missing or broken, the key or another, is told for the form as a whole: nobody sees it."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=100)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if any(self[name].is_hidden for name in self.errors if name in self.fields):
            self.add_error(None, _("The form was not sent as it was shown. Reload the page and try again."))
        if "key" in self.errors:
            renew_key(self)
        return cleaned

    def refuse(self, error: DomainError) -> int:
        """Say beside its field why the act was refused; the status to answer with."""
        return refuse(self, error)


def refuse(form: forms.Form, error: DomainError, *, beside: str | None = None) -> int:
    """The same for any form with a `key`: the status to answer with. `beside` is its field, where it is not the error's own."""
    field = error.field if beside is None else beside
    form.add_error(field if field in form.fields else None, str(error))
    if isinstance(error, KeyUsedForSomethingElse):
        renew_key(form)
    return error.status


def renew_key(form: forms.Form) -> None:
    """Let the form be shown with a key of its own: with one that is used or broken, sending it again is refused for ever."""
    sent: Any = form.data
    data = sent.copy()  # what was sent is never edited
    data[form.add_prefix("key")] = str(uuid4())
    form.data = data


def key_sent(request: HttpRequest) -> str:
    """The key of a press that has no form to show anew. Empty where it is missing or broken, which the act refuses in words."""
    form = KeyForm(request.POST)
    return str(form.cleaned_data["key"]) if form.is_valid() else ""
