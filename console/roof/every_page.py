"""What every page knows: the company in hand, where one can go, the day shown, whom to turn to.

Reads nothing anew, but for the pages of a person's account: these read their companies, to stay in the one they come from.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse

from console.mail.read_in_development import can_be_read
from console.models import User
from console.people.demo_password import DEMO_PASSWORD, KNOWN_PERSON
from console.people.second_factor.demanded_of_staff import Wanted, factor_wanted
from console.people.second_factor.of_the_demo import code_of, has_demo_factor
from console.people.second_factor.set_up import has_factor
from console.roof.help import sellers
from console.roof.names_a_page_knows import names_not_known
from console.roof.navigation import navigation, switcher
from console.vendor.held import vendors_own
from credits.demo.people import SIGN_INS
from licensing.access import company_one_comes_from, memberships_of, today_of
from licensing.models import Permission, Role
from licensing.models.company_settings.statement import factor_required_from
from licensing.notices.inbox import unread_notices


def console(request: HttpRequest) -> dict[str, Any]:
    if is_of_the_account(request):
        stay_in_company(request)
    membership = getattr(request, "membership", None)
    own = vendors_own()
    return {
        "vendor": own,
        "company": getattr(request, "company", None),
        "viewing": getattr(request, "viewing", None),
        "looks_for": getattr(membership, "provider", None),
        "switcher": switcher(request),
        "navigation": navigation(request),
        "as_of": getattr(request, "as_of", None),
        "explain_base": explain_base(request),
        "names_not_known": names_not_known(request),
        "figures_of": getattr(request, "figures_of", None),
        "roles_label": membership.roles_label if membership else "",
        **ways_to_roles(request, membership),
        "mails_are_read_here": can_be_read(request),
        "unread_notices": unread_notices(membership) if membership else None,
        "demo_sign_ins": demo_sign_ins(request),
        "demo_code": demo_code(request),
        "factor_wanted": factor_wanted(request),
        "company_factor": company_factor(request),
        "sign_up_url": sign_up_url(request),
        "identity_providers": bool(settings.SOCIALACCOUNT_PROVIDERS),
        "sellers": sellers(),
        "contacts": {
            "sales": own.sales,
            "support": own.support,
            "marketplace_url": settings.MARKETPLACE_URL,
        },
    }


def ways_to_roles(request: HttpRequest, membership: Any) -> dict[str, str]:
    """Where members who may not all ask for roles, and where owners give them; nothing in a view by support. Free.

    Nobody asks who only looks for a service provider: their role is given there. Owners are led to where the role of a provider
    viewer is given from the page that wants it; members ask for it where there are customers to see.
    """
    provider = getattr(membership, "provider", None)
    if membership is None or provider is not None or getattr(request, "viewing", None) is not None:
        return {"ask_for_role_url": "", "role_to_ask_for": "", "people_url": "", "who_may_look_url": ""}
    owner = Permission.PEOPLE.allowed_to(membership.roles)
    slug, looks = membership.company.slug, getattr(request, "lacks", None) is Permission.CUSTOMERS
    asks = not owner and (not looks or getattr(membership, "has_customers", False))
    return {
        "ask_for_role_url": reverse("licensing:roles", args=[slug]) if asks else "",
        "role_to_ask_for": Role.PROVIDER_VIEWER.value if asks and looks else "",
        "people_url": reverse("licensing:people", args=[slug]) if owner else "",
        "who_may_look_url": reverse("licensing:provider-viewers", args=[slug]) if owner and looks else "",
    }


def explain_base(request: HttpRequest) -> str:
    """Where the explanations of the company's figures are: their names follow."""
    company = getattr(request, "company", None)
    return reverse("explain", args=[company.slug, "-"]).removesuffix("-/") if company else ""


def is_of_the_account(request: HttpRequest) -> bool:
    name = request.resolver_match.view_name if request.resolver_match else ""
    return name.startswith(("account_", "mfa_", "socialaccount_")) and request.user.is_authenticated


def stay_in_company(request: HttpRequest) -> None:
    """The frame of a page that is no company's shows the company one comes from. One statement."""
    assert isinstance(request.user, User)
    held = request.memberships = memberships_of(request.user)  # type: ignore[attr-defined]
    if found := company_one_comes_from(request, held):
        request.membership, request.company = found, found.company  # type: ignore[attr-defined]


def company_factor(request: HttpRequest) -> Wanted | None:
    """On the pages of a person's account, for who has no second factor: from when on the company they come from requires one."""
    company: Any = getattr(request, "company", None)
    if company is None or not is_of_the_account(request):
        return None
    required = factor_required_from(company)
    return None if required is None or has_factor(request) else Wanted(required, required <= today_of(company))


def demo_sign_ins(request: HttpRequest) -> list[dict[str, str]]:
    """What the sign-in page offers where the demo may be loaded, and is: one statement there, none on other pages."""
    match = request.resolver_match
    if not (settings.DEBUG or settings.DEMO) or match is None or match.view_name != "account_login":
        return []
    if not User.objects.filter(email=KNOWN_PERSON, is_active=True).exists():
        return []
    return [{"email": email, "role": what, "password": DEMO_PASSWORD} for email, what in SIGN_INS.items()]


ASK_FOR_A_CODE = ("mfa_authenticate", "mfa_reauthenticate")


def demo_code(request: HttpRequest) -> str:
    """The code that support's authenticator app would show, where the demo's secret asks for one; one statement there."""
    match = request.resolver_match
    if not (settings.DEBUG or settings.DEMO) or match is None or match.view_name not in ASK_FOR_A_CODE:
        return ""
    stage: Any = getattr(request, "_login_stage", None)
    person = stage.login.user if stage is not None else request.user
    return code_of() if has_demo_factor(person) else ""


def sign_up_url(request: HttpRequest) -> str:
    """Where a browser that brought a purchase may make an account; empty for all others. Free."""
    match = request.resolver_match
    if match is None or match.view_name != "account_login":
        return ""
    try:
        wanted = resolve(urlsplit(request.GET.get("next", "")).path)
    except (Resolver404, ValueError):
        return ""
    pk = str(wanted.kwargs.get("pk", ""))
    if wanted.app_name != "activation" or pk not in request.session.get("activations", []):
        return ""
    return reverse("activation:sign-up", args=[pk])
