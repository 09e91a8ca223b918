"""An act with what is known of it, and the words that several sentences share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from console.models import Act
from console.templatetags import formats
from credits.desk.sentences.facts_of_acts import FactsOfAct, FactsOfActs, day_of
from credits.desk.sentences.told import Name, Words
from credits.models import ThresholdStatement
from licensing.acts.companies.leave_companies import ERASURE
from licensing.errors import in_words
from licensing.models import Company
from licensing.models.order import number_of
from licensing.rules.units_in_words import in_units


@dataclass(frozen=True)
class ActToTell:
    """What a sentence is made from."""

    act: Act
    who: Name
    wrote: FactsOfAct
    known: FactsOfActs
    undone: Words | None = None
    """What it undid, in words; None for acts that undo none, and within an undo."""
    to_customers: bool = False
    """Whether customers read it: who of the staff somebody is, and what other companies are called, stays with staff."""

    @property
    def result(self) -> dict[str, Any]:
        result: dict[str, Any] = self.act.result
        return result

    @property
    def company(self) -> Company | None:
        return self.known.companies.get(self.act.company_id) if self.act.company_id is not None else None

    @property
    def today(self) -> date | None:
        """The company's day on which it was done."""
        return self.company.day_of(self.act.recorded_at) if self.company is not None else None

    @property
    def of_erasure(self) -> bool:
        """Whether the erasing of its person ended what they were in the company: they are told, not the machine."""
        return is_of_erasure(self.act)

    def says(self, says: str, *then: str, **values: Any) -> Words:
        """`says` has the place %(who)s; what is empty of `then` is left out."""
        return Words(says, {"who": self.who, **values}, [each for each in then if each])

    @property
    def zones(self) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """The zone before the one that the act stated, and that one: None where they are not known."""
        rows = self.company.__dict__.get("zone_rows", []) if self.company is not None else []
        place = next((place for place, row in enumerate(rows) if row["id"] == self.result.get("zone")), None)
        return (None, None) if place is None else (rows[place - 1] if place else None, rows[place])

    def from_day(self, day: date | None) -> str:
        """ "from Dec 23, 2026", empty where that is the day on which it was done."""
        return "" if day is None or day == self.today else _("from %(day)s") % {"day": in_words(day)}

    def person(self) -> Name:
        """Whom the act is about: of its result, or of its scope."""
        pk = self.result.get("user", self.act.scope.removeprefix("user:"))
        found = self.known.row("person", pk)
        if found is None:
            return Name(_("a person"))
        if found["staff"] and self.to_customers:
            return Name(_("a member of support"))
        return Name(found["name"], reverse("admin:console_user_change", args=[pk]))

    def order(self) -> Name:
        """The order that the act is about, by its result or by what it wrote."""
        found = self.known.row("order", self.result.get("order"))
        if found is None and self.wrote.statements:
            said = self.wrote.statements[0]
            found = {**said, "id": said["order"]}
        if not found:
            return Name(_("an order"))
        return order_named(found["id"], found["name"], number_of(found["channel"], found["number"]))

    def undid(self, *then: str, otherwise: str, **values: Any) -> Words:
        """That the act undid another, by the sentence of that one, which leads to it; `otherwise` where that is not known."""
        undone = self.result.get("undoes")
        url = reverse("desk:act", args=[undone]) if undone else ""
        if self.undone is not None:
            return self.says(_("%(who)s undid: “%(change)s”"), *then, change=Name(self.undone.text, url))
        return self.says(otherwise, *then, change=Name(_("a change"), url), **values)

    def of_supply(self) -> str:
        return of_credits(self.wrote.supply, self)

    def of_demand(self) -> str:
        return of_credits(self.wrote.demand, self)


def is_of_erasure(act: Act) -> bool:
    return act.name == "company.roles" and act.actor_id is None and act.actor_label == str(ERASURE)


def order_named(pk: int, name: str, number: str) -> Name:
    """ "Web shop, AW-20954": the link leads to its page."""
    return Name(number if name == number else f"{name}, {number}", reverse("desk:order", args=[pk]))


def of_credits(change: dict[str, Any] | None, told: ActToTell) -> str:
    """ "+500 credits from Dec 1, 2026"; empty where no credits changed."""
    if change is None:
        return ""
    said = _("%(change)s credits") % {"change": formats.signed(int(change["change"]))}
    return f"{said} {told.from_day(day_of(change['day']))}".rstrip()


def balance_then(told: ActToTell) -> str:
    """What an act on allocations left, by its result; customers have it in a column of its own."""
    left = told.result.get("balance_after")
    return "" if left is None or told.to_customers else _("balance then %(credits)s") % {"credits": formats.credits(left)}


def threshold(said: dict[str, Any] | None) -> str:
    """ "50,000 credits", "Average of three months" or "None", which holds where nothing was stated."""
    if said is None:
        return str(ThresholdStatement.Kind.NONE.label)
    if said["credits"] is not None:
        return _("%(credits)s credits") % {"credits": formats.credits(said["credits"])}
    return str(dict(ThresholdStatement.Kind.choices).get(said["kind"], said["kind"]))


def units_in_words(units: int, unit: str) -> str:
    return in_units(units, unit)
