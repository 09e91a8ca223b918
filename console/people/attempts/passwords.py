"""Wrong passwords: what stops a guesser, and what merely slows everybody.

- From one network, for one person: five in five minutes, then a pause.
- From one network, for whomever: ten in a minute, then a pause.
- For one person, from wherever: after ten in a day each further try has to wait, longer and longer, since the last one *from the
  same network* or, with IPv6, the same site (2^80 addresses). So each further network gives a guesser one try that does not wait,
  and the networks that one site is divided into give none. The first try from one's own is never refused for what others did.

A try is counted before the password is looked at, and taken back when it was right: many at once are counted one by one.
Whether somebody has the address makes no difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.people.attempts.kept_tries import held, keep, tries
from console.security.arriving.who_and_how import network_of

OF_PERSON_FROM_NETWORK, FIVE_MINUTES = 5, 300
OF_NETWORK, A_MINUTE = 10, 60
SLOWED_AFTER, SLOWED_FURTHER_EACH = 10, 5
FIRST_WAIT, LONGEST_WAIT = 15, 900
"""Seconds; each further five tries double it."""
COUNTED = (24 * 3600, A_MINUTE, LONGEST_WAIT, LONGEST_WAIT)
"""Seconds for which a try counts: for the person, for the network, for person and network, for person and site."""
PREFIX_OF_SITE = 48
"""Bits of IPv6: the most that a subscriber is usually given; `network_of` has what one has at least."""


@dataclass(frozen=True)
class Try:
    """One that was counted. `of_person` counts all of the day for the address, from wherever, this one included."""

    names: tuple[str, ...]
    """As `COUNTED` has them; without a site for anything but IPv6."""
    at: float
    of_person: int


@dataclass(frozen=True)
class Refused:
    """Not looked at: `wait` is in seconds, `why` a sentence."""

    wait: int
    why: str


def count(login: str, address: str) -> Try | Refused:
    """Count a try to sign in as `login`, an address as typed, from a network address."""
    names = _names(login, address)
    now = timezone.now().timestamp()
    with held(*names) as keys:
        found = [tries(key, now, within=within) for key, within in zip(keys, COUNTED, strict=False)]
        refused = _refused(now, *found)
        if refused:
            return refused
        for key, each, within in zip(keys, found, COUNTED, strict=False):
            keep(key, [*each, now], within=within)
    return Try(names, now, len(found[0]) + 1)


def take_back(counted: Try) -> None:
    """It was right: it counts no more, and what was wrong before it still does."""
    with held(*counted.names) as keys:
        for key, within in zip(keys, COUNTED, strict=False):
            found = tries(key, counted.at, within=within)
            if counted.at in found:
                found.remove(counted.at)
            keep(key, found, within=within)


def forget(login: str) -> None:
    """The person has a new password: what was tried with the former one slows nobody any more."""
    with held(_names(login, "")[0]) as (key,):
        keep(key, [], within=0)


def site_of(address: str) -> str:
    """To whatever an IPv6 address belongs that may have as many networks as it likes; empty for anything else."""
    found = network_of(address, PREFIX_OF_SITE)
    return found if "/" in found else ""


def wait_in_words(seconds: int) -> str:
    """ "40 seconds", "3 minutes": never less than it takes."""
    if seconds <= 90:
        return ngettext("%(number)s second", "%(number)s seconds", seconds) % {"number": seconds}
    minutes = -(-seconds // 60)
    return ngettext("%(number)s minute", "%(number)s minutes", minutes) % {"number": minutes}


def slowed(of_person: int) -> int:
    """Seconds between two tries from one network, after so many wrong ones for the person in a day."""
    if of_person < SLOWED_AFTER:
        return 0
    doublings = min((of_person - SLOWED_AFTER) // SLOWED_FURTHER_EACH, 10)
    return min(FIRST_WAIT << doublings, LONGEST_WAIT)


def _names(login: str, address: str) -> tuple[str, ...]:
    person, network, site = f"person:{login.strip().lower()}", f"network:{network_of(address)}", site_of(address)
    return person, network, f"{person} {network}", *([f"{person} site:{site}"] if site else [])


def _refused(
    now: float, of_person: list[float], of_network: list[float], of_both: list[float], of_site: Sequence[float] = ()
) -> Refused | None:
    both = _until(of_both, now, OF_PERSON_FROM_NETWORK, FIVE_MINUTES)
    network = _until(of_network, now, OF_NETWORK, A_MINUTE)
    latest = max([*of_both, *of_site], default=None)
    slow = latest + slowed(len(of_person)) - now if latest is not None else 0
    longest = max(both, network, slow)
    if longest <= 0:
        return None
    wait = int(longest) + 1
    if longest == slow:
        why = _("Many sign-ins with this address failed today, so there is a pause between two tries.")
    elif longest == both:
        why = _("Too many failed sign-ins with this address.")
    else:
        why = _("Too many failed sign-ins from your network.")
    return Refused(wait, _("%(why)s Try again in %(wait)s.") % {"why": why, "wait": wait_in_words(wait)})


def _until(found: list[float], now: float, most: int, seconds: int) -> float:
    """Seconds until there are fewer than `most` within the last `seconds`."""
    within = [each for each in found if each > now - seconds]
    return within[-most] + seconds - now if len(within) >= most else 0
