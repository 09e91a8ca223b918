"""Whether something is to be renewed at its end, and whether that happens by itself."""

from __future__ import annotations


def is_to_be_renewed(said: bool | None, *, as_bought: bool) -> bool:
    """As was said last of it; while nothing was, as it was bought."""
    return as_bought if said is None else said


def renews_by_itself(said: bool | None, *, as_bought: bool, followed: bool) -> bool:
    """Only a marketplace that is `followed`, whose renewals are issued here as it announces them, renews by itself."""
    return followed and is_to_be_renewed(said, as_bought=as_bought)
