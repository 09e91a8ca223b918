"""Wrong passwords: what stops a guesser, and what merely slows everybody.

- From one network, for one person: five in five minutes, then a pause.
- From one network, for whomever: ten in a minute, then a pause.
- For one person, from wherever: after ten in a day each further try has to wait, longer and longer, since the last one *from the
  same network*. So many networks do not help a guesser, and the first try from one's own is never refused for what others did.

A try is counted before the password is looked at, and taken back when it was right: many at once are counted one by one.
Whether somebody has the address makes no difference.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.people.attempts.kept_tries import held, keep, tries

OF_PERSON_FROM_NETWORK, FIVE_MINUTES = 5, 300
OF_NETWORK, A_MINUTE = 10, 60
SLOWED_AFTER, SLOWED_FURTHER_EACH = 10, 5
FIRST_WAIT, LONGEST_WAIT = 15, 900
"""Seconds; each further five tries double it."""
COUNTED = (24 * 3600, A_MINUTE, LONGEST_WAIT)
"""Seconds for which a try counts: for the person, for the network, for both together."""


@dataclass(frozen=True)
class Try:
    """One that was counted. `of_person` counts all of the day for the address, from wherever, this one included."""

    names: tuple[str, str, str]
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
        of_person, of_network, of_both = (tries(key, now, within=each) for key, each in zip(keys, COUNTED, strict=True))
        refused = _refused(now, of_person, of_network, of_both)
        if refused:
            return refused
        for key, found, within in zip(keys, (of_person, of_network, of_both), COUNTED, strict=True):
            keep(key, [*found, now], within=within)
    return Try(names, now, len(of_person) + 1)


def take_back(counted: Try) -> None:
    """It was right: it counts no more, and what was wrong before it still does."""
    with held(*counted.names) as keys:
        for key, within in zip(keys, COUNTED, strict=True):
            found = tries(key, counted.at, within=within)
            if counted.at in found:
                found.remove(counted.at)
            keep(key, found, within=within)


def forget(login: str) -> None:
    """The person has a new password: what was tried with the former one slows nobody any more."""
    with held(_names(login, "")[0]) as (key,):
        keep(key, [], within=0)


def network_of(address: str) -> str:
    """What one subscriber has: an IPv4 address, 2^64 addresses of IPv6; else the text as it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network(f"{found}/64", strict=False))


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


def _names(login: str, address: str) -> tuple[str, str, str]:
    person, network = f"person:{login.strip().lower()}", f"network:{network_of(address)}"
    return person, network, f"{person} {network}"


def _refused(now: float, of_person: list[float], of_network: list[float], of_both: list[float]) -> Refused | None:
    both = _until(of_both, now, OF_PERSON_FROM_NETWORK, FIVE_MINUTES)
    network = _until(of_network, now, OF_NETWORK, A_MINUTE)
    slow = of_both[-1] + slowed(len(of_person)) - now if of_both else 0
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
