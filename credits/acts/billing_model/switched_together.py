"""Which features are switched together: those that share a switch group; some are always billed from annual credits."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from console.errors import Refused
from credits.models import Feature


def switched_together(models: Mapping[Feature, str]) -> dict[Feature, str]:
    """The features of `models` and those that come along, by id, each with its model. One statement.

    Refuses features that are never switched, and two models within one group.
    """
    of_group: dict[str, tuple[Feature, str]] = {}
    for feature, model in models.items():
        if not feature.switchable:
            raise Refused(_("%(feature)s is always billed from annual credits.") % {"feature": feature}, field="model")
        if not feature.switch_group:
            continue
        other, its_model = of_group.setdefault(feature.switch_group, (feature, model))
        if model != its_model:
            raise Refused(
                _("%(feature)s and %(other)s change together. Choose the same billing model for both.")
                % {"feature": feature, "other": other},
                field="model",
            )
    wanted = dict(models)
    if of_group:
        for feature in Feature.objects.filter(switch_group__in=of_group, switchable=True):
            wanted.setdefault(feature, of_group[feature.switch_group][1])
    return dict(sorted(wanted.items(), key=lambda each: each[0].pk))
