"""Health in one place: marketplaces, worker and jobs, mail, ledger, backups; what is wrong first, each with what to do.

It is computed when it is asked for, as what keeps the list of the first page may be what is broken. Nobody outside is asked.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.admin import list_url
from console.admin.of_staff import of_staff
from console.people.staff.roles import StaffRole
from console.status_message import StatusMessage, tell
from credits.desk.frame import desk_page
from credits.models import DeskItem
from credits.queues.look import look_at_health
from credits.queues.of_health import subject_of
from licensing.health.items import Item, State
from licensing.health.marketplace_report import health_report


@of_staff(to_post=StaffRole.CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def health(request: HttpRequest) -> HttpResponse:
    """GET: the statements of the report and one. POST leads to where the item `subject` is marked read."""
    now = timezone.now()
    if request.method == "POST":
        look_at_health(now)
        found = _standing().filter(subject=request.POST.get("subject", "")[:200]).first()
        if found is not None:
            return redirect("desk:item", found.pk)
        tell(request, StatusMessage(_("Over already"), _("it is well by now; nothing has to be marked.")))
        return redirect("desk:health")
    noted = {each.subject: each for each in _standing().select_related("read_act__actor")}
    wrong: list[dict[str, Any]] = []
    sections = []
    for section in health_report(now).sections:
        rows = [_row(section.title, each, noted) for each in section.items]
        wrong += [each for each in rows if each["item"].state is not State.FINE]
        sections.append((section.title, rows))
    wrong.sort(key=lambda row: (row["read"] is not None, row["item"].state is not State.WRONG))
    context = {"wrong": wrong, "sections": sections, "now": now, "unread": sum(row["read"] is None for row in wrong)}
    return desk_page(request, "desk/health.html", context, section="health")


def _standing() -> Any:
    return DeskItem.objects.standing().filter(kind=DeskItem.Kind.HEALTH)


def _row(section: str, item: Item, noted: dict[str, DeskItem]) -> dict[str, Any]:
    """An item with where it leads, and the act by which it was marked read as it is now."""
    subject = subject_of(section, item)
    kept = noted.get(subject)
    return {
        "item": item,
        "section": section,
        "subject": subject,
        "url": list_url(item.to[0], **item.to[1]) if item.to else "",
        "read": kept.read_act if kept else None,
    }
