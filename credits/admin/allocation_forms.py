"""The acts on allocations and billing models, as forms on a company's page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.admin import DayField, Done, Table, UnitsField
from console.admin.act_forms import ALWAYS
from console.errors import DomainError
from console.models import Actor
from console.templatetags import formats
from credits.acts.billing_model.switch_billing_model import switch_billing_model
from credits.acts.set_allocation import set_allocation
from credits.acts.withdraw_plan import withdraw_plan
from credits.models import AllocationStatement, BillingModelChange, CreditRequirement, Feature
from credits.reading.annual_credits import annual_credits
from credits.reading.line_facts import statements_of_lines
from credits.rules.statements_that_stand import standing
from licensing.admin.company_forms import CompanyForm
from licensing.errors import in_words


def requirements_by_feature() -> Iterator[tuple[str, Any]]:
    """All requirement lines, grouped by their feature. One statement."""
    yield "", _("Choose a requirement")
    groups: dict[str, list[tuple[int, str]]] = defaultdict(list)
    rows = CreditRequirement.objects.select_related("feature").order_by("feature__name", "position", "id")
    for line in rows:
        groups[line.feature.name].append((line.pk, line.label or line.unit))
    yield from groups.items()


class RequirementField(forms.TypedChoiceField):
    """A requirement line. The feature is the line's own, so that the two can never disagree."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=gettext_lazy("Requirement"), choices=lambda: list(requirements_by_feature()), coerce=int, **kwargs)

    def clean(self, value: Any) -> CreditRequirement | None:
        pk = super().clean(value)
        line = CreditRequirement.objects.select_related("feature").filter(pk=pk).first() if pk else None
        if pk and line is None:
            raise ValidationError(_("The catalogue no longer has this requirement."))
        return line


class AllocationForm(CompanyForm):
    """A form about allocations: outdated by any other change to the company's allocations or billing models."""

    note_says = gettext_lazy("The customer reads this, with the change.")

    def state(self) -> str:
        said = AllocationStatement.objects.for_company(self.target).aggregate(last=Max("id"))
        switched = BillingModelChange.objects.for_company(self.target).aggregate(last=Max("id"))
        return f"{said['last']}:{switched['last']}"

    def done(self, message: str) -> Done:
        shown = reverse("desk:company", args=[self.target.slug], query={"tab": "allocations"})
        return Done(message, self.target, on_the_workbench=shown)

    def tables(self) -> list[Table]:
        """The balance and what is allocated, on the company's day. Four statements."""
        found = annual_credits(self.target, on=self.today)
        rows = [
            [feature.name, line.label or line.unit, line.units, line.credits]
            for feature in found.features
            for line in feature.lines
            if line.units
        ]
        summary = found.summary
        figures: list[list[Any]] = [
            [_("Total valid credits"), summary.total_valid_credits],
            [_("Allocated credits"), summary.allocated_credits],
            [_("Current balance"), summary.current_balance],
        ]
        day = {"day": in_words(self.today)}
        return [
            Table(_("Balance on %(day)s") % day, [_("Figure"), _("Credits")], figures),
            Table(
                _("Allocated on %(day)s") % day,
                [_("Feature"), _("Requirement"), _("Units"), _("Credits")],
                rows,
                empty=_("Nothing is allocated."),
            ),
        ]


class BelowZeroField(forms.BooleanField):
    """Support confirms a balance below zero ahead, whatever it comes to."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Save even if the balance goes below zero"),
            required=False,
            help_text=gettext_lazy("A balance below zero blocks nothing; it is only confirmed."),
        )


class SetAllocation(AllocationForm):
    title = gettext_lazy("Set an allocation")
    says = gettext_lazy("States the units of one requirement from the day on, until the next day that states others.")
    asks_reason = ALWAYS

    line = RequirementField()
    units = UnitsField()
    on = DayField(label=gettext_lazy("From"))
    below_zero_confirmed = BelowZeroField()

    def act(self, *, by: Actor, key: str) -> Done:
        said = self.cleaned_data
        done = set_allocation(
            self.target,
            feature=said["line"].feature,
            units={said["line"].pk: said["units"]},
            today=self.today,
            on=said["on"],
            by=by,
            key=key,
            reason=said["reason"],
            note=said["note"],
            below_zero_confirmed=said["below_zero_confirmed"],
        )
        return self.done(
            _("%(units)s units of %(line)s from %(day)s; the balance is then %(balance)s.")
            % {
                "units": f"{said['units']:,}",
                "line": said["line"],
                "day": in_words(done.day),
                "balance": formats.credits(done.balance_after),
            }
        )

    def beside(self, error: DomainError) -> str:
        if error.field == "confirm":
            return "below_zero_confirmed"
        return "units" if error.field.startswith("units_") else error.field


class PlanField(forms.ChoiceField):
    """One planned statement, as "line:day". What it is worth is for the act to judge: sent twice, the plan is gone."""

    def validate(self, value: str) -> None:
        forms.Field.validate(self, value)

    def clean(self, value: Any) -> tuple[CreditRequirement, date] | None:
        text = super().clean(value)
        line_id, _colon, day = text.partition(":")
        try:
            line = CreditRequirement.objects.select_related("feature").get(pk=int(line_id))
            return line, date.fromisoformat(day)
        except (ValueError, OverflowError, CreditRequirement.DoesNotExist) as error:
            raise ValidationError(_("Choose one of the plans.")) from error


class WithdrawPlan(AllocationForm):
    title = gettext_lazy("Withdraw a plan")
    says = gettext_lazy("The units before the planned day go on. What holds already is changed by setting the allocation.")
    button = gettext_lazy("Withdraw")
    asks_reason = ALWAYS

    plan = PlanField(label=gettext_lazy("Planned"), widget=forms.RadioSelect)
    below_zero_confirmed = BelowZeroField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plans = self.plans()
        self.fields["plan"].choices = plans  # type: ignore[attr-defined]
        if not plans:
            self.fields["plan"].help_text = _("Nothing is planned for a later day.")

    def plans(self) -> list[tuple[str, str]]:
        """Standing statements for later days. Two statements."""
        lines = {line.pk: line for line in CreditRequirement.objects.select_related("feature")}
        found = statements_of_lines([self.target.pk], lines)
        plans = [
            (each.day, lines[line_id], each)
            for (_company, line_id), said in found.items()
            for each in standing(said)
            if each.day > self.today
        ]
        return [
            (
                f"{line.pk}:{day.isoformat()}",
                _("%(units)s units of %(line)s from %(day)s") % {"units": f"{each.units:,}", "line": line, "day": in_words(day)},
            )
            for day, line, each in sorted(plans, key=lambda plan: (plan[0], plan[1].pk))
        ]

    def act(self, *, by: Actor, key: str) -> Done:
        line, on = self.cleaned_data["plan"]
        withdraw_plan(
            self.target,
            feature=line.feature,
            line=line,
            on=on,
            today=self.today,
            by=by,
            key=key,
            reason=self.cleaned_data["reason"],
            note=self.cleaned_data["note"],
            below_zero_confirmed=self.cleaned_data["below_zero_confirmed"],
        )
        return self.done(_("The plan for %(day)s is withdrawn.") % {"day": in_words(on)})

    def beside(self, error: DomainError) -> str:
        if error.field == "confirm":
            return "below_zero_confirmed"
        return error.field or ("plan" if error.status == 422 else "")


class FeatureField(forms.ModelChoiceField):
    def label_from_instance(self, feature: Any) -> str:
        return feature.name


class SwitchBillingModel(AllocationForm):
    title = gettext_lazy("Switch a billing model")
    says = gettext_lazy(
        "From the day on the feature, with those switched together, is billed the other way: its units end, its plans are "
        "withdrawn. Changes lie at least 30 days apart."
    )
    asks_reason = ALWAYS
    confirms = gettext_lazy("End the feature's units from that day")

    feature = FeatureField(
        label=gettext_lazy("Feature"),
        queryset=Feature.objects.filter(switchable=True).order_by("name"),
        help_text=gettext_lazy("Only features that can be billed pay-as-you-go."),
    )
    model = forms.ChoiceField(label=gettext_lazy("Billed"), choices=BillingModelChange.Model.choices, widget=forms.RadioSelect)
    on = DayField(label=gettext_lazy("From"))

    def act(self, *, by: Actor, key: str) -> Done:
        said = self.cleaned_data
        changes = switch_billing_model(
            self.target,
            feature=said["feature"],
            model=said["model"],
            on=said["on"],
            today=self.today,
            by=by,
            key=key,
            reason=said["reason"],
            note=said["note"],
        )
        names = ", ".join(str(change.feature) for change in changes)
        return self.done(
            _("Switched from %(day)s: %(features)s.") % {"day": in_words(changes[0].effective_on), "features": names}
        )
