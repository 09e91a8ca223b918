"""What the forms about people share: a text of some lines, and the roles to choose from, each with what it may."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from console.forms.key_form import KeyForm
from licensing.models import GIVEN_BY_OWNERS, Role
from licensing.models.roles_and_what_they_may import WHAT_THEY_MAY


class RolesForm(KeyForm):
    """`keeps`: roles that a person holds beside those that owners choose from, and that stay: then none need be chosen."""

    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"),
        choices=lambda: described(GIVEN_BY_OWNERS),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose at least one role."),
            "invalid_choice": gettext_lazy("There is no role called %(value)s."),
        },
    )

    def __init__(self, *args: Any, keeps: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].required = not keeps


def described(roles: Any) -> list[tuple[str, Any]]:
    """Choices: each role by its name, with what it may in a sentence below."""
    said = '{}<span class="row-note">{}</span>'
    return [(role.value, format_html(said, role.label, WHAT_THEY_MAY[Role(role)])) for role in roles]


def words_field(label: Any, hint: Any = "", *, most: int) -> forms.CharField:
    """A text of some lines that may be left out."""
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=most,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
    )
