"""Act: switch the billing model of several features at once, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Conflict, Refused
from console.models import Act, Actor, Reason
from credits.acts.billing_model.switch_billing_model import switch_in_act
from credits.acts.billing_model.switched_together import switched_together
from credits.models import BillingModelChange, CreditRequirement, Feature
from credits.reading.line_facts import line_facts, rates_of_lines, statements_of_lines, switches_of_features
from credits.rules.line_profile import LineFacts
from licensing.access import require
from licensing.models import Company, Permission


class SwitchedMeanwhile(Conflict):
    """What decides the features' credits or their billing is no longer what the review showed."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody changed these features after the review was made. Nothing was switched. Review again, then confirm.")
        )


@as_act
def switch_several_features(
    company: Company,
    *,
    models: Mapping[Feature, str],
    today: date,
    by: Actor,
    key: str,
    on: date | None = None,
    seen: str | None = None,
    reason: Reason = "",
    note: str = "",
) -> list[BillingModelChange]:
    """Switch each feature of `models` to its model, with those that share its switch group, from today or a later day.

    `seen` is what `seen_of` said when the review was made: raises SwitchedMeanwhile where it says something else now. What one
    feature is refused is refused for all. At most eighteen statements, however many features there are.
    """
    require(by, company, Permission.ALLOCATE)
    act = Act.begin(
        "billing.switch",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"models": {feature.slug: model for feature, model in models.items()}, "on": on},
    )
    if act.done:
        made = BillingModelChange.objects.for_company(company).filter(pk__in=act.result["changes"])
        return list(made.select_related("feature").order_by("id"))
    if not models:
        raise Refused(_("Nothing was chosen. Choose another billing model for at least one feature."), field="model")
    if seen is not None and seen != seen_of(facts_of_features(company, switched_together(models))):
        raise SwitchedMeanwhile
    changes = switch_in_act(act, models, on or today, today)
    act.finish(changes=[change.pk for change in changes])
    return changes


def facts_of_features(company: Company, features: Iterable[Feature]) -> dict[CreditRequirement, LineFacts]:
    """All that decides what the features' lines take: statements, rates, and switches with their contracts. Four statements."""
    chosen = [each.pk for each in features]
    lines = list(CreditRequirement.objects.filter(feature__in=chosen).order_by("feature_id", "position", "id"))
    said = statements_of_lines([company.pk], [line.pk for line in lines])
    rates = rates_of_lines([line.pk for line in lines])
    switches = switches_of_features([company.pk], chosen)
    return {line: line_facts(said[company.pk, line.pk], rates[line.pk], switches[company.pk, line.feature_id]) for line in lines}


def seen_of(facts: Mapping[CreditRequirement, LineFacts]) -> str:
    """A word that differs as soon as anything differs that decides what the lines take."""
    written = repr(sorted((line.pk, repr(each)) for line, each in facts.items()))
    return sha256(written.encode()).hexdigest()[:32]
