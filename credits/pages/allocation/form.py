"""The allocation form: units per requirement line, from which day, a note, and a confirmation below zero."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.forms.key_form import KeyForm
from credits.models import CreditRequirement
from licensing.errors import in_words
from licensing.rules.units_in_words import plural
from licensing.rules.units_times_rate import MAX_UNITS

LINE_FIELD = re.compile(r"units_([0-9]{1,18})")
MAX_LINES = 100
WHOLE_NUMBER = re.compile(r"[0-9]+|[0-9]{1,3}(,[0-9]{3})+")
TODAY, LATER = "today", "later"


class UnitsField(forms.Field):
    """A whole number of units as people type it: 1400 or 1,400. Anything else is named, not guessed at."""

    default_error_messages = {
        "required": gettext_lazy("Enter a number of units; 0 releases them."),
        "whole": gettext_lazy("Enter a whole number of units, such as 250."),
        "negative": gettext_lazy("Units cannot be negative; 0 releases them."),
        "range": gettext_lazy("Enter a whole number from 0 to %(most)s."),
    }

    def to_python(self, value: Any) -> int | None:
        text = str(value or "").strip()
        if not text:
            return None
        if re.fullmatch(r"[-−][0-9.,]+", text):
            raise forms.ValidationError(self.error_messages["negative"], code="negative")
        if not WHOLE_NUMBER.fullmatch(text):
            raise forms.ValidationError(self.error_messages["whole"], code="whole")
        digits = text.replace(",", "").lstrip("0") or "0"
        if len(digits) > len(str(MAX_UNITS)) or int(digits) > MAX_UNITS:
            raise forms.ValidationError(self.error_messages["range"], code="range", params={"most": f"{MAX_UNITS:,}"})
        return int(digits)


class CreditsField(UnitsField):
    """The same for credits."""

    default_error_messages = {
        "whole": gettext_lazy("Enter a whole number of credits, such as 5,000."),
        "negative": gettext_lazy("Enter a whole number of credits, such as 5,000."),
    }


def line_label(line: CreditRequirement) -> str:
    """What tells a line from the others of its feature: its tier, else its unit."""
    return line.label or capfirst(plural(line.unit))


class ConfirmedBalance(forms.CharField):
    """The balance below zero that a tick confirms: the number, False for no tick, and True for a tick that names none."""

    def clean(self, value: Any) -> bool | int:
        text = str(value or "")
        return int(text) if re.fullmatch(r"-[0-9]{1,18}", text) else bool(text)


class AllocationForm(KeyForm):
    """Fields `units_<line id>`, with what they showed in `seen_<line id>`; the rest is the same for every feature."""

    starting = forms.ChoiceField(widget=forms.RadioSelect, label=gettext_lazy("Takes effect"))
    on = forms.DateField(
        required=False,
        label=gettext_lazy("Day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Enter a day such as 2026-11-20.")},
    )
    note = forms.CharField(required=False, max_length=500, label=gettext_lazy("Note"))
    confirm = ConfirmedBalance(required=False, label=gettext_lazy("Save below zero"))
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(
        self,
        data: Any = None,
        *,
        today: date,
        units: Mapping[int, int],
        seen: int = 0,
        typed: Mapping[int, int] | None = None,
    ) -> None:
        """`units` is line id -> units today, `seen` the latest statement about the feature, `typed` what to preselect."""
        super().__init__(data, initial={"starting": TODAY, "key": str(uuid4()), "seen": seen})
        self.today, self.lines = today, list(units)
        starting = self.fields["starting"]
        assert isinstance(starting, forms.ChoiceField)
        starting.choices = [
            (TODAY, _("Today, %(day)s") % {"day": in_words(today)}),
            (LATER, _("On a later day")),
        ]
        for line_id, now in units.items():
            self.fields[f"units_{line_id}"] = UnitsField(initial=(typed or {}).get(line_id, now))
            self.fields[f"seen_{line_id}"] = forms.IntegerField(
                widget=forms.HiddenInput, min_value=0, max_value=MAX_UNITS, initial=now
            )

    @classmethod
    def sent(cls, data: QueryDict, *, today: date) -> AllocationForm:
        """The form as it was sent, of whatever lines it names: the act refuses those of another feature. Reads nothing."""
        lines = [int(found[1]) for name in data if (found := LINE_FIELD.fullmatch(name))]
        return cls(data, today=today, units=dict.fromkeys(lines[:MAX_LINES], 0))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("starting") == LATER and "on" not in self.errors and not cleaned.get("on"):
            self.add_error("on", _("Choose the day from which it holds."))
        return cleaned

    @property
    def day_stated(self) -> date | None:
        """The later day that was chosen, None for today."""
        if self.cleaned_data.get("starting") != LATER:
            return None
        on: date | None = self.cleaned_data.get("on")
        return None if on == self.today else on

    @property
    def day(self) -> date:
        return self.day_stated or self.today

    def units_typed(self) -> dict[int, int]:
        """line id -> units, of every line that was typed as a number."""
        return {
            line: self.cleaned_data[f"units_{line}"] for line in self.lines if self.cleaned_data.get(f"units_{line}") is not None
        }

    def seen_units(self) -> dict[int, int]:
        """line id -> the units the form was shown with."""
        return {line: self.cleaned_data.get(f"seen_{line}") or 0 for line in self.lines}

    def units_stated(self) -> dict[int, int]:
        """What the person changed; for a later day everything, where they changed nothing but the day.

        Decided by the form alone, so that the same form sent again states the same.
        """
        typed, seen = self.units_typed(), self.seen_units()
        changed = {line: units for line, units in typed.items() if units != seen.get(line)}
        return changed if changed or self.day_stated is None else typed

    def ignore_units(self) -> None:
        """Before validation: releasing does not depend on what was typed."""
        for line in self.lines:
            del self.fields[f"units_{line}"]

    def units_released(self) -> dict[int, int]:
        """0 for every line that had units when the form was shown."""
        return {line: 0 for line, units in self.seen_units().items() if units}
