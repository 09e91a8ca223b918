"""Everything in a queue, or in all of them: to do, or marked read; and one thing, to mark it read in words.

`?queue=` names a kind, `?show=read` shows what somebody has marked read, `?page=` the next 50.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from console.admin.of_staff import of_staff, staff_person
from console.errors import KeyUsedForSomethingElse, Refused
from console.forms.key_form import renew_key
from console.models import Actor
from console.people.staff.roles import StaffRole, may
from console.status_message import StatusMessage, tell
from credits.desk.frame import desk_page
from credits.desk.home.view import as_of
from credits.models import DeskItem
from credits.queues.mark_item_read import mark_item_read
from credits.queues.to_do import last_look, things
from credits.queues.words import LOOKS, told

ON_ONE_PAGE = 50
READ = "read"


@of_staff()
@require_safe
def to_do(request: HttpRequest) -> HttpResponse:
    """Four statements beside the session's."""
    now = timezone.now()
    kind = next((each for each in LOOKS if each == request.GET.get("queue")), None)
    show = READ if request.GET.get("show") == READ else ""
    found = things(kind or "", read=bool(show))
    page = Paginator(found, ON_ONE_PAGE).get_page(request.GET.get("page"))
    asked = {"queue": kind} if kind else {}
    context: dict[str, Any] = {
        "title": kind.label if kind else _("To do"),
        "page": page,
        "rows": [(each, told(each, now)) for each in page],
        "show": show,
        "queues": [(each.label, reverse("desk:to-do", query={"queue": each}), each == kind) for each in LOOKS],
        "all_url": reverse("desk:to-do"),
        "kind": kind,
        "empty": LOOKS[kind].empty if kind else _("Nothing has to be done"),
        "to_do_url": reverse("desk:to-do", query=asked or None),
        "read_url": reverse("desk:to-do", query={**asked, "show": READ}),
        "next_url": _page(asked, show, page.next_page_number()) if page.has_next() else "",
        "previous_url": _page(asked, show, page.previous_page_number()) if page.has_previous() else "",
        **as_of(last_look(), now),
    }
    return desk_page(request, "desk/to_do.html", context, section="home")


def _page(asked: dict[str, Any], show: str, number: int) -> str:
    return reverse("desk:to-do", query={**asked, **({"show": show} if show else {}), "page": number})


class ReadForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput)
    words = forms.CharField(
        label=gettext_lazy("In your words"),
        max_length=1_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
    )


@of_staff(to_post=StaffRole.CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """One thing; POST marks it read."""
    now, person = timezone.now(), staff_person(request)
    row = get_object_or_404(DeskItem.objects.select_related("company", "read_act__actor"), pk=pk)
    form, refused = ReadForm(request.POST if request.method == "POST" else None, initial={"key": uuid4()}), ""
    if request.method == "POST" and form.is_valid():
        try:
            by = Actor.person(person)
            mark_item_read(row, words=form.cleaned_data["words"], by=by, key=str(form.cleaned_data["key"]))
        except (Refused, KeyUsedForSomethingElse) as error:
            refused = str(error)
            if isinstance(error, KeyUsedForSomethingElse):
                renew_key(form)
        else:
            tell(request, StatusMessage(_("Marked read"), told(row, now).what + "."))
            return redirect("desk:health" if row.kind == DeskItem.Kind.HEALTH else "desk:home")
    context = {
        "item": row,
        "told": told(row, now),
        "form": form,
        "refused": refused,
        "may_mark": may(person, StaffRole.CUSTOMERS),
    }
    status = 422 if refused or (request.method == "POST" and form.errors) else 200
    return desk_page(request, "desk/item.html", context, section="home", status=status)
