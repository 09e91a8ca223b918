"""Pages of the workbench: staff see them, by role; for everybody else they are not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from console.models import User
from console.people.staff.roles import StaffRole, may


def staff_person(request: HttpRequest) -> User:
    """Whoever is signed in, on a page that only staff reach."""
    assert isinstance(request.user, User)
    return request.user


def of_staff[**P](
    needs: StaffRole = StaffRole.LOOKS, *, to_post: StaffRole | None = None
) -> Callable[[Callable[Concatenate[HttpRequest, P], HttpResponse]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """For a view below /admin/, where all companies are in hand. `to_post` is what writing needs, where it is more than `needs`.

    Nobody signed in: sign-in, and back. A customer: 404, as everywhere where they have no business. Staff without the role: 403.
    """

    def decorate(
        view: Callable[Concatenate[HttpRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            person: Any = request.user
            if not person.is_authenticated:
                return redirect_to_login(request.get_full_path())
            assert isinstance(person, User)
            if not may(person, StaffRole.LOOKS):
                raise Http404
            wanted = (to_post or needs) if request.method == "POST" else needs
            if not may(person, wanted):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.staff_role = needs, to_post or needs  # type: ignore[attr-defined]  # what the table test of roles reads
        return guarded

    return decorate
