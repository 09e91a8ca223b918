"""In which zone a page of a person tells instants; a company's pages tell them in the company's."""

from __future__ import annotations

from datetime import UTC, tzinfo

from django.utils import timezone

from licensing.models import Membership


def zone_of_person(memberships: list[Membership]) -> tzinfo:
    """In which zone a page of a person, rather than of a company, tells instants: their companies', if all have the same one.

    Else UTC; pages name the zone either way. Free, from `memberships_of`.
    """
    now = timezone.now()
    zones = {each.company.zone_at(now) for each in memberships}
    return zones.pop() if len(zones) == 1 else UTC
