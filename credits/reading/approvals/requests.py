"""The requests of a company: what its pages ask about them, and what every page knows without asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef
from django.db.models.functions import JSONObject
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from credits.acts.approvals.request_in_hand import RequestInHand
from credits.models import CLOSING, ApprovalRule, CreditRequirement, RequestEvent, UnitsRequest
from credits.rules.second_person import NEVER, WhenAsked
from licensing.models import Company
from licensing.reading.with_memberships import of_membership, read_too
from licensing.rules.units_in_words import in_units

LATEST = 200
"""Requests shown on one page: the open ones first, then those decided last."""


@dataclass(frozen=True)
class Requests:
    """Those of a company that a person may see; `left_out` says that older ones are not among them."""

    open: list[RequestInHand]
    decided: list[RequestInHand]
    left_out: bool = False


def requests_of(company: Company, *, asked_by: int | None = None) -> Requests:
    """The latest first; those of one person where `asked_by` names them. Two statements."""
    closing = RequestEvent.objects.for_company(company).filter(request=OuterRef("pk"), kind__in=CLOSING)
    rows = UnitsRequest.objects.for_company(company).annotate(is_closed=Exists(closing)).select_related("act__actor")
    if asked_by is not None:
        rows = rows.filter(act__actor=asked_by)
    found = list(rows.order_by("is_closed", "-pk")[: LATEST + 1])
    events: dict[int, list[RequestEvent]] = {each.pk: [] for each in found}
    said = RequestEvent.objects.for_company(company).filter(request__in=list(events)).select_related("act__actor")
    for event in said.order_by("pk"):
        events[event.request_id].append(event)
    held = [RequestInHand(each, events[each.pk]) for each in found[:LATEST]]
    return Requests(
        [each for each in held if each.closed_by is None],
        [each for each in held if each.closed_by is not None],
        left_out=len(found) > LATEST,
    )


NAMES_TOLD = 2


def asked_in_words(units: Mapping[int, int], lines: Sequence[CreditRequirement]) -> tuple[str, str]:
    """How many units, and of which features: "60 endpoints", "Endpoint Sensor". Of several lines how many they are.

    `lines` are those of `units` (line id -> units) that the catalogue has, with their features at hand.
    """
    names = list(dict.fromkeys(each.feature.name for each in lines))
    others = len(names) - NAMES_TOLD
    if others > 0:
        more = ngettext("%(count)s more feature", "%(count)s more features", others) % {"count": others}
        names = [*names[:NAMES_TOLD], more]
    if len(lines) == 1:
        count = in_units(units[lines[0].pk], lines[0].unit)
    else:
        count = ngettext("%(count)s line", "%(count)s lines", len(units)) % {"count": len(units)}
    return count, get_text_list(names, _("and")) or _("What is no longer in the price list")


# --- What every page knows, read with the memberships

OPEN, RULE = "open_requests", "approval_rule"


def _open_requests() -> Any:
    rows = UnitsRequest.objects.filter(company=OuterRef("company_id")).open().order_by()
    return rows.values("company").annotate(number=Count("pk")).values("number")


def _approval_rule() -> Any:
    rows = ApprovalRule.objects.filter(company=OuterRef("company_id")).order_by("-id")
    return ArraySubquery(rows.values(row=JSONObject(credits="from_credits", below_zero="below_zero"))[:1])


def read_with_memberships() -> None:
    read_too(OPEN, _open_requests)
    read_too(RULE, _approval_rule)


def rule_known(membership: Any) -> WhenAsked:
    """When the company of the page wants a second person. Free."""
    found = of_membership(membership, RULE)
    return WhenAsked(found[0]["credits"], found[0]["below_zero"]) if found else NEVER
