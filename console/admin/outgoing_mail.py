"""Mail on its way out, for support: what became of each."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.admin.read_only import ReadOnlyAdmin
from console.models import OutgoingMail

STATES = {"queued": gettext_lazy("Queued"), "sent": gettext_lazy("Sent"), "failed": gettext_lazy("Failed")}


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    """A mail in the queue, or what is left of it. Texts that hold a link or a code are never shown."""

    note = gettext_lazy("Texts are forgotten after the days of retention, those that hold a link or a code once they are sent.")
    fields = [
        ("purpose", "to"),
        "subject",
        "says",
        ("created_at", "begun_at", "sent_at", "given_up_at"),
        ("tries", "problem"),
    ]
    readonly_fields = ["says"]
    list_display = ["__str__", "to", "purpose", "standing", "created_at", "sent_at", "tries", "problem"]
    list_filter = ["purpose", ("sent_at", admin.EmptyFieldListFilter), ("given_up_at", admin.EmptyFieldListFilter)]
    search_fields = ["to", "subject"]
    search_help_text = gettext_lazy("E-mail address or subject")
    date_hierarchy = "created_at"
    ordering = ["-created_at", "-pk"]

    @admin.display(description=gettext_lazy("state"))
    def standing(self, mail: OutgoingMail) -> str:
        return str(STATES[mail.state])

    @admin.display(description=gettext_lazy("text"))
    def says(self, mail: OutgoingMail) -> str:
        if mail.secret:
            return _("Not shown: it holds a link or a code.")
        return mail.text or _("Forgotten.")
