"""The apps of the features that the demo's vendor has: pages of ours that play them, where a demo may be loaded.

A real vendor's catalogue names the address of each feature's own app; the reference catalogue, which is nobody's, names none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from credits.catalogue.files_and_rows import Catalogue
from credits.models import Feature
from credits.reading.price_list_on_day import PriceOfDay, requirements_on
from licensing.access import of_person

USED = (720, 1_240, 310, 96)
"""Invented units of use, in turn."""


def plays_apps() -> bool:
    """Whether this is a place for demos."""
    return bool(settings.DEBUG or settings.DEMO or settings.PRACTICE_MARKETPLACE)


def with_played_apps(catalogue: Catalogue) -> Catalogue:
    """The catalogue, each switchable feature without an address of its app given that of the page that plays it."""
    return replace(
        catalogue,
        features=tuple(
            replace(each, app_url=reverse("played-app", args=[each.slug]))
            if each.billing == "switchable" and not each.app_url
            else each
            for each in catalogue.features
        ),
    )


@dataclass(frozen=True)
class Used:
    """An invented use of one unit, and what it would cost at the list price."""

    price: PriceOfDay
    units: int

    @property
    def cost(self) -> Decimal:
        return (self.price.price * self.units).quantize(Decimal("0.01"))


@require_safe
@of_person
def played_app(request: HttpRequest, feature: str) -> HttpResponse:
    """What a feature's own app would show of its use and cost this month, with invented figures."""
    if not plays_apps():
        raise Http404
    played = get_object_or_404(Feature, slug=feature, switchable=True)
    found = next(each for each in requirements_on(timezone.now().date()) if each.slug == played.slug)
    used = [Used(price, USED[number % len(USED)]) for number, price in enumerate(found.prices)]
    return render(request, "credits/played_app.html", {"feature": found, "used": used})
