"""The form by which a request is decided: fewer units perhaps, words, and what it was shown with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credits.acts.approvals.ask_for_units import LONGEST_WORDS
from credits.pages.allocation.form import UnitsField
from credits.rules.planning.figures_of_a_plan import PlanFigures

DECISIONS = ("approve", "lower", "refuse", "withdraw")
SEEN_FIELD = re.compile(r"seen_([0-9]{1,18})")


class DecisionForm(forms.Form):
    """`units_<line id>` for each line, `seen_<feature id>` and `figures` as in planning mode, `event` the latest one shown."""

    decision = forms.ChoiceField(choices=[(each, each) for each in DECISIONS])
    words = forms.CharField(
        required=False,
        max_length=LONGEST_WORDS,
        label=gettext_lazy("Words"),
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control words", "aria-describedby": "words-readers"}),
    )
    key = forms.CharField(max_length=100)
    event = forms.IntegerField(min_value=0, required=False)
    confirm = forms.BooleanField(required=False)
    figures = forms.CharField(max_length=4_000, required=False)

    def __init__(self, data: Any = None, *, lines: Iterable[int]) -> None:
        super().__init__(data)
        self.lines = list(lines)
        for line in self.lines:
            self.fields[f"units_{line}"] = UnitsField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        said_beside = {"words", *(f"units_{line}" for line in self.lines)}
        if not said_beside >= set(self.errors):
            self.add_error(None, _("Not all of the form arrived. Nothing was written. Try again."))
        if cleaned.get("decision") == "refuse" and not cleaned.get("words") and "words" not in self.errors:
            self.add_error("words", _("Say why: whoever asked reads it."))
        return cleaned

    def units_typed(self) -> dict[int, int]:
        """line id -> units, of every line that was typed as a number."""
        typed = {line: self.cleaned_data.get(f"units_{line}") for line in self.lines}
        return {line: units for line, units in typed.items() if units is not None}

    @property
    def typed(self) -> dict[int, str]:
        """What stands in the fields, as it was typed."""
        return {line: str(self.data[f"units_{line}"]) for line in self.lines if f"units_{line}" in self.data}

    def errors_of_lines(self) -> dict[int, list[str]]:
        """line id -> what is wrong with its units."""
        if not self.is_bound:
            return {}
        return {line: list(map(str, self.errors[f"units_{line}"])) for line in self.lines if f"units_{line}" in self.errors}

    @property
    def seen(self) -> dict[int, int]:
        """feature id -> id of its latest statement, as the form was shown."""
        return {
            int(found[1]): int(value)
            for name, value in self.data.items()
            if (found := SEEN_FIELD.fullmatch(name)) and re.fullmatch(r"[0-9]{1,18}", value)
        }

    @property
    def looked_at(self) -> PlanFigures | None:
        """The figures that were shown."""
        return PlanFigures.read(self.cleaned_data.get("figures", ""))
