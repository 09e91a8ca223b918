"""The keys that a marketplace signs its notifications with: kept, refreshed, and not asked for at a stranger's bidding."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from licensing.marketplaces.azure import read_answers
from licensing.marketplaces.contract import Forged, MarketplaceError, Problem

log = logging.getLogger("licensing.marketplaces.azure.client")


FRESH = 12 * 3600.0
"""Seconds after which a key set is fetched anew, while the old one still serves."""


LIFE = 24 * 3600.0
"""Seconds after which a key set serves no more."""


PAUSE = 30.0
"""Seconds between two fetches, so that made-up key ids cause no traffic."""


PAUSE_WITHOUT_KEYS = 5.0


SMALLEST_KEY = 2048


KEY_ID = re.compile(r"[0-9A-Za-z_-]{1,128}")


@dataclass(frozen=True)
class _Kept:
    at: float
    keys: Mapping[str, RSAPublicKey]


class KeySet:
    """The keys published at some addresses, by key id. Per process; used by many threads."""

    def __init__(
        self, urls: Iterable[str], *, fetch: Callable[[str, float], Any], seconds: float, monotonic: Callable[[], float]
    ):
        """`fetch` gets the JSON at an address within some seconds, or raises MarketplaceError.

        An address may take `seconds`, all of them together half as much again; nobody waits for another's fetch longer than that.
        """
        self._urls = tuple(urls)
        self._fetch = fetch
        self._seconds = seconds
        self._monotonic = monotonic
        self._fetching = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._tried_at: float | None = None
        self._all_read = False
        self.fault = ""
        """Why the last fetch brought less than it should, in words."""

    def __len__(self) -> int:
        return len({kid for kept in self._living() for kid in kept.keys})

    def key(self, kid: str) -> RSAPublicKey:
        """The key of that id. Raises Forged where no such key is published, and UNAVAILABLE where that cannot be told.

        A key that is known is given at once; at most one caller in 30 seconds fetches.
        """
        if found := self._find(kid):
            if self._is_stale() and self._fetching.acquire(blocking=False):
                self._refresh_and_release()
                return self._find(kid) or found
            return found
        if not self._fetching.acquire(timeout=self._seconds):
            raise MarketplaceError(Problem.UNAVAILABLE, "The signing keys are being fetched.", retry_after=PAUSE_WITHOUT_KEYS)
        self._refresh_and_release()
        if found := self._find(kid):
            return found
        if not self._all_read:
            raise MarketplaceError(Problem.UNAVAILABLE, f"The signing keys cannot be had. {self.fault}", retry_after=PAUSE)
        raise Forged(f"no key is published under its key id {kid}")

    def refresh(self, seconds: float) -> None:
        """Fetch now, for a person who asks; what was kept stays where that fails."""
        if self._fetching.acquire(timeout=seconds):
            self._tried_at = None
            self._refresh_and_release(seconds)

    def _find(self, kid: str) -> RSAPublicKey | None:
        return next((kept.keys[kid] for kept in self._living() if kid in kept.keys), None)

    def _living(self) -> list[_Kept]:
        now = self._monotonic()
        return [kept for kept in list(self._kept.values()) if now - kept.at < LIFE]

    def _is_stale(self) -> bool:
        now = self._monotonic()
        return not self._pausing(now) and all(now - kept.at >= FRESH for kept in list(self._kept.values()))

    def _pausing(self, now: float) -> bool:
        return self._tried_at is not None and now - self._tried_at < (PAUSE if self._living() else PAUSE_WITHOUT_KEYS)

    def _refresh_and_release(self, seconds: float | None = None) -> None:
        """Fetch every address, unless that was done a moment ago. The caller holds the lock."""
        try:
            started_at = self._monotonic()
            if self._pausing(started_at):
                return
            self._tried_at = started_at
            most = seconds or self._seconds
            faults = []
            for url in self._urls:
                try:
                    left = started_at + most * 1.5 - self._monotonic()
                    keys = read_keys(self._fetch(url, min(most, left)))
                    self._kept = {**self._kept, url: _Kept(self._monotonic(), keys)}
                except MarketplaceError as error:
                    faults.append(error.detail)
            self.fault = " ".join(faults)
            self._all_read = not faults
            if faults:
                log.warning("The signing keys could not all be fetched: %s", self.fault)
        finally:
            self._fetching.release()


def read_keys(said: Any) -> dict[str, RSAPublicKey]:
    """The RSA keys for signatures in a key set, by id; others are passed over. Raises UNREADABLE where there is none."""
    found = {}
    entries = read_answers.field(said, "keys")
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, Mapping) or entry.get("kty") != "RSA":
            continue
        kid, use, algorithm = entry.get("kid"), entry.get("use"), entry.get("alg")
        if not isinstance(kid, str) or not KEY_ID.fullmatch(kid) or use not in (None, "sig") or algorithm not in (None, "RS256"):
            continue
        try:
            key = RSAAlgorithm.from_jwk({"kty": "RSA", "n": entry.get("n"), "e": entry.get("e")})
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError):
            continue
        if isinstance(key, RSAPublicKey) and key.key_size >= SMALLEST_KEY:
            found[kid] = key
    if not found:
        raise MarketplaceError(Problem.UNREADABLE, "The answer holds no usable signing key.")
    return found
