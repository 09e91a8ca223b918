"""One HTTP exchange with Azure Marketplace or its sign-in service, and what may be told of it. Nothing is repeated here."""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from console.security.without_secrets import HIDDEN, without_secrets
from licensing.marketplaces.azure import read_answers
from licensing.marketplaces.contract import MarketplaceError, Problem

log = logging.getLogger("licensing.marketplaces.azure.client")

LARGEST_ANSWER = 20 * 1024 * 1024
LONGEST_DETAIL = 2048
LONGEST_RETRY_AFTER = 3600.0

_JWT = re.compile(r"eyJ[\w-]{8,}(\.[\w-]*){1,2}")


class PlainSession(requests.Session):
    """A session that knows no redirects."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Bearer(AuthBase):
    """The Authorization header. Given as `auth`, so that no ~/.netrc can replace it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def new_session() -> requests.Session:
    """A session that repeats nothing, follows nothing and keeps no cookies; certificates are checked."""
    session = PlainSession()
    adapter = HTTPAdapter(max_retries=Retry(0, read=False, respect_retry_after_header=False), pool_maxsize=20)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status. The body may hold an access token, so it is not shown."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    retry_after: float | None = None
    """Seconds that it asks us to wait."""
    request_id: str = ""
    correlation_id: str = ""

    @property
    def fine(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body; None where it is empty. Raises UNREADABLE."""
        try:
            return read_answers.parse(self.body)
        except ValueError as error:
            reason = str(error)
        raise MarketplaceError(
            Problem.UNREADABLE,
            f"The answer cannot be read: {reason}.",
            status=self.status,
            request_id=self.request_id,
            correlation_id=self.correlation_id,
        )


def seconds_to_wait(said: str, now: float) -> float | None:
    """What Retry-After asks, from a number or a date; `now` is the time of day in seconds since 1970."""
    try:
        seconds = float(said)
    except ValueError:
        at = moment(said)
        if at is None:
            return None
        seconds = at - now
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER) if math.isfinite(seconds) else None


def moment(said: str) -> float | None:
    """A date of a header as seconds since 1970."""
    try:
        return parsedate_to_datetime(said).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


class Transport:
    """Sends; used by many threads at once."""

    def __init__(
        self, *, connect: float, session: requests.Session, monotonic: Callable[[], float], now: Callable[[], float]
    ) -> None:
        self._connect = connect
        self._session = session
        self._monotonic = monotonic
        self._now = now
        self.clock_difference: float | None = None
        """Seconds that our clock was ahead of theirs when they last told the time."""

    def close(self) -> None:
        self._session.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        seconds: float,
        token: str = "",
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """One exchange, at most about `seconds` long. Raises UNAVAILABLE where no whole answer came.

        Errors are raised outside the handlers: the library's own carry the request, and with it its headers.
        """
        if seconds <= 0:
            raise MarketplaceError(Problem.UNAVAILABLE, "No time was left to ask.")
        host = urlsplit(url).netloc
        ends_at = self._monotonic() + seconds
        try:
            with self._session.request(
                method,
                url,
                headers=dict(headers or {}),
                json=json,
                data=dict(form) if form else None,
                auth=Bearer(token),
                timeout=(min(self._connect, seconds), seconds),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = self._read(response, ends_at)
                now = self._now()
                if (theirs := moment(response.headers.get("Date", ""))) is not None:
                    self.clock_difference = now - theirs
                wait = seconds_to_wait(response.headers.get("Retry-After", "").strip(), now)
                return Answer(response.status_code, body, response.headers, wait)
        except _TooLong as error:
            problem, reason = error.problem, error.reason
        except requests.exceptions.ConnectTimeout:
            problem, reason = Problem.UNAVAILABLE, f"{host} could not be reached in time."
        except requests.exceptions.SSLError:
            problem, reason = Problem.UNAVAILABLE, f"The certificate of {host} was not accepted."
        except requests.exceptions.ProxyError:
            problem, reason = Problem.UNAVAILABLE, f"The proxy did not let us through to {host}."
        except requests.exceptions.Timeout:
            problem, reason = Problem.UNAVAILABLE, f"{host} did not answer within {seconds:.1f} s."
        except (requests.exceptions.RequestException, HTTPError, OSError, ValueError) as error:
            problem, reason = Problem.UNAVAILABLE, f"The connection to {host} failed ({_innermost(error)})."
        raise MarketplaceError(problem, reason)

    def _read(self, response: requests.Response, ends_at: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        while part := response.raw.read1(65536, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > LARGEST_ANSWER:
                raise _TooLong(Problem.UNREADABLE, f"The answer is larger than {LARGEST_ANSWER // 1024 // 1024} MiB.")
            if self._monotonic() > ends_at:
                raise _TooLong(Problem.UNAVAILABLE, "The answer took too long to come in whole.")
        return b"".join(parts)


class _TooLong(Exception):
    """An answer that is not read to its end."""

    def __init__(self, problem: Problem, reason: str) -> None:
        super().__init__(reason)
        self.problem = problem
        self.reason = reason


def _innermost(error: BaseException) -> str:
    """The kind of the first cause. Only its name: texts of errors may hold addresses with passwords."""
    for _step in range(8):
        inner = getattr(error, "reason", None) or next((each for each in error.args if isinstance(each, BaseException)), None)
        if not isinstance(inner, BaseException):
            break
        error = inner
    return type(error).__name__


# --- What an answer says went wrong


def error_detail(body: bytes, secrets: tuple[str, ...] = ()) -> str:
    """What an error's body says, in any of its shapes, without `secrets` and cut to 2 KiB. Empty for an empty body."""
    try:
        said = read_answers.parse(body[:LARGEST_ANSWER])
    except ValueError:
        said = body[: LONGEST_DETAIL * 8].decode("utf-8", "replace")
    try:
        words = _words(said)[: LONGEST_DETAIL * 8]
    except RecursionError:
        words = "The answer is nested too deeply to be read."
    words = _JWT.sub(HIDDEN, without_secrets(words, *secrets))
    return words.encode("utf-8", "ignore")[:LONGEST_DETAIL].decode("utf-8", "ignore")


def _words(said: Any) -> str:
    most = LONGEST_DETAIL * 8
    if said is None:
        return ""
    if isinstance(said, str):
        return read_answers.text(said, most)
    inner = read_answers.field(said, "error")
    if isinstance(inner, Mapping):
        return _words(inner)
    code = read_answers.text(read_answers.field(said, "code") or inner, most)
    message = read_answers.text(read_answers.field(said, "message", "error_description"), most)
    if not code and not message:
        return read_answers.text(json.dumps(said, ensure_ascii=False).replace("\\u0000", ""), most)
    target = read_answers.text(read_answers.field(said, "target"), most)
    details = read_answers.field(said, "details")
    more = [_words(each) for each in details if each] if isinstance(details, list) else []
    whole = ": ".join(part for part in (code, message) if part) + (f" ({target})" if target else "")
    return "; ".join([whole, *more])
