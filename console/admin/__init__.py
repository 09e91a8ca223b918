"""The support desk: Django's admin, where facts are read and every change is an act."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy

from console.admin import log_without_addresses  # noqa: F401  listens
from console.admin.act_forms import ActForm, DayField, Done, UnitsField
from console.admin.ledger_verifications import LedgerVerificationAdmin
from console.admin.outgoing_mail import OutgoingMailAdmin
from console.admin.people import PersonAdmin
from console.admin.read_only import ReadOnlyAdmin
from console.admin.related_tables import Table, link_to, list_url, page_url, table_of
from console.admin.sessions import SessionAdmin

__all__ = [
    "ActForm",
    "DayField",
    "Done",
    "LedgerVerificationAdmin",
    "OutgoingMailAdmin",
    "PersonAdmin",
    "ReadOnlyAdmin",
    "SessionAdmin",
    "Table",
    "UnitsField",
    "link_to",
    "list_url",
    "page_url",
    "table_of",
]


def change_own_password(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Staff change their own password where everybody does, with the same checks."""
    return redirect("account_change_password")


admin.site.site_title = gettext_lazy("Allotment support")
admin.site.site_header = gettext_lazy("Allotment support")
admin.site.index_title = gettext_lazy("Support desk")
# Staff sign in like everybody, with their second factor; whoever is signed in without being staff is told so (403).
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.password_change = change_own_password  # type: ignore[method-assign, assignment]
