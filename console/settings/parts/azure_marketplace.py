"""How Azure Marketplace is reached, and whether: what is wrong or half set stops the start; else it is noticed days later."""

from __future__ import annotations

from pathlib import Path

from console.settings_from_environment import Environment

AZURE_ADDRESSES = {
    "AZURE_API_URL": "https://marketplaceapi.microsoft.com/api",
    "AZURE_LOGIN_URL": "https://login.microsoftonline.com",
    "AZURE_ISSUER_URL": "https://sts.windows.net",
}
RESOURCE_OF_MARKETPLACE = "20e940b3-4c77-4b0b-9a53-9e16a1b010a7"


def is_connected(env: Environment, tenant: str, client: str, secrets: list[str]) -> bool:
    """Whether offers there are sold: AZURE_TENANT_ID decides. The others are demanded with it, and refused without."""
    if tenant and not client:
        env.wrong("AZURE_CLIENT_ID", "is not set, though AZURE_TENANT_ID is", fix="Set it to the client id of the service app")
    if tenant and not secrets:
        env.wrong(
            "AZURE_CLIENT_SECRET", "is not set, though AZURE_TENANT_ID is", fix="Set it, or name a file: AZURE_CLIENT_SECRET_FILE"
        )
    if not tenant and (client or secrets):
        given = "AZURE_CLIENT_ID" if client else "AZURE_CLIENT_SECRET"
        fix = "Set it to the id of the tenant in Microsoft Entra; without it nothing is sold there"
        env.wrong("AZURE_TENANT_ID", f"is not set, though {given} is", fix=fix)
    authorities = env.text("REQUESTS_CA_BUNDLE")  # read by the library that asks
    if authorities and not Path(authorities).exists():
        fix = "Name a file of certificates that this process may read"
        env.wrong("REQUESTS_CA_BUNDLE", f"{authorities} is not there", fix=fix)
    return bool(tenant)
