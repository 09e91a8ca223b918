"""What the vendor stated of its own, and that its people were told of purchases: read here, stated on the workbench."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from console.admin.read_only import ReadOnlyAdmin
from console.models import VendorLogo, VendorStatement
from licensing.models import VendorTold


@admin.register(VendorStatement)
class VendorStatementAdmin(ReadOnlyAdmin):
    """A row each time something was stated; the latest about a thing holds."""

    note = gettext_lazy("Stated under Vendor on the workbench. An empty text takes back what was stated before.")
    fields = ["about", "text", ("recorded_at", "act")]
    list_display = ["about", "text", "recorded_at"]
    search_fields = ["about", "text"]
    search_help_text = gettext_lazy("What it is about, or what it says")
    date_hierarchy = "recorded_at"
    ordering = ["-recorded_at", "-pk"]


@admin.register(VendorLogo)
class VendorLogoAdmin(ReadOnlyAdmin):
    """A picture that was uploaded, as it is served."""

    note = gettext_lazy("Stated under Vendor on the workbench, which shows the one that holds.")
    fields = ["digest", ("width", "height"), "recorded_at"]
    list_display = ["digest", "width", "height", "recorded_at"]
    search_fields = ["digest"]
    search_help_text = gettext_lazy("Hash, as in its address")
    date_hierarchy = "recorded_at"
    ordering = ["-recorded_at", "-pk"]


@admin.register(VendorTold)
class VendorToldAdmin(ReadOnlyAdmin):
    """That the vendor's people were told of an act, a purchase or an operation; the mails are among outgoing mail."""

    note = gettext_lazy("Each thing is told once. The mails are among outgoing mail.")
    fields = ["event", "about", "told_at"]
    list_display = ["event", "about", "told_at"]
    search_fields = ["about"]
    search_help_text = gettext_lazy("Id of the act, purchase or operation")
    date_hierarchy = "told_at"
    ordering = ["-told_at", "-pk"]
