"""The form of a feature's panel that records what is in use: units per line, on a day. Each line may be left empty."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.forms.key_form import KeyForm
from credits.models import CreditRequirement
from credits.pages.allocation.form import UnitsField, line_label


class InUseField(UnitsField):
    """The same for what is in use, of which recording releases nothing."""

    default_error_messages = {"negative": gettext_lazy("Units in use cannot be negative.")}


class ObserveForm(KeyForm):
    """Fields `in_use_<line id>`."""

    observed_on = forms.DateField(
        label=gettext_lazy("Day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "invalid": gettext_lazy("Enter a day such as 2026-11-20."),
            "required": gettext_lazy("Enter a day such as 2026-11-20."),
        },
    )

    def __init__(self, data: Any = None, *, lines: Iterable[CreditRequirement], today: date) -> None:
        super().__init__(data, auto_id="use_%s", initial={"observed_on": today, "key": str(uuid4())})
        self.lines = list(lines)
        for line in self.lines:
            self.fields[f"in_use_{line.pk}"] = InUseField(required=False, label=line_label(line))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not self.units():
            self.add_error(f"in_use_{self.lines[0].pk}" if self.lines else None, _("Enter how many units are in use."))
        return cleaned

    def units(self) -> dict[int, int]:
        """line id -> units, of every line for which some were typed."""
        typed = {line.pk: self.cleaned_data.get(f"in_use_{line.pk}") for line in self.lines}
        return {line: units for line, units in typed.items() if units is not None}

    def lines_shown(self) -> list[dict[str, Any]]:
        return [{"field": self[f"in_use_{line.pk}"], "label": line_label(line)} for line in self.lines]
