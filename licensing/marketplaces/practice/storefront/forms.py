"""What a buyer fills in. Identities are invented and filled in beforehand."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from licensing.marketplaces.practice import faults
from licensing.marketplaces.practice.changes import Refused, check_plan, check_quantity, limits_of
from licensing.marketplaces.practice.models import PracticeSubscription
from licensing.marketplaces.practice.offers import Plan, plan_of, plans_of

EMAIL = "it@fabrik.example"
TENANT_ID = uuid.UUID("b5a1c0de-0000-4000-8000-00000000fab1")


def users_field(plan: Plan) -> forms.IntegerField:
    limits = limits_of(plan)
    said = _("Between %(low)s and %(high)s users can be bought.") % limits
    return forms.IntegerField(
        label=_("Number of users"),
        min_value=plan.fewest,
        max_value=plan.most,
        help_text=_("One user is one %(unit)s. From %(low)s to %(high)s.") % {"unit": plan.one_user, **limits},
        error_messages={"min_value": said, "max_value": said, "invalid": _("Write a whole number, without separators.")},
    )


def key_field() -> forms.UUIDField:
    return forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class PurchaseForm(forms.Form):
    """The order for one offer; `key` makes it one purchase however often it is sent."""

    key = key_field()
    plan = forms.ChoiceField(label=_("Plan"), widget=forms.RadioSelect)
    name = forms.CharField(
        label=_("Name of the resource"), max_length=100, help_text=_("Your own name for it, shown wherever it is managed.")
    )
    users = forms.IntegerField()
    renews = forms.BooleanField(label=_("Recurring billing: renew at the end of each term"), required=False, initial=True)
    email = forms.EmailField(label=_("Buyer's e-mail address"), initial=EMAIL, help_text=_("Invented, like the directory below."))
    tenant_id = forms.UUIDField(label=_("Buyer's directory (tenant id)"), initial=TENANT_ID)
    by_reseller = forms.BooleanField(label=_("Bought by a reseller for this customer"), required=False)

    def __init__(self, *args: Any, offer_id: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plans = plans_of(offer_id)
        self.fields["plan"] = forms.ChoiceField(
            label=_("Plan"),
            widget=forms.RadioSelect,
            choices=[(plan.plan_id, plan.title) for plan in plans],
            initial=plans[0].plan_id,
        )
        self.fields["users"] = users_field(plans[0])
        self.offer_id = offer_id

    def chosen(self) -> Plan:
        plan = plan_of(self.offer_id, self.cleaned_data["plan"])
        assert plan is not None
        return plan


class UsersForm(forms.Form):
    key = key_field()
    users = forms.IntegerField()

    def __init__(self, data: QueryDict | None = None, *, subscription: PracticeSubscription) -> None:
        super().__init__(data, initial={"users": subscription.quantity}, auto_id="users_%s")
        self.fields["users"] = users_field(subscription.plan)
        self.subscription = subscription

    def clean_users(self) -> int:
        users: int = self.cleaned_data["users"]
        refuse_in_words(lambda: check_quantity(self.subscription, users))
        return users


class PlanForm(forms.Form):
    key = key_field()
    plan = forms.ChoiceField(label=_("Plan"))

    def __init__(self, data: QueryDict | None = None, *, subscription: PracticeSubscription) -> None:
        super().__init__(data, initial={"plan": subscription.plan_id}, auto_id="plan_%s")
        choices = [(plan.plan_id, plan.title) for plan in plans_of(subscription.offer_id)]
        widget = forms.Select(attrs={"class": "form-select"})
        self.fields["plan"] = forms.ChoiceField(label=_("Plan"), choices=choices, widget=widget)
        self.subscription = subscription

    def clean_plan(self) -> str:
        plan: str = self.cleaned_data["plan"]
        refuse_in_words(lambda: check_plan(self.subscription, plan))
        return plan


def refuse_in_words(check: Callable[[], None]) -> None:
    """A refusal as an error of the field."""
    try:
        check()
    except Refused as refused:
        raise forms.ValidationError(str(refused)) from refused


class KeyForm(forms.Form):
    """A button that does one thing, once."""

    key = key_field()


def every_fault() -> list[tuple[str, list[tuple[str, str]]]]:
    """Choices by call, written `call:how`; each names its call, since a closed list shows no heading."""

    def choices(call: str, hows: dict[str, str]) -> list[tuple[str, str]]:
        name = faults.CALLS.get(call, call.capitalize())
        return [(f"{call}:{how}", f"{name}: {said[0].lower()}{said[1:]}") for how, said in hows.items()]

    of_calls = [
        (said, choices(call, faults.ANSWERS | {how: text for (name, how), text in faults.OF_ONE_CALL.items() if name == call}))
        for call, said in faults.CALLS.items()
    ]
    return [
        (faults.OTHERS["webhook"], choices("webhook", faults.WEBHOOKS)),
        (faults.OTHERS["landing"], choices("landing", faults.LANDING)),
        *of_calls,
    ]


class FaultForm(forms.Form):
    fault = forms.ChoiceField(
        label=_("What goes wrong"), choices=every_fault, widget=forms.Select(attrs={"class": "form-select"})
    )
    times = forms.IntegerField(label=_("How often"), min_value=1, max_value=100, initial=1)
    seconds = forms.IntegerField(
        label=_("Seconds"),
        min_value=0,
        max_value=60,
        initial=15,
        help_text=_("For delays, and for the wait that a 429 asks for."),
    )
