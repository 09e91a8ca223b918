"""A purchase of another organization than the person signed in with has to be confirmed."""

from __future__ import annotations

from django.http import HttpRequest

from console.people.who_may_sign_in import MICROSOFT_TENANT
from licensing.models import Activation


def tenant_differs(request: HttpRequest, activation: Activation) -> bool:
    """Whether the person signed in as somebody of another Microsoft tenant than the purchase is for."""
    ours = request.session.get(MICROSOFT_TENANT, "")
    theirs = activation.subscription.beneficiary_tenant_id if activation.subscription else ""
    return bool(ours and theirs and ours.lower() != theirs.lower())
