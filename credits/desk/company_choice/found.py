"""Finds companies as the search does, and reads their figures of today.

licensing.admin.company_field.found.finds_companies.register(Finder())    # when the app starts
"""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse
from django.utils import timezone

from credits.desk.customers.rows import figures_of
from credits.desk.search.find import companies_for
from licensing.admin.company_field.found import CompanyFound
from licensing.models import Company

OFFERED = 6


class Finder:
    def find(self, typed: str) -> tuple[list[Company], int]:
        wanted = companies_for(typed)
        shown = wanted[:OFFERED]
        read = Company.objects.in_bulk(shown) if shown else {}
        return [read[pk] for pk in shown if pk in read], len(wanted) - len(shown)

    def with_figures(self, companies: Collection[Company]) -> list[CompanyFound]:
        figures = figures_of(companies, timezone.now())
        return [CompanyFound(each, *figures[each.pk]) for each in companies]

    def address(self, field: str) -> str:
        return reverse("desk:company-choice", args=[field])
