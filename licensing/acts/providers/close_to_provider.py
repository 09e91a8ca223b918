"""Act: close a company to its service provider, or open it again."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.company_in_hand import as_act
from console.errors import Conflict, Refused
from console.models import Act, Actor, Reason
from licensing.access import require
from licensing.models import Company, Permission


@as_act
def close_to_provider(
    company: Company, *, provider: Company, closed: bool, by: Actor, key: str, reason: Reason = "", note: str = ""
) -> Company:
    """From the next request on nobody of `provider` sees anything of the company, or its provider viewers do again.

    `provider` is the one that was looked at: Conflict where the company has another one by now, or none. Who holds a role in the
    company itself keeps it. Returns the company as it is now.
    """
    require(by, company, Permission.PEOPLE)
    act = Act.begin(
        "company.provider-access",
        scope=company,
        key=key,
        by=by,
        reason=reason,
        note=note,
        stated={"provider": provider, "closed": closed},
    )
    company = Company.objects.get(pk=company.pk)
    if act.done:
        return company
    if company.parent_id != provider.pk:
        raise Conflict(_("%(provider)s is no longer your service provider. Nothing was saved.") % {"provider": provider})
    if company.closed_to_provider == closed:
        said = _("It is closed to %(provider)s already.") if closed else _("It is open to %(provider)s already.")
        raise Refused(said % {"provider": provider})
    company.closed_to_provider = closed
    company.save(update_fields=["closed_to_provider"])
    act.finish(provider=provider.pk, closed=closed)
    return company
