"""Activation codes and registration keys: issued on their order's page, shown masked, revealed on a page of their own."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from console.admin import ActForm, DayField, Done, ReadOnlyAdmin, Table, link_to, list_url, page_url, table_of
from console.admin.act_forms import ALWAYS, IF_ANY
from console.admin.exports import ListThatReadsMore
from console.errors import DomainError
from console.models import Act, Actor, User
from licensing.acts.order_in_hand import lock_order
from licensing.admin import related_tables
from licensing.admin.orders import OrderAdmin
from licensing.codes.issue_code import issue_code
from licensing.codes.journal_of_a_code import day_of
from licensing.codes.reveal_code import reveal_code
from licensing.codes.withdraw_code import withdraw_code
from licensing.errors import in_words
from licensing.models import ActivationCode, Company, Order, WrongCode

Kind = ActivationCode.Kind


def state_of(code: ActivationCode) -> str:
    return code.state_on(day_of(code.order, timezone.now()))


class CodeForm(ActForm):
    """An act on the codes of an order that nobody has activated."""

    def order(self) -> Order:
        raise NotImplementedError

    def company(self) -> Company | None:
        return self.order().company or self.order().reserved_for

    def lock(self) -> None:
        lock_order(self.order())

    def state(self) -> str:
        latest = ActivationCode.objects.filter(order=self.order()).order_by("-pk").first()
        holder = Order.objects.values_list("company_id", flat=True).get(pk=self.order().pk)
        return f"{holder}:{latest.pk}:{latest.withdrawn_at}" if latest else f"{holder}"

    def journal(self, key: str) -> tuple[str, str]:
        company = self.company()
        return (f"company:{company.pk}" if company else f"channel:{Order.Channel.CODE}"), key

    def tables(self) -> list[Table]:
        return [codes_of_order(self.order())]


class IssueCode(CodeForm):
    title = gettext_lazy("Issue a code")
    says = gettext_lazy(
        "Makes the code by which somebody activates this order for their company, or for the one it is reserved for. "
        "Reveal it afterwards to pass it on."
    )
    button = gettext_lazy("Issue")
    asks_reason = IF_ANY
    one_step = True
    target: Order

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=Kind,
        initial=Kind.ACTIVATION_CODE,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("An order registered with a registration key gets its activation code then."),
    )
    valid_until = DayField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("The last day the code is taken while nobody has used it. Empty: until its order's term is over."),
    )

    @classmethod
    def fits(cls, target: Order) -> bool:
        return (
            target.channel == Order.Channel.CODE
            and target.company_id is None
            and not ActivationCode.objects.of_order(target).live().exists()
        )

    def order(self) -> Order:
        return self.target

    def act(self, *, by: Actor, key: str) -> Done:
        code = issue_code(self.target, **self.said, by=by, key=key)
        return Done(_("The code is issued. Reveal it to pass it on."), code)


class WithdrawCode(CodeForm):
    title = gettext_lazy("Withdraw")
    says = gettext_lazy("Nobody can use the code any more; another may be issued for the order.")
    button = gettext_lazy("Withdraw the code")
    cannot_be_undone = gettext_lazy("the code is never taken again. Another may be issued.")
    asks_reason = ALWAYS
    target: ActivationCode

    @classmethod
    def fits(cls, target: ActivationCode) -> bool:
        return target.withdrawn_at is None and target.order.company_id is None

    def order(self) -> Order:
        return self.target.order

    def act(self, *, by: Actor, key: str) -> Done:
        withdraw_code(self.target, reason=self.cleaned_data["reason"], by=by, key=key)
        return Done(_("The code is withdrawn."), self.target.order)


class CodesOfPage(ListThatReadsMore):
    """Reads the zones of the companies the codes of the page are reserved for at once."""

    def read_more(self, rows: list[Any]) -> None:
        related_tables.give_zones([code.order.reserved_for for code in rows if code.order.reserved_for])


@admin.register(ActivationCode)
class ActivationCodeAdmin(ReadOnlyAdmin):
    """Codes are seen masked; each reveal and copy is an act in the journal."""

    acts = {"withdraw": WithdrawCode}
    note = gettext_lazy("A code is shown with its last four characters only. Who reveals or copies it is kept in the journal.")
    fields = [("masked", "kind"), "order", ("state", "valid_until", "withdrawn_at"), "act"]
    readonly_fields = ["masked", "state"]
    list_display = ["masked", "kind", "order", "state", "valid_until", "withdrawn_at"]
    list_select_related = ["order__company", "order__reserved_for", "act"]
    list_filter = ["kind", ("withdrawn_at", admin.EmptyFieldListFilter), ("order__company", admin.EmptyFieldListFilter)]
    search_fields = ["last_four", "order__external_id", "order__name", "order__company__name", "order__reserved_for__name"]
    search_help_text = gettext_lazy("Last four characters, order reference, name or company")
    date_hierarchy = "valid_until"
    ordering = ["-pk"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CodesOfPage

    @admin.display(description=gettext_lazy("code"), ordering="last_four")
    def masked(self, code: ActivationCode) -> str:
        return code.masked

    @admin.display(description=gettext_lazy("state"))
    def state(self, code: ActivationCode) -> str:
        return state_of(code)

    # --- Revealing

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.reveal_view)
        return [path("<str:pk>/reveal/", view, name="licensing_activationcode_reveal"), *super().get_urls()]

    @sensitive_variables("clear", "context")
    def reveal_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        """The code masked; in clear, and recorded, in the answer to a POST, so that no address or session holds it."""
        if not self.may_act(request):
            raise PermissionDenied
        code = self.get_object(request, pk)
        if code is None:
            raise Http404
        assert isinstance(request.user, User)
        clear, refused, status = "", "", 200
        purpose: Any = request.POST.get("purpose", "reveal")
        if request.method == "POST":
            try:
                clear = reveal_code(code, by=Actor.person(request.user), key=str(uuid4()), purpose=purpose)
            except DomainError as error:
                refused, status = str(error), error.status
        context = {
            **self.admin_site.each_context(request),
            "title": _("Reveal the code"),
            "subtitle": str(code),
            "code": code,
            "clear": clear,
            "copies": purpose == "copy",
            "refused": refused,
            "target": code,
            "target_url": page_url(code),
            "list_url": reverse("admin:licensing_activationcode_changelist"),
            "opts": self.opts,
            "tables": [reveals_of_code(code)],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/support/code.html", context, status=status)


@admin.register(WrongCode)
class WrongCodeAdmin(ReadOnlyAdmin):
    """Why somebody has to wait before they may type a code again."""

    note = gettext_lazy("Codes that were typed and not taken, for as long as they count. What was typed is not kept.")
    fields = ["person", "typed_at"]
    list_display = ["person", "typed_at"]
    list_select_related = ["person"]
    search_fields = ["person__email", "person__name"]
    search_help_text = gettext_lazy("E-mail address or name")
    date_hierarchy = "typed_at"
    ordering = ["-typed_at", "-pk"]


def link_to_reveal(request: HttpRequest, code: ActivationCode) -> tuple[str, str] | None:
    return _("Reveal the code"), reverse("admin:licensing_activationcode_reveal", args=[code.pk])


def codes_of_order(order: Order) -> Table:
    rows = ActivationCode.objects.filter(order=order).select_related("order__company", "order__reserved_for", "act")
    return table_of(
        _("Codes"),
        rows.order_by("-pk"),
        {
            _("Code"): lambda row: link_to(row, row.masked),
            _("Kind"): lambda row: row.get_kind_display(),
            _("State"): state_of,
            _("Last day"): lambda row: in_words(row.valid_until) if row.valid_until else "",
            _("Issued"): lambda row: related_tables.at(row.act.recorded_at),
        },
        more_url=list_url(ActivationCode, order__id__exact=order.pk),
    )


def reveals_of_code(code: ActivationCode) -> Table:
    seen = Act.objects.filter(name__in=["code.reveal", "code.copy"], result__code=code.pk)
    # Where the journal has an index: by scope, and by company, in whose journal it stands once there is one.
    company = code.order.company or code.order.reserved_for
    before = Q(scope=f"channel:{Order.Channel.CODE}")
    seen = seen.filter(before | Q(company_id=company.pk) if company else before)
    return table_of(
        _("Who has seen it"),
        seen.select_related("actor").order_by("-recorded_at"),
        {
            _("Recorded"): lambda row: link_to(row, related_tables.at(row.recorded_at)),
            _("By"): lambda row: str(row.actor or row.actor_label),
            _("How"): lambda row: _("Copied") if row.name == "code.copy" else _("Revealed"),
        },
        more_url="",
        empty=_("Nobody yet."),
    )


ActivationCodeAdmin.link(link_to_reveal)
ActivationCodeAdmin.show(reveals_of_code)
OrderAdmin.offer("issue-code", IssueCode)
OrderAdmin.show(codes_of_order)
