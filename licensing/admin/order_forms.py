"""The acts on orders, as forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.admin import ActForm, DayField, Done, Table, UnitsField
from console.admin.act_forms import ALWAYS, IF_ANY
from console.errors import DomainError
from console.models import Actor
from licensing.acts.activate import activate_order
from licensing.acts.change_plan import change_plan
from licensing.acts.issue_order import issue_order
from licensing.acts.last_valid_day import first_day_over, typed_for
from licensing.acts.order_in_hand import lock_order
from licensing.acts.renew import renew_order
from licensing.acts.state.cancel import cancel_order
from licensing.acts.state.suspend_and_reinstate import reinstate_order, suspend_order
from licensing.acts.switch_renewal import switch_renewal
from licensing.acts.transfer import transfer_order
from licensing.acts.units.reduce import reduce_order
from licensing.acts.units.set_units import set_order_units
from licensing.acts.units.top_up import top_up_order
from licensing.admin.company_field.field import CompanyBoundField, CompanyField
from licensing.admin.company_field.found import balances_today
from licensing.admin.related_tables import order_today, today_of
from licensing.models import Company, License, LicenseStatement, Order, Product
from licensing.reading.what_an_order_allows import OrderAllows, what_it_allows


class ProductField(forms.ModelChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Product.objects.all(), **{"label": gettext_lazy("Product"), **kwargs})

    def label_from_instance(self, product: Any) -> str:
        return f"{product.name} ({product.sku})"


WITH_THE_CHANGE = gettext_lazy("The customer reads this, with the change.")


def months_field() -> forms.IntegerField:
    return forms.IntegerField(label=gettext_lazy("Term in months"), required=False, min_value=1, max_value=120)


MOST_CORRECTED = 5
"""Licenses of an order that its form leads to."""


def act_url(row: Order | License, name: str) -> str:
    return reverse(f"admin:licensing_{row._meta.model_name}_act", args=[row.pk, name])


class IssueOrder(ActForm):
    title = gettext_lazy("Issue an order")
    says = gettext_lazy("Records a purchase. Nobody holds it until it is activated for a company, on the order's page.")
    button = gettext_lazy("Issue")
    asks_reason = IF_ANY

    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"),
        # A transfer is made on the order that moves.
        choices=[(value, label) for value, label in Order.Channel.choices if value != Order.Channel.TRANSFER],
        initial=Order.Channel.DIRECT,
    )
    external_id = forms.CharField(
        label=gettext_lazy("Order reference"),
        max_length=100,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("The customer reads it: no name and no case of ours."),
    )
    product = ProductField()
    units = UnitsField()
    name = forms.CharField(
        label=gettext_lazy("Name given by the buyer"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=gettext_lazy("The customer reads it, as the name of the license."),
    )
    term_months = months_field()
    term_starts_on = DayField(label=gettext_lazy("Term starts on"), help_text=gettext_lazy("Empty: on the day it is activated."))
    term_ends_on = DayField(
        label=gettext_lazy("Term ends on"),
        help_text=gettext_lazy("The last day of the term, where the seller names one; it counts before the months."),
    )
    renews = forms.BooleanField(label=gettext_lazy("Renews"), required=False)
    trial = forms.BooleanField(label=gettext_lazy("Trial"), required=False, help_text=gettext_lazy("A trial adds no credits."))
    goodwill = forms.BooleanField(label=gettext_lazy("Goodwill"), required=False)
    reserved_for = CompanyField(
        label=gettext_lazy("Reserved for"),
        required=False,
        help_text=gettext_lazy("The only company that may activate it; empty: any."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("term_months", 12)
        self.fields["reason_kind"].help_text = _("Needed only where a marketplace does not sell so many units.")

    def journal(self, key: str) -> tuple[str, str]:
        return f"channel:{self.cleaned_data['channel']}", key

    def act(self, *, by: Actor, key: str) -> Done:
        order = issue_order(**self.said, by=by, key=key)
        issued = _("Order %(order)s is issued.") % {"order": order.number}
        if order.channel == Order.Channel.CODE and not order.codes.exists():
            url = reverse("admin:licensing_order_act", args=[order.pk, "issue-code"])
            return Done(f"{issued} {_('Now issue its code.')}", order, url)
        return Done(issued, order)


class OrderForm(ActForm):
    """An act on an order that some company has activated."""

    asks_reason = ALWAYS
    note_says = WITH_THE_CHANGE
    target: Order

    @classmethod
    def fits(cls, target: Order) -> bool:
        return cls.allowed_by(what_it_allows(target))

    @classmethod
    def allowed_by(cls, order: OrderAllows) -> bool:
        """Whether the state of an order leaves the act: most change what stands of it."""
        return order.stands and not order.goodwill

    def company(self) -> Company | None:
        return self.target.company

    def lock(self) -> None:
        lock_order(self.target)

    def state(self) -> str:
        holder = Order.objects.values_list("company_id", flat=True).get(pk=self.target.pk)
        found = LicenseStatement.objects.filter(company=holder, license__order=self.target).aggregate(last=Max("id"))
        return f"{holder}:{found['last']}"

    def journal(self, key: str) -> tuple[str, str]:
        # An order that nobody activated has no company, and its acts are refused anyway.
        return ("", key) if self.target.company_id is None else super().journal(key)

    def tables(self) -> list[Table]:
        return [order_today(self.target)]

    def done(self, licenses: list[License]) -> Done:
        changed = ngettext("%(count)s license changed.", "%(count)s licenses changed.", len(licenses))
        return Done(changed % {"count": len(licenses)}, self.target)


class Activate(OrderForm):
    title = gettext_lazy("Activate for a company")
    says = gettext_lazy("Binds the order to the company, once and for good, and issues its license.")
    button = gettext_lazy("Activate")
    cannot_be_undone = gettext_lazy("the order stays bound to this company. It can be cancelled, or transferred.")

    to = CompanyField()
    leaves_available = forms.BooleanField(
        label=gettext_lazy("Leave its credits available"),
        required=False,
        help_text=gettext_lazy("Otherwise what its seats pay for is allocated, so that it stays in use."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.target.product.kind != Product.Kind.SEATS or self.target.trial:
            del self.fields["leaves_available"]
        if self.target.reserved_for is not None:
            self.initial["to"] = self.target.reserved_for

    @classmethod
    def fits(cls, target: Order) -> bool:
        return target.company_id is None

    def journal(self, key: str) -> tuple[str, str]:
        return f"company:{self.cleaned_data['to'].pk}", key

    def act(self, *, by: Actor, key: str) -> Done:
        company = self.cleaned_data["to"]
        chosen = {name: self.said[name] for name in ("reason", "note")}
        chosen["keeps_use"] = not self.cleaned_data.get("leaves_available", False)
        license = activate_order(self.target, company=company, today=today_of(company), by=by, key=key, **chosen)
        return Done(_("The order is activated for %(company)s.") % {"company": company}, license)

    def beside(self, error: Any) -> str:
        return error.field or "to"


class TopUp(OrderForm):
    title = gettext_lazy("Top up")
    says = gettext_lazy("Adds units to every term of the order that is not over: a further license each, to the term's end.")

    units = UnitsField(label=gettext_lazy("Units to add"))
    on = DayField(label=gettext_lazy("From"))

    def act(self, *, by: Actor, key: str) -> Done:
        return self.done(top_up_order(self.target, **self.said, today=self.today, by=by, key=key))


class Reduce(OrderForm):
    title = gettext_lazy("Reduce")
    says = gettext_lazy("Brings every term that is not over down to the units, its newest license first.")

    units = UnitsField(label=gettext_lazy("Units left"))
    on = DayField(label=gettext_lazy("From"))
    only_if_covered = forms.BooleanField(label=gettext_lazy("Only if the free balance covers it"), required=False, initial=False)

    def act(self, *, by: Actor, key: str) -> Done:
        return self.done(reduce_order(self.target, **self.said, today=self.today, by=by, key=key))

    def beside(self, error: Any) -> str:
        return error.field or "units"


class SetUnits(OrderForm):
    title = gettext_lazy("Set the units")
    says = gettext_lazy(
        "Brings every term that is not over to the units in all, from a day on: for what was agreed anew. What was recorded "
        "wrongly is corrected on the license's page instead."
    )

    units = UnitsField(label=gettext_lazy("Units in all"))
    on = DayField(label=gettext_lazy("From"))

    def instead(self) -> list[tuple[Any, str]]:
        licenses = License.objects.of_order(self.target).order_by("pk")[:MOST_CORRECTED]
        words = _("Recorded wrongly: correct license %(number)s, %(kind)s")
        said = [(each, {"number": each.pk, "kind": str(each.get_kind_display()).lower()}) for each in licenses]
        return [(words % names, act_url(each, "correct")) for each, names in said]

    def act(self, *, by: Actor, key: str) -> Done:
        return self.done(set_order_units(self.target, **self.said, today=self.today, by=by, key=key))


class Renew(OrderForm):
    title = gettext_lazy("Renew")
    says = gettext_lazy("Issues the license of the next term: the last term's units, converted at the rate valid on its start.")

    starts_on = DayField(
        label=gettext_lazy("Starts on"), help_text=gettext_lazy("Empty: where the last term ends. Later leaves a gap.")
    )
    last_day = DayField(label=gettext_lazy("Last valid day"), help_text=gettext_lazy("Empty: after the term's months."))
    term_months = months_field()

    @classmethod
    def allowed_by(cls, order: OrderAllows) -> bool:
        return order.renewable and not order.goodwill

    def act(self, *, by: Actor, key: str) -> Done:
        license = renew_order(self.target, **first_day_over(self.said), today=self.today, by=by, key=key)
        return Done(_("The order is renewed."), license)

    def beside(self, error: DomainError) -> str:
        return typed_for(error.field)


class SwitchRenewal(OrderForm):
    title = gettext_lazy("Switch renewal")
    says = gettext_lazy("States whether the order's last term renews. Nothing renews by itself because of it.")
    asks_reason = IF_ANY

    renews = forms.TypedChoiceField(
        label=gettext_lazy("Renewal"),
        choices=[("on", gettext_lazy("On: it renews")), ("off", gettext_lazy("Off: it ends"))],
        coerce=lambda value: value == "on",
        widget=forms.RadioSelect,
    )

    @classmethod
    def allowed_by(cls, order: OrderAllows) -> bool:
        return order.stands

    def act(self, *, by: Actor, key: str) -> Done:
        said = self.said
        on = said.pop("renews")
        switch_renewal(self.target, on=on, **said, today=self.today, by=by, key=key)
        return Done(_("Renewal is switched on.") if on else _("Renewal is switched off."), self.target)


class Suspend(OrderForm):
    title = gettext_lazy("Suspend")
    says = gettext_lazy("No credits from the day on, until reinstated. Licenses that expired before stay as they are.")

    on = DayField(label=gettext_lazy("From"))

    @classmethod
    def allowed_by(cls, order: OrderAllows) -> bool:
        return order.counts

    def act(self, *, by: Actor, key: str) -> Done:
        return self.done(suspend_order(self.target, **self.said, today=self.today, by=by, key=key))


class Reinstate(OrderForm):
    title = gettext_lazy("Reinstate")
    says = gettext_lazy("Credits again from the day on. Cancelled licenses stay cancelled.")

    on = DayField(label=gettext_lazy("From"))

    @classmethod
    def allowed_by(cls, order: OrderAllows) -> bool:
        return order.suspended

    def act(self, *, by: Actor, key: str) -> Done:
        return self.done(reinstate_order(self.target, **self.said, today=self.today, by=by, key=key))


class Cancel(OrderForm):
    title = gettext_lazy("Cancel")
    says = gettext_lazy("No credits from the day on, for good. The licenses keep their contracted expiration date.")
    button = gettext_lazy("Cancel the order")
    confirms = gettext_lazy("Cancel this order and all its licenses")

    on = DayField(label=gettext_lazy("From"))

    @classmethod
    def allowed_by(cls, order: OrderAllows) -> bool:
        return order.stands

    def act(self, *, by: Actor, key: str) -> Done:
        return self.done(cancel_order(self.target, **self.said, today=self.today, by=by, key=key))


class UndoCancellation(OrderForm):
    title = gettext_lazy("Undo the cancellation")
    says = gettext_lazy("Reinstates cancelled licenses that have not expired, from the day on.")

    on = DayField(label=gettext_lazy("From"))

    @classmethod
    def allowed_by(cls, order: OrderAllows) -> bool:
        return order.cancelled

    def act(self, *, by: Actor, key: str) -> Done:
        return self.done(reinstate_order(self.target, **self.said, undo_cancellation=True, today=self.today, by=by, key=key))


class ChangePlan(OrderForm):
    title = gettext_lazy("Change the plan")
    says = gettext_lazy(
        "Cancels the licenses of each term that is not over and issues one of another product with their units, to the same end: "
        "of the current term on the day, of a renewal on its first day."
    )

    product = ProductField(label=gettext_lazy("New product"))
    on = DayField(label=gettext_lazy("From"))

    def act(self, *, by: Actor, key: str) -> Done:
        license = change_plan(self.target, **self.said, today=self.today, by=by, key=key)
        return Done(_("The plan is changed."), license)


class Transfer(OrderForm):
    title = gettext_lazy("Transfer to another company")
    says = gettext_lazy(
        "Cancels the order for its company today, and activates a new one for the other company: the rest of its term, and the "
        "renewals issued already. What is suspended stays suspended. The credits are converted anew."
    )
    button = gettext_lazy("Transfer the order")
    note_says = gettext_lazy("Both companies read this, with the change.")
    confirms = gettext_lazy("Cancel this order here and move the rest of its term")

    to = CompanyField(label=gettext_lazy("To"))

    def tables(self) -> list[Table]:
        to = self["to"]
        assert isinstance(to, CompanyBoundField)
        return [balances_today([each for each in (self.target.company, to.company) if each is not None]), *super().tables()]

    def act(self, *, by: Actor, key: str) -> Done:
        license = transfer_order(self.target, **self.said, today=self.today, by=by, key=key)
        return Done(_("The order is transferred to %(company)s.") % {"company": self.cleaned_data["to"]}, license)


ORDER_ACTS: dict[str, type[ActForm]] = {
    "activate": Activate,
    "top-up": TopUp,
    "reduce": Reduce,
    "set-units": SetUnits,
    "renew": Renew,
    "switch-renewal": SwitchRenewal,
    "suspend": Suspend,
    "reinstate": Reinstate,
    "change-plan": ChangePlan,
    "cancel": Cancel,
    "undo-cancellation": UndoCancellation,
    "transfer": Transfer,
}
