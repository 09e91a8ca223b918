"""Who may do what in which company. A stranger learns nothing (404); a member without the role is told so (403)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, OuterRef, QuerySet, functions
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from console.company_in_hand import for_company, for_person
from console.errors import NotAllowed, Refused
from console.models import Actor, Reason, User, why_of
from console.models.user import StaffRole
from console.names import in_order_of_names
from console.people.last_visit import note_visit
from console.serving.prepared_queries import prepared
from licensing.models import Company, CompanyTimeZone, Membership, NoticeDelivery, Permission, Role


@prepared
def _memberships(user: int) -> QuerySet[Membership]:
    zones = (
        CompanyTimeZone.objects.filter(company=OuterRef("company_id"))
        .order_by("id")
        .values(row=functions.JSONObject(at="effective_at", zone="time_zone"))
    )
    unread = (
        NoticeDelivery.objects.filter(company=OuterRef("company_id"), user=user, read_at=None, act=None, notice__resolved_at=None)
        .order_by()
        .values(kind=F("notice__kind"))
        .annotate(number=Count("pk"))
        .values(row=functions.JSONObject(kind="kind", number="number"))
    )
    return (
        Membership.objects.filter(user=user, user__is_active=True)
        .select_related("company")
        .annotate(zone_rows=ArraySubquery(zones), unread_rows=ArraySubquery(unread))
    )


def memberships_of(user: User) -> list[Membership]:
    """A person's memberships, by company name, with the companies, their zones and how many notices are unread. One statement.

    A person who was deactivated has none.
    """
    with for_person(user):
        memberships = _memberships(user=user.pk)
    memberships.sort(key=lambda each: (in_order_of_names(each.company.name), each.company_id))
    for membership in memberships:
        membership.company.__dict__["zone_rows"] = membership.__dict__["zone_rows"]
    return memberships


def company_for(request: HttpRequest, slug: str, permission: Permission = Permission.SEE) -> Company:
    """The company of the address, for a member with `permission`; stranger: 404, too small a role: 403. One statement.

    A view of support's that runs (`licensing.viewing`) stands in for a membership in its company, to look; it was read already.
    Leaves `company`, `membership`, `memberships`, the company's `today` and the instant `figures_of` on the request.
    """
    assert isinstance(request.user, User)
    viewing = getattr(request, "viewing", None)
    looks = viewing is not None and viewing.company.slug == slug and request.method in LOOKS
    memberships = [viewing.membership()] if viewing is not None and looks else memberships_of(request.user)
    membership = next((each for each in memberships if each.company.slug == slug), None)
    if membership is None:
        raise Http404(_("There is no such page, or it is not yours to see."))
    company = membership.company
    request.memberships = memberships  # type: ignore[attr-defined]
    request.membership = membership  # type: ignore[attr-defined]
    request.company = company  # type: ignore[attr-defined]
    request.figures_of = timezone.now()  # type: ignore[attr-defined]
    request.today = company.day_of(request.figures_of)  # type: ignore[attr-defined]
    if not permission.allowed_to(membership.roles):
        raise PermissionDenied(needs_role(permission))
    return company


LOOKS = ("GET", "HEAD")
LAST_COMPANY = "last-company"
"""The cookie that names the company whose page a browser showed last. It opens nothing: it is looked for among memberships."""


def company_one_comes_from(request: HttpRequest, held: list[Membership]) -> Membership | None:
    """The membership in whose company pages of the person stay. Free.

    `?company=`, else the company shown last, else their only one.
    """
    for slug in (request.GET.get("company"), request.COOKIES.get(LAST_COMPANY)):
        if found := next((each for each in held if each.company.slug == slug), None):
            return found
    return held[0] if len(held) == 1 else None


def _remember(company: Company, request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if getattr(request, "viewing", None) is not None:
        return response  # whoever looks as somebody else leaves no visit
    if request.COOKIES.get(LAST_COMPANY) != company.slug:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(LAST_COMPANY, company.slug, secure=secure, httponly=True, samesite="Lax")
    note_visit(request, response, request.figures_of, f"{reverse('licensing:companies')}{company.slug}/")  # type: ignore[attr-defined]
    return response


View = Callable[..., HttpResponse]


def of_company(permission: Permission = Permission.SEE, *, to_post: Permission | None = None) -> Callable[[View], View]:
    """A view of the company that the address names; it is handed the company in place of the address name.

    `permission`, or for POST `to_post`, is needed, as `company_for` checks it. Until the answer is there the company is in hand:
    no other company's rows can be asked for.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def view_of_company(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
            company = company_for(request, slug, to_post if to_post and request.method == "POST" else permission)
            with for_company(company):
                response = view(request, company, *args, **kwargs)
            return _remember(company, request, response)

        view_of_company.asks_for = "company"  # type: ignore[attr-defined]
        return view_of_company

    return decorate


def of_person(view: View) -> View:
    """A view of the person who signed in: all that it asks is asked for their own companies."""

    @wraps(view)
    def view_of_person(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with for_person(request.user):
            return view(request, *args, **kwargs)

    view_of_person.asks_for = "person"  # type: ignore[attr-defined]
    return view_of_person


def may(request: HttpRequest, permission: Permission) -> bool:
    """Whether the member on the request has `permission` in the request's company. Free."""
    return permission.allowed_to(request.membership.roles)  # type: ignore[attr-defined]


def require(by: Actor, company: Company, permission: Permission) -> None:
    """Raise NotAllowed unless the actor may: support and machines may, a person needs the role. One statement."""
    if by.is_machine or by.is_support:
        return
    with for_company(company):
        membership = Membership.objects.filter(user=by.user, company=company, user__is_active=True).first()
    if membership is None or not permission.allowed_to(membership.roles):
        raise NotAllowed(needs_role(permission))


def require_support(by: Actor, *, reason: Reason | None = None, role: StaffRole = StaffRole.CUSTOMERS) -> None:
    """Raise unless the actor is staff with the role, or a machine; when a `reason` is asked for, it may not be empty."""
    if not (by.is_machine or by.may(role)):
        if by.may(StaffRole.LOOKS):
            raise NotAllowed(_("This needs the role: %(role)s. Ask whoever manages staff.") % {"role": role.label})
        raise NotAllowed(_("Only support can do this."))
    if reason is not None and not why_of(reason):
        raise Refused(_("State a reason; it is kept in the journal."), field="reason")


def needs_role(permission: Permission) -> str:
    names = " / ".join(str(role.label) for role in Role if role in permission.value)
    return _("This needs one of these roles in the company: %(roles)s. Ask an owner of the company.") % {"roles": names}
