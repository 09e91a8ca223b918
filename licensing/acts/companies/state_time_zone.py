"""Act: state the time zone in which a company's days are counted."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor, Reason
from licensing.access import require
from licensing.models import Company, CompanyTimeZone, Permission
from licensing.models.company_time_zone import known_time_zone
from licensing.rules.zones.when_a_zone_takes_effect import first_midnight_not_going_back


@as_act
def state_time_zone(
    company: Company, *, time_zone: str, by: Actor, key: str, reason: Reason = "", note: str = ""
) -> CompanyTimeZone:
    """The company's days are counted in another zone, from its first midnight at which the day does not go back.

    Entries never move. Stating a zone while another has yet to take effect lets it take effect no earlier than that one.
    """
    require(by, company, Permission.PEOPLE)
    stated = {"time_zone": time_zone}
    act = Act.begin("company.time-zone", scope=company, key=key, by=by, reason=reason, note=note, stated=stated)
    if act.done:
        return CompanyTimeZone.objects.get(pk=act.result["zone"])
    _require_zone(time_zone)
    spans = Company.objects.get(pk=company.pk).zone_spans
    after = max([act.recorded_at, *(span.effective_at for span in spans)])
    try:
        effective_at = first_midnight_not_going_back(spans, time_zone, after)
    except ValueError as error:
        raise Refused(
            _("This zone is more than a day behind; a company's day never goes back. Choose one in between first."),
            field="time_zone",
        ) from error
    row = CompanyTimeZone.objects.create(company=company, time_zone=time_zone, effective_at=effective_at)
    act.finish(zone=row.pk)
    return row


def _require_zone(time_zone: str) -> None:
    try:
        known_time_zone(time_zone)
    except ValidationError as error:
        raise Refused(error.messages[0], field="time_zone") from error
