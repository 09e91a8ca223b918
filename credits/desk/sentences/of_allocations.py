"""Acts on allocations, billing models, scenarios and price lists, in words."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.templatetags import formats
from credits.desk.sentences.act_to_tell import ActToTell, balance_then, threshold, units_in_words
from credits.desk.sentences.facts_of_acts import day_of
from credits.desk.sentences.told import Name, Words
from credits.models import BillingModelChange, ThresholdStatement
from licensing.errors import in_words


def _change(told: ActToTell) -> str:
    """By how much what is allocated changes on the act's day."""
    change = told.result.get("change")
    return _("%(change)s credits") % {"change": formats.signed(change)} if change else ""


def _feature(told: ActToTell) -> Name:
    return Name(told.result.get("feature_name") or _("a feature"))


def _line(line: dict[str, Any]) -> str:
    units = units_in_words(line["units"], line["unit"])
    return f"{line['label']} {units}" if line["label"] else units


def _features(told: ActToTell) -> Name:
    names: list[str] = told.result.get("features") or []
    if not names:
        return Name(_("several features"))
    others = len(names) - 2
    if others <= 0:
        return Name(_(" and ").join(names))
    more = ngettext("%(number)s more", "%(number)s more", others) % {"number": others}
    return Name(f"{', '.join(names[:2])} {_('and')} {more}")


def set_allocation(told: ActToTell) -> Words:
    lines = told.result.get("lines") or []
    day = day_of(told.result.get("day"))
    then = (told.from_day(day), _change(told), balance_then(told))
    if not lines:
        return told.says(_("%(who)s set %(feature)s"), *then, feature=_feature(told))
    if all(line["units"] == 0 for line in lines):
        return told.says(_("%(who)s released %(feature)s"), *then, feature=_feature(told))
    says = _("%(who)s set %(feature)s to %(units)s")
    if day is not None and told.today is not None and day > told.today:
        says = _("%(who)s planned %(feature)s at %(units)s")
    return told.says(says, *then, feature=_feature(told), units=_(" and ").join(map(_line, lines)))


def set_many(told: ActToTell) -> Words:
    day = day_of(told.result.get("day"))
    then = (told.from_day(day), _change(told), balance_then(told))
    return told.says(_("%(who)s set %(features)s together"), *then, features=_features(told))


def withdraw(told: ActToTell) -> Words:
    then = (told.from_day(day_of(told.result.get("day"))), _change(told))
    return told.says(_("%(who)s withdrew the plan for %(feature)s"), *then, feature=_feature(told))


def undo(told: ActToTell) -> Words:
    others = told.result.get("features", 1) - 1
    more = (
        ngettext("and %(number)s more feature", "and %(number)s more features", others) % {"number": others} if others > 0 else ""
    )
    then = ("" if told.undone is not None else more, _change(told), balance_then(told))
    return told.undid(*then, otherwise=_("%(who)s undid %(change)s of %(feature)s"), feature=_feature(told))


def switch(told: ActToTell) -> Words:
    switches = told.wrote.switches
    if not switches:
        return told.says(_("%(who)s switched a billing model"))
    others = told.wrote.number.get("switch", 1) - len(switches)
    names = [each["feature"] for each in switches]
    if others > 0:
        names.append(ngettext("%(number)s more", "%(number)s more", others) % {"number": others})
    models = {each["model"] for each in switches}
    model = str(dict(BillingModelChange.Model.choices)[models.pop()]).lower() if len(models) == 1 else _("another billing model")
    return told.says(
        _("%(who)s switched %(features)s to %(model)s"),
        told.from_day(day_of(switches[0]["day"])),
        told.of_demand(),
        features=Name(", ".join(names)),
        model=model,
    )


# --- Requests and approvals


def ask_for_units(told: ActToTell) -> Words:
    day = day_of((told.wrote.request or {}).get("day"))
    return told.says(_("%(who)s asked for %(asked)s"), told.from_day(day), asked=_asked(told))


def lower_request(told: ActToTell) -> Words:
    return told.says(_("%(who)s lowered %(whose)s to %(asked)s"), whose=_whose(told), asked=_asked(told))


def approve_request(told: ActToTell) -> Words:
    day = day_of(told.result.get("day"))
    then = (told.from_day(day), _change(told), balance_then(told))
    return told.says(_("%(who)s approved %(whose)s for %(asked)s"), *then, whose=_whose(told), asked=_asked(told))


def refuse_request(told: ActToTell) -> Words:
    return told.says(_("%(who)s refused %(whose)s for %(asked)s"), whose=_whose(told), asked=_asked(told))


def withdraw_request(told: ActToTell) -> Words:
    return told.says(_("%(who)s withdrew a request for %(asked)s"), asked=_asked(told))


def _asked(told: ActToTell) -> Name:
    """ "138 endpoints of Email Sensor and 2 TB of Data retention"; what is lowered stands first."""
    said = told.wrote.request
    if said is None or not said["lines"]:
        return Name(_("units"))
    names = [_("%(units)s of %(feature)s") % {"units": _line(each), "feature": each["feature"]} for each in said["lines"]]
    if (others := said["number"] - len(names)) > 0:
        names.append(ngettext("%(number)s more", "%(number)s more", others) % {"number": others})
    *first, last = names
    return Name(f"{', '.join(first)} {_('and')} {last}" if first else last)


def _whose(told: ActToTell) -> str:
    said = told.wrote.request
    if said is None or said["person"] is None:
        return _("a request")
    return _("a request of %(person)s") % {"person": _("Support") if said["staff"] and told.to_customers else said["person"]}


def state_approvals(told: ActToTell) -> Words:
    from_credits, below_zero = told.result.get("from_credits"), told.result.get("below_zero")
    if from_credits is None and not below_zero:
        return told.says(_("%(who)s said that nobody has to confirm allocations"))
    below = _("whenever the balance goes below zero") if below_zero else ""
    if from_credits is None:
        return told.says(_("%(who)s said that a second person confirms allocations"), below)
    return told.says(
        _("%(who)s said that a second person confirms allocations from %(credits)s credits a day on"),
        below,
        credits=formats.credits(from_credits),
    )


# --- Scenarios, estimates, price lists


def _scenario(told: ActToTell) -> Name:
    return Name(told.result.get("name") or told.result.get("scenario") or _("without a name"))


def keep_scenario(told: ActToTell) -> Words:
    return told.says(_("%(who)s kept the scenario %(scenario)s"), scenario=_scenario(told))


def drop_scenario(told: ActToTell) -> Words:
    return told.says(_("%(who)s dropped the scenario %(scenario)s"), scenario=_scenario(told))


def apply_scenario(told: ActToTell) -> Words:
    day = day_of(told.result.get("day"))
    then = (told.from_day(day), _change(told), balance_then(told))
    return told.says(
        _("%(who)s applied the scenario %(scenario)s to %(features)s"), *then, scenario=_scenario(told), features=_features(told)
    )


def observe(told: ActToTell) -> Words:
    if not told.result.get("recorded"):
        return told.says(_("%(who)s recorded units in use that were known already"))
    said = told.wrote.observed
    of_lines = [
        _("%(units)s of %(feature)s on %(day)s")
        % {"units": _line(each), "feature": each["feature"], "day": in_words(date.fromisoformat(each["day"]))}
        for each in said
    ]
    others = told.wrote.number.get("observed", 0) - len(said)
    if others > 0:
        of_lines.append(ngettext("and %(number)s more", "and %(number)s more", others) % {"number": f"{others:,}"})
    if told.result.get("source") == "file":
        return told.says(_("%(who)s recorded units in use from a file"), *of_lines)
    return told.says(_("%(who)s recorded units in use"), *of_lines)


# --- Thresholds of customers


def state_threshold(told: ActToTell) -> Words:
    said = told.wrote.threshold
    if said is None:
        return told.says(_("%(who)s stated a threshold of a customer"))
    known = said["is_customer"] or not told.to_customers
    customer = Name(said["customer"] if known else _("a company that is a customer no more"))
    from_day = told.from_day(day_of(said["day"]))
    if said["kind"] == ThresholdStatement.Kind.NONE:
        return told.says(_("%(who)s stated no threshold for %(customer)s"), from_day, customer=customer)
    return told.says(
        _("%(who)s stated a threshold for %(customer)s: %(threshold)s"), from_day, customer=customer, threshold=threshold(said)
    )


def ask_sales(told: ActToTell) -> Words:
    return told.says(_("%(who)s asked sales: “%(words)s”"), words=str(told.result.get("words", ""))[:200])


def load_catalogue(told: ActToTell) -> Words:
    label = told.result.get("label")
    day = day_of(told.result.get("valid_from"))
    if not told.result.get("added") and not told.result.get("changed"):
        return told.says(_("%(who)s loaded a price list that changed nothing"))
    if label:
        return told.says(_("%(who)s loaded the price list %(label)s"), told.from_day(day), label=Name(label))
    return told.says(_("%(who)s loaded a price list"), told.from_day(day))


def apply_price_list(told: ActToTell) -> Words:
    return told.says(_("%(who)s brought what is allocated to the rates of a new price list"), told.of_demand())


SENTENCES = {
    "allocation.set": set_allocation,
    "allocation.set-many": set_many,
    "allocation.withdraw": withdraw,
    "allocation.undo": undo,
    "billing.switch": switch,
    "usage.observe": observe,
    "customer.threshold": state_threshold,
    "scenario.keep": keep_scenario,
    "scenario.drop": drop_scenario,
    "scenario.apply": apply_scenario,
    "request.ask": ask_for_units,
    "request.lower": lower_request,
    "request.approve": approve_request,
    "request.refuse": refuse_request,
    "request.withdraw": withdraw_request,
    "approvals.state": state_approvals,
    "sales.ask": ask_sales,
    "catalogue.load": load_catalogue,
    "price-list.apply": apply_price_list,
}
