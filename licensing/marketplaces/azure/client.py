"""Azure Marketplace: the calls of its fulfillment API that we use (version 2018-08-31).

Neither purchase tokens nor access tokens nor secrets get into errors or logs.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from uuid import uuid4

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from console.security.without_secrets import without_secrets
from licensing.marketplaces.azure import read_answers, sender_signature
from licensing.marketplaces.azure.access_tokens import AccessTokens
from licensing.marketplaces.azure.connection_check import Connection, check
from licensing.marketplaces.azure.not_asked_while_it_fails import Breaker
from licensing.marketplaces.azure.signing_keys import KeySet
from licensing.marketplaces.azure.transport import Answer, Transport, log, new_session
from licensing.marketplaces.azure.what_an_answer_means import OF_CHANGE, OF_LISTING, OF_READING, OF_TOKEN, refusal
from licensing.marketplaces.azure.where_it_is import AzureConfig
from licensing.marketplaces.azure.which_calls_are_tried_again import pause_before_another, tries_of
from licensing.marketplaces.contract import MarketplaceError, Notification, Operation, Patience, Problem, Purchase

API_VERSION = "2018-08-31"
MOST_PAGES = 10_000
LONGEST_ID = 64
"""Of a request or an action, as it is taken over from the marketplace."""

_PURCHASE_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")


def from_settings() -> AzureMarketplace:
    """The marketplace that the AZURE_* settings describe."""
    return AzureMarketplace(
        AzureConfig(
            tenant_id=settings.AZURE_TENANT_ID.strip().lower(),
            client_id=settings.AZURE_CLIENT_ID.strip().lower(),
            client_secrets=tuple(settings.AZURE_CLIENT_SECRETS),
            api_url=settings.AZURE_API_URL.rstrip("/"),
            login_url=settings.AZURE_LOGIN_URL.rstrip("/"),
            issuer_url=settings.AZURE_ISSUER_URL.rstrip("/"),
            resource_id=settings.AZURE_RESOURCE_ID.strip().lower(),
            token_version=settings.AZURE_TOKEN_VERSION,
            clock_leeway=settings.AZURE_CLOCK_LEEWAY,
            timeouts=dict(settings.AZURE_TIMEOUTS),
        )
    )


class AzureMarketplace:
    """The marketplace over HTTP. One per process, for many threads: it keeps connections, an access token and signing keys."""

    def __init__(
        self,
        config: AzureConfig,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`now` is the time of day in seconds since 1970; `chance` spreads repetitions, from 0 to 1."""
        self.config = config
        self._sleep = sleep
        self._monotonic = monotonic
        self._chance = chance
        self.transport = Transport(connect=config.timeouts["connect"], session=new_session(), monotonic=monotonic, now=now)
        self.access = AccessTokens(
            url=config.token_url,
            form=config.token_form,
            secrets=config.client_secrets,
            transport=self.transport,
            monotonic=monotonic,
        )
        self.keys = KeySet(config.key_urls, fetch=self._published, seconds=config.timeouts[Patience.WEBHOOK], monotonic=monotonic)
        self._breaker = Breaker(monotonic)
        self.configuration_fault = ""
        """Why the marketplace did not know us when it was last asked, in words; empty once it does."""

    def close(self) -> None:
        self.transport.close()

    # --- Purchases

    @sensitive_variables("token")
    def resolve(self, token: str, *, correlation_id: str = "") -> Purchase:
        """`token` is the decoded one. One that no header can carry is not sent."""
        if not _PURCHASE_TOKEN.fullmatch(token):
            raise MarketplaceError(Problem.TOKEN, "The purchase token is damaged.")
        answer = self._call(
            "POST", "/resolve", Patience.PERSON, correlation_id, meanings=OF_TOKEN, repeat=True, purchase_token=token
        )
        return read_answers.read_resolved(answer.json())

    def purchase(self, external_id: str, *, patience: Patience = Patience.JOB, correlation_id: str = "") -> Purchase:
        answer = self._call("GET", _path(external_id), patience, correlation_id, meanings=OF_READING, repeat=True)
        return read_answers.read_purchase(answer.json(), asked_for=external_id)

    def purchases(self, *, correlation_id: str = "") -> Iterator[Purchase]:
        """An entry without a usable id is passed over, with a line in the log."""
        correlation_id = correlation_id or str(uuid4())
        path: str | None = ""
        seen = {path}
        while path is not None:
            answer = self._call("GET", path, Patience.JOB, correlation_id, meanings=OF_LISTING, repeat=True)
            page = answer.json()
            for each in read_answers.read_items(page, "subscriptions"):
                try:
                    purchase = read_answers.read_purchase(each)
                except MarketplaceError as error:
                    log.warning("Azure Marketplace lists a purchase that cannot be read: %s (%s)", error.detail, correlation_id)
                    continue
                yield purchase
            path = self._next_path(read_answers.field(page, "@nextLink", "nextLink"))
            if path in seen or len(seen) > MOST_PAGES:
                raise MarketplaceError(Problem.UNREADABLE, "The list of purchases does not end.", correlation_id=correlation_id)
            seen.add(path)

    def plans(
        self, external_id: str, *, patience: Patience = Patience.PERSON, correlation_id: str = ""
    ) -> list[read_answers.Plan]:
        """The plans that a purchase may have, the one it has included; none for an unknown purchase."""
        path = _path(external_id, "listAvailablePlans")
        answer = self._call("GET", path, patience, correlation_id, meanings=OF_READING, repeat=True)
        return [plan for each in read_answers.read_items(answer.json(), "plans") if (plan := read_answers.read_plan(each))]

    def activate(self, purchase: Purchase, *, correlation_id: str = "", patience: Patience = Patience.PERSON) -> None:
        body: dict[str, Any] = {"planId": purchase.plan_id}
        if purchase.units is not None:
            body["quantity"] = purchase.units
        self._call("POST", _path(purchase.external_id, "activate"), patience, correlation_id, meanings=OF_CHANGE, json=body)

    # --- Operations

    def operation(
        self, purchase_id: str, external_id: str, *, patience: Patience = Patience.JOB, correlation_id: str = ""
    ) -> Operation:
        path = _path(purchase_id, "operations", external_id)
        answer = self._call("GET", path, patience, correlation_id, meanings=OF_READING, repeat=True)
        return read_answers.read_operation(answer.json(), purchase_id=purchase_id, external_id=external_id)

    def open_operations(self, purchase_id: str, *, correlation_id: str = "") -> list[Operation]:
        """Those that are not settled; one whose status nobody knows is among them."""
        path = _path(purchase_id, "operations")
        answer = self._call("GET", path, Patience.JOB, correlation_id, meanings=OF_READING, repeat=True)
        said = read_answers.read_items(answer.json(), "operations")
        return read_answers.unsettled(said, purchase_id=purchase_id)

    def settle(self, purchase_id: str, external_id: str, *, accepted: bool, correlation_id: str = "") -> None:
        path = _path(purchase_id, "operations", external_id)
        body = {"status": "Success" if accepted else "Failure"}
        self._call("PATCH", path, Patience.JOB, correlation_id, meanings=OF_CHANGE, json=body)

    # --- Notifications

    def read_notification(self, body: bytes) -> Notification:
        return read_answers.read_notification(body)

    @sensitive_variables("authorization")
    def check_sender(self, authorization: str) -> dict[str, Any]:
        return sender_signature.check_sender(authorization, expected=self.config.expected, keys=self.keys)

    # --- For the health page

    def check_connection(self) -> Connection:
        """Try everything once, as things are now. Never raises; takes as long as a person waits for a few calls."""
        return check(self)

    def first_page(self) -> Answer:
        """The first page of purchases, past the breaker and not repeated."""
        return self._watched("GET", "", Patience.PERSON, "", meanings=OF_LISTING)

    # --- How a call is made

    @sensitive_variables("purchase_token")
    def _call(self, method: str, path: str, patience: Patience, correlation_id: str, **rest: Any) -> Answer:
        """While the marketplace fails time after time, a person is told so at once."""
        if patience is Patience.PERSON:
            self._breaker.check()
        return self._watched(method, path, patience, correlation_id, **rest)

    @sensitive_variables("purchase_token")
    def _watched(self, method: str, path: str, patience: Patience, correlation_id: str, **rest: Any) -> Answer:
        correlation_id = correlation_id or str(uuid4())
        failed = False
        try:
            answer = self._repeated(method, path, patience, correlation_id, **rest)
            self.configuration_fault = ""
            return answer
        except MarketplaceError as error:
            failed = error.problem is Problem.UNAVAILABLE
            if error.problem is Problem.CONFIGURATION:
                self.configuration_fault = error.detail
            error.correlation_id = error.correlation_id or correlation_id
            ids = error.request_id, error.correlation_id
            log.warning("Azure Marketplace: %s %s: %s (request %s, correlation %s)", method, _shown(path), error, *ids)
            raise
        finally:
            self._breaker.note(failed=failed)

    @sensitive_variables("purchase_token")
    def _repeated(
        self, method: str, path: str, patience: Patience, correlation_id: str, *, repeat: bool = False, **rest: Any
    ) -> Answer:
        """Three tries for calls that change nothing; a person waits no longer for all of them than for one."""
        most = self.config.timeouts[patience]
        tries = tries_of(patience, changes_nothing=repeat)
        ends_at = None if patience is Patience.JOB else self._monotonic() + most
        for done in range(1, tries + 1):
            try:
                return self._admitted(
                    method, path, correlation_id, self._monotonic() + most if ends_at is None else ends_at, **rest
                )
            except MarketplaceError as error:
                pause = pause_before_another(error, done, tries, self._chance)
                if pause is None or (ends_at is not None and self._monotonic() + pause >= ends_at):
                    raise
            self._sleep(pause)
        raise AssertionError("a call returns or raises")

    @sensitive_variables("purchase_token", "access_token", "headers", "secrets")
    def _admitted(
        self,
        method: str,
        path: str,
        correlation_id: str,
        ends_at: float,
        *,
        meanings: Mapping[int, Problem],
        json: Any = None,
        purchase_token: str = "",
    ) -> Answer:
        """One try; a second one with a new access token where the first one's was refused, and so had no effect."""
        for refreshed in (False, True):
            access_token = self.access.token(ends_at - self._monotonic())
            request_id = str(uuid4())
            headers = {
                "Content-Type": "application/json",
                "Accept": "application/json",
                "x-ms-requestid": request_id,
                "x-ms-correlationid": correlation_id,
            }
            if purchase_token:
                headers["x-ms-marketplace-token"] = purchase_token
            try:
                answer = self.transport.send(
                    method, self._url(path), seconds=ends_at - self._monotonic(), token=access_token, headers=headers, json=json
                )
            except MarketplaceError as error:
                error.request_id = request_id
                raise
            log.debug("Azure Marketplace: %s %s: %s (request %s)", method, _shown(path), answer.status, request_id)
            if answer.status not in (401, 403) or refreshed:
                break
            self.access.drop(access_token)
        secrets = (purchase_token, access_token)
        answer = replace(
            answer,
            request_id=_id(answer, "x-ms-requestid", secrets) or request_id,
            correlation_id=_id(answer, "x-ms-correlationid", secrets) or correlation_id,
        )
        if answer.fine:
            return answer
        raise refusal(answer, meanings, secrets)

    def _url(self, path: str) -> str:
        """The address of a path below the subscriptions, of a query on them, or of a page already vetted."""
        if "://" in path:
            return path
        return f"{self.config.api_url}/saas/subscriptions{path}{'&' if '?' in path else '?'}api-version={API_VERSION}"

    def _next_path(self, link: Any) -> str | None:
        """The following page; None after the last. A link to another host is not followed, only its continuation is taken.

        Nor is the host ever taken from the link: readers of addresses disagree about the malformed ones.
        """
        if link is None:
            return None
        base = urlsplit(self.config.api_url)
        try:
            parts = urlsplit(str(link).strip())
            same_host = (parts.scheme, parts.netloc.lower()) == (base.scheme, base.netloc.lower())
        except ValueError:
            raise MarketplaceError(Problem.UNREADABLE, "The link to the next page of purchases cannot be read.") from None
        if same_host:
            return f"{base.scheme}://{base.netloc}/{parts.path.lstrip('/')}?{parts.query}"
        for pair in parts.query.split("&"):
            name, _, value = pair.partition("=")
            if unquote(name).casefold() == "continuationtoken" and value:
                return f"?continuationToken={quote(unquote(value), safe='')}"
        raise MarketplaceError(Problem.UNREADABLE, "The next page of purchases is on another host.")

    def _published(self, url: str, seconds: float) -> Any:
        """The JSON at a public address of the sign-in service."""
        answer = self.transport.send("GET", url, seconds=seconds, headers={"Accept": "application/json"})
        if not answer.fine:
            host = urlsplit(url).netloc
            raise MarketplaceError(Problem.UNAVAILABLE, f"{host} answered {answer.status} instead of signing keys.")
        return answer.json()


def _path(*parts: str) -> str:
    """A path of ids and words; NOT_FOUND for an id that could lead elsewhere."""
    if not all(read_answers.identifier(part) for part in parts):
        raise MarketplaceError(Problem.NOT_FOUND, "No such id can exist.")
    return "".join(f"/{read_answers.identifier(part)}" for part in parts)


def _shown(path: str) -> str:
    return path.partition("?")[0] or "/"


@sensitive_variables("secrets")
def _id(answer: Answer, header: str, secrets: tuple[str, ...]) -> str:
    """The id that a header names; empty where it does not look like one, or spells a secret."""
    said = read_answers.identifier(answer.headers.get(header))
    return said if len(said) <= LONGEST_ID and without_secrets(said, *secrets) == said else ""
