"""Act: say that support knows of a difference or an event that needs no more attention."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor, Reason, locked_row
from console.models.user import StaffRole
from licensing.access import require_support
from licensing.models import Difference, MarketplaceEvent


@as_act
def mark_read(row: Difference | MarketplaceEvent, *, by: Actor, key: str, reason: Reason = "") -> Difference | MarketplaceEvent:
    """Say that support knows of it: it stays listed, and the health page no longer asks for attention. Support only."""
    require_support(by, role=StaffRole.MARKETPLACES)
    row = locked_row(row, "subscription")
    company = row.subscription.claimed_by if row.subscription else None
    name = f"{'difference' if isinstance(row, Difference) else 'event'}.read"
    scope = company or f"channel:{row.channel}"
    act = Act.begin(name, scope=scope, key=key, by=by, reason=reason, stated={"row": row.pk})
    if act.done:
        return row
    if row.read_at is not None:
        raise Refused(_("Somebody has marked it read already."))
    row.read_at = act.recorded_at
    row.save(update_fields=["read_at"])
    act.finish(row=row.pk)
    return row
