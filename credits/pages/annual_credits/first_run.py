"""A company that has nothing yet: what to do first, in place of empty tiles, ring and graph."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from credits.reading.annual_credits import AnnualCredits
from licensing.access import may, needs_role
from licensing.models import Permission, Role


@dataclass(frozen=True)
class Step:
    """One thing to do first; without an `url` the `note` says who can do it."""

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
    """What comes first, each with its state, and with a link for those who may do it."""
    bought = bool(tab.ledger.supply)
    return [
        Step(
            done=bought,
            title=_("Activate a purchase"),
            note=_("Your credits become valid on their start date; see License Information.")
            if bought
            else _("Credits come from activated purchases and from licenses converted to credits.")
            if may(request, Permission.LICENSING)
            else needs_role(Permission.LICENSING),
            label=_("License Information")
            if bought
            else _("Activate a purchase")
            if may(request, Permission.LICENSING)
            else _("Ask for the licensing permission"),
            url=reverse("licensing:license-information", args=[slug])
            if bought
            else reverse("activation:start")
            if may(request, Permission.LICENSING)
            else _asks_for(slug, Role.LICENSE_ADMINISTRATOR),
        ),
        Step(
            done=False,
            title=_("Allocate credits to features"),
            note=_("Features draw on credits once you allocate them; you may plan ahead.")
            if may(request, Permission.ALLOCATE)
            else needs_role(Permission.ALLOCATE),
            label=_("Choose a feature") if may(request, Permission.ALLOCATE) else _("Ask to be credit manager"),
            url=reverse("credits:add-allocation", args=[slug])
            if may(request, Permission.ALLOCATE)
            else _asks_for(slug, Role.CREDIT_MANAGER),
        ),
        Step(
            done=False,
            title=_("Bring in your colleagues"),
            note=_("Owners invite people and give them roles: viewer, credit manager, license administrator, owner."),
            label=_("Invite somebody"),
            url=reverse("licensing:invite", args=[slug]) if may(request, Permission.PEOPLE) else "",
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


def _asks_for(slug: str, role: Role) -> str:
    return reverse("licensing:roles", args=[slug], query={"role": role.value})
