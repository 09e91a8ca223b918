"""A company that has nothing yet: what to do first, in place of empty tiles, ring and graph."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from credits.reading.annual_credits import AnnualCredits
from licensing.access import may, needs_role, why_only_to_look
from licensing.models import Permission, Role


@dataclass(frozen=True)
class Step:
    """One thing to do first; without an `url` whoever reads it only looks."""

    done: bool
    title: str
    note: str
    label: str = ""
    url: str = ""
    as_you_like: bool = False

    @property
    def state(self) -> str:
        if self.as_you_like:
            return _("As you like")
        return _("Done") if self.done else _("To do")


def has_nothing_yet(tab: AnnualCredits) -> bool:
    """Whether neither the year behind the day shown nor what is planned holds any credits, and nothing is metered."""
    return (
        not any(point.valid or point.allocated for point in tab.ledger.points)
        and not tab.plans
        and all(feature.status == "not-allocated" for feature in tab.features)
    )


def first_steps(request: HttpRequest, tab: AnnualCredits, slug: str) -> list[Step]:
    """What comes first, each with its state: with a link for those who may do it, and the way to ask an owner for other members.

    Who looks for a service provider reads what comes first, and is offered nothing.
    """
    bought = bool(tab.ledger.supply)
    looks = bool(why_only_to_look(request))
    steps = [
        _activate(request, slug, bought=bought),
        _allocate(request, slug),
        Step(
            done=False,
            title=_("Bring in your colleagues"),
            note=_("Owners invite people and give them roles: viewer, credit manager, license administrator, owner."),
            label=_("Invite somebody") if may(request, Permission.PEOPLE) else _("Ask to be owner"),
            url=reverse("licensing:invite", args=[slug]) if may(request, Permission.PEOPLE) else _asks_for(slug, Role.OWNER),
            as_you_like=True,
        ),
        Step(
            done=False,
            title=_("Choose your notices"),
            note=_("By mail at once, once a day, or in the console only: for each kind as you like."),
            label=_("Choose your notices"),
            url=reverse("account_notices"),
            as_you_like=True,
        ),
    ]
    return [each if each.done else replace(each, url="") for each in steps[:3]] if looks else steps


def _activate(request: HttpRequest, slug: str, *, bought: bool) -> Step:
    title = _("Activate a purchase")
    if bought:
        note = _("Your credits become valid on their start date; see License Information.")
        licenses = reverse("licensing:license-information", args=[slug])
        return Step(done=True, title=title, note=note, label=_("License Information"), url=licenses)
    if may(request, Permission.LICENSING) or why_only_to_look(request):
        note = _("Credits come from activated purchases and from licenses converted to credits.")
        return Step(done=False, title=title, note=note, label=title, url=reverse("activation:start"))
    asks = _asks_for(slug, Role.LICENSE_ADMINISTRATOR)
    note = needs_role(Permission.LICENSING)
    return Step(done=False, title=title, note=note, label=_("Ask for the licensing permission"), url=asks)


def _allocate(request: HttpRequest, slug: str) -> Step:
    title = _("Allocate credits to features")
    if may(request, Permission.ALLOCATE) or why_only_to_look(request):
        note = _("Features draw on credits once you allocate them; you may plan ahead.")
        url = reverse("credits:add-allocation", args=[slug])
        return Step(done=False, title=title, note=note, label=_("Choose a feature"), url=url)
    asks = _asks_for(slug, Role.CREDIT_MANAGER)
    return Step(done=False, title=title, note=needs_role(Permission.ALLOCATE), label=_("Ask to be credit manager"), url=asks)


def _asks_for(slug: str, role: Role) -> str:
    return reverse("licensing:roles", args=[slug], query={"role": role.value})
