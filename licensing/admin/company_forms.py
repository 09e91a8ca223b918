"""The acts on companies and their people, as forms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.admin import ActForm, Done, Table
from console.admin.act_forms import IF_ANY
from console.errors import Conflict
from console.models import Actor, User
from licensing.acts.companies.register_company import register_company
from licensing.acts.companies.set_roles import set_roles
from licensing.acts.companies.state_time_zone import state_time_zone
from licensing.admin.company_field.field import CompanyField
from licensing.admin.related_tables import people_of_company, zones_of_company
from licensing.models import Company, CompanyTimeZone, Membership, Role
from licensing.models.company_time_zone import time_zones


class PersonField(forms.ModelChoiceField):
    """A person found by their address, typed: needs no script and no list of all there are."""

    widget = forms.TextInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            User.objects.all(),
            **{
                "to_field_name": "email",
                "widget": forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
                "label": gettext_lazy("Person"),
                "help_text": gettext_lazy("Their e-mail address. Add people first."),
                "error_messages": {"invalid_choice": gettext_lazy("There is no person with this e-mail address.")},
                **kwargs,
            },
        )

    def to_python(self, value: Any) -> User | None:
        """Found whatever the case of the address, as at sign-in."""
        if value in self.empty_values or isinstance(value, User):
            return value or None
        ProhibitNullCharactersValidator()(value)
        person = User.objects.filter(email__iexact=str(value).strip()).first()
        if person is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return person

    def prepare_value(self, value: Any) -> Any:
        return value.email if isinstance(value, User) else value


def zone_choices() -> list[tuple[str, Any]]:
    return [("", _("Choose a time zone")), *((name, name) for name in sorted(time_zones()))]


class RolesField(forms.MultipleChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "label": gettext_lazy("Roles"),
                "choices": Role.choices,
                "widget": forms.CheckboxSelectMultiple,
                **kwargs,
            }
        )


class RegisterCompany(ActForm):
    title = gettext_lazy("Register a company")
    says = gettext_lazy("A business that orders can be activated for. Give people their roles in it afterwards.")
    button = gettext_lazy("Register")
    asks_reason = IF_ANY

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150, widget=forms.TextInput(attrs={"class": "vTextField"}))
    slug = forms.SlugField(
        label=gettext_lazy("Address name"),
        max_length=60,
        help_text=gettext_lazy("Stands in the addresses of its pages: lowercase letters, digits and hyphens."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    business_id = forms.CharField(
        label=gettext_lazy("Business ID"), max_length=60, widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), choices=zone_choices, help_text=gettext_lazy("Its days are counted in this zone.")
    )
    parent = CompanyField(
        label=gettext_lazy("Service provider"),
        required=False,
        help_text=gettext_lazy("The company that serves it, if there is one."),
    )

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        if slug != slug.lower():
            raise ValidationError(_("Use lowercase letters, digits and hyphens."))
        return slug

    def journal(self, key: str) -> tuple[str, str]:
        return "catalogue", key

    def act(self, *, by: Actor, key: str) -> Done:
        company = register_company(**self.said, by=by, key=key)
        return Done(_("%(company)s is registered.") % {"company": company}, company)


def lock_company(pk: int) -> None:
    """The lock that every act on the company takes. One statement."""
    Company.objects.select_for_update(no_key=True, of=("self",)).get(pk=pk)


class CompanyForm(ActForm):
    """An act on one company."""

    target: Company

    def company(self) -> Company:
        return self.target

    def lock(self) -> None:
        lock_company(self.target.pk)


class StateTimeZone(CompanyForm):
    title = gettext_lazy("State the time zone")
    says = gettext_lazy(
        "The company's days are counted in the zone from its first midnight at which the day does not go back. "
        "What is recorded keeps its day."
    )
    asks_reason = IF_ANY

    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zone_choices)

    def state(self) -> str:
        return str(CompanyTimeZone.objects.filter(company=self.target).order_by("-id").values_list("pk", flat=True).first())

    def tables(self) -> list[Table]:
        return [zones_of_company(self.target)]

    def act(self, *, by: Actor, key: str) -> Done:
        state_time_zone(self.target, **self.said, by=by, key=key)
        return Done(_("The time zone is stated."), self.target)


def roles_fingerprint(company: Company) -> str:
    rows = Membership.objects.filter(company=company).order_by("user_id").values_list("user_id", "roles")
    return ";".join(f"{user}:{','.join(roles)}" for user, roles in rows)


class SetRolesInCompany(CompanyForm):
    title = gettext_lazy("Set a person's roles")
    says = gettext_lazy("The person has exactly these roles in the company afterwards; without any the membership ends.")
    asks_reason = IF_ANY

    user = PersonField()
    roles = RolesField(required=False)

    def state(self) -> str:
        return roles_fingerprint(self.target)

    def tables(self) -> list[Table]:
        return [people_of_company(self.target)]

    def act(self, *, by: Actor, key: str) -> Done:
        person, roles = self.cleaned_data["user"], self.cleaned_data["roles"]
        set_roles(self.target, user=person, roles=roles, by=by, key=key, reason=self.cleaned_data["reason"])
        return Done(
            (_("%(person)s has these roles now.") if roles else _("%(person)s is no longer a member.")) % {"person": person},
            self.target,
        )


class AddMembership(ActForm):
    title = gettext_lazy("Add a membership")
    says = gettext_lazy("The person has exactly these roles in the company afterwards.")
    asks_reason = IF_ANY

    company_named = CompanyField()
    user = PersonField()
    roles = RolesField()

    def journal(self, key: str) -> tuple[str, str]:
        return f"company:{self.cleaned_data['company_named'].pk}", key

    def lock(self) -> None:
        lock_company(self.cleaned_data["company_named"].pk)

    def act(self, *, by: Actor, key: str) -> Done:
        company, person = self.cleaned_data["company_named"], self.cleaned_data["user"]
        held = Membership.objects.filter(company=company, user=person).first()
        if held is not None and not self.done_before:
            # The act would replace what they hold, which this form has not shown.
            raise Conflict(
                _("%(person)s is a member already: %(roles)s. Change the roles on the membership's page.")
                % {"person": person, "roles": held.roles_label},
                field="user",
            )
        said = {name: self.cleaned_data[name] for name in ("roles", "reason")}
        membership = set_roles(company, user=person, **said, by=by, key=key)
        return Done(_("The roles are set."), membership or company)


class SetRoles(ActForm):
    title = gettext_lazy("Set the roles")
    says = gettext_lazy("The person has exactly these roles in the company afterwards; without any the membership ends.")
    asks_reason = IF_ANY
    target: Membership

    roles = RolesField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["roles"] = self.target.roles

    def company(self) -> Company:
        return self.target.company

    def lock(self) -> None:
        lock_company(self.target.company_id)

    def state(self) -> str:
        found = Membership.objects.filter(pk=self.target.pk).values_list("roles", flat=True).first()
        return ",".join(found or [])

    def act(self, *, by: Actor, key: str) -> Done:
        membership = set_roles(self.target.company, user=self.target.user, **self.said, by=by, key=key)
        if membership is None:
            return Done(_("%(person)s is no longer a member.") % {"person": self.target.user}, self.target.company)
        return Done(_("The roles are set."), membership)
