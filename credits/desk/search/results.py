"""What was found, as people read it: grouped by kind, each with the line that tells it apart from others like it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.templatetags.formats import day, moment_in_words
from credits.desk.addresses import (
    act_address,
    case_address,
    company_address,
    order_address,
    people_address,
    person_address,
    purchase_address,
)
from credits.desk.orders_now import OrderNow, orders_now
from credits.desk.search.find import EXACT, Hit
from licensing.codes.code_format import masked
from licensing.models import Company, Membership, Order

KINDS: dict[str, tuple[Any, str]] = {
    "company": (gettext_lazy("Companies"), "building"),
    "order": (gettext_lazy("Orders"), "receipt"),
    "purchase": (gettext_lazy("Purchases nobody has activated"), "hourglass"),
    "code": (gettext_lazy("Codes"), "key"),
    "person": (gettext_lazy("People"), "user"),
    "case": (gettext_lazy("Cases"), "flag"),
    "act": (gettext_lazy("Acts"), "history"),
}
"""Heading and icon, in the order in which kinds follow one another where they were found equally well."""
OF_A_KIND, MORE_OF_A_KIND = 5, 20
"""Rows that are shown of a kind while somebody types, and on the page."""
COMPANIES_OF_A_PERSON = 3


@dataclass(frozen=True)
class Found:
    """A row. `line` tells it apart."""

    kind: str
    name: str
    line: str
    url: str
    exact: bool


@dataclass(frozen=True)
class Group:
    """The rows of a kind; `further` more were found than are shown."""

    kind: str
    label: str
    icon: str
    rows: list[Found]
    further: int


def in_words(hits: Sequence[Hit], most: int) -> list[Group]:
    """The groups, that of the best row first. At most five statements."""
    by_kind: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_kind[hit.kind].append(hit)
    order_of_kinds = sorted(by_kind, key=lambda kind: (by_kind[kind][0].rank, list(KINDS).index(kind)))
    shown = {kind: by_kind[kind][:most] for kind in order_of_kinds}
    read = _Read(shown)
    return [
        Group(
            kind,
            str(KINDS[kind][0]),
            KINDS[kind][1],
            [row for hit in shown[kind] if (row := read.row(hit)) is not None],
            len(by_kind[kind]) - len(shown[kind]),
        )
        for kind in order_of_kinds
    ]


def the_one(groups: Iterable[Group]) -> Found | None:
    """The row that is exactly what was typed, where it is the only such one. What leads to one page is one."""
    exact = {row.url: row for group in groups for row in group.rows if row.exact}
    return next(iter(exact.values())) if len(exact) == 1 else None


class _Read:
    """The rows behind what was found, read for each kind at once."""

    def __init__(self, shown: dict[str, list[Hit]]) -> None:
        self.orders = self._orders({int(hit.key) for kind in ("order", "code") for hit in shown.get(kind, ())})
        self.now: dict[int, OrderNow] = orders_now(self.orders.values(), timezone.now())
        of_acts = {int(hit.texts[1]) for hit in shown.get("act", ()) if hit.texts[1]}
        wanted = {int(hit.key) for hit in shown.get("company", ())} | of_acts
        self.companies: dict[int, Company] = (
            {each.pk: each for each in Company.objects.filter(pk__in=wanted).select_related("parent")} if wanted else {}
        )
        self.companies_of: dict[int, list[Company]] = defaultdict(list)
        if people := [int(hit.key) for hit in shown.get("person", ())]:
            held = Membership.objects.filter(user__in=people).select_related("company").order_by("company__name")
            for each in held:
                self.companies_of[each.user_id].append(each.company)

    @staticmethod
    def _orders(wanted: set[int]) -> dict[int, Order]:
        if not wanted:
            return {}
        return {
            each.pk: each for each in Order.objects.filter(pk__in=wanted).select_related("company", "product", "reserved_for")
        }

    def row(self, hit: Hit) -> Found | None:
        """None for what is gone since it was found."""
        told = getattr(self, f"_{hit.kind}")(hit)
        if told is None:
            return None
        name, line, url = told
        return Found(hit.kind, name, line, url, hit.rank == EXACT)

    def _company(self, hit: Hit) -> tuple[str, str, str] | None:
        company = self.companies.get(int(hit.key))
        if company is None:
            return None
        parts = [company.business_id, company.slug]
        if company.parent:
            parts.append(_("looked after by %(company)s") % {"company": company.parent.name})
        return company.name, ", ".join(parts), company_address(company.slug, company.pk)

    def _order(self, hit: Hit) -> tuple[str, str, str] | None:
        order = self.orders.get(int(hit.key))
        if order is None:
            return None
        return f"{order.number} · {order.name}" if order.name else order.number, *self._of_order(order)

    def _code(self, hit: Hit) -> tuple[str, str, str] | None:
        order = self.orders.get(int(hit.key))
        if order is None:
            return None
        last_four, kind = hit.texts
        line, url = self._of_order(order)
        code = masked(last_four, "RK" if kind == "registration-key" else "")
        return _("%(code)s of %(order)s") % {"code": code, "order": order.number}, line, url

    def _of_order(self, order: Order) -> tuple[str, str]:
        now, holder = self.now[order.pk], order.company
        if holder is None and order.reserved_for is not None:
            company = _("reserved for %(company)s") % {"company": order.reserved_for.name}
        else:
            company = holder.name if holder else _("no company yet")
        parts = [company, order.product.name, now.units, now.label]
        if now.expires_on is not None:
            ended = now.state in ("expired", "cancelled")
            parts[-1] = f"{now.label}, {_('expired') if ended else _('expires')} {day(now.expires_on)}"
        return ", ".join(parts), order_address(order.pk)

    def _purchase(self, hit: Hit) -> tuple[str, str, str]:
        external_id, beneficiary, name, channel, status = hit.texts
        parts = [str(dict(Order.Channel.choices).get(channel, channel)), beneficiary, status.capitalize()]
        return (
            f"{external_id} · {name}" if name else external_id,
            ", ".join(each for each in parts if each),
            purchase_address(hit.key),
        )

    def _person(self, hit: Hit) -> tuple[str, str, str]:
        name, email = hit.texts
        held = self.companies_of.get(int(hit.key), [])
        parts = [*([email] if name else []), *(each.name for each in held[:COMPANIES_OF_A_PERSON])]
        if not held:
            parts.append(_("in no company"))
        if (more := len(held) - COMPANIES_OF_A_PERSON) > 0:
            parts.append(ngettext("%(number)s more company", "%(number)s more companies", more) % {"number": more})
        return name or email, ", ".join(parts), people_address(held[0]) if len(held) == 1 else person_address(hit.key)

    def _case(self, hit: Hit) -> tuple[str, str, str]:
        number = int(hit.texts[1])
        line = ngettext("%(number)s act", "%(number)s acts", number) % {"number": f"{number:,}"}
        return _("Case %(case)s") % {"case": hit.key}, line, case_address(hit.key)

    def _act(self, hit: Hit) -> tuple[str, str, str]:
        pk, company_id, at, case = hit.texts
        company = self.companies.get(int(company_id)) if company_id else None
        parts = [company.name if company else _("of no company"), *([_("case %(case)s") % {"case": case}] if case else [])]
        moment = moment_in_words(datetime.fromisoformat(at).replace(tzinfo=UTC))
        return _("Act of %(moment)s") % {"moment": moment}, ", ".join(parts), act_address(pk)


def looked_in() -> Iterator[str]:
    """What a search looks in, as its page says it where nothing was found."""
    yield _("companies, by name, business ID and address name")
    yield _("orders, by number, name, subscription id and the id of a license")
    yield _("people, by name and e-mail address")
    yield _("activation codes, by their last four characters, or by the whole code")
    yield _("acts, by their id, and cases, by their number")
