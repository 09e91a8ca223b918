"""Access tokens of the service app, and the secrets they are had for."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy

from licensing.marketplaces.azure import read_answers
from licensing.marketplaces.azure.transport import Answer, Transport, error_detail
from licensing.marketplaces.contract import MarketplaceError, Problem

MARGIN = 300.0
"""Seconds before its end at which a token is no longer used; half its life where that is shorter."""
LONGEST_LIFE = 24 * 3600.0
SUPPOSED_LIFE = 600.0
"""Of a token that does not say."""

FAULTS = {
    "AADSTS7000215": gettext_lazy("The client secret is wrong: set AZURE_CLIENT_SECRET to the secret's value, not to its id."),
    "AADSTS7000222": gettext_lazy(
        "The client secret has expired: create a new one in Microsoft Entra and set AZURE_CLIENT_SECRET to it."
    ),
    "AADSTS700016": gettext_lazy("The client id is unknown in this tenant: check AZURE_CLIENT_ID and AZURE_TENANT_ID."),
    "AADSTS90002": gettext_lazy("The tenant is unknown: check AZURE_TENANT_ID."),
    "AADSTS900023": gettext_lazy("The tenant id is not valid: check AZURE_TENANT_ID."),
    "AADSTS500011": gettext_lazy(
        "The tenant has no service principal of the marketplace API: an administrator has to create it once."
    ),
    "AADSTS650057": gettext_lazy(
        "The service app may not use the marketplace API: check AZURE_RESOURCE_ID and AZURE_TOKEN_VERSION."
    ),
    "AADSTS7000112": gettext_lazy("The service app is switched off in Microsoft Entra."),
}
SECRET_FAULTS = ("AADSTS7000215", "AADSTS7000222")
"""Say that another secret may do."""

_CODE = re.compile(r"AADSTS[0-9]{4,9}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")


@dataclass(frozen=True)
class _Kept:
    token: str = field(repr=False)
    until: float


class AccessTokens:
    """The token of one tenant, client and scope: kept until shortly before its end, and fetched by one thread at a time."""

    def __init__(
        self,
        *,
        url: str,
        form: dict[str, str],
        secrets: tuple[str, ...],
        transport: Transport,
        monotonic: Callable[[], float],
    ) -> None:
        """`form` is all that is posted to `url` but the secret."""
        self._url = url
        self._form = form
        self._secrets = secrets
        self._transport = transport
        self._monotonic = monotonic
        self._fetching = threading.Lock()
        self._keeping = threading.Lock()
        self._kept: _Kept | None = None
        self._attempts = 0
        self._failure: MarketplaceError | None = None
        self.refusals: dict[int, str] = {}
        """Why a secret was refused when it was last tried, in words, by its place."""
        self.working: int | None = None
        """The place, from 0, of the secret that worked last; None before any did."""

    def token(self, seconds: float, *, anew: bool = False) -> str:
        """A token that is good for a while; fetching one takes at most about `seconds`, and so does waiting for who fetches it.

        `anew` fetches one though another is kept; that stays where the fetch fails. Raises CONFIGURATION, UNAVAILABLE or
        UNREADABLE.
        """
        if (found := self._usable()) and not anew:
            return found
        seen = self._attempts
        if not self._fetching.acquire(timeout=max(seconds, 0.0)):
            raise MarketplaceError(Problem.UNAVAILABLE, "No access token came in time.")
        try:
            if (found := self._usable()) and (not anew or self._attempts != seen):
                return found
            if self._attempts != seen and self._failure:
                raise _again(self._failure)  # it failed while we waited for it
            try:
                kept = self._fetch(self._monotonic() + seconds)
                with self._keeping:
                    self._kept = kept
                self._failure = None
            except MarketplaceError as error:
                self._failure = _again(error)
                raise
            finally:
                self._attempts += 1
            return kept.token
        finally:
            self._fetching.release()

    def drop(self, token: str) -> None:
        """Forget a token that was refused; a newer one stays."""
        with self._keeping:
            if self._kept and self._kept.token == token:
                self._kept = None

    def _usable(self) -> str | None:
        kept = self._kept
        return kept.token if kept and self._monotonic() < kept.until else None

    def _fetch(self, ends_at: float) -> _Kept:
        """The secret that worked last is tried first; another one only where this one was refused."""
        places = sorted(range(len(self._secrets)), key=lambda place: place != (self.working or 0))
        refused: MarketplaceError | None = None
        for place in places:
            asked_at = self._monotonic()
            form = {**self._form, "client_secret": self._secrets[place]}
            answer = self._transport.send("POST", self._url, form=form, seconds=ends_at - asked_at)
            if answer.fine:
                kept = _read_token(answer, asked_at)
                self.working = place
                self.refusals.pop(place, None)
                return kept
            error = self._error(answer)
            if _code(answer) not in SECRET_FAULTS:
                raise error
            self.refusals[place] = error.detail
            refused = refused or error
        raise refused or MarketplaceError(Problem.CONFIGURATION, "No client secret is set: set AZURE_CLIENT_SECRET.")

    def _error(self, answer: Answer) -> MarketplaceError:
        detail = error_detail(answer.body, self._secrets)
        code = _code(answer)
        if answer.status in (408, 429) or answer.status >= 500 or "temporarily_unavailable" in detail:
            problem = Problem.UNAVAILABLE
        elif answer.status < 400:
            problem, detail = Problem.UNREADABLE, "The sign-in service answered with a redirect, which is not followed."
        else:
            problem = Problem.CONFIGURATION
            if code in FAULTS:
                detail = f"{code}: {FAULTS[code]}"
        return MarketplaceError(
            problem,
            detail or f"The sign-in service answered {answer.status}.",
            status=answer.status,
            retry_after=answer.retry_after if problem is Problem.UNAVAILABLE else None,
        )


def _again(error: MarketplaceError) -> MarketplaceError:
    return MarketplaceError(error.problem, error.detail, status=error.status, retry_after=error.retry_after)


def _code(answer: Answer) -> str:
    """The AADSTS code of a refusal: from the description, else from the list of codes. Empty where there is none."""
    try:
        said = read_answers.parse(answer.body)
    except ValueError:
        said = None
    if found := _CODE.search(read_answers.text(read_answers.field(said, "error_description"), 4096)):
        return found[0]
    codes = read_answers.field(said, "error_codes")
    known = [f"AADSTS{code}" for code in codes] if isinstance(codes, list) else []
    return next((code for code in known if code in FAULTS), "")


def _read_token(answer: Answer, asked_at: float) -> _Kept:
    said = answer.json()
    token = read_answers.field(said, "access_token")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise MarketplaceError(Problem.UNREADABLE, "The sign-in service's answer holds no access token.", status=answer.status)
    life = _life(read_answers.field(said, "expires_in"))
    return _Kept(token, asked_at + life - min(MARGIN, life / 2))


def _life(said: Any) -> float:
    """Seconds a token lives, from a number or a text."""
    try:
        life = float(said) if isinstance(said, int | float | str) else SUPPOSED_LIFE
    except (ValueError, OverflowError):
        life = SUPPOSED_LIFE
    return min(life, LONGEST_LIFE) if math.isfinite(life) and life > 0 else SUPPOSED_LIFE
