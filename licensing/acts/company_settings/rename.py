"""Act: give a company the name that its pages show."""

from __future__ import annotations

from django.utils.translation import gettext as _

from console.allowed_text import require_text, require_visible
from console.company_in_hand import as_act
from console.errors import Refused
from console.models import Act, Actor
from licensing.access import require
from licensing.models import Company, Permission

LONGEST_NAME = 150


@as_act
def rename_company(company: Company, *, name: str, by: Actor, key: str) -> Company:
    """From now on every page shows this name, also those of earlier days; address name and business ID stay."""
    require(by, company, Permission.PEOPLE)
    name = " ".join(name.split())
    act = Act.begin("company.rename", scope=company, key=key, by=by, stated={"name": name})
    held = Company.objects.get(pk=company.pk)
    if act.done:
        return held
    if not name:
        raise Refused(_("A company has a name."), field="name")
    require_text(name, most=LONGEST_NAME, field="name")
    require_visible(name, field="name")
    before, held.name = held.name, name
    held.save(update_fields=["name"])
    act.finish(before=before, after=name)
    return held
