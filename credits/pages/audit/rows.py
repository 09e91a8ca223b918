"""Lines of the audit log in words: who, what, from where, before and after, and where its entries are explained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.exports.addresses import FORMATS
from console.models import Act, Export, SignIn, User
from console.names_customers_see import person_as_shown
from console.templatetags import formats
from credits.desk.sentences import Sentence, sentences_of
from credits.desk.sentences.told import Name, Words
from credits.reading.audit.lines import Line, networks_of
from licensing.models import Company, ProviderLook, SupportViewPage, ViewPurpose


@dataclass(frozen=True)
class Row:
    """A line as owners read it. `note` is what the customer may read of an act; `entries_url` shows what it changed, and
    `request_url` the request that it is about.

    `at` is told in the company's zone, and `day` and `time` are of that zone.
    """

    at: datetime
    day: date
    time: str
    who: str
    initials: str
    html: SafeString
    text: str
    kind: str
    by_support: bool
    note: str = ""
    before: str = ""
    after: str = ""
    of_the_balance: bool = False
    network: str = ""
    device: str = ""
    entries_url: str = ""
    request_url: str = ""


def rows_of(company: Company, lines: Sequence[Line]) -> list[Row]:
    """Eight statements, however many lines: acts, what they wrote, exports, sign-ins, pages of views, those of the provider,
    networks, names.
    """
    acts = Act.objects.select_related("actor").filter(pk__in=_keys(lines, "act", UUID))
    told = {str(each.act.pk): each for each in sentences_of(acts, to_customers=True)}
    exports = {str(each.pk): each for each in Export.objects.filter(company_id=company.pk, pk__in=_keys(lines, "export", int))}
    sign_ins = {str(each.pk): each for each in SignIn.objects.filter(pk__in=_keys(lines, "sign-in", int))}
    seen = SupportViewPage.objects.filter(company=company, view__in=_keys(lines, "view", int)).values_list("view_id", flat=True)
    pages = Counter(map(str, seen))
    looks = ProviderLook.objects.for_company(company).filter(pk__in=_keys(lines, "look", int)).select_related("provider")
    looked_for = {str(each.pk): each.provider.name for each in looks}
    people = User.objects.in_bulk({each.person for each in lines if each.person is not None})
    networks = networks_of([each for each in lines if each.what != "sign-in"])
    found = []
    for line in lines:
        person = people.get(line.person) if line.person is not None else None
        who = _("Support") if line.by_support else person_as_shown(person) if person is not None else _("System")
        more: dict[str, Any] = {}
        if line.what == "act":
            words, more = _of_an_act(told[line.key], company)
            who = more.pop("who")
        elif line.what == "export":
            words = _of_an_export(exports[line.key])
        elif line.what == "view":
            words = _of_a_view(line, pages[line.key])
        elif line.what == "look":
            provider, opened = Name(looked_for[line.key]), Name(line.name)
            words = Words(_("looked at %(page)s on behalf of %(provider)s"), {"page": opened, "provider": provider})
        else:
            row = sign_ins[line.key]
            words, more = Words(_("signed in")), {"device": row.device, "network": row.address}
        found.append(_row(line, company, who, words, {"network": networks.get(line, ""), **more}))
    return found


def _keys(lines: Sequence[Line], what: str, kind: Any) -> list[Any]:
    return [kind(each.key) for each in lines if each.what == what]


def _row(line: Line, company: Company, who: str, words: Words, more: dict[str, Any]) -> Row:
    text = words.text.strip()
    at = line.at.astimezone(company.zone_at(line.at))
    return Row(
        at=at,
        day=company.day_of(line.at),
        time=f"{at:%H:%M}",
        who=who,
        initials="".join(word[0] for word in who.split()[:2]).upper(),
        html=words.html,
        text=text,
        kind=line.kind,
        by_support=line.by_support,
        **more,
    )


def _of_an_act(told: Sentence, company: Company) -> tuple[Words, dict[str, Any]]:
    act = told.act
    return told.words, {
        "who": told.who.text,
        "note": act.note_shown,
        "before": told.before,
        "after": told.after,
        "of_the_balance": told.of_the_balance,
        "entries_url": _entries_of(act, company) if told.changes_credits else "",
        "request_url": _request_of(act, company),
    }


def _entries_of(act: Act, company: Company) -> str:
    """What changed from just before it was recorded to then: its entries, each with its explanation."""
    before = act.recorded_at - timedelta(microseconds=1)
    said = {"from": before.isoformat(), "to": act.recorded_at.isoformat()}
    return reverse("credits:changes", args=[company.slug], query=said)


def _request_of(act: Act, company: Company) -> str:
    """The page of the request for units that it is about; empty for acts about none."""
    if not act.name.startswith("request."):
        return ""
    return reverse("credits:request", args=[company.slug, act.result["request"]])


def _of_an_export(export: Export) -> Words:
    sheet = Name(export.sheet.replace("-", " "))
    written = FORMATS[export.format].label
    rows = ngettext("%(number)s row", "%(number)s rows", export.rows) % {"number": formats.credits(export.rows)}
    return Words(_("exported the table %(sheet)s as %(format)s, %(rows)s"), {"sheet": sheet, "format": written, "rows": rows})


def _of_a_view(line: Line, pages: int) -> Words:
    opened = ngettext("%(number)s page", "%(number)s pages", pages) % {"number": pages}
    why = str(ViewPurpose(line.name).label)
    return Words(_("looked at your pages, %(pages)s. Reason: %(why)s"), {"pages": Name(opened), "why": why})
