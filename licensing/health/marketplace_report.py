"""What the health page says of marketplaces, from what is noted and recorded here: no marketplace is asked.

Each item has a state; one that is not fine says what to do. The number of statements is the same whatever there is to tell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licensing.health.connection_notes import FINE, Kind, settings_fingerprint
from licensing.health.connection_trials import landing_url, title_of, webhook_url
from licensing.health.items import Item, Section, State, Target, counted, when
from licensing.health.ledger_and_backups import backups, ledger
from licensing.health.purchases import purchases
from licensing.health.secrets_at_rest import secrets_at_rest
from licensing.health.worker_and_mail import jobs, mail
from licensing.marketplaces.contract import Problem
from licensing.marketplaces.own_webhook import TEST_ID, is_practice
from licensing.models import Activation, ConnectionNote, Difference, MarketplaceEvent, Reconciliation, Subscription

DAY = timedelta(days=1)
COMPARED_AT_LEAST = timedelta(hours=26)
TURNED_AWAY = (Kind.REFUSED, Kind.NOT_FOR_US)


@dataclass
class Report:
    sections: list[Section] = field(default_factory=list)

    @property
    def to_mend(self) -> list[Item]:
        """What is not fine, the worst first."""
        found = [item for section in self.sections for item in section.items if item.state is not State.FINE]
        return sorted(found, key=lambda item: item.state is not State.WRONG)


def health_report(now: datetime | None = None) -> Report:
    """Everything that can be told without asking a marketplace. Twenty-four statements, more where over 500 rows are sealed."""
    now = now or timezone.now()
    sections: list[tuple[str, Callable[[datetime], list[Item]]]] = [
        (_("Connection"), connection),
        (_("Notifications"), notifications),
        (_("Comparison"), comparison),
        (_("Worker and jobs"), jobs),
        (_("Purchases"), purchases),
        (_("Mail"), mail),
        (_("Ledger"), ledger),
        (_("Backups"), backups),
        (_("Secrets at rest"), secrets_at_rest),
    ]
    return Report([*_settings(), *(Section(title, ask(now)) for title, ask in sections)])


# --- Settings: what they say, secrets left out


def _settings() -> list[Section]:
    if not settings.MARKETPLACES:
        fix = _("To sell through Azure Marketplace set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.")
        return [Section(_("Settings"), [Item(_("Marketplaces"), _("None is configured here."), State.LOOK, fix)])]
    return (
        [Section(_("Settings: %(channel)s") % {"channel": title_of("azure")}, _azure())]
        if "azure" in settings.MARKETPLACES
        else []
    )


def _azure() -> list[Item]:
    secrets = len(settings.AZURE_CLIENT_SECRETS)
    items = [
        Item(_("Tenant id"), settings.AZURE_TENANT_ID),
        Item(_("Client id"), settings.AZURE_CLIENT_ID),
        Item(_("Client secrets"), ngettext("%(n)s is set.", "%(n)s are set.", secrets) % {"n": secrets}),
        Item(_("API"), settings.AZURE_API_URL),
        Item(_("Sign-in service"), settings.AZURE_LOGIN_URL),
        Item(_("Landing page to enter in Partner Center"), landing_url("azure")),
        Item(_("Connection webhook to enter in Partner Center"), webhook_url("azure")),
    ]
    if not is_practice() and not settings.CONSOLE_URL.startswith("https://"):
        fix = _("Set CONSOLE_URL to the console's https address: Partner Center takes no other.")
        items.append(Item(_("Console address"), settings.CONSOLE_URL, State.WRONG, fix))
    return items


# --- The connection, as it was last seen


def connection(now: datetime) -> list[Item]:
    """One statement."""
    latest = (
        ConnectionNote.objects.exclude(kind__in=TURNED_AWAY).order_by("kind", "reason", "-last_at").distinct("kind", "reason")
    )
    notes = sorted(latest.annotate(**WORKED), key=lambda note: note.last_at)
    # What was tried with other settings, by a command in another environment or before a change, says nothing of these.
    ours = [note for note in notes if note.about in ("", settings_fingerprint())]
    by_hand = {note.kind: note for note in ours}
    return [_checked(by_hand, now), _failed(notes, by_hand, now), _test_event(by_hand, now)]


def _last(rows: Any, field: str) -> Subquery:
    return Subquery(rows.exclude(**{field: None}).order_by(F(field).desc(nulls_last=True)).values(field)[:1])


WORKED = {
    "read_at": _last(Subscription.objects.all(), "seen_at"),
    "listed_at": _last(Reconciliation.objects.filter(problem="", external_id=""), "finished_at"),
    "activated_at": _last(Activation.objects.all(), "accepted_at"),
    "settled_at": _last(MarketplaceEvent.objects.all(), "settled_at"),
}
"""When calls last came to something, by what they left behind."""


def _worked_since(note: ConnectionNote) -> bool:
    """Whether a call of the same kind came to something after the one that failed: reading, activating, acknowledging."""
    said: Any = note
    of_kind = {"activate": [said.activated_at], "settle": [said.settled_at]}
    return any(at is not None and at > note.last_at for at in of_kind.get(note.about, [said.read_at, said.listed_at]))


def _checked(notes: dict[str, ConnectionNote], now: datetime) -> Item:
    note, label = notes.get(Kind.CHECKED), _("Last test")
    if note is None:
        return Item(
            label,
            _("Never tested by hand with these settings."),
            State.FINE if is_practice() else State.LOOK,
            _("Press “Test the connection”."),
        )
    value = f"{when(note.last_at, now)}: {_('all was well') if note.reason == FINE else note.detail}"
    if note.reason == FINE:
        return Item(label, value)
    return Item(label, value, State.WRONG, _("Mend it as it says, then test again."))


def _failed(notes: list[ConnectionNote], by_hand: dict[str, ConnectionNote], now: datetime) -> Item:
    """The last one that still counts; else the last one."""
    label, failed = _("Last failed call"), [note for note in notes if note.kind == Kind.FAILED]
    if not failed:
        return Item(label, _("None is noted."))
    checked = by_hand.get(Kind.CHECKED)
    tested_at = checked.last_at if checked is not None and checked.reason == FINE else None
    standing = [
        note
        for note in failed
        if now - note.last_at <= DAY and not _worked_since(note) and not (tested_at is not None and tested_at > note.last_at)
    ]
    note = (standing or failed)[-1]
    value = f"{when(note.last_at, now)}: {note.reason}. {note.detail}"
    if note.request_id or note.correlation_id:
        value += " " + _("Request %(request)s, correlation %(correlation)s.") % {
            "request": note.request_id or "–",
            "correlation": note.correlation_id or "–",
        }
    to = (ConnectionNote, {"kind__exact": Kind.FAILED.value})
    if not standing:
        return Item(label, value, to=to)
    if note.reason == Problem.CONFIGURATION:
        return Item(
            label,
            value,
            State.WRONG,
            _("The marketplace does not know us. Press “Test the connection”: it names what to mend."),
            to,
        )
    fix = _(
        "Calls are repeated by themselves. If it goes on, test the connection, and give both ids to the marketplace's support."
    )
    return Item(label, value, State.LOOK, fix, to)


def _test_event(notes: dict[str, ConnectionNote], now: datetime) -> Item:
    note, label = notes.get(Kind.TEST_EVENT), _("Last test event")
    if note is None:
        return Item(label, _("Never sent."))
    value = f"{when(note.last_at, now)}: {note.detail}"
    if note.reason == FINE:
        return Item(label, value)
    return Item(label, value, State.WRONG, _("Mend it as it says, then send another."))


# --- Notifications


def notifications(now: datetime) -> list[Item]:
    """Three statements."""
    events = MarketplaceEvent.objects.exclude(external_id=TEST_ID)
    late = now - timedelta(minutes=10)
    counts = MarketplaceEvent.objects.aggregate(
        unsettled=Count("pk", filter=Q(to_settle=True, settled_at=None, done_at__lt=late)),
        undone=Count("pk", filter=Q(done_at=None, read_at=None, received_at__lt=late, received_at__gt=now - 7 * DAY)),
        suspicious=Count("pk", filter=Q(state=MarketplaceEvent.State.SUSPICIOUS, read_at=None)),
    )
    return [
        _last_event(events.order_by("-received_at").first(), now),
        _refused(now),
        counted(
            _("Not acknowledged"),
            counts["unsettled"],
            _("The worker tells the marketplace that we agree; it is down, or the marketplace does not answer. Compare."),
            (MarketplaceEvent, {"to_settle__exact": 1, "settled_at__isempty": 1}),
        ),
        counted(
            _("Received, not handled"),
            counts["undone"],
            _(
                "They could not be confirmed with the marketplace, which sends them again. Test the connection, then look again "
                "from the page of each, or mark it read."
            ),
            (MarketplaceEvent, {"done_at__isempty": 1, "read_at__isempty": 1}),
        ),
        counted(
            _("Suspicious, not read"),
            counts["suspicious"],
            _("The marketplace says otherwise than the notification did; nothing was changed. Read them and mark them read."),
            (MarketplaceEvent, {"state__exact": MarketplaceEvent.State.SUSPICIOUS.value}),
        ),
    ]


def _last_event(event: MarketplaceEvent | None, now: datetime) -> Item:
    label = _("Last notification")
    if event is None:
        fix = _(
            "As long as nothing was bought, none comes. Otherwise compare the connection webhook in Partner Center with the "
            "address above, send a test event, and see that the proxy lets it through."
        )
        return Item(label, _("None has come yet."), State.LOOK, fix)
    answer = event.answered if event.answered is not None else _("no answer yet")
    value = _("%(when)s: %(action)s, answered: %(answer)s, %(state)s") % {
        "when": when(event.received_at, now),
        "action": event.get_action_display(),
        "answer": answer,
        "state": event.get_state_display(),
    }
    return Item(label, value, to=(MarketplaceEvent, {}))


def _refused(now: datetime) -> Item:
    label = _("Refused in the last 24 hours")
    rows = list(ConnectionNote.objects.filter(kind__in=TURNED_AWAY, last_at__gt=now - DAY).order_by("-last_at")[:50])
    to = (ConnectionNote, {"kind__in": ",".join(TURNED_AWAY)})
    if not rows:
        return Item(label, _("None."), to=to)
    words = "; ".join(f"{row.reason}: {row.times:,}" for row in rows)
    value = _("%(words)s. The last one %(when)s.") % {"words": words, "when": when(rows[0].last_at, now)}
    ours = [row for row in rows if row.kind == Kind.NOT_FOR_US]
    fix = _(
        "Strangers and our own test events are refused, which is right. If the marketplace's own notifications are: check "
        "AZURE_CLIENT_ID and AZURE_TENANT_ID for (aud), (iss) and (tid), and the clock for expired ones."
    )
    return Item(label, value, State.LOOK if ours else State.FINE, fix if ours else "", to)


# --- Comparison


def comparison(now: datetime) -> list[Item]:
    """Two statements."""
    last = Reconciliation.objects.filter(external_id="").order_by("-started_at").first()
    standing = Difference.objects.filter(mended_at=None).exclude(kind=Difference.Kind.NOT_CONFIGURED)
    counts = standing.aggregate(all=Count("pk"), unread=Count("pk", filter=Q(read_at=None)))
    to = (Difference, {"standing": "open"})
    fix = _(
        "Each says why it was not mended. Mend it on the order's page, or at the marketplace; what is known may be marked read."
    )
    value = _("%(all)s, of these %(unread)s not read.") % {"all": f"{counts['all']:,}", "unread": f"{counts['unread']:,}"}
    differences = Item(_("Open differences"), value, to=to)
    if counts["unread"]:
        differences = Item(_("Open differences"), value, State.LOOK, fix, to)
    return [_last_comparison(last, now), differences]


def _last_comparison(run: Reconciliation | None, now: datetime) -> Item:
    label = _("Last comparison")
    to: Target = (Reconciliation, {})
    if run is None:
        return Item(
            label,
            _("None yet."),
            State.LOOK,
            _("It runs every night at 02:17 UTC, if the worker does. Or press “Compare everything”."),
            to,
        )
    value = _("%(when)s: %(compared)s compared, %(mended)s mended. %(problem)s") % {
        "when": when(run.started_at, now),
        "compared": f"{run.compared:,}",
        "mended": f"{run.mended:,}",
        "problem": run.problem,
    }
    if run.problem:
        return Item(label, value.strip(), State.WRONG, _("Test the connection, then compare everything again."), to)
    if now - run.started_at > COMPARED_AT_LEAST:
        return Item(label, value.strip(), State.WRONG, _("No comparison ran last night: see whether the worker lives."), to)
    if run.finished_at is None and now - run.started_at > timedelta(hours=2):
        return Item(
            label, value.strip(), State.WRONG, _("It has not ended: the worker was stopped. Compare everything again."), to
        )
    return Item(label, value.strip(), to=to)
