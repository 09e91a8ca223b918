"""The form of planning mode: units of any lines, from which day, a name to keep them under, and what it was shown with."""

from __future__ import annotations

import re
from datetime import date
from hashlib import sha256
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credits.acts.planning.keep_scenario import LONGEST_NAME
from credits.acts.planning.set_many import MOST_LINES
from credits.pages.allocation.form import UnitsField
from credits.rules.planning.figures_of_a_plan import PlanFigures
from licensing.rules.units_times_rate import MAX_UNITS

LINE_FIELD = re.compile(r"units_([0-9]{1,18})")
SEEN_FIELD = re.compile(r"seen_([0-9]{1,18})")
STEP = re.compile(r"([0-9]{1,18}):([+-][0-9]{1,4})")


class PlanForm(forms.Form):
    """Fields `units_<line id>` with what they showed in `was_<line id>`, and `seen_<feature id>`; the rest is the same for all.

    `figures` are those that the form showed, `figures_of` what they were computed for: see `looked_at`.
    """

    on = forms.DateField(
        required=False,
        label=gettext_lazy("Takes effect"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Enter a day such as 2026-11-20.")},
    )
    name = forms.CharField(required=False, max_length=LONGEST_NAME, label=gettext_lazy("Scenario name"))
    confirm = forms.BooleanField(required=False)
    key = forms.CharField(max_length=100, required=False)
    figures = forms.CharField(max_length=2_000, required=False)
    figures_of = forms.CharField(max_length=64, required=False)

    def __init__(self, data: QueryDict, *, today: date) -> None:
        """The form as it was sent, of whatever lines it names; a `step` of "<line>:+1" is taken first."""
        data = _stepped(data)
        super().__init__(data)
        self.today = today
        self.lines = [int(found[1]) for name in data if (found := LINE_FIELD.fullmatch(name))][:MOST_LINES]
        self.seen: dict[int, int] = {
            int(found[1]): int(str(value))
            for name, value in data.items()
            if (found := SEEN_FIELD.fullmatch(name)) and re.fullmatch(r"[0-9]{1,18}", str(value))
        }
        for line in self.lines:
            self.fields[f"units_{line}"] = UnitsField()
            self.fields[f"was_{line}"] = forms.IntegerField(min_value=0, max_value=MAX_UNITS, required=False)

    def clean_on(self) -> date | None:
        day: date | None = self.cleaned_data.get("on")
        if day is not None and day < self.today:
            raise forms.ValidationError(_("Choose today or a later day."))
        return day

    @property
    def day(self) -> date:
        return self.cleaned_data.get("on") or self.today

    @property
    def day_stated(self) -> date | None:
        """The later day that was chosen, None for today."""
        return None if self.day == self.today else self.day

    def units_changed(self) -> dict[int, int]:
        """line id -> units, of every line typed as another number than it showed. Decided by the form alone."""
        typed = {line: self.cleaned_data.get(f"units_{line}") for line in self.lines}
        return {
            line: units
            for line, units in typed.items()
            if units is not None and units != (self.cleaned_data.get(f"was_{line}") or 0)
        }

    def lines_wrong(self) -> dict[int, list[str]]:
        """line id -> what is wrong with its units."""
        return {
            line: [str(each) for each in self.errors[f"units_{line}"]] for line in self.lines if f"units_{line}" in self.errors
        }

    def refusal_of_hidden_fields(self) -> str:
        """What is said where something is wrong that no person typed; empty where each error stands beside its field."""
        said_beside = {"on", "name", *(f"units_{line}" for line in self.lines)}
        return "" if said_beside >= set(self.errors) else _("Not all of the form arrived. Nothing was written. Try again.")

    def typed(self, line: int) -> str:
        return str(self.data.get(f"units_{line}", "")).strip()

    @property
    def looked_at(self) -> PlanFigures | None:
        """The figures that were shown for exactly these units and this day; None where they were not looked at."""
        if self.cleaned_data.get("figures_of") != digest_of_plan(self.units_changed(), self.day):
            return None
        return PlanFigures.read(self.cleaned_data.get("figures", ""))


def digest_of_plan(units: dict[int, int], day: date) -> str:
    """What figures were computed for, as a form carries it."""
    said = ",".join(f"{line}:{count}" for line, count in sorted(units.items()))
    return sha256(f"{day} {said}".encode()).hexdigest()[:32]


def _stepped(data: QueryDict) -> QueryDict:
    """With the + or − that was pressed without a script added to its line."""
    found = STEP.fullmatch(data.get("step", ""))
    if found is None:
        return data
    field, changed = f"units_{found[1]}", data.copy()
    text = changed.get(field, "").replace(",", "").strip()
    if re.fullmatch(r"[0-9]{1,12}", text):
        changed[field] = str(min(MAX_UNITS, max(0, int(text) + int(found[2]))))
    return changed


def fields_of(values: dict[str, Any]) -> QueryDict:
    """Values as a form would have sent them: for a plan that starts from a scenario or from nothing."""
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data[name] = str(value)
    return data
