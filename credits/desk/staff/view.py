"""Who is staff: the list, somebody new, and what one of them may do."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db.models import Exists, F, Max, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from console.admin.of_staff import of_staff, staff_person
from console.errors import DomainError
from console.forms.key_form import refuse
from console.models import Actor, User
from console.people.sessions.begin_and_end import FACTORS
from console.people.staff.roles import StaffRole, roles_in_words
from console.people.staff.set_staff_roles import add_staff, set_staff_roles
from console.status_message import StatusMessage, tell
from credits.desk.frame import desk_page
from credits.desk.staff.forms import ChangeStaffForm, NewStaffForm


@of_staff(to_post=StaffRole.STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def staff(request: HttpRequest) -> HttpResponse:
    """Everybody of the staff, with their roles, factor and last visit. Posted: add one."""
    form, status = NewStaffForm(), 200
    if request.method == "POST":
        form, status = NewStaffForm(request.POST), 422
        if form.is_valid():
            said = form.said
            try:
                person = add_staff(said.pop("address"), said.pop("name"), said.pop("roles"), by=_by(request), **said)
            except DomainError as error:
                status = refuse(form, error)
            else:
                words = _("they set a password by the link that is on its way to them.")
                tell(request, StatusMessage(_("Added %(person)s") % {"person": person}, words))
                return redirect("desk:staff")
    people = User.objects.filter(is_staff=True).annotate(
        has_factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)), seen=Max(F("sign_ins__seen_at"))
    )
    rows = [(each, roles_in_words(each)) for each in people.order_by("-is_active", "email")]
    context = {"form": form, "rows": rows, "may_manage": _by(request).may(StaffRole.STAFF)}
    return desk_page(request, "desk/staff/list.html", context, section="staff", status=status)


@of_staff(StaffRole.STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def one_of_staff(request: HttpRequest, pk: int) -> HttpResponse:
    """What one of them may do. Posted: change it, or end it."""
    person = get_object_or_404(User, pk=pk, is_staff=True)
    form, status = ChangeStaffForm(initial={"roles": person.staff_roles}), 200
    if request.method == "POST":
        form, status = ChangeStaffForm(request.POST), 422
        if form.is_valid():
            said = form.said
            stays = not said.pop("ends")
            try:
                person = set_staff_roles(person, said.pop("roles"), staff=stays, by=_by(request), **said)
            except DomainError as error:
                status = refuse(form, error)
            else:
                tell(request, StatusMessage(_("Saved"), f"{person}: {roles_in_words(person)}."))
                return redirect("desk:staff")
    context = {"form": form, "person": person, "holds": roles_in_words(person)}
    return desk_page(request, "desk/staff/one.html", context, section="staff", status=status)


def _by(request: HttpRequest) -> Actor:
    return Actor.person(staff_person(request))
