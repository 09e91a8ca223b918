"""Posting supply: bring the entries of licenses to what their statements now say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db.models import Sum

from console.models import ActInProgress
from licensing.models import License, LicenseEntry, LicenseStatement
from licensing.rules.changes_to_post import missing


def post_supply(act: ActInProgress, licenses: Iterable[License]) -> list[LicenseEntry]:
    """Post what the entries of `licenses` lack. Three statements, however many licenses there are."""
    licenses = list(licenses)
    ids = [license.pk for license in licenses]
    facts = LicenseStatement.objects.for_company(act.company).facts_by_license(licenses)
    posted: dict[int, dict[date, int]] = defaultdict(dict)
    sums = (
        LicenseEntry.objects.for_company(act.company)
        .filter(license__in=ids)
        .values_list("license", "effective_on")
        .annotate(total=Sum("change"))
    )
    for license_id, day, total in sums:
        posted[license_id][day] = total
    return LicenseEntry.objects.bulk_create(
        [
            LicenseEntry(license_id=pk, effective_on=day, change=change, **act.stamp())
            for pk in ids
            for day, change in missing(facts[pk].steps(), posted[pk]).items()
        ]
    )
