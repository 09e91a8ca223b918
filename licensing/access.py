"""Who may do what in which company. A stranger learns nothing (404); a member without the role is told so (403)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery, functions
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from console.company_in_hand import for_company, for_person
from console.errors import NotAllowed, Refused
from console.htmx import wants_part
from console.models import Actor, Reason, User, why_of
from console.models.user import StaffRole
from console.names import in_order_of_names
from console.people.last_visit import note_visit
from console.people.second_factor.set_up import factor_of, has_factor
from console.serving.prepared_queries import prepared
from licensing.models import Company, CompanyStatement, CompanyTimeZone, Membership, NoticeDelivery, Permission, Role
from licensing.models.company_settings.statement import factor_required_from
from licensing.providers.looking import LooksForProvider, looking_for_provider, looks_for_provider, only_to_look
from licensing.reading.with_memberships import all_read_too


@prepared
def _memberships(user: int) -> QuerySet[Membership]:
    zones = CompanyTimeZone.objects.of_outer_company("company_id")
    unread = (
        NoticeDelivery.objects.filter(company=OuterRef("company_id"), user=user, read_at=None, act=None, notice__resolved_at=None)
        .order_by()
        .values(kind=F("notice__kind"))
        .annotate(number=Count("pk"))
        .values(row=functions.JSONObject(kind="kind", number="number"))
    )
    factor = CompanyStatement.objects.of_outer_company(CompanyStatement.About.SECOND_FACTOR, "company_id")
    return (
        Membership.objects.filter(user=user, user__is_active=True)
        .select_related("company")
        .annotate(
            zone_rows=ArraySubquery(zones),
            unread_rows=ArraySubquery(unread),
            factor_row=Subquery(factor),
            has_customers=Exists(Company.objects.filter(parent=OuterRef("company_id"))),
            **all_read_too(),
        )
    )


def memberships_of(user: User) -> list[Membership]:
    """A person's memberships, by company name, with the companies, their zones, what is unread, whether they look after others,
    and what others asked to be read too (`licensing.reading.with_memberships`). One statement.

    A person who was deactivated has none.
    """
    with for_person(user):
        memberships = _memberships(user=user.pk)
    memberships.sort(key=lambda each: (in_order_of_names(each.company.name), each.company_id))
    for membership in memberships:
        for name in ("zone_rows", "factor_row"):
            membership.company.__dict__[name] = membership.__dict__[name]
    return memberships


def company_for(request: HttpRequest, slug: str, permission: Permission = Permission.SEE) -> Company:
    """The company of the address, for a member with `permission`; stranger: 404, too small a role: 403. One statement.

    A view of support's that runs (`licensing.viewing`) stands in for a membership in its company, to look; it was read already.
    So does, where there is no membership, that of a provider viewer in its service provider: one statement more, for them alone.
    Leaves `company`, `membership`, `memberships`, the company's `today` and the instant `figures_of` on the request; of who is
    refused for their role what they lack, `lacks`.
    """
    assert isinstance(request.user, User)
    viewing = getattr(request, "viewing", None)
    looks = viewing is not None and viewing.company.slug == slug and request.method in LOOKS
    memberships = [viewing.membership()] if viewing is not None and looks else memberships_of(request.user)
    held = next((each for each in memberships if each.company.slug == slug), None)
    membership = held or looks_for_provider(memberships, slug)
    if membership is None:
        raise Http404(_("There is no such page, or it is not yours to see."))
    company = membership.company
    request.memberships = memberships  # type: ignore[attr-defined]
    request.membership = membership  # type: ignore[attr-defined]
    request.company = company  # type: ignore[attr-defined]
    request.figures_of = timezone.now()  # type: ignore[attr-defined]
    request.today = company.day_of(request.figures_of)  # type: ignore[attr-defined]
    if factor_wanted_by(company, request, request.today):  # type: ignore[attr-defined]
        raise FactorWanted(company)
    if isinstance(membership, LooksForProvider):  # the role that opens it is held there, where a factor may be required, too
        provider = membership.provider
        if factor_wanted_by(provider, request, provider.day_of(request.figures_of)):  # type: ignore[attr-defined]
            raise FactorWanted(provider)
    if isinstance(membership, LooksForProvider):
        if request.method not in LOOKS or not permission.allowed_to(membership.roles):
            raise PermissionDenied(only_to_look(company, membership.provider))
    elif not permission.allowed_to(membership.roles):
        request.lacks = permission  # type: ignore[attr-defined]
        raise PermissionDenied(needs_role(permission))
    return company


def today_of(company: Company) -> date:
    """The company's own day, for what is no page of the company. Free when it was read with the memberships."""
    return company.day_of(timezone.now())


class FactorWanted(Exception):
    """The company requires a second factor, and the person has set up none: they are led to where one is."""

    def __init__(self, company: Company) -> None:
        super().__init__(company.slug)
        self.company = company


def factor_wanted_by(company: Company, request: HttpRequest, today: date) -> bool:
    """Whether the company's pages are closed to who asks until they have a second factor. Free, as `has_factor` is.

    Staff who look as a customer have the factor that the support desk demands.
    """
    if getattr(request, "viewing", None) is not None:
        return False
    wanted = factor_required_from(company)
    return wanted is not None and wanted <= today and not has_factor(request)


def _lead_to_factor(request: HttpRequest, company: Company) -> HttpResponse:
    """To where a factor is set up, in the company's frame; a part of a page that htmx asks for leads the whole page there."""
    where = reverse("mfa_index", query={"company": company.slug})
    return HttpResponseClientRedirect(where) if wants_part(request) else HttpResponseRedirect(where)


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
    looks = isinstance(request.membership, LooksForProvider)  # type: ignore[attr-defined]
    if looks or getattr(request, "viewing", None) is not None:
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
            try:
                company = company_for(request, slug, to_post if to_post and request.method == "POST" else permission)
            except FactorWanted as wanted:
                return _lead_to_factor(request, wanted.company)
            with _to_look_only(request), for_company(company):
                response = view(request, company, *args, **kwargs)
            return _remember(company, request, response)

        view_of_company.asks_for = "company"  # type: ignore[attr-defined]
        return view_of_company

    return decorate


def _to_look_only(request: HttpRequest) -> AbstractContextManager[None]:
    membership = request.membership  # type: ignore[attr-defined]
    return looking_for_provider(request, membership) if isinstance(membership, LooksForProvider) else nullcontext()


def of_person(view: View) -> View:
    """A view of the person who signed in: all that it asks is asked for their own companies.

    A view that shows something of one company alone raises FactorWanted where that company's pages are closed to them.
    """

    @wraps(view)
    def view_of_person(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with for_person(request.user):
            try:
                return view(request, *args, **kwargs)
            except FactorWanted as wanted:
                return _lead_to_factor(request, wanted.company)

    view_of_person.asks_for = "person"  # type: ignore[attr-defined]
    return view_of_person


def may(request: HttpRequest, permission: Permission) -> bool:
    """Whether the member on the request has `permission` in the request's company. Free."""
    return permission.allowed_to(request.membership.roles)  # type: ignore[attr-defined]


def why_only_to_look(request: HttpRequest) -> str:
    """Why nothing can be changed or asked for in the request's company, to who looks for its service provider. Free."""
    membership = request.membership  # type: ignore[attr-defined]
    return only_to_look(membership.company, membership.provider) if isinstance(membership, LooksForProvider) else ""


def require(by: Actor, company: Company, permission: Permission) -> None:
    """Raise NotAllowed unless the actor may: support and machines may, a person needs the role, and the factor if demanded.

    One statement; one more while a company requires a factor that the person lacks.
    """
    if by.is_machine or by.is_support:
        return
    factor = CompanyStatement.objects.of_outer_company(CompanyStatement.About.SECOND_FACTOR, "company_id")
    with for_company(company):
        held = Membership.objects.filter(user=by.user, company=company, user__is_active=True).select_related("company")
        membership: Any = held.annotate(factor_row=Subquery(factor), has_factor=factor_of("user")).first()
        if membership is None or not permission.allowed_to(membership.roles):
            raise NotAllowed(needs_role(permission))
        membership.company.__dict__["factor_row"] = membership.factor_row
        wanted = None if membership.has_factor else factor_required_from(membership.company)
        if wanted is not None and wanted <= today_of(membership.company):
            raise NotAllowed(_("%(company)s requires a second factor. Set one up in your account first.") % {"company": company})


def require_support(by: Actor, *, reason: Reason | None = None, role: StaffRole = StaffRole.CUSTOMERS) -> None:
    """Raise unless the actor is staff with the role, or a machine; when a `reason` is asked for, it may not be empty."""
    if not (by.is_machine or by.may(role)):
        if by.may(StaffRole.LOOKS):
            raise NotAllowed(_("This needs the role: %(role)s. Ask whoever manages staff.") % {"role": role.label})
        raise NotAllowed(_("Only support can do this."))
    if reason is not None and not why_of(reason):
        raise Refused(_("State a reason; it is kept in the journal."), field="reason")


def needs_role(permission: Permission) -> str:
    if permission is Permission.CUSTOMERS:
        return _("This is for provider viewers. An owner of your company lets you look, under Customers.")
    names = " / ".join(str(role.label) for role in Role if role in permission.value)
    return _("This needs one of these roles in the company: %(roles)s. Ask an owner of the company.") % {"roles": names}
