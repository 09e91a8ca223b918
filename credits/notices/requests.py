"""What is told of requests: whoever may decide them that one is open, whoever asked what became of it, owners of the rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.templatetags.formats import credits as written
from credits.models import ApprovalRule, CreditRequirement, RequestEvent, UnitsRequest
from credits.reading.approvals.requests import asked_in_words
from credits.rules.second_person import WhenAsked
from licensing.models import Company, Permission
from licensing.notices.changes.acts_to_tell import RECENTLY
from licensing.notices.changes.news_of_orders import STANDS
from licensing.notices.changes.tell_after_acts import tell_at_once_of
from licensing.notices.kinds import NOTE, ONLY, NoticeKind, register
from licensing.notices.sources import Source
from licensing.notices.sources import register as register_among_sources
from licensing.notices.telling import News
from licensing.notices.words_of_notices import PERSON

REQUESTED = NoticeKind(
    name="units-asked",
    label=gettext_lazy("Units asked for"),
    told_to=Permission.ALLOCATE,
    icon="inbox",
    tone="warning",
    title=gettext_lazy("Asked for: %(units)s of %(feature)s"),
    sentence=gettext_lazy("%(by)s asks for it. Nothing is allocated until another person approves."),
    next_step=gettext_lazy("Look at what it would do, then approve, lower or refuse it."),
    contact="support",
    page="credits:request",
    page_fact="request",
)
DECIDED = NoticeKind(
    name="request-decided",
    label=gettext_lazy("Your request was decided"),
    told_to=Permission.SEE,
    told_to_words=gettext_lazy("whoever asked for the units"),
    asks_for_action=False,
    icon="circle-check",
    tone="info",
    title=gettext_lazy("%(state)s: %(units)s of %(feature)s"),
    sentence=gettext_lazy("You had asked for it. By: %(by)s."),
    next_step=gettext_lazy("Its page shows what was decided, and in which words."),
    contact="support",
    page="credits:request",
    page_fact="request",
)
RULE = NoticeKind(
    name="approvals-changed",
    label=gettext_lazy("Approvals changed"),
    told_to=Permission.PEOPLE,
    asks_for_action=False,
    icon="users",
    tone="info",
    title=gettext_lazy("A second person confirms %(rule)s"),
    sentence=gettext_lazy("This holds from now on for what one person allocates. Changed by: %(by)s."),
    next_step=gettext_lazy("Owners can change it, or switch it off."),
    contact="support",
    page="credits:approvals",
)
TOLD = (RequestEvent.Kind.APPROVED, RequestEvent.Kind.REFUSED, RequestEvent.Kind.LOWERED)
ACTS = ("request.ask", "request.lower", "request.approve", "request.refuse", "request.withdraw", "approvals.state")


def requests_news(companies: Collection[Company], now: datetime) -> list[News]:
    """Each open request, as long as it is; and each decision of the last two days. At most three statements."""
    days = {company.pk: company.day_of(now) for company in companies}
    asked = list(UnitsRequest.objects.filter(company__in=days).open().select_related("act").order_by("pk"))
    recent = RequestEvent.objects.filter(company__in=days, recorded_at__gt=now - RECENTLY, kind__in=TOLD)
    lowered = RequestEvent.objects.filter(company=OuterRef("company"), request=OuterRef("request"), pk__lte=OuterRef("pk"))
    stood = lowered.filter(kind=RequestEvent.Kind.LOWERED).order_by("-pk").values("units")[:1]
    decided: list[Any] = list(recent.annotate(stood=Subquery(stood)).select_related("act", "request__act").order_by("pk"))
    lines = _lines([*asked, *(each.request for each in decided)])
    found = [
        News(
            each.company_id,
            REQUESTED.name,
            f"request:{each.pk}",
            _facts(each, each.units, each.act, lines),
            but=each.act.actor_id,
        )
        for each in asked
    ]
    for event in decided:
        facts = _facts(event.request, event.stood or event.request.units, event.act, lines)
        facts |= {"state": str(event.get_kind_display()), ONLY: str(event.request.act.actor_id)}
        until = days[event.company_id] + STANDS
        found.append(News(event.company_id, DECIDED.name, f"request-event:{event.pk}", facts, holds_until=until))
    return found


def rule_news(companies: Collection[Company], now: datetime) -> list[News]:
    """One for each change of the last two days. One statement."""
    days = {company.pk: company.day_of(now) for company in companies}
    rows = ApprovalRule.objects.filter(company__in=days, recorded_at__gt=now - RECENTLY).select_related("act").order_by("pk")
    return [
        News(
            each.company_id,
            RULE.name,
            f"approvals:{each.pk}",
            {"rule": rule_in_words(each.said), PERSON: str(each.act.actor_id)},
            holds_until=days[each.company_id] + STANDS,
        )
        for each in rows
    ]


def rule_in_words(rule: WhenAsked) -> str:
    """When a second person confirms: "from 5,000 credits on", or that nobody does."""
    said = []
    if rule.from_credits is not None:
        said.append(_("from %(credits)s credits a day on") % {"credits": written(rule.from_credits)})
    if rule.below_zero:
        said.append(_("whenever the balance goes below zero"))
    return get_text_list(said, _("and")) or _("nothing any more")


def _lines(requests: Iterable[UnitsRequest]) -> dict[int, CreditRequirement]:
    """The lines that these are about, with their features. One statement; none for none."""
    ids = {line for each in requests for line in each.units_of_lines}
    return CreditRequirement.objects.select_related("feature").in_bulk(ids) if ids else {}


def _facts(request: UnitsRequest, units: dict[str, int], act: Any, lines: dict[int, CreditRequirement]) -> dict[str, Any]:
    asked = {int(line): count for line, count in units.items()}
    count, feature = asked_in_words(asked, [lines[line] for line in asked if line in lines])
    facts = {"request": str(request.pk), "units": count, "feature": feature, PERSON: str(act.actor_id)}
    return {**facts, NOTE: act.note} if act.note else facts


def register_source() -> None:
    register(REQUESTED, DECIDED, RULE)
    register_among_sources(Source((REQUESTED.name, DECIDED.name), requests_news))
    register_among_sources(Source((RULE.name,), rule_news))
    tell_at_once_of(*ACTS)
