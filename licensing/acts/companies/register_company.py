"""Acts: register a company, by support or by the person who bought something."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import chain, count

from django.conf import settings
from django.db import connection
from django.utils.text import slugify
from django.utils.translation import gettext as _

from console.allowed_text import require_text, require_visible
from console.company_in_hand import as_act, for_person
from console.errors import Conflict, NotAllowed, Refused
from console.models import Act, Actor, Reason, User
from licensing.access import require_support
from licensing.acts.companies.state_time_zone import _require_zone
from licensing.models import Company, CompanyTimeZone, Membership, Permission, Role

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


ALWAYS = datetime(1, 1, 2, tzinfo=UTC)
"""The instant a company's first zone takes effect: before everything."""


@as_act
def register_company(
    *,
    name: str,
    slug: str,
    business_id: str,
    time_zone: str,
    by: Actor,
    key: str,
    parent: Company | None = None,
    reason: Reason = "",
    note: str = "",
) -> Company:
    """Register a business with the zone its days are counted in. Support and machines only."""
    require_support(by)
    stated = {"name": name, "slug": slug, "business_id": business_id, "time_zone": time_zone, "parent": parent}
    act = Act.begin("company.register", scope="catalogue", key=key, by=by, reason=reason, note=note, stated=stated)
    if act.done:
        return Company.objects.get(pk=act.result["company"])
    company = _register(name=name, slug=slug, business_id=business_id, time_zone=time_zone, parent=parent)
    act.finish(company=company.pk)
    return company


@as_act
def register_own_company(person: User, *, name: str, business_id: str, time_zone: str, key: str) -> Company:
    """A person without the licensing permission anywhere registers a business and becomes its owner.

    Only where COMPANY_SELF_SERVICE is on. Nobody joins a business that exists: a known business ID is refused.
    """
    by = Actor.person(person)
    if not settings.COMPANY_SELF_SERVICE or not person.is_active:
        raise NotAllowed(_("Companies are set up by support here."))
    stated = {"name": name, "business_id": business_id, "time_zone": time_zone}
    act = Act.begin("company.register-own", scope=f"user:{person.pk}", key=key, by=by, stated=stated)
    if act.done:
        return Company.objects.get(pk=act.result["company"])
    with for_person(person):
        held = list(Membership.objects.filter(user=person))
    if any(Permission.LICENSING.allowed_to(each.roles) for each in held):
        raise NotAllowed(_("You may activate purchases for a company already. Further companies are set up by support."))
    _one_at_a_time()
    company = _register(name=name, slug=free_slug(name), business_id=business_id, time_zone=time_zone, parent=None)
    with for_person(person):
        Membership.objects.create(user=person, company=company, roles=[Role.OWNER.value])
    act.finish(company=company.pk)
    return company


def _one_at_a_time() -> None:
    """Until the commit nobody else registers a company, so that what is found to be free stays so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('companies', 0))")


def _register(*, name: str, slug: str, business_id: str, time_zone: str, parent: Company | None) -> Company:
    _one_at_a_time()
    _require_zone(time_zone)
    require_text(name, most=150, field="name")
    require_text(business_id, most=60, field="business_id")
    require_visible(name, field="name")
    require_visible(business_id, field="business_id")
    require_text(slug, most=60, field="slug")
    if not SLUG.fullmatch(slug):
        raise Refused(_("Use lowercase letters, digits and hyphens for the address name."), field="slug")
    for field, value in (("slug", slug), ("business_id", business_id)):
        if Company.objects.filter(**{field: value}).exists():
            raise Conflict(_("A company with “%(value)s” is registered already.") % {"value": value}, field=field)
    company = Company.objects.create(name=name, slug=slug, business_id=business_id, parent=parent)
    CompanyTimeZone.objects.create(company=company, time_zone=time_zone, effective_at=ALWAYS)
    return company


def free_slug(name: str) -> str:
    """An address name made from a name that no company has yet."""
    base = slugify(name)[:50].strip("-") or "company"
    taken = set(Company.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(each for each in chain([base], (f"{base}-{number}" for number in count(2))) if each not in taken)
