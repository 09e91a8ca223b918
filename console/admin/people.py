"""People, and the sign-in factors that support can take away. What staff may do is said on the workbench."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

# Imported first, so that what is unregistered below stays so.
import allauth.account.admin
import allauth.mfa.admin
import allauth.socialaccount.admin  # noqa: F401
import procrastinate.contrib.django.admin  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django.models import ProcrastinateJob

from console.admin.read_only import ReadOnlyAdmin
from console.admin.related_tables import list_url
from console.models import Actor, SignIn, User
from console.people.name_at_sign_up import NamesAPerson
from console.people.notice_preferences import own_ways
from console.people.passwords.set_by_support import note_password_set
from console.people.sessions.begin_and_end import open_sessions_of
from console.people.staff.roles import StaffRole, roles_in_words

# An address belongs to its person's page. Providers come from the environment, and their tokens are nobody's to see.
# Of jobs the health page tells what matters.
for hidden in (EmailAddress, SocialApp, SocialToken, ProcrastinateJob):
    admin.site.unregister(hidden)
# Groups give nothing here: staff have roles. The other two have pages of our own.
for replaced in (Group, Authenticator, SocialAccount):
    admin.site.unregister(replaced)


def may_edit_staff(request: HttpRequest, person: User) -> bool:
    """Superusers are edited by superusers, the rest of staff by who manages staff."""
    asking = request.user
    if not isinstance(asking, User):
        return False
    return asking.is_active and asking.is_superuser if person.is_superuser else asking.may(StaffRole.STAFF)


def _note_password_set(request: HttpRequest, person: User) -> None:
    assert isinstance(request.user, User)
    note_password_set(person, by=Actor.person(request.user), key=str(uuid4()))


class PersonForm(NamesAPerson, UserChangeForm):
    class Meta:
        model = User
        fields = ("email", "name", "password", "is_active")


class NewPersonForm(NamesAPerson, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People are added and edited, never deleted: what they did keeps naming them."""

    form = PersonForm
    add_form = NewPersonForm
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        (gettext_lazy("What they may do"), {"fields": ["is_active", "what_of_staff"]}),
        (gettext_lazy("How notices reach them"), {"fields": ["told_in_words", "single_kinds", "notices"]}),
        (gettext_lazy("When"), {"fields": ["joined_at", "last_login", "sessions", "erasure"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "name", "usable_password", "password1", "password2"]})]
    readonly_fields = [
        "what_of_staff",
        "told_in_words",
        "single_kinds",
        "notices",
        "joined_at",
        "last_login",
        "sessions",
        "erasure",
    ]
    list_display = ["email", "name", "is_staff", "is_active", "joined_at", "last_login"]
    list_filter = ["is_staff", "is_active"]
    search_fields = ["email", "name", "memberships__company__name", "memberships__company__slug"]
    search_help_text = gettext_lazy("E-mail address, name or company")
    date_hierarchy = "joined_at"
    ordering = ["email"]
    filter_horizontal = []
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None

    @admin.display(description=gettext_lazy("support staff"))
    def what_of_staff(self, person: User) -> str:
        return format_html('<a href="{}">{}</a>', reverse("desk:staff"), roles_in_words(person))

    @admin.display(description=gettext_lazy("all kinds but those below"))
    def told_in_words(self, person: User) -> str:
        return person.get_told_display()

    @admin.display(description=gettext_lazy("kinds with a way of their own"))
    def single_kinds(self, person: User) -> str:
        """As they chose themselves: "Activated: Off"."""
        found = own_ways(person)
        return format_html_join("", "{}: {}<br>", found) if found else _("None")

    @admin.display(description=gettext_lazy("notices to them"))
    def notices(self, person: User) -> str:
        """The way to those of each of their companies, where one is sent again."""
        memberships = person.memberships.select_related("company").order_by("company__name")
        found = [
            (reverse("desk:company", args=[each.company.slug], query={"tab": "mail", "person": person.pk}), each.company.name)
            for each in memberships
        ]
        return format_html_join("", '<a href="{}">{}</a><br>', found) if found else _("None")

    @admin.display(description=gettext_lazy("open sessions"))
    def sessions(self, person: User) -> str:
        """How many, and the way to where they are ended."""
        number = open_sessions_of(person).count()
        url = list_url(SignIn, person__id__exact=person.pk, ended_at__isempty=1)
        return format_html('<a href="{}">{}</a>', url, number) if number else _("None")

    @admin.display(description=gettext_lazy("privacy"))
    def erasure(self, person: User) -> str:
        """The way to their erasure, where they ask for it."""
        if person.is_erased or person.is_staff:
            return _("Erased") if person.is_erased else _("Staff leave the staff first")
        return format_html('<a href="{}">{}</a>', reverse("desk:erase-person", args=[person.pk]), _("Erase this person"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who manages staff edits staff: their address or password would be the way into everything they may do."""
        if obj is not None and obj.is_erased:
            return False
        if obj is not None and (obj.is_staff or obj.is_superuser):
            return may_edit_staff(request, obj)
        return super().has_change_permission(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Django's own page, and who set it is noted with it."""
        with transaction.atomic():
            before = User.objects.filter(pk=id).values_list("password", flat=True).first() if id.isdecimal() else None
            answer = super().user_change_password(request, id, form_url)
            if before is not None and (person := User.objects.get(pk=id)).password != before:
                _note_password_set(request, person)
            return answer

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change and obj.has_usable_password():
            _note_password_set(request, obj)
        if change and "email" in form.changed_data:
            # Sign-in and password reset also find people by these rows: the old address must not remain a way in.
            EmailAddress.objects.filter(user=obj).exclude(email__iexact=obj.email).delete()


@admin.register(Authenticator)
class FactorAdmin(ReadOnlyAdmin):
    """A second factor, without its secret. Deleting one lets a person who lost it sign in and set up another."""

    note = gettext_lazy("Secrets are never shown. Delete a factor that its person has lost; they then sign in without it.")
    fields = ["user", "type", "created_at", "last_used_at"]
    list_display = ["kind", "user", "created_at", "last_used_at"]
    list_select_related = ["user"]
    list_filter = ["type"]
    search_fields = ["user__email", "user__name"]
    search_help_text = gettext_lazy("E-mail address or name")
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-pk"]

    @admin.display(description=gettext_lazy("factor"), ordering="type")
    def kind(self, factor: Authenticator) -> str:
        return factor.get_type_display()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever acts on customers, but those of staff are for who manages staff."""
        if obj is not None and (obj.user.is_staff or obj.user.is_superuser):
            return may_edit_staff(request, obj.user)
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(SocialAccount)
class ConnectedAccountAdmin(ReadOnlyAdmin):
    """An account at an identity provider that signs a person in. Its tokens and profile are not shown."""

    fields = ["user", "provider", "uid", "date_joined", "last_login"]
    list_display = ["uid", "user", "provider", "date_joined", "last_login"]
    list_select_related = ["user"]
    list_filter = ["provider"]
    search_fields = ["uid", "user__email", "user__name"]
    search_help_text = gettext_lazy("Account at the provider, e-mail address or name")
    date_hierarchy = "date_joined"
    ordering = ["-date_joined", "-pk"]
