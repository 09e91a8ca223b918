"""Who may sign in: people who were invited, and who brought a purchase. Nobody else makes an account, by form or provider."""

import logging
from secrets import token_urlsafe
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from console.allowed_text import without_refused
from console.logs.sign_ins import note, note_limit
from console.mail.queueing import queue_mail
from console.models import OutgoingMail, User
from console.people.attempts import passwords as attempts
from console.people.attempts.told_by_mail import queue_words_of_passwords
from console.people.before_the_address_was_proved import is_proved, take_away
from console.people.identity_providers import vouches_for
from console.people.openid_connect.provider import Provider
from console.people.openid_connect.signed_in_from import may_make_an_account, tenant_of_login
from console.people.openid_connect.signed_in_from import note as note_tenant
from console.security.arriving.who_and_how import client_address
from console.status_message import StatusMessage, tell
from console.vendor.foot_of_account_mails import words_of_the_vendor

MICROSOFT_TENANT = "microsoft_tenant"
"""In the session: the tenant as which Microsoft signed the person in, if it did."""
MAY_SIGN_UP = "may_sign_up"
"""In the session of a browser that brought a purchase which its marketplace knows: one account may be made."""

SECONDS_OF_STRANGERS = 48 * 3600
"""So long the session of a browser that brought a purchase is kept unless somebody signs in: it is told of a token too old."""


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is closed, but for a browser that brought a purchase."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return MAY_SIGN_UP in request.session

    def get_client_ip(self, request: HttpRequest) -> str:
        """What its limits count by is what everything counts by."""
        return client_address(request)

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        user.name = form.cleaned_data.get("name", "")
        return super().save_user(request, user, form, commit)

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """An address that was given to the person by others, never claimed by them, counts as verified."""
        if kwargs.get("signup"):
            request.session.pop(MAY_SIGN_UP, None)
        elif not EmailAddress.objects.filter(user=user).exists():
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return super().pre_login(request, user, **kwargs)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """After the session was begun anew: notes the tenant that Microsoft vouches for, and forgets an earlier one."""
        tenant = tenant_of((kwargs.get("signal_kwargs") or {}).get("sociallogin"))
        if tenant:
            request.session[MICROSOFT_TENANT] = tenant
        else:
            request.session.pop(MICROSOFT_TENANT, None)
        note_tenant(request, tenant_of_login((kwargs.get("signal_kwargs") or {}).get("sociallogin")))
        request.is_new_here = bool(kwargs.get("signup"))  # type: ignore[attr-defined]  # for who listens to the sign-in
        if request.session.get("_session_expiry") == SECONDS_OF_STRANGERS:
            request.session.set_expiry(None)
        return super().post_login(request, user, **kwargs)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """In place of the package's limits, by which strangers could keep a person out."""
        counted = attempts.count(_login(credentials), client_address(request))
        if isinstance(counted, attempts.Refused):
            note_limit()
            raise ValidationError(counted.why, code="too_many_login_attempts")
        self._counted = counted

    def _rollback_login_failed_rl_usage(self) -> None:
        """What the package calls after a right password."""
        attempts.take_back(self._counted)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        queue_words_of_passwords(_login(credentials), self._counted.of_person)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """What the package calls after a new password by mail: neither passwords nor codes are held against the person."""
        attempts.forget(_login(credentials))
        for person in User.objects.filter(email=_login(credentials)):
            ratelimit.clear(request, action="login_failed", key=f"mfa-auth-user-{person.pk}")

    def validation_error(self, code: str, *args: Any) -> Any:
        """What forms refuse; that something was tried too often is logged, as their answer has no status of its own."""
        if code == "too_many_login_attempts":
            note_limit()
        return super().validation_error(code, *args)

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """What came of a press is told as everywhere in the console, where the template says it as "verb: words"."""
        said = "" if message or not message_template else render_to_string(message_template, message_context, request).strip()
        verb, colon, words = said.partition(": ")
        if colon:
            tell(request, StatusMessage(verb, words, refused=level >= messages.WARNING))
        elif message or said:
            messages.add_message(request, level, message or said, extra_tags=extra_tags)

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.CONSOLE_URL + path.replace("UID-KEY", key)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return of_console(super().get_email_confirmation_url(request, emailconfirmation))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Through the queue: an answer takes no longer for an address that somebody here has. It may hold a link or a code."""
        host = urlsplit(settings.CONSOLE_URL).netloc
        said = {"request": allauth_context.request, "email": email, "current_site": SimpleNamespace(domain=host, name=host)}
        said |= {**words_of_the_vendor(host), **context}
        mail = self.render_mail(template_prefix, email, said)
        queue_mail(to=email, subject=str(mail.subject), text=str(mail.body), purpose=OutgoingMail.Purpose.ACCOUNT, secret=True)


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """A provider signs in people of its own domains: whom it was connected to, or whose address it has verified.

    Nobody else, unless sign-up is open; and staff only where the provider's settings say so.
    """

    def generate_state_param(self, state: dict[str, Any]) -> str:
        return token_urlsafe(32)

    def on_authentication_error(self, request: HttpRequest, provider: Any, exception: Any = None, **kwargs: Any) -> None:
        why = str(exception) if isinstance(exception, OAuth2Error) else type(exception).__name__ if exception else "-"
        note("sign-in by provider failed", level=logging.WARNING, provider=provider.sub_id, why=f'"{why}"')

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Whoever brought a purchase, with the address that the provider has verified: the account gets the first of them.

        By a provider of several tenants whoever comes from one that opens it; their address is verified by a code then.
        """
        if _settings_of(sociallogin).get("tenants"):
            if not may_make_an_account(tenant_of_login(sociallogin)):
                request.tenant_opens_nothing = True  # type: ignore[attr-defined]  # for the page that says so
                return False
            if not sociallogin.email_addresses:
                why = _("Your organization does not say where to write to you. Ask its administrator to tell us your address.")
                raise ImmediateHttpResponse(render(request, "refused.html", {"message": why}, status=403))
            return True
        addresses = list(getattr(sociallogin, "email_addresses", []))
        vouched = bool(addresses) and all(_is_vouched_for(sociallogin, each) for each in addresses)
        return vouched and MAY_SIGN_UP in request.session

    def get_provider(self, request: HttpRequest, provider: Any, client_id: Any = None) -> Any:
        found = super().get_provider(request, provider, client_id=client_id)
        return Provider(request, app=found.app) if isinstance(found, OpenIDConnectProvider) else found

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        user = super().populate_user(request, sociallogin, data)
        user.name = without_refused(str(data.get("name") or ""), most=150)
        return user

    def authenticate_by_email(self, sociallogin: Any) -> Any:
        if _settings_of(sociallogin).get("tenants"):
            return None
        for each in sociallogin.email_addresses:
            each.verified = _is_vouched_for(sociallogin, each)
        found = super().authenticate_by_email(sociallogin)
        if found and not is_proved(found[0]):
            take_away(found[0], allauth_context.request)
        return found

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """After the person was found, by an account connected before or by the address; before anything comes of it."""
        connecting = sociallogin.state.get("process") == AuthProcess.CONNECT and request.user.is_authenticated
        for person in ([sociallogin.user] if sociallogin.is_existing else []) + ([request.user] if connecting else []):
            if why := _why_not(sociallogin, person):
                note("provider refused", person, level=logging.WARNING, provider=sociallogin.account.provider)
                raise ImmediateHttpResponse(render(request, "refused.html", {"message": why}, status=403))
        if connecting and sociallogin.is_existing and sociallogin.user == request.user:
            note_tenant(request, tenant_of_login(sociallogin))


def _is_vouched_for(sociallogin: Any, address: EmailAddress) -> bool:
    """Some providers write what is verified as a word, of which "false" is one."""
    verified = str(address.verified).lower() == "true"
    return verified and vouches_for(_settings_of(sociallogin), address.email)


def _why_not(sociallogin: Any, person: Any) -> str:
    """Why a provider may not sign this person in, nor be connected to the account; empty where it may."""
    provider = _settings_of(sociallogin)
    if (person.is_staff or person.is_superuser) and not provider.get("staff"):
        return _("Support staff do not sign in this way. Sign in with your password, or with a passkey.")
    if not provider.get("tenants") and not vouches_for(provider, person.email):
        return _("This way of signing in is not for the domain of your address. Sign in with your password, or with a passkey.")
    return ""


def _settings_of(sociallogin: Any) -> dict[str, Any]:
    return getattr(getattr(sociallogin.provider, "app", None), "settings", None) or {}


def _login(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "").strip().lower()


def of_console(address: str) -> str:
    """The same page at CONSOLE_URL: a link in a mail never leads where a made-up Host header says."""
    parts = urlsplit(address)
    return settings.CONSOLE_URL + urlunsplit(("", "", parts.path, parts.query, ""))


def tenant_of(sociallogin: Any) -> str:
    """The `tid` claim of the identity token that a person signed in with, where its issuer is that tenant; else empty."""
    account = getattr(sociallogin, "account", None)
    claims = (getattr(account, "extra_data", None) or {}).get("id_token")
    if not isinstance(claims, dict):
        return ""
    tenant, issuer = str(claims.get("tid") or "").lower(), str(claims.get("iss") or "").lower()
    return tenant if tenant and f"/{tenant}/" in f"{issuer}/" else ""
