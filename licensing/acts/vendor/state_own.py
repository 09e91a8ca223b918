"""Act: the vendor states something of its own: a name, a color, a contact, a text of a mail, whom to tell of purchases."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import NotAllowed
from console.models import Act, Actor, VendorLogo, VendorStatement
from console.people.staff.roles import StaffRole, may
from console.vendor.checked import require_good
from console.vendor.held import forget, stated_now
from console.vendor.raster_logo import Raster
from licensing.access import require_support

SCOPE = "vendor"


@as_act
def state_own(texts: Mapping[str, str], *, by: Actor, key: str, logo: Raster | None = None) -> list[str]:
    """State `texts` by what they are about; an empty one takes back what was stated. Returns what has become another.

    Who manages staff, and machines. Refused for a text that is not what it has to be, with the name of its field. What holds
    already is not stated again. Six statements, one more for a logo.
    """
    require_support(by)
    if by.user is not None and not may(by.user, StaffRole.STAFF):
        raise NotAllowed(_("Only staff who manage staff can change what the vendor calls its own."))
    wanted = {about: require_good(about, text) for about, text in texts.items()}
    if logo is not None:
        wanted["logo"] = logo.digest
    act = Act.begin("vendor.state", scope=SCOPE, key=key, by=by, stated=wanted)
    if act.done:
        return list(act.result["changed"])
    now = stated_now()
    changed = {about: text for about, text in wanted.items() if now.get(about, "") != text}
    if logo is not None:
        row = VendorLogo(digest=logo.digest, png=logo.png, width=logo.width, height=logo.height, recorded_at=act.recorded_at)
        VendorLogo.objects.bulk_create([row], ignore_conflicts=True)
    VendorStatement.objects.bulk_create(
        VendorStatement(about=about, text=text, act_id=act.id, recorded_at=act.recorded_at) for about, text in changed.items()
    )
    act.finish(changed=changed, before={about: now.get(about, "") for about in changed})
    transaction.on_commit(forget)
    return list(changed)
