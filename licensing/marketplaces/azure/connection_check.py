"""Whether the connection to Azure Marketplace works, in words for the health page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from licensing.marketplaces.azure.read_answers import is_guid
from licensing.marketplaces.contract import MarketplaceError, Patience, Problem

if TYPE_CHECKING:
    from licensing.marketplaces.azure.client import AzureMarketplace

MOST_DIFFERENCE = 30.0
SIGN_IN = gettext_lazy("The sign-in service")
MARKETPLACE = gettext_lazy("The marketplace")
KEY_SET = gettext_lazy("The key set")


@dataclass(frozen=True)
class Connection:
    """How a check went. Nothing in it is secret."""

    token: bool
    """An access token could be had."""
    secret: int | None
    """Which of the client secrets it was had for, counted from 1."""
    api: bool
    """The first page of purchases could be read."""
    clock_difference: float | None
    """Seconds that our clock is ahead of theirs; negative where it is behind, None where they did not say."""
    keys: int
    """Signing keys at hand to check notifications with."""
    problems: tuple[str, ...]
    """What is wrong, each with its fix; empty where all is well."""

    @property
    def fine(self) -> bool:
        return not self.problems


def check(market: AzureMarketplace) -> Connection:
    """Ask for an access token, a page of purchases and the signing keys, anew. Never raises."""
    config = market.config
    seconds = config.timeouts[Patience.PERSON]
    problems = [
        _("%(name)s is not a GUID, but notifications name it by its GUID: set it to the id, not to a name.") % {"name": name}
        for name, value in (("AZURE_TENANT_ID", config.tenant_id), ("AZURE_CLIENT_ID", config.client_id))
        if not is_guid(value)
    ]
    market.transport.clock_difference = None

    token = _went_well(lambda: market.access.token(seconds, anew=True), SIGN_IN, problems)
    working = market.access.working if token else None
    for place, reason in sorted(market.access.refusals.items()):
        if token and place != working:
            refused = _("Client secret %(number)s is refused, another one is in use.") % {"number": place + 1}
            problems.append(f"{refused} {reason}")
    api = token and _went_well(lambda: market.first_page().json(), MARKETPLACE, problems)
    _went_well(lambda: market.keys.refresh(seconds), KEY_SET, problems)
    if market.keys.fault:
        fix = _("Notifications cannot be checked without keys: let us reach %(url)s.") % {"url": config.login_url}
        problems.append(f"{market.keys.fault} {fix}")

    difference = market.transport.clock_difference
    if difference is not None and abs(difference) > max(2.0, min(MOST_DIFFERENCE, config.clock_leeway)):
        said = {"seconds": f"{abs(difference):.0f}"}
        if difference > 0:
            problems.append(_("This server's clock is %(seconds)s s ahead: switch its time synchronization on.") % said)
        else:
            problems.append(_("This server's clock is %(seconds)s s behind: switch its time synchronization on.") % said)
    return Connection(
        token=token,
        secret=None if working is None else working + 1,
        api=api,
        clock_difference=difference,
        keys=len(market.keys),
        problems=tuple(problems),
    )


def _went_well(ask: Callable[[], Any], who: Any, problems: list[str]) -> bool:
    try:
        ask()
    except MarketplaceError as error:
        fixes = FIX_AT_MARKETPLACE if who is MARKETPLACE else FIX
        problems.append(f"{who}: {error.detail} {fixes.get(error.problem, '')}".strip())
    except Exception as error:  # whatever else is wrong must not take the health page with it
        said = {"who": who, "kind": type(error).__name__}
        problems.append(_("%(who)s: something unexpected happened (%(kind)s); the log of this server tells more.") % said)
    else:
        return True
    return False


FIX = {
    Problem.UNAVAILABLE: gettext_lazy("Check that this server may reach it, and try again."),
    Problem.UNREADABLE: gettext_lazy("Check AZURE_API_URL and AZURE_LOGIN_URL, and whether a proxy answers in its place."),
    Problem.NOT_FOUND: gettext_lazy("Check AZURE_API_URL."),
    Problem.REFUSED: gettext_lazy("Check AZURE_API_URL."),
}
FIX_AT_MARKETPLACE = FIX | {
    Problem.CONFIGURATION: gettext_lazy(
        "Enter exactly this tenant id and client id in the technical configuration of the offer in Partner Center."
    ),
}
