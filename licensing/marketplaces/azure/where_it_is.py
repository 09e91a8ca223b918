"""Where the marketplace is, who we are there, and how long we wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from licensing.marketplaces.azure import sender_signature


@dataclass(frozen=True)
class AzureConfig:
    """Where the marketplace is, who we are there, and how long we wait."""

    tenant_id: str
    client_id: str
    client_secrets: tuple[str, ...] = field(repr=False)
    api_url: str = "https://marketplaceapi.microsoft.com/api"
    login_url: str = "https://login.microsoftonline.com"
    issuer_url: str = "https://sts.windows.net"
    resource_id: str = "20e940b3-4c77-4b0b-9a53-9e16a1b010a7"
    token_version: int = 2
    clock_leeway: int = 60
    timeouts: Mapping[str, float] = field(
        default_factory=lambda: {"connect": 3.0, "person": 10.0, "job": 30.0, "webhook": 2.0}, hash=False
    )
    """Seconds: "connect", and one for each Patience."""

    @property
    def token_url(self) -> str:
        return f"{self.login_url}/{quote(self.tenant_id, safe='')}/oauth2/{'v2.0/' if self.token_version == 2 else ''}token"

    @property
    def token_form(self) -> dict[str, str]:
        """What is posted for a token, without the secret."""
        form = {"grant_type": "client_credentials", "client_id": self.client_id}
        return form | ({"scope": f"{self.resource_id}/.default"} if self.token_version == 2 else {"resource": self.resource_id})

    @property
    def key_urls(self) -> tuple[str, str]:
        base = f"{self.login_url}/{quote(self.tenant_id, safe='')}/discovery"
        return f"{base}/v2.0/keys", f"{base}/keys"

    @property
    def expected(self) -> sender_signature.Expected:
        issuers = (f"{self.login_url}/{self.tenant_id}/v2.0", f"{self.issuer_url}/{self.tenant_id}/")
        return sender_signature.Expected(self.tenant_id, self.client_id, self.resource_id, issuers, self.clock_leeway)
