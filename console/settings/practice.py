"""The practice marketplace in the place of Azure Marketplace: dev, test and prod add this where it is on.

Its addresses may be http: nothing here comes from outside. The secrets are public, and good for nothing else.
"""

from console.settings.base import INSTALLED_APPS, MARKETPLACES, env

PRACTICE_TENANT_ID = "7e57ab1e-0000-4000-8000-000000000001"
PRACTICE_CLIENT_ID = "7e57ab1e-0000-4000-8000-000000000002"
PRACTICE_CLIENT_SECRET = "practice-only"
PRACTICE_EXPIRED_SECRET = "practice-only-expired"

PRACTICE_PORT = env.number("PORT", 8000, lowest=1, highest=65535)
PRACTICE_MARKETPLACE_URL = env.address(
    "PRACTICE_MARKETPLACE_URL", f"http://127.0.0.1:{PRACTICE_PORT}/practice-marketplace"
).rstrip("/")


def practice_addresses(url: str) -> dict[str, str]:
    """The settings that depend on where the practice marketplace is reached: `url` ends with its own path."""
    return {
        "PRACTICE_MARKETPLACE_URL": url,
        "PRACTICE_WEBHOOK_URL": url.removesuffix("/practice-marketplace") + "/marketplace/azure/webhook",
        "AZURE_API_URL": f"{url}/api",
        "AZURE_LOGIN_URL": f"{url}/login",
        "AZURE_ISSUER_URL": f"{url}/sts",
    }


PRACTICE_ADDRESSES = practice_addresses(PRACTICE_MARKETPLACE_URL)
PRACTICE_WEBHOOK_URL = env.address("PRACTICE_WEBHOOK_URL", PRACTICE_ADDRESSES["PRACTICE_WEBHOOK_URL"])
AZURE_API_URL = PRACTICE_ADDRESSES["AZURE_API_URL"]
AZURE_LOGIN_URL = PRACTICE_ADDRESSES["AZURE_LOGIN_URL"]
AZURE_ISSUER_URL = PRACTICE_ADDRESSES["AZURE_ISSUER_URL"]
AZURE_TENANT_ID = PRACTICE_TENANT_ID
AZURE_CLIENT_ID = PRACTICE_CLIENT_ID
AZURE_CLIENT_SECRETS = [PRACTICE_CLIENT_SECRET]

# "Buy more" leads there, unless the vendor says otherwise.
MARKETPLACE_URL = env.address("MARKETPLACE_URL", f"{PRACTICE_MARKETPLACE_URL}/")

INSTALLED_APPS = [*INSTALLED_APPS, "licensing.marketplaces.practice"]
MARKETPLACES = {**MARKETPLACES, "azure": "licensing.marketplaces.azure.client.from_settings"}
