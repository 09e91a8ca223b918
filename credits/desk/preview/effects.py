"""The effect of an act of support, read in the transaction in which it was run: what the forms of acts show before they are sent.

    console.admin.preview.effect.reads_effects.register(Effects())    # when the app starts

It asks no marketplace and sends nothing: who will be told is worked out from what there would be to tell.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.admin import ActForm
from console.admin.preview.effect import Effect, Line
from console.models import Act, Actor
from credits.acts.undo.undo_act import may_undo
from credits.desk.addresses import page_of
from credits.desk.frame import sections
from credits.desk.preview.books import Books, books_of, on_company
from credits.desk.preview.licenses import changed_orders, set_back
from credits.desk.preview.names_of_rows import name_of
from credits.desk.preview.unusual import tick, unusual
from credits.models import KeptUnits
from licensing.models import Company
from licensing.notices.kinds import kind_of
from licensing.notices.sources import what_is_to_be_told
from licensing.notices.telling import News, people_told
from licensing.rules.units_in_words import in_units


@dataclass(frozen=True)
class Before:
    """The books of each company concerned, by its id, and what it would be told without the act."""

    books: dict[int, Books]
    told: list[News]


class Effects:
    """Reads effects from the books."""

    def before(self, form: ActForm) -> Before:
        companies: list[Company] = form.companies()
        now = timezone.now()
        books = {each.pk: books_of(each, each.day_of(now)) for each in companies}
        return Before(books, what_is_to_be_told(companies, now) if companies else [])

    def after(self, form: ActForm, before: Before, acts: Collection[UUID]) -> Effect:
        companies: list[Company] = form.companies()
        now = timezone.now()
        days = {each: each.day_of(now) for each in companies}
        books = {each.pk: (before.books[each.pk], books_of(each, day)) for each, day in days.items()}
        orders = changed_orders(days, acts)
        lines = [line for each in orders for line in each.lines]
        lines += [line for company in companies for line in _kept(company, acts)]
        lines += [line for each in orders if (line := set_back(each))]
        lines += _told(companies, before.told, now)
        lines += _undone(form, acts)
        named = unusual(form, orders, books)
        return Effect(
            companies=tuple(on_company(*pair) for pair in books.values()),
            lines=tuple(lines),
            unusual=named,
            tick=tick(form, orders) if named else "",
        )

    def frame(self, form: ActForm) -> dict[str, Any]:
        url = page_of(form.target) if form.target is not None else ""
        return {"navigation": sections(""), **({"back": name_of(form.target), "back_url": url} if url else {})}

    def way_on(self, row: Any, acts: Collection[UUID]) -> tuple[str, str]:
        return page_of(row), reverse("desk:act", args=[[*acts][-1]]) if acts else ""


def _undone(form: ActForm, acts: Collection[UUID]) -> list[Line]:
    """Whether what it does to a company can be undone, as `may_undo` says while it stands; at most seven statements an act."""
    if form.cannot_be_undone:
        return [Line("arrow-back-up", _("Cannot be undone"), str(form.cannot_be_undone))]
    if form.is_undone_by:
        return [Line("arrow-back-up", _("Can be undone"), str(form.is_undone_by))]
    written = Act.objects.filter(pk__in=acts, company_id__isnull=False).select_related("actor").order_by("recorded_at", "pk")
    # What the act of the form called is undone with it.
    scope, key = form.journal(str(form.cleaned_data["key"]))
    its_own = [each for each in written if each.scope == scope and each.key in (key, f"person:{key}")]
    found = [may_undo(act, by=Actor.person(act.actor)) for act in its_own or written if act.actor is not None]
    in_the_way = list(dict.fromkeys(each.why_not for each in found if not each.can))
    if in_the_way:
        return [Line("arrow-back-up", _("Cannot be undone"), words) for words in in_the_way]
    return [Line("arrow-back-up", _("Can be undone"), _("as a whole, until something later counts on it"))] if found else []


def _kept(company: Company, acts: Collection[UUID]) -> list[Line]:
    """What keeping the use of an order adds, or takes back. One statement."""
    rows = KeptUnits.objects.for_company(company).filter(act__in=acts).select_related("feature", "line").order_by("pk")
    return [
        Line(
            "coins",
            _("Kept in use"),
            (_("%(feature)s takes %(units)s more.") if row.units_change > 0 else _("%(feature)s takes %(units)s less."))
            % {"feature": row.feature.name, "units": in_units(abs(row.units_change), row.line.unit)},
        )
        for row in rows
    ]


def _told(companies: Collection[Company], before: Collection[News], now: Any) -> list[Line]:
    """The notices that will go out because of it, and to whom. By kinds' own rules; nothing is sent."""
    if not companies:
        return []
    waited = {each.key for each in before}
    news = [each for each in what_is_to_be_told(companies, now) if each.key not in waited]
    lines = []
    for each, people in people_told(news):
        title = kind_of(each.kind).title_of(each.facts)
        number = ngettext("to %(count)s person: %(people)s", "to %(count)s people: %(people)s", len(people))
        words = number % {"count": len(people), "people": ", ".join(str(person) for person in people)}
        lines.append(Line("mail", title, words if people else _("to nobody: no member has a role that is told of it")))
    return lines or [Line("mail", _("No notice goes out"), "")]
