"""Which features are switched together: those that share a switch group; some are always billed from annual credits."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.errors import Refused
from credits.models import Feature


def switched_together(feature: Feature) -> list[Feature]:
    if not feature.switchable:
        raise Refused(_("%(feature)s is always billed from annual credits.") % {"feature": feature}, field="model")
    if not feature.switch_group:
        return [feature]
    return list(Feature.objects.filter(switch_group=feature.switch_group, switchable=True).order_by("id"))
