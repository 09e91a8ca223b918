"""Acts on orders, licenses, codes and marketplaces, in words."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.templatetags import formats
from credits.desk.sentences.act_to_tell import ActToTell, order_named, units_in_words
from credits.desk.sentences.facts_of_acts import day_of
from credits.desk.sentences.told import Name, Words
from licensing.errors import in_words
from licensing.models import Order


def _issued(told: ActToTell) -> dict[str, Any]:
    return next((each for each in told.wrote.statements if each["kind"] == "issued"), {})


def _brings(issued: dict[str, Any]) -> list[str]:
    """Units, what they convert to where that is another number, and that it is a trial."""
    if not issued:
        return []
    units, unit, credits = issued["units"], issued["unit"], issued["credits"]
    said = [units_in_words(units, unit)]
    if issued["trial"]:
        return [*said, _("trial")]
    if credits is not None and not (unit == "credit" and credits == units):
        said.append(_("%(credits)s credits") % {"credits": formats.credits(credits)})
    return said


def _until(issued: dict[str, Any]) -> str:
    return _("up to and including %(day)s") % {"day": _last_day(issued["expires_on"])} if issued else ""


def _last_day(expires_on: str) -> str:
    """The last valid day, as customers read it, of the first day that counts no more."""
    return in_words(date.fromisoformat(expires_on) - timedelta(days=1))


def issue(told: ActToTell) -> Words:
    found = told.known.row("order", told.result.get("order"))
    then = []
    if found:
        channel = dict(Order.Channel.choices).get(found["channel"], "")
        then = [units_in_words(found["units"], found["unit"]), _("trial") if found["trial"] else "", str(channel)]
    return told.says(_("%(who)s recorded the purchase %(order)s"), *then, order=told.order())


def activate(told: ActToTell) -> Words:
    issued = _issued(told)
    return told.says(_("%(who)s activated %(order)s"), *_brings(issued), _until(issued), order=told.order())


def top_up(told: ActToTell) -> Words:
    issued = _issued(told)
    return told.says(
        _("%(who)s topped up %(order)s by %(units)s"),
        *_brings(issued)[1:],
        told.from_day(day_of(issued.get("starts_on"))),
        _until(issued),
        _others(told),
        order=told.order(),
        units=units_in_words(issued["units"], issued["unit"]) if issued else _("nothing"),
    )


def _others(told: ActToTell) -> str:
    """That more licenses were issued than the one that is told."""
    others = sum(each["kind"] == "issued" for each in told.wrote.statements) - 1
    said = ngettext("and %(number)s further term", "and %(number)s further terms", others)
    return said % {"number": others} if others > 0 else ""


def renew(told: ActToTell) -> Words:
    issued = _issued(told)
    starts = told.from_day(day_of(issued.get("starts_on"))) if issued else ""
    return told.says(_("%(who)s renewed %(order)s"), starts, *_brings(issued), _until(issued), order=told.order())


def _in_all(told: ActToTell) -> str:
    """The units stated of the order in all; empty where none were."""
    said = next((each for each in told.wrote.statements if each["total"] is not None), None)
    return units_in_words(said["total"], said["unit"]) if said else ""


def set_units(told: ActToTell) -> Words:
    if not (units := _in_all(told)):
        return told.says(_("%(who)s set the units of %(order)s"), told.of_supply(), order=told.order())
    return told.says(_("%(who)s set %(order)s to %(units)s in all"), told.of_supply(), order=told.order(), units=units)


def reduce(told: ActToTell) -> Words:
    if not (units := _in_all(told)):
        return told.says(_("%(who)s reduced %(order)s"), told.of_supply(), order=told.order())
    return told.says(_("%(who)s reduced %(order)s to %(units)s in all"), told.of_supply(), order=told.order(), units=units)


def switch_renewal(told: ActToTell) -> Words:
    kinds = {each["kind"] for each in told.wrote.statements}
    if "renewal-on" in kinds:
        return told.says(_("%(who)s switched the renewal of %(order)s on"), order=told.order())
    if "renewal-off" in kinds:
        return told.says(_("%(who)s switched the renewal of %(order)s off"), order=told.order())
    return told.says(_("%(who)s switched the renewal of an order"))


def _from(told: ActToTell) -> str:
    """From when the state holds that it stated, where that is another day."""
    days = [day for each in told.wrote.statements if (day := day_of(each["day"])) is not None]
    return "" if told.wrote.supply or not days else told.from_day(min(days))


def suspend(told: ActToTell) -> Words:
    return told.says(_("%(who)s suspended %(order)s"), _from(told), told.of_supply(), order=told.order())


def reinstate(told: ActToTell) -> Words:
    return told.says(_("%(who)s reinstated %(order)s"), _from(told), told.of_supply(), order=told.order())


def cancel(told: ActToTell) -> Words:
    return told.says(_("%(who)s cancelled %(order)s"), _from(told), told.of_supply(), order=told.order())


def undo_cancellation(told: ActToTell) -> Words:
    return told.says(_("%(who)s undid the cancellation of %(order)s"), _from(told), told.of_supply(), order=told.order())


def change_plan(told: ActToTell) -> Words:
    issued = _issued(told)
    if not issued:
        return told.says(_("%(who)s changed the plan of %(order)s"), told.of_supply(), order=told.order())
    return told.says(
        _("%(who)s changed the plan of %(order)s to %(product)s"),
        *_brings(issued),
        _from(told),
        order=told.order(),
        product=Name(issued["product"]),
    )


def transfer(told: ActToTell) -> Words:
    to = told.wrote.successor
    if to is None or told.to_customers:
        return told.says(_("%(who)s transferred %(order)s to another company"), told.of_supply(), order=told.order())
    company = Name(to["company"], reverse("desk:company", args=[to["slug"]]))
    return told.says(_("%(who)s transferred %(order)s to %(company)s"), told.of_supply(), order=told.order(), company=company)


def correct(told: ActToTell) -> Words:
    said = next((each for each in told.wrote.statements if each["kind"] == "corrected"), {})
    parts = []
    if said.get("units") is not None:
        units = units_in_words(said["units"], said["unit"])
        parts.append(f"{units} {_('for every day')}" if said["every_day"] else units)
    if said.get("starts_on"):
        first, last = in_words(date.fromisoformat(said["starts_on"])), _last_day(said["expires_on"])
        parts.append(_("%(first)s up to and including %(last)s") % {"first": first, "last": last})
    return told.says(_("%(who)s corrected a license of %(order)s"), *parts, told.of_supply(), order=told.order())


def extend(told: ActToTell) -> Words:
    end = next((each["expires_on"] for each in told.wrote.statements if each["expires_on"]), None)
    if end is None:
        return told.says(_("%(who)s extended the term of %(order)s"), order=told.order())
    return told.says(
        _("%(who)s extended the term of %(order)s up to and including %(day)s"),
        order=told.order(),
        day=_last_day(end),
    )


def choose_use(told: ActToTell) -> Words:
    if told.result.get("keeps"):
        return told.says(_("%(who)s kept what %(order)s pays for in use"), told.of_demand(), order=told.order())
    return told.says(_("%(who)s left the credits of %(order)s available"), told.of_demand(), order=told.order())


def carry_use(told: ActToTell) -> Words:
    return told.says(_("%(who)s carried over what %(order)s keeps in use"), told.of_demand(), order=told.order())


# --- Codes


def issue_code(told: ActToTell) -> Words:
    return told.says(_("%(who)s issued a code for %(order)s"), order=told.order())


def withdraw_code(told: ActToTell) -> Words:
    return told.says(_("%(who)s withdrew the code of %(order)s"), order=told.order())


def reveal_code(told: ActToTell) -> Words:
    return told.says(_("%(who)s looked at the code of %(order)s"), order=told.order())


def copy_code(told: ActToTell) -> Words:
    return told.says(_("%(who)s copied the code of %(order)s"), order=told.order())


# --- Marketplaces


def _purchase(told: ActToTell) -> Name:
    found = told.known.row("activation", told.result.get("activation"))
    if found is None or not found["name"]:
        return Name(_("a purchase"))
    if found["order"] is not None:
        return order_named(found["order"], found["name"], found["number"] or found["name"])
    url = reverse("admin:licensing_activation_change", args=[told.result["activation"]])
    return Name(found["name"], url)


def begin_activation(told: ActToTell) -> Words:
    return told.says(_("%(who)s confirmed the activation of %(purchase)s"), purchase=_purchase(told))


def resume_activation(told: ActToTell) -> Words:
    return told.says(_("%(who)s set the activation of %(purchase)s going again"), purchase=_purchase(told))


def _row(told: ActToTell, what: str, model: str, unnamed: str) -> Name:
    found = told.known.row(what, told.result.get("row"))
    if found is None:
        return Name(unnamed)
    return Name(found["number"], reverse(f"admin:licensing_{model}_change", args=[told.result["row"]]))


def read_difference(told: ActToTell) -> Words:
    purchase = _row(told, "difference", "difference", _("a purchase"))
    return told.says(_("%(who)s marked the difference of %(purchase)s as read"), purchase=purchase)


def read_event(told: ActToTell) -> Words:
    purchase = _row(told, "event", "marketplaceevent", _("a purchase"))
    return told.says(_("%(who)s marked an event of %(purchase)s as read"), purchase=purchase)


SENTENCES = {
    "order.issue": issue,
    "order.activate": activate,
    "order.top-up": top_up,
    "order.units": set_units,
    "order.reduce": reduce,
    "order.renew": renew,
    "order.switch-renewal": switch_renewal,
    "order.suspend": suspend,
    "order.reinstate": reinstate,
    "order.cancel": cancel,
    "order.undo-cancellation": undo_cancellation,
    "order.change-plan": change_plan,
    "order.transfer": transfer,
    "order.choose-use": choose_use,
    "order.carry-use": carry_use,
    "license.correct": correct,
    "license.extend": extend,
    "code.issue": issue_code,
    "code.withdraw": withdraw_code,
    "code.reveal": reveal_code,
    "code.copy": copy_code,
    "activation.begin": begin_activation,
    "activation.resume": resume_activation,
    "difference.read": read_difference,
    "event.read": read_event,
}
