"""What the views of an allocation take from a request: the person who acts, the company's day, and the feature."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from console.models import Actor
from credits.models import Feature


def feature_of(slug: str) -> Feature:
    return get_object_or_404(Feature.objects.select_related("offering"), slug=slug)


def today_of(request: HttpRequest) -> date:
    return request.today  # type: ignore[attr-defined]


def person_of(request: HttpRequest) -> Actor:
    if not request.user.is_authenticated:
        raise PermissionDenied
    return Actor.person(request.user)
