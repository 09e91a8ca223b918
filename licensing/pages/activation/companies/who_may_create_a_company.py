"""Who may create a company for a purchase: where that is switched on, people who have none they could activate it for."""

from __future__ import annotations

from django.conf import settings

from licensing.models import Membership
from licensing.pages.activation.who_may_open_an_activation import licenses_for


def may_create_company(held: list[Membership]) -> bool:
    """Whether somebody with these memberships may: where it is switched on, and they hold the permission nowhere."""
    return bool(settings.COMPANY_SELF_SERVICE) and not any(licenses_for(each) for each in held)
