"""What a sign-in from a company's tenant does: it lets somebody make an account, and may make them a viewer at once."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_logged_in

from console.people.openid_connect import signed_in_from
from console.people.openid_connect.signed_in_from import SignedInFrom, noted
from licensing.acts.company_settings.join import join_from_tenant
from licensing.models import SignInTenant


def listen() -> None:
    """Once, when all applications are there."""
    signed_in_from.offer(is_welcome)
    user_logged_in.connect(_joins, dispatch_uid="company_settings")


def is_welcome(found: SignedInFrom | None) -> bool:
    """Whether a company has verified the tenant. One statement; none where somebody came from none."""
    return found is not None and SignInTenant.objects.of(found).exists()


def _joins(request: Any = None, user: Any = None, **kwargs: Any) -> None:
    """The sign-in by which the account was made, and no later one."""
    found = noted(request) if request is not None and getattr(request, "is_new_here", False) else None
    if found is None or user is None:
        return
    for row in SignInTenant.objects.of(found).filter(gives_viewer=True).select_related("company"):
        join_from_tenant(row.company, came_from=found, person=user)
