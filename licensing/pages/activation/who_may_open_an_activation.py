"""Who may open an activation: whose it is, the browser that brought it, and whoever may see its license."""

from __future__ import annotations

from datetime import date, tzinfo
from uuid import UUID

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from console.errors import NotAllowed
from console.models import User
from licensing.access import FactorWanted, company_one_comes_from, factor_wanted_by, memberships_of
from licensing.errors import in_words
from licensing.in_which_zone_instants_are_told import zone_of_person
from licensing.models import Activation, Company, Membership, Permission
from licensing.purchases.activation.whose_an_activation_is import belongs_to

State = Activation.State
SETTLED = (State.ACTIVATING, State.ACTIVE)
"""Under way or done, for one company."""

BROUGHT_HERE = "activations"
"""In the session: the activations that this browser brought, the latest last."""


def in_this_browser(request: HttpRequest, pk: UUID) -> bool:
    """Whether this browser brought the activation."""
    return str(pk) in request.session.get(BROUGHT_HERE, [])


def activation_for(request: HttpRequest, pk: UUID) -> Activation:
    """The activation of the address: for the person it belongs to, the browser that brought it, or whoever may see its license.

    Who handed it over is told who took it (NotAllowed); to everybody else it does not exist (Http404). Leaves the person's
    memberships on the request. Raises FactorWanted where it is under way or done for a company that requires a second factor of
    them, whose pages are closed. Two statements.
    """
    activation = (
        Activation.objects.filter(pk=pk)
        .select_related("subscription__order", "subscription__claimed_by", "order__product", "company", "license", "person")
        .first()
    )
    assert isinstance(request.user, User)
    remember_memberships(request)
    if activation is None:
        raise Http404(_("There is no such page, or it is not yours to see."))
    if activation.person is None and in_this_browser(request, pk):
        activation = belongs_to(activation, request.user)
    if is_theirs(request, activation) or may_license(request, activation.company):
        require_factor(request, activation)
        show_company(request, activation.company)
        return activation
    if activation.handed_over_by_id == request.user.pk and activation.taken_over_at:
        raise NotAllowed(
            _("You handed this activation over, and %(who)s took it on %(day)s. Nothing is left for you to do.")
            % {"who": activation.person, "day": in_words(activation.taken_over_at.astimezone(zone_shown(request)).date())}
        )
    raise Http404(_("There is no such page, or it is not yours to see."))


def require_factor(request: HttpRequest, activation: Activation) -> None:
    """Raise FactorWanted where what the activation brought is a company's that requires a second factor. Free."""
    if activation.state not in SETTLED:
        return
    company = next((each.company for each in remember_memberships(request) if each.company_id == activation.company_id), None)
    if company is not None and factor_wanted_by(company, request, company.day_of(timezone.now())):
        raise FactorWanted(company)


def is_theirs(request: HttpRequest, activation: Activation) -> bool:
    """The person's own, unless it is under way or done for a company that they have left since."""
    settled = activation.state in SETTLED
    return activation.person_id == request.user.pk and not (settled and activation.company_id not in companies_of_person(request))


def remember_memberships(request: HttpRequest) -> list[Membership]:
    """Read once; the frame of the page needs them too."""
    if not hasattr(request, "memberships"):
        assert isinstance(request.user, User)
        request.memberships = memberships_of(request.user)  # type: ignore[attr-defined]
    return request.memberships  # type: ignore[attr-defined]


def show_company(request: HttpRequest, company: Company | None) -> None:
    """The frame shows the company chosen, or the person's only one. Of several it shows none: which is not said yet."""
    held = remember_memberships(request)
    for membership in held:
        if (len(held) == 1) if company is None else (membership.company_id == company.pk):
            request.membership = membership  # type: ignore[attr-defined]
            request.company = membership.company  # type: ignore[attr-defined]


def company_to_activate_for(request: HttpRequest) -> str:
    """The slug of the company one comes from, which the frame shows from now on; empty where one may not activate for it.

    Only for who begins in the console: a purchase that a marketplace sends is for whichever company its buyer names.
    """
    found = company_one_comes_from(request, remember_memberships(request))
    show_company(request, found.company if found else None)
    return found.company.slug if found is not None and licenses_for(found) else ""


def zone_shown(request: HttpRequest) -> tzinfo:
    """In which zone a page of the wizard tells instants: the company's in the frame, else the person's."""
    company: Company | None = getattr(request, "company", None)
    return company.zone_at(timezone.now()) if company else zone_of_person(remember_memberships(request))


def licenses_for(membership: Membership) -> bool:
    """Whether the membership holds the licensing permission. Free."""
    return Permission.LICENSING.allowed_to(membership.roles)


def may_license(request: HttpRequest, company: Company | None) -> bool:
    """Whether the person has the licensing permission in the company; False where there is none."""
    held = remember_memberships(request)
    return company is not None and any(each.company_id == company.pk and licenses_for(each) for each in held)


def companies_of_person(request: HttpRequest) -> set[int]:
    """Ids of the companies that the person belongs to."""
    return {each.company_id for each in remember_memberships(request)}


def today_of(request: HttpRequest) -> date:
    """The day in the zone that the page is told in."""
    return timezone.now().astimezone(zone_shown(request)).date()
