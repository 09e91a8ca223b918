"""The providers of OpenID Connect: each request has a nonce, and no answer is believed but for an ID token that checks out.

django-allauth does state and PKCE, and trusts the connection for the rest. Here the token's signature, issuer, audience, nonce
and times are checked as well, the provider's description and its answer have to be of the issuer that was configured, and what is
read beside the token has to be about the same person.
"""

from __future__ import annotations

import secrets
from typing import Any

from allauth.account.internal.decorators import login_not_required
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.core.exceptions import MultipleObjectsReturned, ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpRequest, HttpResponse
from requests import RequestException

from console.people.openid_connect.id_token import tenant_in, verified_claims
from console.people.openid_connect.issuer import require_answer, require_description


class Adapter(OpenIDConnectOAuth2Adapter):
    """What is asked of a provider, and what is believed of its answers."""

    nonce = ""
    """Of the request that is being answered."""

    @property
    def openid_config(self) -> dict[str, Any]:
        provider = self.get_provider()
        try:
            config: dict[str, Any] = super().openid_config
            tenants = bool(provider.app.settings.get("tenants"))
            require_description(config, provider.app.settings["server_url"], tenants=tenants)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise OAuth2Error("The provider's description cannot be read") from error
        return config

    def parse_token(self, data: Any) -> Any:
        try:
            return super().parse_token(data)
        except (KeyError, TypeError, ValueError) as error:
            raise OAuth2Error("The provider's answer cannot be read") from error

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        config = self.openid_config
        try:
            with get_adapter().get_requests_session() as session:
                answer = session.get(config["jwks_uri"])
                answer.raise_for_status()
                keys = answer.json()
            claims = verified_claims(
                kwargs["response"]["id_token"],
                keys=keys,
                issuer=config["issuer"],
                audience=app.client_id,
                nonce=self.nonce,
            )
            data: dict[str, Any] = {"id_token": claims}
            if request.GET.get("iss", claims["iss"]) != claims["iss"]:  # of several tenants, another's
                raise OAuth2Error("The answer is another issuer's")
            if app.settings.get("fetch_userinfo", True):
                data["userinfo"] = self._fetch_user_info(token.token)
                if data["userinfo"].get("sub") != claims["sub"]:
                    raise OAuth2Error("What the provider tells is about another person")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise OAuth2Error("The provider's answer cannot be read") from error
        return self.get_provider().sociallogin_from_response(request, data)


class Provider(OpenIDConnectProvider):
    """As whom somebody comes is said by the token alone: its subject, and for a provider of several tenants its tenant."""

    oauth2_adapter_class = Adapter

    def redirect(self, request: HttpRequest, process: Any, next_url: Any = None, data: Any = None, **kwargs: Any) -> Any:
        nonce = secrets.token_urlsafe(32)
        kwargs["auth_params"] = {**self.get_auth_params(), "nonce": nonce}
        kwargs["scope"] = self.get_scope()  # an address of ours has no say in what is asked of the provider
        return super().redirect(request, process, next_url, data, nonce=nonce, **kwargs)

    def extract_uid(self, data: dict[str, Any]) -> str:
        claims = data["id_token"]
        return f"{tenant_in(claims)}/{claims['sub']}" if self._of_tenants else str(claims["sub"])

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        fields: dict[str, Any] = super().extract_common_fields(data)
        fields["name"] = fields["name"] or data["id_token"].get("name")
        return {**fields, "email": _address_in(data)} if self._of_tenants else fields

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        """What a provider of several tenants says of addresses is what some tenant's administrator wrote: verified by none."""
        if not self._of_tenants:
            return super().extract_email_addresses(data)
        address = _address_in(data)
        return [EmailAddress(email=address, verified=False, primary=True)] if address else []

    @property
    def _of_tenants(self) -> bool:
        return bool(self.app.settings.get("tenants"))


def _address_in(data: dict[str, Any]) -> str:
    """Where to write to somebody, to ask whether they are there: the address, else the name they sign in with."""
    for said in (data.get("userinfo") or {}, data["id_token"]):
        for name in ("email", "preferred_username"):
            try:
                validate_email(said.get(name))
            except ValidationError:
                continue
            return str(said[name]).lower()
    return ""


class CallbackView(OAuth2CallbackView):
    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        if state is not None:
            self.adapter.nonce = state.get("nonce", "")
            require_answer(request.GET.get("iss"), self.adapter.openid_config)
        return state, response


@login_not_required
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """To the provider; a form's POST begins it."""
    return _view_of(OAuth2LoginView, request, provider_id)


@login_not_required
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the provider."""
    return _view_of(CallbackView, request, provider_id)


def _view_of(kind: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    adapter = Adapter(request, provider_id)
    try:
        provider = adapter.get_provider()
    except (SocialApp.DoesNotExist, MultipleObjectsReturned):
        raise Http404 from None
    if provider.app.provider_id != provider_id:  # the name of the kind of providers stands for whichever there is
        raise Http404
    try:
        response: HttpResponse = kind.adapter_view(adapter)(request)
    except (OAuth2Error, RequestException) as error:  # before anybody was sent to the provider, or its code to it
        return render_authentication_error(request, provider, exception=error)
    return response
