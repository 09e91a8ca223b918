"""What is told of converted seats that were kept in use: whoever may allocate learns that somebody else activated them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.utils.translation import gettext_lazy

from credits.models import KeptUnits
from licensing.models import Activation, Company, License, Permission
from licensing.notices.changes.acts_to_tell import RECENTLY
from licensing.notices.changes.news_of_orders import STANDS
from licensing.notices.changes.tell_after_acts import tell_at_once_of
from licensing.notices.kinds import NoticeKind, register
from licensing.notices.sources import Source
from licensing.notices.sources import register as register_among_sources
from licensing.notices.telling import News
from licensing.notices.words_of_notices import PERSON
from licensing.rules.units_in_words import in_units

KEPT_IN_USE = NoticeKind(
    name="kept-in-use",
    label=gettext_lazy("Kept in use"),
    told_to=Permission.ALLOCATE,
    asks_for_action=False,
    icon="circle-check",
    tone="info",
    title=gettext_lazy("%(units)s of %(feature)s stay in use"),
    sentence=gettext_lazy(
        "They were added to the allocation of %(feature)s with order %(order_and_name)s, from %(kept_on)s on. By: %(by)s."
    ),
    next_step=gettext_lazy("Should its credits be available instead, say so on the license’s page."),
    contact="support",
    page="licensing:license",
    page_fact="license",
)
BROUGHT_BY = ("order.activate", "order.top-up", "order.units", "order.carry-use")
"""The acts that bring units; who keeps them by a choice of their own may allocate, and has done so."""


def kept_news(companies: Collection[Company], now: datetime) -> list[News]:
    """One notice for each act of the last two days that kept something. One statement where none did, three otherwise."""
    ids = [company.pk for company in companies]
    recent = KeptUnits.objects.filter(company__in=ids, recorded_at__gt=now - RECENTLY, units_change__gt=0)
    rows = recent.filter(act__name__in=BROUGHT_BY).select_related("line__feature", "order__product", "act")
    first = {row.act_id: row for row in rows.order_by("-id")}
    if not first:
        return []
    orders = {row.order_id for row in first.values()}
    licenses = License.objects.filter(company__in=ids, order__in=orders).order_by("-id")
    latest: dict[int, License] = {}
    for license in licenses:
        latest.setdefault(license.order_id, license)
    done = Activation.objects.filter(order__in=orders, state=Activation.State.ACTIVE).order_by("id")
    people = {each.order_id: each.person_id for each in done}
    days = {company.pk: company.day_of(now) for company in companies}
    return [
        _news_of(row, latest[row.order_id], people.get(row.order_id), days[row.company_id] + STANDS) for row in first.values()
    ]


def _news_of(row: KeptUnits, license: License, activated_by: int | None, until: date) -> News:
    person = row.act.actor_id or (activated_by if row.act.name == "order.activate" else None)
    by = {"by": row.act.by_whom} if person is None else {PERSON: str(person)}
    facts = {
        "units": in_units(row.units_change, row.line.unit),
        "feature": row.line.feature.name,
        "order": row.order.external_id,
        "name": row.order.name or row.order.product.name,
        "license": str(license.pk),
        "kept_on": str(row.effective_on),
        **by,
    }
    return News(row.company_id, KEPT_IN_USE.name, f"kept:{row.act_id}", facts, holds_until=until, but=person)


def register_source() -> None:
    register(KEPT_IN_USE)
    register_among_sources(Source((KEPT_IN_USE.name,), kept_news))
    tell_at_once_of("order.carry-use")
