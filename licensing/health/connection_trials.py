"""Trying the connection to the marketplaces on purpose: asking for everything once, and sending a test event to ourselves.

Both take as long as the network does, so they are never run inside a transaction or while a page is only being read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licensing.health.connection_notes import note_check, note_test_event
from licensing.marketplaces import marketplace
from licensing.marketplaces.azure.connection_check import MOST_DIFFERENCE
from licensing.marketplaces.own_webhook import NOBODY, Try, forgeries, is_practice, practice_event
from licensing.models import Order


@dataclass(frozen=True)
class Finding:
    """One thing that was tried, and how it went."""

    label: str
    fine: bool
    words: str


@dataclass(frozen=True)
class Trial:
    """How a trial went. `problems` are sentences that say what is wrong and what to do about it."""

    channel: str
    title: str
    findings: tuple[Finding, ...]
    problems: tuple[str, ...]
    conclusion: str = ""

    @property
    def fine(self) -> bool:
        return not self.problems


def webhook_url(channel: str) -> str:
    """The address that the marketplace is told to send notifications to."""
    return f"{settings.CONSOLE_URL}{reverse('marketplace:webhook', args=[channel])}"


def landing_url(channel: str) -> str:
    """The address that the marketplace is told to send buyers to."""
    return f"{settings.CONSOLE_URL}{reverse('marketplace:landing', args=[channel])}"


def _checkable() -> list[tuple[str, Any]]:
    found = [(channel, marketplace(channel)) for channel in settings.MARKETPLACES]
    return [(channel, market) for channel, market in found if hasattr(market, "check_connection")]


def try_connections() -> list[Trial]:
    """Ask each marketplace for a token, a page of purchases and its keys. Notes what came of it; never raises."""
    trials = []
    for channel, market in _checkable():
        found = market.check_connection()
        trials.append(Trial(channel, title_of(channel), tuple(_findings(market, found)), tuple(found.problems)))
        note_check(channel, tuple(found.problems))
    return trials


def title_of(channel: str) -> str:
    """What a channel is called where the practice marketplace may stand in its place."""
    return _("Practice marketplace") if is_practice() else str(Order.Channel(channel).label)


def _findings(market: Any, found: Any) -> list[Finding]:
    secrets = len(market.config.client_secrets)
    if found.secret is not None:
        which = _("Number %(number)s of %(count)s works.") % {"number": found.secret, "count": secrets}
    else:
        which = _("None of %(count)s could be tried with success.") % {"count": secrets}
    seconds = found.clock_difference
    if seconds is None:
        clock, right = _("The marketplace did not tell the time."), True
    else:
        right = abs(seconds) <= max(2.0, min(MOST_DIFFERENCE, market.config.clock_leeway))
        clock = _("%(seconds)s s from the marketplace's.") % {"seconds": f"{seconds:+.0f}"}
    keys = ngettext("%(count)s signing key at hand.", "%(count)s signing keys at hand.", found.keys) % {"count": found.keys}
    return [
        Finding(_("Access token"), found.token, _("Issued.") if found.token else _("Not issued.")),
        Finding(_("Client secret"), found.secret is not None, which),
        Finding(_("Marketplace API"), bool(found.api), _("Answers.") if found.api else _("Does not answer as it should.")),
        Finding(_("Clock of this server"), right, clock),
        Finding(_("Key set"), found.keys > 0, keys),
    ]


# --- The test event


def send_test_events() -> list[Trial]:
    """Send our own webhook what it must refuse; where the practice marketplace plays along, also what it must take."""
    trials = []
    for channel, market in _checkable():
        url = webhook_url(channel)
        tries = forgeries(url, market.config.expected)
        if is_practice():
            tries.append(practice_event(url))
        problems = tuple(_fix(each, url) for each in tries if not each.fine)
        trial = Trial(
            channel,
            title_of(channel),
            tuple(Finding(each.what, each.fine, each.answer) for each in tries),
            tuple(dict.fromkeys(problems)),
            "" if problems else _conclusion(url),
        )
        note_test_event(channel, fine=trial.fine, detail="\n".join([*problems, *([trial.conclusion] if trial.fine else [])]))
        trials.append(trial)
    return trials


def _conclusion(url: str) -> str:
    if is_practice():
        return _("The practice marketplace's notification was taken at %(url)s, and forgeries were refused.") % {"url": url}
    return _(
        "%(url)s is reachable from this server and refuses forgeries. Azure Marketplace sends no notification on request: "
        "that it reaches the address from outside shows with the first one it sends."
    ) % {"url": url}


def _fix(tried: Try, url: str) -> str:
    said = {"url": url, "what": tried.what, "status": tried.status, "expected": tried.expected, "answer": tried.answer}
    if tried.status == NOBODY:
        return (
            _("%(url)s could not be reached from this server: %(answer)s. Check CONSOLE_URL, the name's address and the proxy.")
            % said
        )
    if tried.status == 503:
        return _("%(what)s was answered 503: the signing keys cannot be had. Test the connection.") % said
    if tried.status in (301, 302, 307, 308):
        return _("%(url)s answers with a redirect, which no marketplace follows. Check CONSOLE_URL: scheme and host.") % said
    if tried.status == 200:
        return _("%(what)s was taken, though it had to be refused. Switch the webhook off and call the developers.") % said
    if tried.status in (403, 404, 405, 415):
        return (
            _(
                "%(what)s was answered %(status)s instead of %(expected)s: something in front of the console answers in its "
                "place, or CONSOLE_URL or ALLOWED_HOSTS is wrong."
            )
            % said
        )
    return _("%(what)s was answered %(status)s instead of %(expected)s. The log of this server tells more.") % said
