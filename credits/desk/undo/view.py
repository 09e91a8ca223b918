"""Undoing one act, or all acts of a case: what it would do, and doing it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.admin.of_staff import of_staff
from console.errors import DomainError
from console.models import Act, Actor, User
from console.people.staff.roles import StaffRole
from credits.acts.undo.undo_case import UNDO_CASE
from credits.desk.frame import desk_page
from credits.desk.undo.forms import UndoAct, UndoCase
from licensing.models import Company
from licensing.reading.entries_in_words import name_in_words, withdrawn_in_words


@of_staff(to_post=StaffRole.CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest, act: UUID) -> HttpResponse:
    """Of one act. Only acts on a company have any effect to undo."""
    found = get_object_or_404(Act.objects.select_related("actor"), pk=act, company_id__isnull=False)
    return _answer(request, UndoAct, found)


@of_staff(to_post=StaffRole.CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def undo_case(request: HttpRequest) -> HttpResponse:
    case = request.GET.get("number", "")
    if not case or not Act.objects.filter(case_number=case).exclude(name=UNDO_CASE).exists():
        raise Http404
    return _answer(request, UndoCase, case)


def _answer(request: HttpRequest, form_class: type[UndoAct | UndoCase], target: Any) -> HttpResponse:
    """422, 403 or 409 with the message beside its field; else on to the same page, which says that nothing is left."""
    assert isinstance(request.user, User)
    by, status = Actor.person(request.user), 200
    if request.method == "POST":
        form, status = form_class(request.POST, target=target), 422
        if form.is_valid():
            try:
                done = form.send(by=by)
            except DomainError as error:
                form.refuse(error)
                status = error.status
            else:
                messages.success(request, done.message)
                return HttpResponseRedirect(done.url)
    else:
        form = form_class(target=target)
    effects, refused = form.effect(by)
    acts = list(form.acts())
    companies = Company.objects.in_bulk([each.company_id for each in acts if each.company_id is not None])
    context = {
        "form": form,
        "heading": _("Undo case %(case)s") % {"case": target} if isinstance(target, str) else form.title,
        "acts": [(each, _what(each), companies.get(each.company_id)) for each in acts],
        "effects": effects,
        "refused": refused,
    }
    return desk_page(request, "desk/undo.html", context, section="home", status=status)


def _what(act: Act) -> str:
    return withdrawn_in_words(act) if act.name == "order.undo" else name_in_words(act.name)
