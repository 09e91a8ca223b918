"""Undoing one act, or all acts of a case: what it would do, and doing it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.admin.act_forms import groups_of
from console.admin.of_staff import of_staff, staff_person
from console.admin.preview.run import EffectChanged, NotTicked, do, look
from console.errors import DomainError
from console.models import Act, Actor
from console.people.staff.roles import StaffRole
from console.status_message import StatusMessage, WayOn, tell
from credits.acts.undo.undo_case import UNDO_CASE, number_that_stays
from credits.desk.addresses import case_address
from credits.desk.frame import desk_page
from credits.desk.sentences import sentences_of
from credits.desk.undo.forms import UndoAct, UndoCase, UndoForm


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


def _answer(request: HttpRequest, form_class: type[UndoForm], target: Any) -> HttpResponse:
    """The effect is shown at once; the press carries its fingerprint as `previewed`, and `ticked` where something is unusual.

    422, 403 or 409 with the message beside its field; else on to the page of what undid it, which names what was undone.
    """
    person = staff_person(request)
    by, status, effect, refused = Actor.person(person), 200, None, ""
    if request.method == "POST":
        form, status = form_class(request.POST, target=target), 422
        if form.is_valid():
            try:
                done = do(form, by=by, as_shown=request.POST.get("previewed", ""), ticked=bool(request.POST.get("ticked")))
            except (EffectChanged, NotTicked) as shown_again:
                effect, status = shown_again.effect, shown_again.status
                form.add_error(None, str(shown_again))
            except DomainError as error:
                form.refuse(error)
                status = error.status
            else:
                way_on = None if done.row is None else WayOn(_("What was undone"), reverse("desk:act", args=[done.row.pk]))
                tell(request, StatusMessage(_("Undone"), done.message, way_on))
                return HttpResponseRedirect(done.url)
    else:
        form = form_class(target=target)
    acts = list(form.acts())
    if effect is None and acts:
        try:
            effect = look(form_class.previewed(target), by=by)[1]
        except DomainError as error:
            refused = str(error)
    context = {
        "form": form,
        "groups": groups_of(form),
        "heading": _("Undo case %(case)s") % {"case": target} if isinstance(target, str) else form.title,
        "sentences": sentences_of(acts, reader=person),
        "stays": number_that_stays(target) if isinstance(target, str) else 0,
        "effect": effect,
        "refused": refused,
        "back_url": case_address(target) if isinstance(target, str) else reverse("desk:act", args=[target.pk]),
        "back": _("Case %(case)s") % {"case": target} if isinstance(target, str) else _("The act"),
    }
    return desk_page(request, "desk/undo.html", context, section="home", status=status)
