"""Whether the connection to Azure Marketplace works, in words for the health page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from licensing.marketplaces.azure_reading import is_guid
from licensing.marketplaces.base import MarketplaceError, Patience, Problem

if TYPE_CHECKING:
    from licensing.marketplaces.azure import AzureMarketplace

MOST_DIFFERENCE = 30.0


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
        f"{name} is not a GUID, but notifications name the {thing} by its GUID: set {name} to the id, not to a name."
        for name, thing, value in (
            ("AZURE_TENANT_ID", "tenant", config.tenant_id),
            ("AZURE_CLIENT_ID", "service app", config.client_id),
        )
        if not is_guid(value)
    ]
    market.transport.clock_difference = None

    token = _went_well(lambda: market.access.token(seconds, anew=True), "The sign-in service", problems)
    working = market.access.working if token else None
    for place, reason in sorted(market.access.refusals.items()):
        if token and place != working:
            problems.append(f"Client secret {place + 1} is refused, another one is in use. {reason}")
    api = token and _went_well(lambda: market.first_page().json(), "The marketplace", problems)
    _went_well(lambda: market.keys.refresh(seconds), "The key set", problems)
    if market.keys.fault:
        problems.append(f"{market.keys.fault} Notifications cannot be checked without keys: let us reach {config.login_url}.")

    difference = market.transport.clock_difference
    if difference is not None and abs(difference) > max(2.0, min(MOST_DIFFERENCE, config.clock_leeway)):
        side = "ahead" if difference > 0 else "behind"
        problems.append(f"This server's clock is {abs(difference):.0f} s {side}: switch its time synchronization on.")
    return Connection(
        token=token,
        secret=None if working is None else working + 1,
        api=api,
        clock_difference=difference,
        keys=len(market.keys),
        problems=tuple(problems),
    )


def _went_well(ask: Callable[[], Any], who: str, problems: list[str]) -> bool:
    try:
        ask()
    except MarketplaceError as error:
        problems.append(f"{who}: {error.detail} {FIXES.get((who, error.problem), FIX.get(error.problem, ''))}".strip())
    except Exception as error:  # whatever else is wrong must not take the health page with it
        problems.append(f"{who}: something unexpected happened ({type(error).__name__}); the log of this server tells more.")
    else:
        return True
    return False


FIX = {
    Problem.UNAVAILABLE: "Check that this server may reach it, and try again.",
    Problem.UNREADABLE: "Check AZURE_API_URL and AZURE_LOGIN_URL, and whether a proxy answers in its place.",
    Problem.NOT_FOUND: "Check AZURE_API_URL.",
    Problem.REFUSED: "Check AZURE_API_URL.",
}
FIXES = {
    ("The marketplace", Problem.CONFIGURATION): (
        "Enter exactly this tenant id and client id in the technical configuration of the offer in Partner Center."
    ),
}
