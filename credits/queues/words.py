"""What a thing on support's list is, why, since when, and the next step: in words, made of its facts when they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.models import OutgoingMail
from console.templatetags.formats import credits, day_as, moment_in_words
from credits.models import DeskItem
from licensing.acts.companies.report_figure import address_of_view
from licensing.models import Difference
from licensing.notices.send_again import address_of_resending

Kind = DeskItem.Kind
Facts = dict[str, Any]


@dataclass(frozen=True)
class LookOfKind:
    """How a queue looks: its icon, the tone of its count, and what is said where nothing is in it."""

    icon: str
    tone: str
    empty: Any


LOOKS = {
    Kind.STUCK: LookOfKind("hourglass", "danger", gettext_lazy("Every activation is on its way or done")),
    Kind.BELOW_ZERO: LookOfKind("alert-triangle", "danger", gettext_lazy("No company is below zero today")),
    Kind.EXPIRING: LookOfKind("calendar-event", "warning", gettext_lazy("Nothing ends in 30 days")),
    Kind.DIFFERENCE: LookOfKind("git-compare", "warning", gettext_lazy("Here and at the marketplaces it is the same")),
    Kind.REPORT: LookOfKind("flag", "", gettext_lazy("No customer questions a figure")),
    Kind.FAILED: LookOfKind("mail", "", gettext_lazy("Mails arrive and jobs are done")),
    Kind.ATTENTION: LookOfKind("bell", "danger", gettext_lazy("No rule was broken by any figure")),
    Kind.HEALTH: LookOfKind("chart-line", "", gettext_lazy("Everything that can be told is well")),
}
"""In the order of the first page."""


@dataclass(frozen=True)
class Told:
    """A thing in words. `url` leads to what it is about, `step` says what to do there."""

    what: str
    why: str
    since: str
    how_long: str
    step: str
    url: str


def told(item: DeskItem, now: datetime) -> Told:
    """Free: everything is in the row."""
    what, why, step, url = WORDS[Kind(item.kind)](item.facts, item)
    return Told(what, why, *_since(item, now), step, url)


def _since(item: DeskItem, now: datetime) -> tuple[str, str]:
    if "day" not in item.facts:
        if item.since.date() == now.date():
            return _("Today, %(time)s UTC") % {"time": date_format(item.since, "H:i")}, _for_so_long(now - item.since)
        return day_as(item.since, "M j, Y"), _for_so_long(now - item.since)
    day = date.fromisoformat(item.facts["day"])
    if item.kind != Kind.EXPIRING:
        return day_as(day, "M j, Y"), _days((now.date() - day).days)
    left = (day - now.date()).days
    after = ngettext("In %(n)s day", "In %(n)s days", left) % {"n": left} if left > 0 else _("Today")
    return after, day_as(day - timedelta(days=1), "M j, Y")


def _for_so_long(length: timedelta) -> str:
    minutes = max(int(length.total_seconds()) // 60, 0)
    if minutes < 120:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        return ngettext("%(n)s hour", "%(n)s hours", minutes // 60) % {"n": minutes // 60}
    return _days(minutes // 1440)


def _days(number: int) -> str:
    if number <= 0:
        return _("today")
    return ngettext("%(n)s day", "%(n)s days", number) % {"n": credits(number)}


# --- A function for each kind: what, why, next step, where


Words = tuple[str, str, str, str]


def _stuck(facts: Facts, item: DeskItem) -> Words:
    purchase = facts["order"] or _("A purchase")
    whys = {
        "nobody": _("Nobody is at it: see whether the worker lives"),
        "slow": ngettext(
            "The marketplace has not confirmed it; asked %(n)s time",
            "The marketplace has not confirmed it; asked %(n)s times",
            facts["tries"],
        )
        % {"n": facts["tries"]},
        "missed": _("The marketplace does not find the purchase"),
        "given-back": _("The person was told, and can try again: %(problem)s") % {"problem": facts["problem"]},
        "failed": facts["problem"] or _("It came to an end without a license"),
    }
    what = _("%(purchase)s, activation is stuck") % {"purchase": purchase}
    step = _("Try again") if facts["why"] == "failed" else _("See its steps")
    return what, whys[facts["why"]], step, reverse("admin:licensing_activation_change", args=[facts["activation"]])


def _below_zero(facts: Facts, item: DeskItem) -> Words:
    what = _("Balance %(balance)s") % {"balance": credits(-facts["shortfall"])}
    why = _("More is allocated than is valid; nothing is blocked")
    assert item.company is not None
    return what, why, _("Open company"), reverse("desk:company", args=[item.company.slug])


def _expiring(facts: Facts, item: DeskItem) -> Words:
    day = date.fromisoformat(facts["day"])
    said = {
        "order": facts["order"],
        "n": credits(facts["credits"]),
        "last": day_as(day - timedelta(days=1), "M j"),
        "day": day_as(day, "M j"),
        "falls": credits(facts["falls"]),
    }
    what = _("%(order)s, %(n)s credits end after %(last)s") % said
    if facts["falls"]:
        why = _("Valid credits fall by %(falls)s on %(day)s") % said
    else:
        why = _("As much begins on %(day)s: nothing falls") % said
    return what, why, _("Open order"), reverse("desk:order", args=[facts["order_id"]])


def _difference(facts: Facts, item: DeskItem) -> Words:
    said = {
        "order": facts["order"],
        "what": Difference.Kind(facts["what"]).label,
        "theirs": facts["theirs"] or "–",
        "ours": facts["ours"] or "–",
    }
    what = _("%(order)s: %(what)s") % said
    why = _("Here %(ours)s, at the marketplace %(theirs)s.") % said + f" {facts['problem']}"
    return what, why.strip(), _("Compare"), reverse("admin:licensing_difference_change", args=[facts["difference"]])


def _report(facts: Facts, item: DeskItem) -> Words:
    figure = facts["figure"].replace("-", " ") or _("a figure")
    what = _("%(by)s questions %(figure)s") % {"by": facts["by"], "figure": figure}
    if item.company is None or not facts["shown"]:
        return what, facts["words"], _("Open report"), reverse("desk:act", args=[facts["act"]])
    seen = address_of_view(
        item.company,
        page=facts["page"],
        day=date.fromisoformat(facts["shown"]),
        seen_at=datetime.fromisoformat(facts["seen_at"]),
        case=facts.get("case", ""),  # those of before have none
    )
    return what, facts["words"], _("Open what they saw"), seen


def _failed(facts: Facts, item: DeskItem) -> Words:
    if "mail" not in facts:
        what = _("Job %(task)s failed") % {"task": facts["task"].partition(".")[2].replace("_", " ")}
        why = ngettext(
            "Repeated in vain; the log of the worker says why",
            "%(n)s times, each repeated in vain; the log of the worker says why",
            facts["times"],
        ) % {"n": facts["times"]}
        return what, why, _("Open job"), reverse("desk:health")
    purpose = OutgoingMail.Purpose(facts["purpose"]).label
    what = _("%(purpose)s to %(to)s was not sent") % {"purpose": purpose, "to": facts["to"]}
    why = facts["problem"] or facts["about"]
    if facts["delivery"]:
        return what, why, _("Send again"), address_of_resending(facts["delivery"])
    return what, why, _("Open mail"), reverse("admin:console_outgoingmail_change", args=[facts["mail"]])


def _attention(facts: Facts, item: DeskItem) -> Words:
    why = facts["why"]
    if why == "ledger":
        n = facts["differences"]
        what = ngettext("The ledger is wrong in %(n)s place", "The ledger is wrong in %(n)s places", n) % {"n": credits(n)}
        return what, facts["first"], _("Open health"), reverse("desk:health")
    if why == "plan":
        what = _("Plan %(plan)s sells nothing here") % {"plan": facts["plan"]}
        return what, _("It was bought, and cannot be activated"), _("Add plan"), reverse("admin:licensing_marketplaceplan_add")
    whys = {
        "suspicious": _("The marketplace says otherwise than this notification did"),
        "unhandled": _("It came, and could not be confirmed with the marketplace"),
        "unsettled": _("The marketplace does not know yet that we agree"),
    }
    what = _("%(order)s: notification to %(action)s") % {"order": facts["order"], "action": facts["action"].replace("-", " ")}
    url = reverse("admin:licensing_marketplaceevent_change", args=[facts["event"]])
    return what, f"{whys[why]}. {facts['detail']}".strip(), _("Open notification"), url


def _health(facts: Facts, item: DeskItem) -> Words:
    return facts["label"], facts["value"], _("Open health"), reverse("desk:health")


WORDS: dict[DeskItem.Kind, Callable[[Facts, DeskItem], Words]] = {
    Kind.STUCK: _stuck,
    Kind.BELOW_ZERO: _below_zero,
    Kind.EXPIRING: _expiring,
    Kind.DIFFERENCE: _difference,
    Kind.REPORT: _report,
    Kind.FAILED: _failed,
    Kind.ATTENTION: _attention,
    Kind.HEALTH: _health,
}


def time_of(instant: datetime, now: datetime) -> str:
    """10:03 UTC, or with its day where that is not today's."""
    if instant.date() == now.date():
        return f"{date_format(instant, 'H:i')} UTC"
    return moment_in_words(instant)
