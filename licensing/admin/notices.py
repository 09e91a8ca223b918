"""Notices and whom they reached; one can be sent to a person again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.admin import ActForm, Done, ReadOnlyAdmin, Table, link_to, list_url, table_of
from console.admin.act_forms import ALWAYS
from console.admin.outgoing_mail import STATES
from console.models import Actor
from licensing.admin.related_tables import at
from licensing.models import Company, Notice, NoticeDelivery
from licensing.notices.kinds import kind_of
from licensing.notices.send_again import resend_notice


class Resend(ActForm):
    title = gettext_lazy("Send it again")
    says = gettext_lazy("The person gets the notice by mail once more, at the address they have now, whatever they chose.")
    button = gettext_lazy("Send")
    asks_reason = ALWAYS
    one_step = True
    target: NoticeDelivery

    def company(self) -> Company:
        return self.target.company

    def tables(self) -> list[Table]:
        notice, person = self.target.notice, self.target.user
        rows = [[_("Notice"), str(notice)], [_("Told"), at(notice.created_at)], [_("Now to"), f"{person}, {person.email}"]]
        return [Table(_("What is sent, and where to"), [_("What"), _("Says")], rows)]

    def act(self, *, by: Actor, key: str) -> Done:
        again = resend_notice(self.target, by=by, key=key, reason=self.cleaned_data["reason"])
        return Done(_("The notice is on its way to %(person)s.") % {"person": again.user}, again)


def deliveries_of_notice(notice: Notice) -> Table:
    rows = NoticeDelivery.objects.filter(company=notice.company_id, notice=notice).select_related("user", "mail")
    return table_of(
        _("Deliveries"),
        rows.order_by("pk"),
        {
            _("Person"): lambda row: link_to(row, row.user),
            _("Channel"): lambda row: row.get_channel_display(),
            _("State"): lambda row: STATES[row.state],
            _("Sent"): lambda row: at(row.sent_at) if row.sent_at else "",
            _("Read"): lambda row: at(row.read_at) if row.read_at else "",
            _("Problem"): lambda row: row.mail.problem if row.mail else "",
        },
        more_url=list_url(NoticeDelivery, notice__id__exact=notice.pk),
        empty=_("None: nobody in the company has a role that is told of this, or those who have switched the kind off."),
    )


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """What a company was told."""

    note = gettext_lazy("A company is told each thing once. To send it to somebody again, open the delivery.")
    tables = [deliveries_of_notice]
    fields = ["company", "says", ("kind_label", "about"), ("created_at", "holds_until", "resolved_at")]
    readonly_fields = ["says", "kind_label"]
    list_display = ["__str__", "company", "kind_label", "created_at", "resolved_at"]
    list_select_related = ["company"]
    list_filter = ["kind", ("resolved_at", admin.EmptyFieldListFilter)]
    search_fields = ["company__name", "company__slug", "about"]
    search_help_text = gettext_lazy("Company")
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-pk"]

    @admin.display(description=gettext_lazy("says"))
    def says(self, notice: Notice) -> str:
        return f"{notice}. {kind_of(notice.kind).sentence_of(notice.facts)}"

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def kind_label(self, notice: Notice) -> str:
        return str(kind_of(notice.kind).label)


@admin.register(NoticeDelivery)
class NoticeDeliveryAdmin(ReadOnlyAdmin):
    """A notice on its way to one person."""

    acts = {"resend": Resend}
    fields = [("company", "user"), "notice", ("channel", "standing"), ("created_at", "sent", "read_at"), "mail", "problem", "act"]
    readonly_fields = ["standing", "sent", "problem"]
    list_display = ["notice", "company", "user", "channel", "standing", "created_at", "sent", "read_at", "problem"]
    list_select_related = ["notice", "company", "user", "mail", "act"]
    list_filter = ["channel", ("mail__given_up_at", admin.EmptyFieldListFilter)]
    search_fields = ["company__name", "company__slug", "user__email", "user__name"]
    search_help_text = gettext_lazy("Company or person")
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-pk"]

    def lookup_allowed(self, lookup: str, value: Any, request: Any) -> bool:
        # The notice's page links to all its deliveries.
        return lookup == "notice__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, delivery: NoticeDelivery) -> str:
        return str(STATES[delivery.state])

    @admin.display(description=gettext_lazy("sent at"))
    def sent(self, delivery: NoticeDelivery) -> str:
        return at(delivery.sent_at) if delivery.sent_at else ""

    @admin.display(description=gettext_lazy("what went wrong"))
    def problem(self, delivery: NoticeDelivery) -> str:
        return delivery.mail.problem if delivery.mail else ""
