"""Act: lower a request: fewer units than were asked for. It stays open, and changes no figure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor
from credits.acts.approvals.request_in_hand import RequestInHand, open_request, request_in_hand, require_another_person
from credits.acts.feature_in_hand import features_in_hand
from credits.acts.planning.set_many import line_in_hand
from credits.models import RequestEvent
from licensing.access import require
from licensing.allowed_units import whole_units
from licensing.models import Company, Permission


@as_act
def lower_request(
    company: Company,
    *,
    request: int,
    units: Mapping[int, int],
    today: date,
    by: Actor,
    key: str,
    words: str = "",
    event: int | None = None,
) -> RequestInHand:
    """Let it ask for `units` (line id -> units) of its lines; those not named stay.

    Fewer than were asked for, and no fewer than hold on its day: nobody asked for less than there is. Refused beside
    `units_<line id>`.
    """
    act = Act.begin(
        "request.lower",
        scope=company,
        key=key,
        by=by,
        note=words,
        stated={"request": request, "units": {str(line): count for line, count in units.items()}, "words": words},
    )
    if act.done:
        return request_in_hand(company, request)
    require(by, company, Permission.ALLOCATE)
    held = open_request(company, request, seen=event)
    require_another_person(held, by)
    lowered = held.units
    if not any(units.get(line, count) != count for line, count in lowered.items()):
        raise Refused(_("Nothing is lowered yet: enter fewer units than are asked for."))
    day, features = held.day(today), features_in_hand(company, lines=lowered)
    lines = {line_id: line_in_hand(features, line_id) for line_id in lowered}
    for line_id, count in units.items():
        field = f"units_{line_id}"
        asked = lowered.get(line_id)
        if asked is None:
            raise Refused(_("This is not a line of the request. Reload the page and try again."))
        whole_units(count, field=field, least=0)
        least = lines[line_id][0].units_on(day)[line_id]
        if count != asked and asked <= least:
            words = _("No more units are asked for than it has then, %(least)s: there is nothing to lower. Approve or refuse it.")
            raise Refused(words % {"least": f"{least:,}"}, field=field)
        if count != asked and not least <= count <= asked:
            said = {"least": f"{least:,}", "most": f"{asked:,}"}
            raise Refused(
                _("Enter from %(least)s units, which it has then, to %(most)s, which are asked for.") % said, field=field
            )
        lowered[line_id] = count
    if all(feature.units_on(day)[line.pk] == lowered.get(line.pk, -1) for feature, line in lines.values()):
        raise Refused(_("Nothing would be left of it. Refuse it instead, and say why."))
    RequestEvent.objects.create(
        request_id=request,
        kind=RequestEvent.Kind.LOWERED,
        units={str(line): count for line, count in lowered.items()},
        **act.stamp(),
    )
    act.finish(request=request, features=[each.feature.name for each in features.values()])
    return request_in_hand(company, request)
