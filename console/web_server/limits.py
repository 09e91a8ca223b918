"""How much and how long: what a web process grants to a connection, a request and an answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Seconds and bytes, for each web process. nginx and browsers stay within all of them."""

    connections: int = 2_000
    keep_alive_seconds: int = 75
    """Longer than proxies keep a connection that nothing comes over (nginx: 60), so that they are who ends it."""

    head_seconds: float = 15
    """From the first moment of a connection, or the first byte of a later request, to the end of its head."""
    head_bytes: int = 64 * 1024
    address_bytes: int = 32 * 1024
    headers: int = 200
    unanswered: int = 16
    """Requests that are sent over a connection before the first of them is answered. Proxies and browsers wait for each."""

    body_seconds: float = 20
    body_idle_seconds: float = 10
    body_bytes: int = 2_621_440
    """More is not read; what the application says of it is answered."""
    body_in_memory: int = 32 * 1024
    """More lies in a file until it is whole."""
    bodies_bytes: int = 256 * 1024 * 1024
    """All that are being read or worked on."""

    line: int = 64
    """So many requests wait for a thread: at some 50 pages a second who is last waits a little over a second."""
    line_seconds: float = 15
    answer_seconds: float = 60
    """Until the answer begins, and from one piece of a streamed one to the next. Then its statement is cancelled."""
    refusal_seconds: float = 1
    """So long who is told to come again waits to be told: who comes again at once shall not take the processor."""

    ahead_in_memory: int = 512 * 1024
    ahead_bytes: int = 256 * 1024 * 1024
    """So far a streamed answer is made ahead of who reads it; what is not in memory lies in a file."""
    all_ahead_bytes: int = 512 * 1024 * 1024
    """All of them; beyond it each is made ahead no further than memory keeps."""

    stall_seconds: float = 20
    stall_bytes: int = 32 * 1024
    """Whoever takes less than this of an answer in that time is cut off."""
    discard_seconds: float = 5
    """So long the rest of a body is thrown away that was answered before it was read."""

    last_requests_seconds: float = 1
    """So long connections without a request stay open when the process ends: one may be on its way."""
    end_seconds: int = 25
    """Then whatever is still under way is cut off."""
