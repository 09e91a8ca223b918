"""Signing in by an OpenID Connect provider: what is asked of it, and which of its answers are believed.

django-allauth carries it out: `state`, of one browser, provider and sign-in, PKCE, and the code exchanged from server to server.
Added here: a `nonce`, no parameter of the request's own, the issuer of the provider's metadata and of its answer compared with
the settings, the signature of the ID token, and the same subject in both of its answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

from allauth.account.internal.decorators import login_not_required
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.core.exceptions import MultipleObjectsReturned
from django.http import Http404, HttpRequest, HttpResponse
from requests import RequestException

from console.people.openid_connect.id_token import NotBelieved, claims_of

WELL_KNOWN = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
NONCE = "nonce"
"""In the state that the session keeps for a sign-in under way, beside the verifier of PKCE."""


def issuer_of(server: str) -> str:
    """The issuer that the settings name, without a slash at its end."""
    return server.partition(WELL_KNOWN)[0].rstrip("/")


def checked_metadata(metadata: Any, server: str) -> dict[str, Any]:
    """What a provider says of itself, if it says that it is the one of the settings. Raises NotBelieved.

    A slash at the end of the issuer may differ. Where the issuer is asked over TLS, so are the addresses that it names.
    """
    if not isinstance(metadata, dict) or not all(isinstance(metadata.get(each), str) for each in ("issuer", *ENDPOINTS)):
        raise NotBelieved("the provider's metadata lacks an address")
    if metadata["issuer"].rstrip("/") != issuer_of(server):
        raise NotBelieved("the provider's metadata is of another issuer")
    schemes = {urlsplit(metadata[each]).scheme for each in ENDPOINTS}
    if not schemes <= ({"https"} if server.startswith("https:") else {"https", "http"}):
        raise NotBelieved("the provider's metadata names an address without TLS")
    return metadata


class Adapter(OpenIDConnectOAuth2Adapter):
    """How one provider is asked, during one request."""

    nonce = ""
    """With which the browser was sent there; known once its state was found."""

    @property
    def openid_config(self) -> dict[str, Any]:
        if not hasattr(self, "_checked"):
            self._checked = checked_metadata(super().openid_config, self.get_provider().app.settings["server_url"])
        return self._checked

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """The person by the ID token; what else the provider tells counts if it is about the same subject."""
        response: Mapping[str, Any] = kwargs["response"]
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            key_set = answer.json()
        issuer = self.openid_config["issuer"]
        claims = claims_of(
            str(response.get("id_token") or ""), key_set=key_set, issuer=issuer, client=app.client_id, nonce=self.nonce
        )
        told = self._fetch_user_info(token.token)
        if not isinstance(told, dict) or told.get("sub") != claims["sub"]:
            raise NotBelieved("the provider's answers are about two people (sub)")
        return self.get_provider().sociallogin_from_response(request, {"userinfo": told, "id_token": claims})


class Provider(OpenIDConnectProvider):
    """A provider of the settings. Neither scopes nor other parameters are taken from the address of our page."""

    oauth2_adapter_class = Adapter

    @property
    def server_url(self) -> str:
        return issuer_of(self.app.settings["server_url"]) + WELL_KNOWN

    def redirect(self, request: HttpRequest, process: str, next_url: Any = None, data: Any = None, **kwargs: Any) -> HttpResponse:
        nonce = token_urlsafe(32)
        kwargs |= {"scope": self.get_scope(), "auth_params": self.get_auth_params() | {"nonce": nonce}, NONCE: nonce}
        return super().redirect(request, process, next_url, data, **kwargs)


class ComesBack(OAuth2CallbackView):
    """The browser is back, with a code or an error."""

    def _get_state(self, request: HttpRequest, provider: Provider) -> tuple[Any, Any]:
        state, answer = super()._get_state(request, provider)
        if state is not None:
            self.adapter.nonce = state.get(NONCE) or ""
            says_issuer = self.adapter.openid_config.get("authorization_response_iss_parameter_supported") is True
            issuer = request.GET.get("iss")
            if issuer != self.adapter.openid_config["issuer"] and (says_issuer or issuer is not None):
                raise NotBelieved("the answer is of another issuer (iss)")
        return state, answer


def _of_provider(view: type[Any]) -> Callable[..., HttpResponse]:
    """A view of a provider that the address names. What is not believed, and a provider that does not answer, is told alike."""

    @login_not_required
    def view_of_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
        adapter = Adapter(request, provider_id)
        try:
            provider = adapter.get_provider()
        except (SocialApp.DoesNotExist, MultipleObjectsReturned) as error:
            raise Http404 from error
        if provider.app.provider_id != provider_id:  # the name of the kind stands for whichever there is
            raise Http404
        try:
            answer: HttpResponse = view.adapter_view(adapter)(request)
            return answer
        except (NotBelieved, OAuth2Error, RequestException, ValueError) as error:
            return render_authentication_error(request, provider, exception=error)

    return view_of_provider


login = _of_provider(OAuth2LoginView)
callback = _of_provider(ComesBack)
